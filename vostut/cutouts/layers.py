"""The layers of a picture, sampled in the frame: objects, their shadows, the pillar, the background.

Coverage is the share of a pixel's area that a layer covers, measured with samples of its soft outline.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from vostut.cutouts.backgrounds import BACKGROUNDS, BORDER
from vostut.cutouts.clutter import backdrop
from vostut.cutouts.grade import grey, stretch, tone
from vostut.cutouts.motion import Matrix, Motion, Wave, apply, chain, invert, similarity
from vostut.cutouts.outlines import OBJECTS, Cutout
from vostut.cutouts.photographs import photograph

SOFT_PILLAR = 1.2
"""Width of the pillar's edges in reference pixels: it stands nearer than the plane of focus."""
DROP = ((5.0, 8.0), 5.0, 0.5)
"""Shadow on a surface seen from above: offset and blur in reference pixels, darkness."""
FLAT = 0.16
"""Height of a shadow on the ground, relative to the object that stands there."""
SHADE = 0.4
"""How much of the light the shadow takes that moves over an object at ``appearance_change`` = 1."""


class Layer(NamedTuple):
    """A layer within a window of the frame.

    Attributes:
        rgba: h x w x 4 float32, colours multiplied by coverage.
        rows, columns: the window.
    """

    rgba: np.ndarray
    rows: slice
    columns: slice

    def put(self, image: np.ndarray) -> None:
        """Paint over an H x W x 3 image, in place.

        >>> image = np.zeros((1, 2, 3), np.float32)
        >>> half_red = np.array([[[0.5, 0, 0, 0.5]]], np.float32)
        >>> Layer(half_red, slice(0, 1), slice(1, 2)).put(image)
        >>> image.tolist()
        [[[0.0, 0.0, 0.0], [0.5, 0.0, 0.0]]]
        """
        part = image[self.rows, self.columns]
        part *= 1 - self.rgba[..., 3:]
        part += self.rgba[..., :3]


