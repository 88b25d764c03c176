"""Rough masks made from exact ones: what MaskTrack learns to repair. Chapter 5.

While a video is segmented, the mask of frame t-1 is a rough estimate for frame t: the object has moved a
little, changed its shape a little, and the estimate had errors of its own. On a still image all of this can
be synthesised from the true mask (Perazzi et al., CVPR 2017, section 4). Every function takes and gives a
mask, H x W bool, and computes nothing at random but :func:`deform`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from vostut.metrics.contour import dilate

Points = np.ndarray
"""N x 2 float64, (x, y) in pixels."""


@dataclass(frozen=True)
class Deformation:
    """How far a mask is deformed; the defaults are the article's.

    Attributes:
        scale: largest change of size, as a fraction.
        shift: largest translation, as a fraction of the object's width and height.
        points: control points of the thin-plate spline; 0 for no bending.
        bend: their largest displacement, as a fraction of the object's width and height.
        radius: of the final dilation, in pixels of an image of 480 lines; see :func:`radius_at`.
        smoothing: of the spline, see :func:`thin_plate_spline`. The published code smooths, too: two
            control points that happen to be neighbours would tear the mask apart otherwise.
    """

    scale: float = 0.05
    shift: float = 0.10
    points: int = 5
    bend: float = 0.10
    radius: float = 5.0
    smoothing: float = 0.1

    @classmethod
    def nothing(cls) -> Deformation:
        """Feeds the true mask: the ablation "no deformation"."""
        return cls(scale=0.0, shift=0.0, points=0, bend=0.0, radius=0.0)


AS_PUBLISHED = Deformation()
"""The article's deformation."""


def radius_at(radius: float, height: int) -> int:
    """A radius in pixels of 480 lines, as one in pixels of an image of another height; rounded up.

    >>> radius_at(5, 480), radius_at(5, 240), radius_at(0, 480)
    (5, 3, 0)
    """
    return ceil(radius * height / 480)


def deform(
    mask: np.ndarray, recipe: Deformation, rng: np.random.Generator, lines: int | None = None
) -> np.ndarray:
    """One rough version of a mask: scaled and shifted, bent, dilated. An empty mask stays empty.

    A mask that would leave the image altogether comes back undeformed.

    Args:
        mask: H x W bool.
        recipe: how far.
        rng: random numbers.
        lines: height of the images of this training, to which the radius refers; by default the mask's own.

    >>> mask = np.zeros((480, 854), bool)
    >>> mask[200:300, 400:500] = True
    >>> rough = deform(mask, Deformation(), np.random.default_rng(0))
    >>> bool(rough.sum() > mask.sum()), bool((deform(mask, Deformation.nothing(), None) == mask).all())
    (True, True)
    """
    if not mask.any():
        return mask.copy()
    width, height = _extent(mask)
    rough = mask
    if recipe.scale or recipe.shift:
        factor = 1 + rng.uniform(-recipe.scale, recipe.scale)
        dx, dy = rng.uniform(-recipe.shift, recipe.shift, 2) * (width, height)
        rough = affine(mask, factor, dx, dy)
    if recipe.points and rough.any():
        points = contour_points(rough, recipe.points, rng)
        shifts = rng.uniform(-recipe.bend, recipe.bend, points.shape) * (width, height)
        rough = bend(rough, points, points + shifts, recipe.smoothing)
    if not rough.any():
        rough = mask
    return dilate(rough, radius_at(recipe.radius, lines or mask.shape[0]))


def affine(mask: np.ndarray, factor: float, dx: float, dy: float) -> np.ndarray:
    """Scale by ``factor`` about the object's centre, then move by (dx, dy) pixels."""
    ys, xs = np.nonzero(mask)
    x, y = (xs.min() + xs.max()) / 2, (ys.min() + ys.max()) / 2
    matrix = np.array([[factor, 0, (1 - factor) * x + dx], [0, factor, (1 - factor) * y + dy]])
    cover = cv2.warpAffine(mask.astype(np.float32), matrix, mask.shape[::-1], flags=cv2.INTER_LINEAR)
    return cover >= 0.5


