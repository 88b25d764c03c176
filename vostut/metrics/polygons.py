"""Masks as polygons: the outline simplified, and resampled evenly (steps 4 to 7 of T). Chapter 3.

Comparing shapes needs a list of points along the outline that does not depend on every pixel step. The
DAVIS-2016 evaluation first throws points away (Douglas-Peucker) and then adds points on long edges.

The sizes below are the ones its code arrives at, not the ones it names. It asks for a tolerance of 3, but
simplifies on a grid of half pixels, so the tolerance is 1.5 pixels.

Credit: polycont (MIT licence) and, for the simplification, psimpl (MPL 1.1), both used
by davis-matlab (MIT licence). The code here is written anew from a description of the steps.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from vostut.metrics.outline import trace

GRID = 2
"""Grid units in a pixel: the outline is traced and simplified on a grid of half pixels."""
TOLERANCES = (0.1, 3.0)
"""Tolerances of the two passes of simplification, in grid units: 0.05 and 1.5 pixels. The first pass
removes little more than points on straight edges, the second makes a staircase a line."""
LONGEST_EDGE = 3.0
"""Edges longer than this many pixels get points in between (``cont_th_up`` of davis-matlab)."""
FEWEST_POINTS = 4
"""A closed polygon, its first point repeated at the end, needs four points to have an area."""


def polygons(mask: np.ndarray) -> list[np.ndarray]:
    """The outlines of an object and of its holes, as simplified closed polygons (steps 1 to 5).

    Walking along a polygon has the object on the right: outlines run clockwise on the screen, holes
    counter-clockwise. What is too small to keep four points is dropped.

    Args:
        mask: H x W bool.

    Returns:
        (n, 2) arrays of (row, column) in pixels, pixel corners being integers from 0 to H and 0 to W.
        The last point repeats the first, so a triangle has n = 4.
    """
    curves = trace(mask)
    if not curves:
        return []
    parts = [(GRID * curve.points).astype(float) for curve in curves]
    for tolerance in TOLERANCES:
        parts = simplify(parts, tolerance)
    oriented = [part[::-1] if c.object_left else part for part, c in zip(parts, curves, strict=True)]
    return [part / GRID for part in oriented if len(part) >= FEWEST_POINTS]


def contour_points(mask: np.ndarray) -> np.ndarray | None:
    """Points along the one outline that stands for the object: the polygon with most vertices (step 6).

    This is neither the longest outline nor that of the largest part, and a hole may win. Of polygons with
    equally many vertices, the last in the order of :func:`vostut.metrics.outline.trace` is taken, which gives
    T of OSVOS as 0.3778 (official: 0.378); the first would give 0.3787. That is not the whole truth: of
    the ten ties in OSVOS and CUT over val, the official values agree with the last in seven, with the
    first in three.

    Args:
        mask: H x W bool.

    Returns:
        (n, 2) points (row, column) in pixels, neighbours at most 3 pixels apart, the last point repeating
        the first; None if the mask has no polygon.
    """
    found = polygons(mask)
    return resample(max(reversed(found), key=len)) if found else None


def resample(polygon: np.ndarray, longest: float = LONGEST_EDGE) -> np.ndarray:
    """Cut edges longer than ``longest`` into the fewest equal pieces that are short enough (step 7).

    Points on an edge are found by adding the piece again and again. Multiplying it by 1, 2, 3, ... would
    round otherwise, and as many points stand exactly on a limit between two bins of the shape context,
    T would change by about 1e-5.

    Args:
        polygon: (n, 2) points.
        longest: in the unit of the points.

    Returns:
        (m, 2) points, m >= n, in the same order.
    """
    points = polygon.tolist()
    result = [points[0]]
    for (y, x), (end_y, end_x) in pairwise(points):
        pieces = max(1, math.ceil(math.hypot(end_y - y, end_x - x) / longest))
        step_y, step_x = (end_y - y) / pieces, (end_x - x) / pieces
        for _ in range(pieces - 1):
            y, x = y + step_y, x + step_x
            result.append([y, x])
        result.append([end_y, end_x])
    return np.array(result)


def simplify(lines: list[np.ndarray], tolerance: float) -> list[np.ndarray]:
    """Remove points while staying within a tolerance (step 4): close neighbours, then Douglas-Peucker.

    All lines are simplified at once, which is much faster than one by one.

    Args:
        lines: (n, 2) points each, n >= 2.
        tolerance: in the unit of the points.

    Returns:
        As many lines; first and last points are always kept.
    """
    thinned = [_drop_close(line, tolerance) for line in lines]
    ends = np.cumsum([len(line) for line in thinned])
    starts = np.concatenate([[0], ends[:-1]])
    points = np.concatenate(thinned)
    kept = _douglas_peucker(points, starts, ends - 1, tolerance)
    return [points[a:b][kept[a:b]] for a, b in zip(starts, ends, strict=True)]


def _drop_close(line: np.ndarray, tolerance: float) -> np.ndarray:
    """Drop each point that is nearer than the tolerance to the last point kept."""
    limit = tolerance**2
    if (np.square(np.diff(line, axis=0)).sum(axis=1) >= limit).all():
        return line  # no point is close even to the one before it
    points = line.tolist()
    kept = [0]
    y, x = points[0]
    for index, (next_y, next_x) in enumerate(points[1:-1], start=1):
        if (next_y - y) ** 2 + (next_x - x) ** 2 >= limit:
            kept.append(index)
            y, x = next_y, next_x
    return line[[*kept, len(points) - 1]]


def _douglas_peucker(points: np.ndarray, first: np.ndarray, last: np.ndarray, tolerance: float) -> np.ndarray:
    """Douglas-Peucker simplification of several lines, one level of the recursion at a time.

    Each stretch keeps its point farthest from the segment between its ends, if that is farther than the
    tolerance, and is split there.

    Args:
        points: (N, 2), the points of all lines.
        first: index of the first point of each line.
        last: index of the last point of each line.

    Returns:
        (N,) bool, the points to keep.
    """
    kept = np.zeros(len(points), bool)
    kept[first] = kept[last] = True
    while len(first):
        inner = last - first > 1
        first, last = first[inner], last[inner]
        farthest, distance = _farthest(points, first, last)
        far = distance > tolerance**2
        first, middle, last = first[far], farthest[far], last[far]
        kept[middle] = True
        first, last = np.concatenate([first, middle]), np.concatenate([middle, last])
    return kept


def _farthest(points: np.ndarray, first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each stretch, the inner point farthest from the segment first-last: (index, squared distance).

    Of equals, the last is taken.
    """
    if not len(first):
        return first, np.zeros(0)
    sizes = last - first - 1
    starts = np.cumsum(sizes) - sizes
    stretch = np.repeat(np.arange(len(first)), sizes)
    inner = np.arange(len(stretch)) + np.repeat(first + 1 - starts, sizes)
    distance = _squared_distance(points[inner], points[first[stretch]], points[last[stretch]])
    largest = np.maximum.reduceat(distance, starts)
    farthest = np.empty_like(first)
    hits = np.flatnonzero(distance == largest[stretch])
    farthest[stretch[hits]] = inner[hits]  # where a stretch has several hits, the last one stays
    return farthest, largest


def _squared_distance(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Squared distance of each point (n, 2) from its segment start-end (n, 2).

    The position along the segment is rounded to float32, as psimpl does. It decides which of several
    points at the same distance counts as the farthest.
    """
    along = end - start
    offset = points - start
    length = (along * along).sum(axis=1)
    projection = (offset * along).sum(axis=1)
    fraction = (projection / np.where(length > 0, length, 1)).astype(np.float32).clip(0, 1).astype(float)
    rest = points - (start + fraction[:, None] * along)
    return (rest * rest).sum(axis=1)
