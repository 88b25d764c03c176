"""Places: panoramas made from photographs, a little larger than the frame, so that a camera can move.

A recipe takes (height, width) in pixels and gives float32 RGB in 0..1. Grey textures seen from above
become ground in perspective; every place has its own light, and the slight blur of what lies behind
the plane of focus.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from vostut.cutouts.grade import Stops, grey, saturate, stretch, tone
from vostut.cutouts.photographs import photograph

BORDER = 62
"""Reference pixels that a panorama extends beyond the frame on every side: more than pan and shake take."""

RGB = tuple[int, int, int]


def _texture(name: str) -> np.ndarray:
    """A photograph's grey levels, spread over 0..1."""
    return stretch(grey(photograph(name).astype(np.float32) / 255))


def _cover(image: np.ndarray, size: tuple[int, int], softness: float) -> np.ndarray:
    """Scale an image so that it covers (height, width), crop its middle, blur by ``softness`` pixels."""
    scale = max(size[0] / image.shape[0], size[1] / image.shape[1])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    wide = (max(size[1], round(image.shape[1] * scale)), max(size[0], round(image.shape[0] * scale)))
    image = cv2.resize(image, wide, interpolation=method)
    y, x = (image.shape[0] - size[0]) // 2, (image.shape[1] - size[1]) // 2
    return np.clip(cv2.GaussianBlur(image[y : y + size[0], x : x + size[1]], (0, 0), softness), 0, 1)


def _gradient(size: tuple[int, int], stops: Stops) -> np.ndarray:
    """Colours from the top (0) to the bottom (1)."""
    rows = tone(np.linspace(0, 1, size[0]), stops)
    return np.repeat(rows[:, None], size[1], 1)


def _clouds(size: tuple[int, int], seed: int, softest: float = 0.28) -> np.ndarray:
    """Smooth noise of several scales, in 0..1."""
    rng = np.random.default_rng(seed)
    total = np.zeros(size, np.float32)
    for octave in range(5):
        cell = softest * size[0] / 2**octave
        coarse = rng.random((int(size[0] / cell) + 3, int(size[1] / cell / 1.8) + 3), np.float32)
        total += cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC) / 2**octave
    return stretch(total)


def _ground(texture: np.ndarray, size: tuple[int, int], horizon: float, grain: float) -> np.ndarray:
    """A texture as a plane seen in perspective; rows above the horizon are meaningless.

    Args:
        texture: h x w grey levels in 0..1.
        size: (height, width).
        horizon: as a share of the height.
        grain: texture pixels per pixel at the lower edge.
    """
    fine = 3  # rendered this much larger and averaged: distant texture would flicker otherwise
    h, w = size[0] * fine, size[1] * fine
    y = np.arange(h, dtype=np.float32)[:, None] / h
    depth = (1 - horizon) / np.maximum(y - horizon, 0.012)
    x = (np.arange(w, dtype=np.float32)[None] - w / 2) / fine
    # The mirror axes of the repeated texture lie away from the middle, where they would show.
    u, v = x * depth * grain + 0.4 * texture.shape[1], np.repeat(depth * size[0] * grain * 1.3, w, 1)
    period = texture.shape[0] - 1
    u, v = (np.abs((t % (2 * period)) - period).astype(np.float32) for t in (u, v))
    plane = cv2.remap(texture, u, v, cv2.INTER_LINEAR)
    return cv2.resize(plane, size[::-1], interpolation=cv2.INTER_AREA)


def _join(above: np.ndarray, below: np.ndarray, horizon: float, haze: RGB, reach: float) -> np.ndarray:
    """Sky above the horizon, ground below it, and haze that hides where they meet."""
    h = above.shape[0]
    y = (np.arange(h, dtype=np.float32) / h)[:, None, None]
    ground = np.clip((y - horizon) * h / 2 + 0.5, 0, 1)
    image = above * (1 - ground) + below * ground
    fog = np.exp(-np.maximum(y - horizon, 0) / reach) * ground
    image = image * (1 - 0.85 * fog) + np.array(haze, np.float32) / 255 * 0.85 * fog
    # What is far away is out of focus, more so than the ground at our feet.
    near = np.clip((y - horizon) * 2.2, 0, 1)
    return cv2.GaussianBlur(image, (0, 0), 2.2) * (1 - near) + cv2.GaussianBlur(image, (0, 0), 0.8) * near


def _stars(size: tuple[int, int]) -> np.ndarray:
    field = photograph("hubble").astype(np.float32)[60:700, 40:960] / 255
    sky = _cover(np.clip(field * 1.5 - 0.06, 0, 1), size, 0.5)
    veil, depth = _clouds(size, 4, 0.6)[..., None], _clouds(size, 9, 0.6)[..., None]
    glow = veil**2 * np.array([0.10, 0.14, 0.36], np.float32) + depth**3 * np.array(
        [0.26, 0.07, 0.22], np.float32
    )
    return np.clip(sky + glow + np.array([0.01, 0.012, 0.035], np.float32), 0, 1)


