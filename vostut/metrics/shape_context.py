"""Shape contexts: what a shape looks like from each of its points (steps 8 and 9 of T). Chapter 3.

The shape context of a point is a histogram of where all the other points of the outline lie, as seen from
there: how far away, and in which direction. Two points in the same place of two similar shapes have
similar histograms, wherever the shapes stand in the image and however large they are.

Source: Belongie, Malik and Puzicha, "Shape matching and object recognition using shape contexts", PAMI
2002. Credit: davis-matlab (MIT licence), whose choice of bins this is.
"""

from __future__ import annotations

import numpy as np

ANGLES = 12
"""Bins of direction, 30 degrees each. Directions are those of the image: nothing is turned."""
RADII = np.logspace(np.log10(1 / 8), np.log10(2), 5)
"""Outer limits of the five bins of distance: 1/8, 1/4, 1/2, 1 and 2 mean distances. They double from one to
the next, so near points are told apart more finely. What is farther than the last is not counted."""
BINS = ANGLES * len(RADII)
"""60, the length of a histogram."""
BLOCK = 32
"""Points whose histograms are counted at a time, so that the intermediate arrays fit in the cache."""
ROUNDING = 1e-12
"""Costs below this are rounding errors of 0: one count that differs between histograms of n points costs
about 1 / n**2 or more."""
EPSILON = float(np.finfo(float).eps)
"""Keeps 0/0 out of the normalisation of an empty histogram."""


def shape_context(points: np.ndarray) -> np.ndarray:
    """The shape context of every point of an outline.

    Distances are divided by their mean over all n x n pairs of points, which makes the result independent
    of the size of the shape. A point counts itself, at distance 0 and angle 0.

    Args:
        points: (n, 2), (row, column), n >= 1.

    Returns:
        (n, 60) histograms, each with sum 1.
    """
    from scipy.spatial.distance import cdist  # here, since J and F do without, and it loads slowly

    distance = cdist(points, points)
    distance /= distance.mean() or 1.0
    blocks = [slice(start, start + BLOCK) for start in range(0, len(points), BLOCK)]
    counts = np.concatenate([_counts(points[block], points, distance[block]) for block in blocks])
    return counts / (counts.sum(axis=1, keepdims=True) + EPSILON)


def _counts(centres: np.ndarray, points: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """How many points stand in each bin around each centre.

    Args:
        centres: (b, 2).
        points: (n, 2).
        distance: (b, n), normalised.

    Returns:
        (b, 60) integers.
    """
    ring = np.zeros(distance.shape, np.intp)  # 0: too far, ..., 5: nearest
    for radius in RADII:
        ring += distance < radius
    angle = _angle_bins(points[:, 0] - centres[:, :1], points[:, 1] - centres[:, 1:])
    shape = (len(centres), ANGLES, len(RADII) + 1)
    index = np.ravel_multi_index((np.arange(len(centres))[:, None], angle, ring), shape)
    counts = np.bincount(index.ravel(), minlength=np.prod(shape)).reshape(shape)
    return counts[:, :, 1:].reshape(len(centres), BINS)


def _angle_bins(down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Bins 0 to 11 of the directions of vectors, counted from straight down towards the right.

    A full turn is added before it is taken off again: tiny negative angles, which are rounding errors of
    0, thereby become 0 instead of falling into the last bin. Directions along the pixel grid are frequent,
    so this matters.
    """
    turn = 2 * np.pi
    angle = np.arctan2(right, down)
    angle += turn
    angle -= np.where(angle >= turn, turn, 0)
    return np.minimum((angle / (turn / ANGLES)).astype(np.intp), ANGLES - 1)


def chi2_cost(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    r"""Dissimilarity of all pairs of histograms.

    .. math:: C_{ij} = \frac12 \sum_k \frac{(a_{ik} - b_{jk})^2}{a_{ik} + b_{jk}}

    Since both histograms sum to 1, this is :math:`1 - 2 \sum_k a_{ik} b_{jk} / (a_{ik} + b_{jk})`: only bins
    that point i uses need a visit. They are added one after the other: a product with a matrix would add in
    an order that is each processor's own, and the last bit decides between matches that cost the same.
    Identical histograms give exactly 0.

    Args:
        a: (n, K) histograms with sum 1.
        b: (m, K) histograms with sum 1.

    Returns:
        (n, m), in [0, 1] up to rounding: 0 identical, 1 without a common bin.
    """
    cost = np.empty((len(a), len(b)))
    columns = np.ascontiguousarray(b.T)
    for row, histogram in zip(cost, a, strict=True):
        used = np.flatnonzero(histogram)
        ours, theirs = histogram[used, None], columns[used]
        theirs /= theirs + ours
        theirs *= ours
        np.add.reduce(theirs, axis=0, out=row)
    cost *= -2
    cost += 1
    cost[cost < ROUNDING] = 0
    return cost
