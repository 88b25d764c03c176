"""Temporal stability T: how much an outline changes its shape from frame to frame. Explained in chapter 3.

A mask that jitters is unpleasant to look at even if each frame is nearly right, and neither region
similarity nor contour accuracy sees it. T compares the outlines of consecutive *predictions*, never a
prediction with the ground truth: the two outlines become lists of points, each point is described by its
shape context, the points are matched in order, and T is the mean cost of the matches. Lower is better; a
moving and bending object has T > 0 even if it is segmented perfectly.

Printed values are 5 times the mean over the pairs of a sequence, then over sequences. Only sequences
without strong occlusion and deformation count in the DAVIS-2016 tables: on the others, T would measure
how the object moves.

Sources: Perazzi et al., CVPR 2016, section 4, "temporal stability"; Belongie et al., PAMI 2002, for shape
contexts. Credit: davis-matlab (MIT licence) with polycont (MIT licence) and psimpl (MPL 1.1). The code here
is written anew from a description of their steps. Of the 1336 pairs of masks in DAVIS-2016 val, 98.4 %
(OSVOS) and 90.6 % (ground truth) are within 1e-4 of the published values, and T of a method within 0.001.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, pairwise

import numpy as np

from vostut.metrics.polygons import contour_points
from vostut.metrics.shape_context import chi2_cost, shape_context

SCALE = 5.0
"""Printed values of T are this times the mean cost, which brings them near the range of J and F."""


def pair_instability(a: np.ndarray, b: np.ndarray) -> float:
    """Instability of two consecutive masks, not scaled.

    Args:
        a: H x W bool, the earlier mask.
        b: H x W bool, the later mask.

    Returns:
        Mean cost of the matched points in [0, 1]; nan if either mask has no polygon.

    >>> mask = np.zeros((60, 80), bool)
    >>> mask[10:30, 10:40] = True
    >>> pair_instability(mask, np.roll(mask, 7, axis=1))  # it moved, and kept its shape
    0.0
    """
    return _instability(_describe(a), _describe(b))


def temporal_stability(masks: Iterable[np.ndarray], first_mask: np.ndarray | None = None) -> np.ndarray:
    """Instability of all pairs of consecutive masks, not scaled. Lower is better.

    Two conventions exist for a video of N frames, whose first and last are not evaluated:

    - "paper": give the masks of frames 1 to N-2; there are N-3 pairs. The papers' tables print this.
    - "matlab": give the true mask of frame 0 as ``first_mask`` too; there are N-2 pairs. The benchmark's
      web site prints this. It is a little larger: by 0.002 for OSVOS, by 0.013 for CUT.

    Args:
        masks: H x W bool each, the predictions in order; read one at a time.
        first_mask: H x W bool, the given mask of the first frame, or None.

    Returns:
        A value in [0, 1] for each pair; nan where one of the two has no polygon.

    >>> mask = np.zeros((60, 80), bool)
    >>> mask[10:30, 10:40] = True
    >>> temporal_stability([mask, mask, np.zeros_like(mask)])
    array([ 0., nan])
    """
    given = [] if first_mask is None else [first_mask]
    described = (_describe(mask) for mask in chain(given, masks))
    return np.array([_instability(a, b) for a, b in pairwise(described)], float)


def mean_stability(pairs: np.ndarray) -> float:
    """T of a sequence as it is printed: 5 times the mean over its pairs (step 14).

    Pairs with an empty mask are left out, so an empty prediction costs nothing here. nan if none is left.

    Args:
        pairs: values of :func:`temporal_stability`.

    >>> mean_stability(np.array([0.125, np.nan, 0.375]))
    1.25
    """
    valid = pairs[~np.isnan(pairs)]
    return SCALE * float(valid.mean()) if len(valid) else float("nan")


def _describe(mask: np.ndarray) -> np.ndarray | None:
    """(n, 60) shape contexts of the outline of a mask, None if it has no polygon."""
    points = contour_points(mask)
    return None if points is None else shape_context(points)


def _instability(a: np.ndarray | None, b: np.ndarray | None) -> float:
    if a is None or b is None:
        return float("nan")
    cost = chi2_cost(a, b)
    rows, columns = one_to_one(match(cost), cost).T
    return float(cost[rows, columns].mean())


def match(cost: np.ndarray) -> np.ndarray:
    """Match the points of two closed outlines in order (steps 10 and 11).

    A path through the cost matrix needs a start, but the first points of two outlines need not belong
    together. So the outlines are matched twice, the second time from the best match of the first: both are
    turned until the pair after the cheapest one comes first.

    Args:
        cost: (n, m) of matching point i of one outline with point j of the other.

    Returns:
        (k, 2) pairs (i, j), in the order of the second path.
    """
    path = dtw_path(cost)
    backwards = path[:0:-1]  # without the origin, which no path can avoid
    cheapest = backwards[cost[backwards[:, 0], backwards[:, 1]].argmin()] if len(backwards) else path[0]
    shift = (cheapest + 1) % cost.shape
    turned = np.roll(cost, tuple(-shift), axis=(0, 1))
    return (dtw_path(turned) + shift) % cost.shape


def dtw_path(cost: np.ndarray) -> np.ndarray:
    """Dynamic time warping: the cheapest path through a cost matrix from its first cell to its last.

    It moves one cell down, right or both at once, and pays for each cell that it enters.

    Args:
        cost: (n, m), not negative.

    Returns:
        (k, 2) cells (i, j) from (0, 0) to (n - 1, m - 1). Of equally cheap paths, the one that comes
        diagonally, then from above, looking back from the end.
    """
    total = _path_costs(cost)
    i, j = cost.shape[0] - 1, cost.shape[1] - 1
    path = [(i, j)]
    while i or j:
        d = i + j  # the diagonal of this cell; cell (i, j) is total[d, i + 1]
        left, above = total[d - 1, i + 1], total[d - 1, i]
        diagonal = total[d - 2, i] if d > 1 else np.inf
        if diagonal <= above and diagonal <= left:
            i, j = i - 1, j - 1
        elif above <= left:
            i -= 1
        else:
            j -= 1
        path.append((i, j))
    return np.array(path[::-1])


def _path_costs(cost: np.ndarray) -> np.ndarray:
    """Cost of the cheapest path to every cell.

    The cells of an anti-diagonal i + j = d depend only on the two diagonals before, so they are computed
    together.

    Args:
        cost: (n, m).

    Returns:
        (n + m - 1, n + 1): element (d, i + 1) is that of cell (i, d - i), infinite outside the matrix.
    """
    n, m = cost.shape
    total = np.full((n + m - 1, n + 1), np.inf)
    total[0, 1] = 0.0
    mirrored = cost[:, ::-1]
    for d in range(1, n + m - 1):
        rows = slice(max(0, d - m + 1), min(d, n - 1) + 1)  # of the cells on this diagonal
        here = slice(rows.start + 1, rows.stop + 1)
        best = np.minimum(total[d - 1, here], total[d - 1, rows])
        if d > 1:
            np.minimum(best, total[d - 2, rows], out=best)
        np.add(best, mirrored.diagonal(m - 1 - d), out=total[d, here])
    return total


def one_to_one(pairs: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Thin out matches until no point has two (step 12).

    Each point of the first outline keeps its cheapest match, then each point of the second.

    Args:
        pairs: (k, 2) pairs (i, j).
        cost: (n, m) of matching i with j.

    Returns:
        (l, 2) pairs, l <= k, no i and no j twice.
    """
    for side in (0, 1):
        order = np.lexsort((cost[pairs[:, 0], pairs[:, 1]], pairs[:, side]))
        _, cheapest = np.unique(pairs[order, side], return_index=True)
        pairs = pairs[order[cheapest]]
    return pairs
