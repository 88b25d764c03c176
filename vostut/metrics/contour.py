"""Contour accuracy F: how well two outlines follow each other. Explained in chapter 3."""

from __future__ import annotations

import functools
import math

import cv2
import numpy as np

from vostut.metrics.region import as_binary_pair, window_of

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

    >>> mask = np.zeros((100, 120), bool)
    >>> mask[30:70, 30:70] = True
    >>> contour_accuracy(np.roll(mask, 2, axis=1), mask)  # 2 pixels are within the tolerance
    1.0
    >>> contour_accuracy(np.roll(mask, 5, axis=1), mask)
    0.5

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

    Args and errors are those of :func:`contour_accuracy`.

    >>> mask = np.zeros((100, 120), bool)
    >>> mask[30:70, 30:70] = True
    >>> contour_precision_recall(np.zeros_like(mask), mask)
    (1.0, 0.0)
    """
    prediction, ground_truth = as_binary_pair(prediction, ground_truth)
    if tolerance is None:
        tolerance = tolerance_in_pixels(*ground_truth.shape)
    window = window_of(prediction | ground_truth)
    contour_m, contour_g = contour(prediction[window]), contour(ground_truth[window])
    n_m, n_g = int(np.count_nonzero(contour_m)), int(np.count_nonzero(contour_g))
    if n_m == 0 or n_g == 0:
        return float(n_m == 0), float(n_g == 0)
    # Pixels that match are within the tolerance of the other contour's box; outside nothing need be dilated.
    boxes = zip(window_of(contour_m, tolerance), window_of(contour_g, tolerance), strict=True)
    near = tuple(slice(max(m.start, g.start), min(m.stop, g.stop)) for m, g in boxes)
    contour_m, contour_g = contour_m[near], contour_g[near]
    if not contour_m.size:
        return 0.0, 0.0
    precision = int(np.count_nonzero(contour_m & dilate(contour_g, tolerance))) / n_m
    recall = int(np.count_nonzero(contour_g & dilate(contour_m, tolerance))) / n_g
    return precision, recall


def tolerance_in_pixels(height: int, width: int) -> int:
    """The matching tolerance in pixels, for the size of an image in pixels.

    >>> tolerance_in_pixels(480, 854), tolerance_in_pixels(240, 428)
    (8, 4)
    """
    return math.ceil(TOLERANCE * math.hypot(height, width))


def contour(mask: np.ndarray) -> np.ndarray:
    """The contour of a mask: pixels that differ from their right, lower or lower right neighbour.

    Pixels outside the image do not exist, so the border of the image is never contour: an object that
    fills the image has none.

    Args:
        mask: H x W bool.

    Returns:
        H x W bool, one pixel wide.

    >>> contour(np.array([[0, 0, 0], [0, 0, 0], [0, 0, 1]], bool)).astype(int)
    array([[0, 0, 0],
           [0, 1, 1],
           [0, 1, 0]])

    Source: ``seg2bmap`` of the DAVIS toolkits, after the Berkeley segmentation benchmark.
    """
    square = np.ones((2, 2), np.uint8)  # a pixel with its right, lower and lower right neighbour
    # Largest minus smallest value under the square: 0 where all four agree.
    edges = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_GRADIENT, square, anchor=(0, 0))
    return edges.view(bool)


def dilate(mask: np.ndarray, radius: int) -> np.ndarray:
    """All pixels within ``radius`` (Euclidean, inclusive) of a mask pixel.

    Args:
        mask: H x W bool.
        radius: in pixels, >= 0.

    Returns:
        H x W bool.

    >>> dilate(np.pad([[True]], 2), 2).astype(int)
    array([[0, 0, 1, 0, 0],
           [0, 1, 1, 1, 0],
           [1, 1, 1, 1, 1],
           [0, 1, 1, 1, 0],
           [0, 0, 1, 0, 0]])
    """
    mask = np.ascontiguousarray(mask, bool)
    grown = np.zeros_like(mask, np.uint8)
    for rectangle in _disk(radius):
        grown |= cv2.dilate(mask.view(np.uint8), rectangle)
    return grown.view(bool)


@functools.cache
def _disk(radius: int) -> list[np.ndarray]:
    """A disk as the union of a few rectangles of ones, which OpenCV dilates with much faster."""
    tall = {math.isqrt(radius**2 - y**2): y for y in range(radius + 1)}  # of rows as wide, the farthest
    return [np.ones((2 * y + 1, 2 * x + 1), np.uint8) for x, y in tall.items()]
