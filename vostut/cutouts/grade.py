"""Colour grading: what makes cut-out photographs look as if they belonged to one picture.

A look takes a texture (h x w x 3) and its alpha (h x w), float32 in 0..1, and gives a texture.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vostut.cutouts.photographs import photograph

Stops = Sequence[tuple[float, tuple[int, int, int]]]

NAVY: Stops = (
    (0, (9, 13, 30)),
    (0.16, (26, 33, 62)),
    (0.3, (96, 66, 58)),
    (0.55, (196, 146, 112)),
    (1, (250, 244, 232)),
)
GOLD: Stops = ((0, (44, 22, 6)), (0.35, (140, 88, 24)), (0.65, (228, 176, 74)), (1, (255, 246, 206)))
SILVER: Stops = ((0, (22, 26, 38)), (0.4, (104, 116, 136)), (0.7, (196, 206, 220)), (1, (255, 255, 252)))
BRONZE: Stops = ((0, (34, 14, 10)), (0.4, (128, 64, 38)), (0.7, (208, 128, 84)), (1, (255, 222, 190)))
ROCK: Stops = ((0, (28, 22, 26)), (0.4, (112, 92, 86)), (0.75, (196, 172, 152)), (1, (250, 236, 214)))


def sample(photo: np.ndarray, scale: float, shift: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resample a photograph: texture = scale x photograph + shift. Beyond its edges it is mirrored.

    Args:
        photo: H x W x 3 uint8.
        scale: texture pixels per photograph pixel.
        shift: (x, y) in texture pixels.
        shape: (height, width) of the texture.

    Returns:
        float32 in 0..1, height x width x 3.
    """
    source = photo.astype(np.float32) / 255
    if scale < 0.75:  # average what falls into one texture pixel
        source = cv2.GaussianBlur(source, (0, 0), 0.45 / scale)
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    flags = cv2.INTER_LANCZOS4 if scale > 1 else cv2.INTER_CUBIC
    out = cv2.warpAffine(source, matrix, shape[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT)
    return np.clip(out, 0, 1)


def grey(image: np.ndarray) -> np.ndarray:
    """Luminance of an RGB image in 0..1 (ITU-R BT.601).

    >>> grey(np.array([[[0, 1, 0]]], np.float32)).astype(float).round(3).tolist()
    [[0.587]]
    """
    return image @ np.array([0.299, 0.587, 0.114], np.float32)


def tone(levels: np.ndarray, stops: Stops) -> np.ndarray:
    """Map grey levels in 0..1 to colours along the given stops (level, RGB).

    >>> tone(np.array([0.5]), ((0, (0, 0, 0)), (1, (255, 51, 0)))).astype(float).round(2).tolist()
    [[0.5, 0.1, 0.0]]
    """
    at = [stop[0] for stop in stops]
    channels = [np.interp(levels, at, [stop[1][c] / 255 for stop in stops]) for c in range(3)]
    return np.stack(channels, -1).astype(np.float32)


def stretch(levels: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Spread grey levels over 0..1, all but the darkest and the lightest 2 %.

    >>> stretch(np.linspace(0.4, 0.6, 5))[[0, 2, 4]].tolist()
    [0.0, 0.5, 1.0]
    """
    chosen = levels if weight is None else levels[weight > 0.5]
    low, high = np.percentile(chosen, [2, 98])
    return np.clip((levels - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)


def sharpen(image: np.ndarray, sigma: float, amount: float) -> np.ndarray:
    """Unsharp masking.

    >>> edge = np.repeat([[0.4, 0.6]], 8, 1).astype(np.float32)
    >>> sharpen(edge, 1.0, 1.0)[0, [0, 7, 8, 15]].astype(float).round(1).tolist()
    [0.4, 0.3, 0.7, 0.6]
    """
    return np.clip(image + amount * (image - cv2.GaussianBlur(image, (0, 0), sigma)), 0, 1)


def saturate(image: np.ndarray, amount: float) -> np.ndarray:
    """Scale the distance of every colour from its grey.

    >>> saturate(np.array([[[0.2, 0.4, 0.6]]], np.float32), 0).astype(float).round(2).tolist()
    [[[0.36, 0.36, 0.36]]]
    """
    level = grey(image)[..., None]
    return np.clip(level + amount * (image - level), 0, 1)


def as_it_is(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The photograph's own colours."""
    return colour


def brighten(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """A little more light and colour."""
    return saturate(np.clip(colour, 0, 1) ** 0.82, 1.2)


def soften_print(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Calm the harsh contrast of a scanned print; lift the black uniform to navy blue."""
    lifted = 0.05 + 0.93 * colour
    shade = np.clip(1 - grey(colour) / 0.25, 0, 1)[..., None]
    return np.clip(lifted + shade * np.array([0.0, 0.02, 0.085], np.float32), 0, 1)


def tint_portrait(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Colours for a black-and-white photograph: a navy coat, skin, light metal."""
    return tone(grey(colour), NAVY)


def _metal(colour: np.ndarray, alpha: np.ndarray, stops: Stops) -> np.ndarray:
    levels = sharpen(stretch(grey(colour), alpha), 3.0, 0.5)
    return tone(np.clip(levels * 0.75 + 0.25 * _bevel(alpha, 5.0), 0, 1), stops)


def gold(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """A gold coin."""
    return _metal(colour, alpha, GOLD)


def silver(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """A silver coin."""
    return _metal(colour, alpha, SILVER)


def bronze(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """A bronze coin."""
    return _metal(colour, alpha, BRONZE)


def _relief(alpha: np.ndarray, width: float) -> np.ndarray:
    """Height of a rounded edge: 0 at the outline, 1 at ``width`` pixels inside."""
    inside = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    x = np.clip(inside / width, 0, 1)
    return np.sqrt(np.clip(1 - (1 - x) ** 2, 0, 1)).astype(np.float32)


def _bevel(alpha: np.ndarray, width: float) -> np.ndarray:
    """Light from the upper left on a rounded edge: 0.5 on flat parts, 0..1."""
    height = cv2.GaussianBlur(_relief(alpha, width), (0, 0), width / 3)
    dx, dy = cv2.Sobel(height, cv2.CV_32F, 1, 0), cv2.Sobel(height, cv2.CV_32F, 0, 1)
    return np.clip(0.5 + 0.12 * width * (dx + dy) / 2, 0, 1)


def _ball(alpha: np.ndarray, light: tuple[float, float, float]) -> np.ndarray:
    """Light on a round body that fills the outline: h x w in 0..1."""
    ys, xs = np.nonzero(alpha > 0.5)
    h, w = alpha.shape
    x = (np.arange(w, dtype=np.float32) - xs.mean()) / (np.ptp(xs) / 2 + 1)
    y = (np.arange(h, dtype=np.float32) - ys.mean()) / (np.ptp(ys) / 2 + 1)
    z = np.sqrt(np.clip(1 - x[None] ** 2 - y[:, None] ** 2, 0.02, 1))
    norm = float(np.linalg.norm(light))
    return np.clip((light[0] * x[None] + light[1] * y[:, None] + light[2] * z) / norm, 0, 1)


def sphere(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """A planet lit from the upper left, with a glow along its lit limb."""
    lit = _ball(alpha, (-0.55, -0.5, 0.75))[..., None]
    body = saturate(sharpen(colour, 4.0, 0.8), 1.1) * (0.1 + 1.15 * lit)
    rim = 1 - _relief(alpha, 12.0)[..., None]
    return np.clip(body + rim * lit * np.array([0.5, 0.38, 0.3], np.float32), 0, 1).astype(np.float32)


def rock(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """A boulder: the texture of gravel on a lit, dented ball."""
    grain = stretch(grey(colour), alpha)
    dents = stretch(cv2.GaussianBlur(grain, (0, 0), 9.0), alpha)
    lit = _ball(alpha, (-0.6, -0.55, 0.6))
    slope = cv2.Sobel(dents, cv2.CV_32F, 1, 0) + cv2.Sobel(dents, cv2.CV_32F, 0, 1)
    levels = (0.3 + 0.5 * grain + 0.25 * dents + 1.0 * slope) * (0.1 + 1.05 * lit)
    return tone(np.clip(levels, 0, 1), ROCK)


def wooden(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """A toy of wood: the table of the coffee photograph, its grain along the object, with a round edge."""
    plank = np.rot90(photograph("coffee")[120:400, 484:600])
    size = (alpha.shape[1], alpha.shape[0])
    grain = cv2.resize(np.ascontiguousarray(plank), size, interpolation=cv2.INTER_CUBIC)
    levels = stretch(grey(grain.astype(np.float32) / 255))
    wood = tone(
        levels, ((0, (70, 30, 12)), (0.4, (150, 78, 34)), (0.75, (206, 132, 68)), (1, (246, 198, 130)))
    )
    return np.clip(wood * (0.35 + 1.3 * _bevel(alpha, 9.0)[..., None]), 0, 1).astype(np.float32)


def shift_statistics(image: np.ndarray, like: np.ndarray, amount: float) -> np.ndarray:
    """Move an image's colour statistics towards those of a set of colours (Reinhard et al. 2001).

    Args:
        image: H x W x 3 float32 in 0..1.
        like: N x 3 float32 in 0..1.
        amount: 0 leaves the image, 1 gives it the mean and the standard deviation of ``like``.

    >>> image, red = np.full((4, 4, 3), 0.5, np.float32), np.array([[1, 0, 0]], np.float32)
    >>> shift_statistics(image, red, 1.0)[0, 0].round(1).tolist()
    [1.0, 0.0, 0.0]
    """
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    wanted = cv2.cvtColor(like[None], cv2.COLOR_RGB2LAB)[0]
    mean, std = lab.mean((0, 1)), lab.std((0, 1)) + 1e-3
    # No more contrast than 1.3 times the image's own: flat colours would turn garish.
    moved = (lab - mean) * np.minimum(0.8 * wanted.std(0) / std, 1.3) + wanted.mean(0)
    mixed = lab + amount * (moved - lab)
    return np.clip(cv2.cvtColor(mixed.astype(np.float32), cv2.COLOR_LAB2RGB), 0, 1)