def grid(rows: slice, columns: slice, samples: int, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """Reference coordinates of ``samples`` points in each direction of each pixel: x (1 x w), y (h x 1).

    >>> x, y = grid(slice(0, 1), slice(10, 12), 1, 0.5)  # a pixel is two reference pixels wide
    >>> x.tolist(), y.tolist()
    ([[21.0, 23.0]], [[1.0]])
    """
    x = (np.arange(columns.start * samples, columns.stop * samples) + 0.5) / samples / unit
    y = (np.arange(rows.start * samples, rows.stop * samples) + 0.5) / samples / unit
    return x[None], y[:, None]


def average(image: np.ndarray, samples: int) -> np.ndarray:
    """The mean of the samples in each pixel.

    >>> average(np.array([[0, 1], [1, 0]], np.float32), 2).tolist()
    [[0.5]]
    """
    if samples == 1:
        return image
    size = (image.shape[1] // samples, image.shape[0] // samples)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def object_layer(motion: Motion, i: int, t: float, samples: int) -> Layer | None:
    """Object ``i`` (from 0) at time ``t``, in neutral light; None if it is out of the frame."""
    matrix, wave, texture = motion.to_frame(i, t), motion.wave(i, t), motion.cutout(i)
    seen = _window(texture.box, matrix, wave, motion)
    if seen is None:
        return None
    rgba = average(_sample(texture, matrix, wave, grid(*seen, samples, motion.unit)), samples)
    return Layer(rgba, *seen)


def lit(layer: Layer, motion: Motion, i: int, t: float) -> Layer:
    """The same layer in the light of the place, which ``appearance_change`` turns down."""
    place, (light, depth) = BACKGROUNDS[motion.scene.background], motion.light(t)
    gains = np.array([*(light * place.light), 1.0], np.float32)
    rgba = layer.rgba * gains
    if depth:
        x, y = grid(layer.rows, layer.columns, 1, motion.unit)
        x, y = apply(invert(motion.to_frame(i, t)), x, y)
        left, _, right, _ = motion.cutout(i).box
        across = (x + 0.3 * y - left) / (right - left)
        shadow = np.clip((1.5 * depth - across) / 0.25 + 0.5, 0, 1) * SHADE * depth
        rgba[..., :3] *= (1 - shadow)[..., None].astype(np.float32)
    np.minimum(rgba[..., :3], rgba[..., 3:], out=rgba[..., :3])  # light never exceeds white
    return Layer(rgba, layer.rows, layer.columns)


def cast_shadow(image: np.ndarray, motion: Motion, i: int, t: float) -> None:
    """Darken an image, in place, where an object keeps the light away."""
    name, texture = motion.scene.objects[i], motion.cutout(i)
    if not OBJECTS[name].shadow:
        return
    (dx, dy), blur, dark = DROP
    matrix = motion.place(i, t)
    if OBJECTS[name].stance == "ground":  # laid down on the ground, away from the light
        matrix = chain(matrix, np.array([[1.0, -0.5, 0], [0, -FLAT, 2.0]]))
    else:
        matrix = chain(similarity(1, 0, dx, dy), matrix)
    matrix, wave = chain(motion.shake(t), matrix), motion.wave(i, t)
    seen = _window(texture.box, matrix, wave, motion, 3 * blur)
    if seen is None:
        return
    alpha = _sample(texture, matrix, wave, grid(*seen, 1, motion.unit))[..., 3:]
    shade = cv2.GaussianBlur(alpha, (0, 0), blur * motion.unit)[..., None]
    image[seen] *= 1 - dark * shade


def pillar_layer(motion: Motion, t: float) -> Layer | None:
    """The pillar that ``occlusion`` puts into the foreground: round, textured, a little out of focus."""
    if not motion.scene.knobs.occlusion:
        return None
    width, to_frame = motion.pillar(t)
    rows, columns = (slice(0, n) for n in motion.scene.size)
    x, y = np.broadcast_arrays(*apply(invert(to_frame), *grid(rows, columns, 1, motion.unit)))
    across = 2 * x / width
    cover = np.clip((width / 2 - np.abs(x)) / (2 * SOFT_PILLAR) + 0.5, 0, 1)
    bulge = np.sqrt(np.clip(1 - across**2, 0, 1))
    skin = _pillar_skin(motion.scene.background)
    u = np.abs(((np.arcsin(np.clip(across, -1, 1)) * width * 0.9 + 140) % 600) - 300)
    v = np.abs(((y * 1.6 + 120) % 600) - 300)
    colour = cv2.remap(skin, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR)
    light = 0.25 + 0.85 * np.clip(0.8 * bulge - 0.45 * across, 0, 1.1)
    colour = np.clip(colour * light[..., None], 0, 1)
    rgba = np.dstack([colour * cover[..., None], cover]).astype(np.float32)
    return Layer(rgba, rows, columns)


def background_image(motion: Motion, t: float) -> np.ndarray:
    """What the camera sees behind everything: H x W x 3 float32."""
    scene, border = motion.scene, round(BORDER * motion.unit)
    image = backdrop(scene.background, scene.size, scene.objects[0], scene.knobs.background_clutter)
    linear, shift = motion.background(t)[:, :2], motion.background(t)[:, 2]
    # The same transform between pixel positions, whose centres are at whole numbers.
    shift = linear @ np.array([0.5 - border, 0.5 - border]) + shift * motion.unit - 0.5
    return cv2.warpAffine(
        image,
        np.hstack([linear, shift[:, None]]),
        scene.size[::-1],
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )


@lru_cache(maxsize=4)
def _pillar_skin(background: str) -> np.ndarray:
    """The texture of the pillar at a place, 301 x 301 x 3 float32, a little blurred."""
    name, dark, bright = BACKGROUNDS[background].pillar
    levels = stretch(grey(photograph(name).astype(np.float32) / 255))[100:401, 100:401]
    return cv2.GaussianBlur(tone(levels, ((0, dark), (1, bright))), (0, 0), 1.6)


def _sample(texture: Cutout, matrix: Matrix, wave: Wave, at: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The texture at points of the frame, in reference coordinates: h x w x 4."""
    x, y = apply(invert(matrix), at[0].astype(np.float32), at[1].astype(np.float32))
    x, y = wave.unbend(x, y)
    u = x * texture.density + texture.origin[0]
    v = y * texture.density + texture.origin[1]
    return cv2.remap(texture.rgba, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR)


def _window(
    box: tuple[float, float, float, float], matrix: Matrix, wave: Wave, motion: Motion, extra: float = 0.0
) -> tuple[slice, slice] | None:
    """Rows and columns of the frame that an object may touch, or None if there are none."""
    dx, dy = wave.size[0] + 3, wave.size[1] + 3
    left, top, right, bottom = box[0] - dx, box[1] - dy, box[2] + dx, box[3] + dy
    x, y = apply(matrix, np.array([left, right, left, right]), np.array([top, top, bottom, bottom]))
    spans = []
    for values, end in ((y, motion.scene.size[0]), (x, motion.scene.size[1])):
        low = max(math.floor((values.min() - extra) * motion.unit), 0)
        high = min(math.ceil((values.max() + extra) * motion.unit) + 1, end)
        if low >= high:
            return None
        spans.append(slice(low, high))
    return spans[0], spans[1]
