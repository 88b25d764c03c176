"""Rough masks made from exact ones: what MaskTrack learns to repair. Chapter 5.

While a video is segmented, the mask of frame t-1 is a rough estimate for frame t: the object has moved a
little, changed its shape a little, and the estimate had errors of its own. On a still image all of this can
be synthesised from the true mask (Perazzi et al., CVPR 2017, section 4). Every function takes and gives a
mask, H x W bool, and computes nothing at random but :func:`deform`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

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
        dilate: radius of the final dilation, in pixels.
        smoothing: of the spline, see :func:`thin_plate_spline`. The published code smooths, too: two
            control points that happen to be neighbours would tear the mask apart otherwise.
    """

    scale: float = 0.05
    shift: float = 0.10
    points: int = 5
    bend: float = 0.10
    dilate: int = 5
    smoothing: float = 0.1

    @classmethod
    def nothing(cls) -> Deformation:
        """Feeds the true mask: the ablation "no deformation"."""
        return cls(scale=0.0, shift=0.0, points=0, bend=0.0, dilate=0)


def deform(mask: np.ndarray, recipe: Deformation, rng: np.random.Generator) -> np.ndarray:
    """One rough version of a mask: scaled and shifted, bent, dilated. An empty mask stays empty.

    A mask that would leave the image altogether comes back undeformed.
    """
    if not mask.any():
        return mask.copy()
    width, height = _extent(mask)
    factor = 1 + rng.uniform(-recipe.scale, recipe.scale)
    dx, dy = rng.uniform(-recipe.shift, recipe.shift, 2) * (width, height)
    rough = affine(mask, factor, dx, dy)
    if recipe.points and rough.any():
        points = contour_points(rough, recipe.points, rng)
        shifts = rng.uniform(-recipe.bend, recipe.bend, points.shape) * (width, height)
        rough = bend(rough, points, points + shifts, recipe.smoothing)
    if not rough.any():
        rough = mask
    return dilate(rough, recipe.dilate)


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

    With U(r) = r^2 log r, it is f(p) = a + B p + sum_i w_i U(|p - p_i|), where a, B and w solve

        [ K + smoothing I   P ] [ w    ]   [ values ]        K_ij = U(|p_i - p_j|)
        [ P^T               0 ] [ a, B ] = [ 0      ]        P_i  = (1, p_i)

    Lengths are measured in units of the points' spread, so that ``smoothing`` means the same for every size
    of object: 0 meets every value, more prefers a stiffer plate, in the limit an affine map.

    Args:
        points: N x 2.
        values: N x D.
        smoothing: not negative.

    Returns:
        A function from M x 2 points to M x D values. Points on one line leave the spline
        underdetermined; of all solutions the smallest is taken.
    """
    points = np.asarray(points, float)
    centre, spread = points.mean(axis=0), max(float(points.std()), 1e-9)

    def rows(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        places = (np.asarray(places, float) - centre) / spread
        nodes = (points - centre) / spread
        squared = ((places[:, None] - nodes[None]) ** 2).sum(axis=2)
        kernel = 0.5 * squared * np.log(np.maximum(squared, 1e-18))  # U(r), from r^2
        return kernel, np.column_stack([np.ones(len(places)), places])

    kernel, plane = rows(points)
    n = len(points)
    system = np.block([[kernel + smoothing * np.eye(n), plane], [plane.T, np.zeros((3, 3))]])
    right = np.concatenate([np.asarray(values, float), np.zeros((3, np.shape(values)[1]))])
    solution = np.linalg.lstsq(system, right, rcond=None)[0]

    def spline(places: Points) -> np.ndarray:
        return np.concatenate(rows(places), axis=1) @ solution

    return spline


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


def dilate(mask: np.ndarray, radius: int) -> np.ndarray:
    """Add all pixels within ``radius`` of the object (Euclidean distance)."""
    if radius <= 0:
        return mask.copy()
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disk = (x**2 + y**2 <= radius**2).astype(np.uint8)
    return cv2.dilate(mask.astype(np.uint8), disk).astype(bool)


def box(mask: np.ndarray) -> np.ndarray:
    """The smallest upright box around the object, filled: the cheapest annotation there is."""
    filled = np.zeros_like(mask)
    if mask.any():
        ys, xs = np.nonzero(mask)
        filled[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] = True
    return filled


def _extent(mask: np.ndarray) -> tuple[int, int]:
    """(width, height) of the object's bounding box."""
    ys, xs = np.nonzero(mask)
    return int(xs.max() - xs.min() + 1), int(ys.max() - ys.min() + 1)
