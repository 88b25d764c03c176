"""Contour accuracy F: how well two outlines follow each other. Explained in chapter 3."""

from __future__ import annotations

import math

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
    # One bit of a byte for each mask: what follows finds, and dilates, both contours at once.
    both = contour(prediction.view(np.uint8) + 2 * ground_truth.view(np.uint8))
    of_m, of_g = both & 1, both & 2
    n_m, n_g = int(np.count_nonzero(of_m)), int(np.count_nonzero(of_g))
    if n_m == 0 or n_g == 0:
        return float(n_m == 0), float(n_g == 0)
    # Pixels that match are within the tolerance of the other contour's box; outside nothing need be dilated.
    boxes = zip(window_of(of_m, tolerance), window_of(of_g, tolerance), strict=True)
    here = tuple(slice(max(m.start, g.start), min(m.stop, g.stop)) for m, g in boxes)
    near = dilate(both[here], tolerance)
    precision = int(np.count_nonzero(np.logical_and(of_m[here], near & 2))) / n_m
    recall = int(np.count_nonzero(np.logical_and(of_g[here], near & 1))) / n_g
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
        mask: H x W bool, or uint8 whose bits are masks of their own.

    Returns:
        H x W of the same type, one pixel wide.

    >>> contour(np.array([[0, 0, 0], [0, 0, 0], [0, 0, 1]], bool)).astype(int)
    array([[0, 0, 0],
           [0, 1, 1],
           [0, 1, 0]])

    Source: ``seg2bmap`` of the DAVIS toolkits, after the Berkeley segmentation benchmark.
    """
    across, edges = np.zeros_like(mask), np.zeros_like(mask)
    across[:, :-1] = mask[:, :-1] ^ mask[:, 1:]
    edges[:-1] = mask[:-1] ^ mask[1:]
    edges |= across
    edges[:-1] |= across[1:]  # the lower right neighbour differs from the lower one
    return edges


def dilate(mask: np.ndarray, radius: int) -> np.ndarray:
    """All pixels within ``radius`` (Euclidean, inclusive) of a mask pixel.

    A disk is a union of rectangles of different heights, and each is the one before it, made narrower and
    taller. So the mask grows towards the disk's height in one copy and towards its width in another, and
    where a rectangle ends the first joins the second.

    Args:
        mask: H x W bool, or uint8 whose bits are masks of their own.
        radius: in pixels, >= 0.

    Returns:
        H x W of the same type.

    >>> dilate(np.pad([[True]], 2), 2).astype(int)
    array([[0, 0, 1, 0, 0],
           [0, 1, 1, 1, 0],
           [1, 1, 1, 1, 1],
           [0, 1, 1, 1, 0],
           [0, 0, 1, 0, 0]])
    """
    # With room around it a shift of the flat array is a shift of the image.
    padded = np.zeros([n + 2 * radius for n in mask.shape], mask.dtype)
    padded[radius : radius + mask.shape[0], radius : radius + mask.shape[1]] = mask
    tall = wide = padded.ravel()
    x, y = radius, 0
    for half_width, half_height in _rectangles(radius):
        tall = _shifted(tall, half_height - y, padded.shape[1])
        wide = _shifted(wide, x - half_width, 1)
        length = min(len(tall), len(wide))
        wide = _centre(wide, length) | _centre(tall, length)
        x, y = half_width, half_height
    return wide.reshape(mask.shape[0], padded.shape[1])[:, radius : radius + mask.shape[1]]


def _rectangles(radius: int) -> list[tuple[int, int]]:
    """A disk as a union of rectangles: half the width and half the height of each but the flat first one."""
    heights = {math.isqrt(radius**2 - y**2): y for y in range(radius + 1)}  # of rows as wide, the farthest
    return list(heights.items())[1:]


def _shifted(flat: np.ndarray, reach: int, stride: int) -> np.ndarray:
    """A flat image and its shifts by up to ``reach`` strides, joined; what each end loses is as long."""
    covered = 1
    while covered < 2 * reach + 1:  # twice as many shifts with each step
        step = min(covered, 2 * reach + 1 - covered)
        flat = flat[step * stride :] | flat[: -step * stride]
        covered += step
    return flat


def _centre(flat: np.ndarray, length: int) -> np.ndarray:
    start = (len(flat) - length) // 2
    return flat[start : start + length]
