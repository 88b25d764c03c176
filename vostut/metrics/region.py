"""Region similarity J: how well two masks cover each other. Explained in chapter 3."""

from __future__ import annotations

import cv2
import numpy as np


def region_similarity(prediction: np.ndarray, ground_truth: np.ndarray) -> float:
    """Intersection over union of two masks (the Jaccard index).

    .. math:: J = |M \\cap G| / |M \\cup G|

    Two empty masks agree perfectly, so J = 1; when only one of them is empty, J = 0.

    Args:
        prediction: M, H x W; every non-zero pixel belongs to the object.
        ground_truth: G, H x W, likewise.

    Returns:
        J in [0, 1].

    Raises:
        ValueError: the two masks differ in size.

    >>> mask = np.array([[1, 1, 1, 0]])
    >>> region_similarity(mask, np.array([[0, 255, 255, 255]]))  # two pixels in common, of four
    0.5

    Source: Perazzi et al., CVPR 2016, section 4.
    """
    prediction, ground_truth = as_binary_pair(prediction, ground_truth)
    common = np.count_nonzero(prediction & ground_truth)
    union = np.count_nonzero(prediction) + np.count_nonzero(ground_truth) - common
    return float(common / union) if union else 1.0


def window_of(mask: np.ndarray, margin: int = 1) -> tuple[slice, slice]:
    """The box around a mask, H x W bool, and some pixels more on each side where the image allows.

    All contours of what is in the box lie in it, too, if the margin is one pixel at least. So J and F of two
    masks (with the tolerance of the whole image) are the same in the box around both, and take less time.

    >>> mask = np.zeros((100, 120), bool)
    >>> mask[30:70, 0:70] = True
    >>> window_of(mask)
    (slice(29, 71, None), slice(0, 71, None))
    """
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    rows = slice(max(top - margin, 0), min(top + height + margin, mask.shape[0]))
    return rows, slice(max(left - margin, 0), min(left + width + margin, mask.shape[1]))


def as_binary_pair(prediction: np.ndarray, ground_truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both masks as contiguous bool arrays of one size: 1, 255 and True all mean "object"."""
    if prediction.shape != ground_truth.shape or prediction.ndim != 2:
        raise ValueError(
            f"masks of different sizes: prediction {prediction.shape}, ground truth {ground_truth.shape}"
            " (expected two H x W arrays of one size)"
        )
    return _as_bool(prediction), _as_bool(ground_truth)


def _as_bool(mask: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(mask if mask.dtype == bool else mask != 0)