def bend(mask: np.ndarray, points: Points, targets: Points, smoothing: float = 0.0) -> np.ndarray:
    """Carry the control points to their targets, and what lies between them along smoothly.

    Args:
        mask: H x W bool.
        points: N x 2, where the control points are.
        targets: N x 2, where they go.
        smoothing: see :func:`thin_plate_spline`.

    Returns:
        H x W bool. Each pixel asks the spline where it came from: the spline runs from targets to points.
    """
    back = thin_plate_spline(targets, points, smoothing)
    height, width = mask.shape
    step = 8  # the spline is smooth: every eighth pixel is enough, the rest is interpolated
    x, y = np.meshgrid(np.arange(0, width + step, step), np.arange(0, height + step, step))
    source = back(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(*x.shape, 2).astype(np.float32)
    at_x, at_y = np.meshgrid(
        np.arange(width, dtype=np.float32) / step, np.arange(height, dtype=np.float32) / step
    )
    dense = cv2.remap(source, at_x, at_y, cv2.INTER_LINEAR)
    cover = cv2.remap(mask.astype(np.float32), dense[..., 0], dense[..., 1], cv2.INTER_LINEAR)
    return cover >= 0.5


def thin_plate_spline(
    points: Points, values: Points, smoothing: float = 0.0
) -> Callable[[Points], np.ndarray]:
    """The surface through given values that bends least (Bookstein, PAMI 1989).

    It is computed by SciPy, with lengths in units of the points' spread, so that ``smoothing`` means the same
    for every size of object: 0 meets every value, more prefers a stiffer plate, in the limit an affine map.

    Args:
        points: N x 2.
        values: N x D.
        smoothing: not negative.

    Returns:
        A function from M x 2 points to M x D values. Points on one line do not determine a spline: then it is
        the affine map of least squares.

    >>> corners = np.array([[0, 0], [0, 10], [10, 0], [10, 10]])
    >>> spline = thin_plate_spline(corners, corners + 3)
    >>> spline(np.array([[5, 5]])).round(6).tolist()
    [[8.0, 8.0]]
    """
    points, values = np.asarray(points, float), np.asarray(values, float)
    centre, spread = points.mean(axis=0), max(float(points.std()), 1e-9)
    nodes = (points - centre) / spread
    plane = np.column_stack([np.ones(len(nodes)), nodes])
    if np.linalg.matrix_rank(plane) < 3:
        affine_map = np.linalg.lstsq(plane, values, rcond=None)[0]
        return lambda places: np.insert((places - centre) / spread, 0, 1, axis=1) @ affine_map
    spline = RBFInterpolator(nodes, values, kernel="thin_plate_spline", smoothing=smoothing)
    return lambda places: spline((places - centre) / spread)


def contour_points(mask: np.ndarray, count: int, rng: np.random.Generator) -> Points:
    """Some pixels just outside the object's outline, as control points; N x 2, each (x, y).

    One is drawn from each of ``count`` equal parts of the outline, in the order of its direction from the
    centre. Drawn anywhere, they would often stand in one corner, and the spline would tear at the rest.
    """
    ring = dilate(mask, 1) & ~mask
    ys, xs = np.nonzero(ring if ring.any() else mask)
    around = np.argsort(np.arctan2(ys - ys.mean(), xs - xs.mean()), kind="stable")
    parts = np.array_split(np.roll(around, rng.integers(len(around))), min(count, len(around)))
    chosen = [rng.choice(part) for part in parts]
    return np.stack([xs[chosen], ys[chosen]], axis=1).astype(float)


def box(mask: np.ndarray) -> np.ndarray:
    """The smallest upright box around the object, filled: the cheapest annotation there is.

    >>> box(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0]], bool)).astype(int)
    array([[1, 1, 0],
           [1, 1, 0],
           [0, 0, 0]])
    """
    filled = np.zeros_like(mask)
    if mask.any():
        ys, xs = np.nonzero(mask)
        filled[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] = True
    return filled


def _extent(mask: np.ndarray) -> tuple[int, int]:
    """(width, height) of the object's bounding box."""
    ys, xs = np.nonzero(mask)
    return int(xs.max() - xs.min() + 1), int(ys.max() - ys.min() + 1)