def _launch_pad(size: tuple[int, int]) -> np.ndarray:
    photo = photograph("rocket").astype(np.float32) / 255
    return saturate(_cover(photo**0.8, size, 0.9), 1.2)


def _tiles(size: tuple[int, int]) -> np.ndarray:
    levels = _cover(_texture("brick")[:300], size, 1.0)
    stone = tone(
        levels, ((0, (20, 46, 58)), (0.45, (48, 98, 112)), (0.75, (98, 152, 158)), (1, (206, 226, 214)))
    )
    light = 0.72 + 0.42 * _clouds(size, 2, 0.9)[..., None]
    return np.clip(stone * light, 0, 1)


def _brick_wall(size: tuple[int, int]) -> np.ndarray:
    turned = np.ascontiguousarray(np.rot90(_texture("brick")))[60:460]
    wall = tone(
        _cover(turned, size, 1.6),
        ((0, (66, 34, 30)), (0.35, (138, 66, 50)), (0.65, (182, 98, 72)), (1, (226, 186, 158))),
    )
    light = np.linspace(1.12, 0.72, size[1], dtype=np.float32)[None, :, None]
    return np.clip(wall * light, 0, 1)


def _gravel(size: tuple[int, int]) -> np.ndarray:
    levels = _cover(_texture("gravel")[:330], size, 0.9)
    stones = tone(
        levels, ((0, (22, 28, 44)), (0.4, (66, 82, 108)), (0.75, (130, 146, 166)), (1, (226, 230, 232)))
    )
    light = 0.68 + 0.4 * _clouds(size, 7, 0.9)[..., None]
    return np.clip(stones * light, 0, 1)


def _meadow(size: tuple[int, int]) -> np.ndarray:
    horizon = 0.44
    levels = _ground(_texture("grass"), size, horizon, 0.85)
    turf = tone(
        levels, ((0, (30, 54, 18)), (0.4, (78, 124, 40)), (0.75, (144, 182, 72)), (1, (224, 230, 140)))
    )
    sky = _gradient(
        size, ((0, (84, 146, 214)), (0.28, (142, 190, 232)), (0.44, (224, 234, 232)), (1, (224, 234, 232)))
    )
    puffs = np.clip(_clouds(size, 12, 0.3) * 1.9 - 0.95, 0, 1)[..., None] * 0.85
    sky = sky * (1 - puffs) + puffs * np.array([1.0, 0.985, 0.96], np.float32)
    sky = _hills(sky, horizon, ((92, 128, 122), (66, 104, 66)))
    return _join(sky, turf, horizon, (140, 172, 108), 0.04)


def _hills(sky: np.ndarray, horizon: float, colours: tuple[RGB, ...]) -> np.ndarray:
    """Rows of wooded hills before the sky, the nearest last."""
    h, w = sky.shape[:2]
    y = np.arange(h, dtype=np.float32)[:, None]
    for i, colour in enumerate(colours):
        outline = _clouds((64, w), 30 + i, 1.6)[20] + 0.22 * _clouds((64, w), 40 + i, 0.25)[20]
        top = h * (horizon - 0.025 - (0.085 - 0.035 * i) * outline)
        inside = np.clip(y - top[None] + 0.5, 0, 1)[..., None]
        leaves = 0.8 + 0.4 * _clouds((h, w), 50 + i, 0.06)[..., None]
        sky = sky * (1 - inside) + inside * leaves * np.array(colour, np.float32) / 255
    return sky.astype(np.float32)


def _desert(size: tuple[int, int]) -> np.ndarray:
    horizon = 0.68
    levels = _ground(_texture("gravel"), size, horizon, 1.0)
    sand = tone(
        levels, ((0, (70, 30, 22)), (0.45, (150, 74, 42)), (0.8, (212, 132, 80)), (1, (250, 206, 150)))
    )
    sky = _gradient(
        size,
        (
            (0, (54, 44, 96)),
            (0.35, (150, 84, 118)),
            (0.6, (240, 156, 112)),
            (0.68, (255, 206, 146)),
            (1, (255, 206, 146)),
        ),
    )
    streaks = cv2.GaussianBlur(np.clip(_clouds(size, 15, 0.25) * 2 - 1, 0, 1), (0, 0), 9, sigmaY=1.5)[
        ..., None
    ]
    sky = sky * (1 - 0.5 * streaks) + 0.5 * streaks * np.array([0.98, 0.62, 0.5], np.float32)
    sky = _hills(sky, horizon, ((150, 80, 84), (112, 54, 52)))
    return _join(sky, sand, horizon, (226, 142, 100), 0.05)


