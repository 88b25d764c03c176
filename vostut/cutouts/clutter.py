"""The panorama behind a scene, and how ``background_clutter`` makes it look like the object."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from vostut.cutouts import grade
from vostut.cutouts.backgrounds import BORDER, panorama
from vostut.cutouts.outlines import cutout
from vostut.cutouts.scene import HEIGHT

SPACING = 66.0
"""Reference pixels between patches of the object's texture: few places are free of them."""
PATCH = 42.0
"""Mean size of a patch in reference pixels."""


@lru_cache(maxsize=4)
def backdrop(background: str, size: tuple[int, int], look_like: str, amount: float) -> np.ndarray:
    """A place, moved by ``amount`` (0..1) towards the colours and the texture of an object.

    Args:
        background: name of the place.
        size: (height, width) of the frame; the panorama has ``BORDER`` more on every side.
        look_like: name of the object.
        amount: the knob ``background_clutter``.

    Returns:
        float32 RGB in 0..1.

    >>> backdrop("lawn", (24, 32), "cat", 0.0).shape  # 2 x 6 pixels more than the frame
    (36, 44, 3)
    """
    unit = size[0] / HEIGHT
    border = 2 * round(BORDER * unit)
    image = panorama(background, (size[0] + border, size[1] + border))
    if not amount:
        return image
    texture = cutout(look_like).rgba
    image = grade.shift_statistics(image, texture[texture[..., 3] > 0.99][:, :3], 0.85 * amount)
    patches = _strew(texture, image.shape[:2], unit, amount)
    return image * (1 - patches[..., 3:]) + patches[..., :3]


def _strew(texture: np.ndarray, size: tuple[int, int], unit: float, amount: float) -> np.ndarray:
    """Soft-edged patches of a texture, turned at random, all over an area: premultiplied RGBA.

    Of all the places for a patch, the share ``amount`` is taken.
    """
    rng = np.random.default_rng(7)
    total = np.zeros((*size, 4), np.float32)
    source = cv2.resize(texture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    solid = np.argwhere(source[..., 3] > 0.9)
    step = SPACING * unit
    for y in np.arange(0.2 * step, size[0], step):
        for x in np.arange(0.2 * step, size[1], step):
            middle = solid[rng.integers(len(solid))][::-1].astype(float)
            matrix = cv2.getRotationMatrix2D(middle, rng.uniform(-180, 180), unit * rng.uniform(0.8, 1.3))
            place = np.array([x, y]) + (rng.random(2) - 0.5) * 0.6 * step
            matrix[:, 2] += place - middle
            layer = cv2.warpAffine(source, matrix, size[::-1], flags=cv2.INTER_LINEAR)
            layer *= _blot(size, place, PATCH * unit * rng.uniform(0.7, 1.3), rng.uniform(0, 6, 3))
            if rng.random() >= amount:  # drawn last, so that the other patches stay where they are
                continue
            total = total * (1 - layer[..., 3:]) + layer
    return cv2.GaussianBlur(total, (0, 0), 0.8 * unit)


def _blot(size: tuple[int, int], middle: np.ndarray, diameter: float, phase: np.ndarray) -> np.ndarray:
    """An irregular soft spot: H x W x 1 in 0..1."""
    y = np.arange(size[0], dtype=np.float32)[:, None] - middle[1]
    x = np.arange(size[1], dtype=np.float32)[None] - middle[0]
    angle = np.arctan2(y, x)
    radius = 1 + 0.14 * np.sin(2 * angle + phase[0]) + 0.08 * np.sin(3 * angle + phase[1])
    distance = np.hypot(x, y) / (diameter / 2 * radius)
    return np.clip((1 - distance) * 4, 0, 1)[..., None].astype(np.float32)
