"""Objects: textures cut out of photographs along the outlines in ``outlines.json``.

The outlines were traced with GrabCut around hand-made polygons, smoothed and looked at. The tips of the
cat's ears and its chest, which its photograph cuts off, continue in the mirrored photograph. Points are
(x, y) in photograph pixels, pixel centres at whole numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from vostut.cutouts import grade
from vostut.cutouts.photographs import photograph

DENSITY = 2
"""Texture pixels per reference pixel: frames are rendered at twice their resolution, then averaged."""
MARGIN = 6
"""Transparent texture pixels around the object, so that sampling at its edge meets no border."""
FEATHER = 0.9
"""Softness of an outline in texture pixels (sigma): about that of an edge in a sharp photograph."""


class Object(NamedTuple):
    """How an object looks and moves. Lengths are reference pixels (a frame is 240 high).

    Attributes:
        photo: the photograph it is cut from.
        height: its height on screen when nothing is scaled.
        stance: ``"float"`` (turns about its centre), ``"stand"`` (a portrait whose lower end stays
            below the frame) or ``"ground"`` (stands on its feet).
        reach: (x, y) amplitudes of its path.
        sway: amplitude of its rotation in degrees.
        spin: steady rotation in degrees per frame.
        look: colour grading, from texture and alpha to texture; both float32 in 0..1.
        shadow: it casts a shadow on what lies below it.
    """

    photo: str
    height: float
    stance: str = "float"
    reach: tuple[float, float] = (80.0, 22.0)
    sway: float = 4.0
    spin: float = 0.0
    look: Callable[[np.ndarray, np.ndarray], np.ndarray] = grade.as_it_is
    shadow: bool = False


OBJECTS: dict[str, Object] = {
    "admiral": Object("hopper", 236, "stand", (66, 3), 1.5, look=grade.soften_print),
    "asteroid": Object("gravel", 124, "float", (112, 36), 3.0, 2.2, grade.rock),
    "astronaut": Object("astronaut", 238, "stand", (64, 3), 1.5),
    "cameraman": Object("camera", 236, "stand", (58, 3), 1.5, look=grade.tint_portrait),
    "cat": Object("cat", 228, "stand", (74, 4), 2.5, look=grade.brighten),
    "coffee": Object("coffee", 142, "float", (84, 16), 5.0, 0.0, grade.as_it_is, True),
    "drachm": Object("coins", 100, "float", (90, 28), 4.0, 2.5, grade.silver, True),
    "gorgon": Object("coins", 86, "float", (90, 28), 4.0, -4.0, grade.bronze, True),
    "horse": Object("horse", 158, "ground", (94, 5), 3.0, 0.0, grade.wooden, True),
    "planet": Object("retina", 132, "float", (78, 20), 2.0, 0.5, grade.sphere),
    "shuttle": Object("astronaut", 196, "float", (72, 18), 7.0, look=grade.brighten),
    "stater": Object("coins", 104, "float", (104, 34), 4.0, 2.4, grade.gold, True),
    "tetradrachm": Object("coins", 112, "float", (90, 28), 4.0, 3.0, grade.gold, True),
}
"""Object name -> description."""


class Cutout(NamedTuple):
    """A texture with transparency.

    Attributes:
        rgba: h x w x 4 float32 in 0..1, colours multiplied by alpha.
        origin: (x, y) of the pivot in texture pixels.
        box: (left, top, right, bottom) of the object in reference pixels from the pivot.
        density: texture pixels per reference pixel.
    """

    rgba: np.ndarray
    origin: tuple[float, float]
    box: tuple[float, float, float, float]
    density: float


@lru_cache(maxsize=1)
def _outlines() -> dict[str, dict[str, list[list[float]]]]:
    return json.loads(Path(__file__).with_name("outlines.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=16)
def cutout(name: str, density: float = DENSITY) -> Cutout:
    """The texture of an object at ``density`` texture pixels per reference pixel.

    >>> cat = cutout("cat")
    >>> cat.rgba.shape[2], [round(edge) for edge in cat.box]  # it stands: its pivot is at its lower end
    (4, [-115, -228, 115, 0])
    """
    description, outline = OBJECTS[name], _outlines()[name]
    polygons = [np.array(points, np.float64).reshape(-1, 2) for points in outline["polygons"]]
    holes = [np.array(points, np.float64).reshape(-1, 2) for points in outline["holes"]]
    low, high = np.vstack(polygons).min(0), np.vstack(polygons).max(0)
    scale = density * description.height / (high[1] - low[1])
    height, width = (np.ceil((high - low) * scale).astype(int) + 2 * MARGIN)[::-1]
    # texture = scale * photograph + shift, in pixel centres
    shift = MARGIN - scale * low
    alpha = _coverage(polygons, holes, scale, shift, (height, width))
    colour = grade.sample(photograph(description.photo), scale, shift, (height, width))
    colour = description.look(colour, alpha)
    colour = _spread(colour, alpha)
    rgba = np.dstack([colour * alpha[..., None], alpha]).astype(np.float32)
    x = MARGIN + scale * (high[0] - low[0]) / 2
    y = MARGIN + scale * (high[1] - low[1]) * (0.5 if description.stance == "float" else 1.0)
    half_width = scale * (high[0] - low[0]) / 2 / density
    box = (-half_width, (MARGIN - y) / density, half_width, (height - MARGIN - y) / density)
    return Cutout(rgba, (float(x), float(y)), box, density)


def _coverage(
    polygons: list[np.ndarray],
    holes: list[np.ndarray],
    scale: float,
    shift: np.ndarray,
    shape: tuple[int, int],
) -> np.ndarray:
    """Share of each texture pixel inside the outline, slightly softened: h x w float32."""
    fine = 4  # subpixels in each direction
    image = np.zeros((shape[0] * fine, shape[1] * fine), np.uint8)
    for points, value in [(p, 255) for p in polygons] + [(p, 0) for p in holes]:
        corners = (points * scale + shift + 0.5) * fine - 0.5
        cv2.fillPoly(image, [np.round(corners * 16).astype(np.int32)], value, cv2.LINE_8, 4)
    alpha = cv2.resize(image, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return cv2.GaussianBlur(alpha, (0, 0), FEATHER)


def _spread(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Replace colours near the edge by those just inside, so that no old background shines through."""
    inner = cv2.erode(alpha, np.ones((3, 3), np.uint8), iterations=2)
    inner = np.clip(inner * 2 - 1, 0, 1)
    spread, weight = colour * 0, alpha * 0
    for sigma, strength in ((1.5, 1.0), (4.0, 1e-3), (12.0, 1e-6)):  # the nearest colour wins
        spread += strength * cv2.GaussianBlur(colour * inner[..., None], (0, 0), sigma)
        weight += strength * cv2.GaussianBlur(inner, (0, 0), sigma)
    filled = spread / np.maximum(weight, 1e-12)[..., None]
    return colour * inner[..., None] + filled * (1 - inner[..., None])
