"""Contour accuracy F: how well two outlines follow each other. Explained in chapter 3."""

from __future__ import annotations

import math

import cv2
import numpy as np

from vostut.metrics.bits import BitImage
from vostut.metrics.region import as_binary_pair

TOLERANCE = 0.008
"""Allowed distance between two contours, as a fraction of the image diagonal (the DAVIS toolkits' value)."""


def contour_accuracy(prediction: np.ndarray, ground_truth: np.ndarray, tolerance: int | None = None) -> float:
    """Boundary F-measure of two masks.

    .. math:: F = 2 P_c R_c / (P_c + R_c)

    Args:
        prediction: M, H x W; every non-zero pixel belongs to the object.
        ground_truth: G, H x W, likewise.
        tolerance: distance in pixels up to which contour pixels match;
            by default :func:`tolerance_in_pixels` of the image.

    Returns:
        F in [0, 1]; 0 where precision and recall are both 0.

    Raises:
        ValueError: the two masks differ in size.

    Source: Perazzi et al., CVPR 2016, section 4; Martin et al., PAMI 2004, for the measure.
    """
    precision, recall = contour_precision_recall(prediction, ground_truth, tolerance)
    if precision + recall == 0:
        return 0.0
    return 2 * precision * recall / (precision + recall)


def contour_precision_recall(
    prediction: np.ndarray, ground_truth: np.ndarray, tolerance: int | None = None
) -> tuple[float, float]:
    """Contour precision and recall, both in [0, 1].

    Precision is the share of the prediction's contour that has ground-truth contour within the
    tolerance; recall is the same with the roles swapped. DAVIS replaces the one-to-one matching of
    the original measure by this dilation, which is simpler and almost as strict.

    Without any contour: both masks lack one, (1, 1); only the prediction lacks it, (1, 0);
    only the ground truth, (0, 1).
    """
    prediction, ground_truth = as_binary_pair(prediction, ground_truth)
    if tolerance is None:
        tolerance = tolerance_in_pixels(*ground_truth.shape)
    # All contour pixels lie in this window, so nothing outside it can change a count.
    window = _window(prediction | ground_truth)
    contour_m, contour_g = (BitImage.of(m[window], tolerance).contour() for m in (prediction, ground_truth))
    n_m, n_g = contour_m.count(), contour_g.count()
    if n_m == 0 or n_g == 0:
        return float(n_m == 0), float(n_g == 0)
    precision = (contour_m & contour_g.dilate(tolerance)).count() / n_m
    recall = (contour_g & contour_m.dilate(tolerance)).count() / n_g
    return precision, recall


def tolerance_in_pixels(height: int, width: int) -> int:
    """The matching tolerance in pixels: 8 at 480 x 854, 4 at 240 x 428."""
    return math.ceil(TOLERANCE * math.hypot(height, width))


def contour(mask: np.ndarray) -> np.ndarray:
    """The contour of a mask: pixels that differ from their right, lower or lower right neighbour.

    Pixels outside the image do not exist, so the border of the image is never contour: an object that
    fills the image has none.

    Args:
        mask: H x W bool.

    Returns:
        H x W bool, one pixel wide.

    Source: ``seg2bmap`` of the DAVIS toolkits, after the Berkeley segmentation benchmark.
    """
    return BitImage.of(mask).contour().to_mask()


def dilate(mask: np.ndarray, radius: int) -> np.ndarray:
    """All pixels within ``radius`` (Euclidean, inclusive) of a mask pixel.

    Args:
        mask: H x W bool.
        radius: in pixels, >= 0.
    """
    return BitImage.of(mask, radius).dilate(radius).to_mask()


def _window(mask: np.ndarray) -> tuple[slice, slice]:
    """The bounding box of a mask, one pixel wider on each side where the image allows."""
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    return slice(max(y - 1, 0), y + height + 1), slice(max(x - 1, 0), x + width + 1)