def _moon(size: tuple[int, int]) -> np.ndarray:
    horizon = 0.52
    grain = cv2.GaussianBlur(_texture("gravel"), (0, 0), 1.5)
    dunes = stretch(0.8 * stretch(grain) + 0.5 * _clouds((512, 512), 21, 0.12))
    levels = _ground(dunes, size, horizon, 0.9)
    dust = tone(
        levels, ((0, (44, 46, 56)), (0.45, (112, 112, 118)), (0.8, (176, 172, 168)), (1, (236, 230, 220)))
    )
    sky = _stars(size) * 0.8
    sky = _hills(sky, horizon, ((104, 104, 112), (134, 132, 136)))
    return _join(sky, dust, horizon, (150, 150, 156), 0.03)


def _garden(size: tuple[int, int]) -> np.ndarray:
    """Leaves far out of focus, as behind a portrait: every bright spot becomes a disc."""
    leaves = _cover(_texture("grass")[40:240, 60:364], size, 0.8)
    radius = max(2, round(size[0] / 34))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.float32)
    spots = cv2.filter2D(leaves**7, -1, disc / disc.sum())
    base = cv2.GaussianBlur(leaves, (0, 0), radius * 0.9)
    levels = np.clip(0.5 * stretch(base) + 0.55 * stretch(spots) * _clouds(size, 61, 0.7), 0, 1)
    light = 0.6 + 0.7 * _clouds(size, 62, 1.2)[..., None]
    green = tone(
        levels, ((0, (12, 44, 36)), (0.3, (34, 92, 58)), (0.6, (112, 160, 72)), (1, (246, 240, 170)))
    )
    return np.clip(green * light, 0, 1)


def _lawn(size: tuple[int, int]) -> np.ndarray:
    levels = _cover(_texture("grass")[100:440], size, 1.0)
    turf = tone(levels, ((0, (10, 34, 20)), (0.4, (36, 86, 36)), (0.75, (92, 142, 58)), (1, (206, 222, 130))))
    return np.clip(turf * (0.66 + 0.45 * _clouds(size, 5, 0.9)[..., None]), 0, 1)


def _clouds_sky(size: tuple[int, int]) -> np.ndarray:
    blue = _gradient(size, ((0, (36, 92, 172)), (0.6, (108, 168, 222)), (1, (186, 216, 236))))
    puffs = _clouds(size, 33, 0.5)
    cover = np.clip(puffs * 2.2 - 0.95, 0, 1)[..., None]
    light = np.clip(0.8 + 1.4 * (puffs - np.roll(puffs, (-6, -6), (0, 1))), 0.62, 1.05)[..., None]
    white = np.array([1.0, 0.98, 0.96], np.float32) * light
    return np.clip(cv2.GaussianBlur(blue * (1 - cover) + cover * white, (0, 0), 1.5), 0, 1)


class Place(NamedTuple):
    """A background.

    Attributes:
        recipe: from (height, width) to a panorama.
        light: colour of the light that falls on objects there, RGB gains.
        pillar: (photograph, dark RGB, light RGB) of what may stand in the foreground.
    """

    recipe: Callable[[tuple[int, int]], np.ndarray]
    light: tuple[float, float, float] = (1.0, 1.0, 1.0)
    pillar: tuple[str, RGB, RGB] = ("brick", (40, 26, 24), (176, 120, 92))


BACKGROUNDS: dict[str, Place] = {
    "brick-wall": Place(_brick_wall, (1.03, 0.99, 0.95), ("gravel", (22, 32, 28), (120, 140, 120))),
    "clouds": Place(_clouds_sky, (0.98, 1.0, 1.04), ("brick", (46, 20, 18), (190, 84, 60))),
    "desert": Place(_desert, (1.06, 0.93, 0.88), ("gravel", (40, 20, 26), (150, 84, 74))),
    "garden": Place(_garden, (1.02, 1.0, 0.95)),
    "gravel": Place(_gravel, (1.0, 1.0, 1.0), ("brick", (30, 44, 24), (120, 150, 84))),
    "lawn": Place(_lawn, (1.0, 1.0, 0.96)),
    "launch-pad": Place(_launch_pad, (0.9, 0.9, 1.0), ("brick", (16, 18, 30), (84, 88, 116))),
    "meadow": Place(_meadow, (1.02, 1.0, 0.95)),
    "moon": Place(_moon, (0.98, 0.99, 1.03), ("gravel", (26, 26, 34), (150, 146, 142))),
    "stars": Place(_stars, (1.0, 1.0, 1.03), ("gravel", (24, 22, 34), (140, 126, 128))),
    "tiles": Place(_tiles, (1.0, 0.98, 0.96), ("gravel", (62, 48, 40), (206, 178, 144))),
}
"""Background name -> place."""


@lru_cache(maxsize=4)
def panorama(name: str, size: tuple[int, int]) -> np.ndarray:
    """A place as (height, width) x 3 float32 RGB in 0..1, not to be written to.

    >>> panorama("lawn", (30, 40)).shape
    (30, 40, 3)
    """
    image = BACKGROUNDS[name].recipe(size).astype(np.float32)
    image.flags.writeable = False
    return image
