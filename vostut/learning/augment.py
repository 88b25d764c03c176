"""Augmentation: the one annotated frame, and many that could have been. Chapter 4.

All functions take and give a frame (H x W x 3, uint8, RGB) with its mask (H x W, bool).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Augmentation:
    """What may happen to a frame before the network sees it.

    Attributes:
        flip: probability of a mirror image. DAVIS has no left or right.
        sizes: factors of the working height, one drawn for each sample. Objects come nearer and go away,
            and the small sizes cost little: half the height takes a quarter of the time.
        angle: largest rotation in degrees, to either side.
        scale: factors of a zoom about the centre, drawn evenly (on a log scale) between the two.
        colour: largest change of brightness, contrast and of each colour channel, as a fraction.
    """

    flip: float = 0.5
    sizes: tuple[float, ...] = (1.0,)
    angle: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    colour: float = 0.0


FLIPS = Augmentation()
"""Mirror images, and nothing else."""


def augment(frame: np.ndarray, mask: np.ndarray, recipe: Augmentation, rng: np.random.Generator) -> Pair:
    """One random variant of a frame and its mask."""
    size = float(rng.choice(recipe.sizes))
    if size != 1:
        frame, mask = fit_height(frame, mask, round(frame.shape[0] * size))
    if rng.random() < recipe.flip:
        frame, mask = frame[:, ::-1], mask[:, ::-1]
    if recipe.angle or recipe.scale != (1.0, 1.0):
        angle = rng.uniform(-recipe.angle, recipe.angle)
        factor = float(np.exp(rng.uniform(*np.log(recipe.scale))))
        frame, mask = rotate_and_zoom(frame, mask, angle, factor)
    if recipe.colour:
        frame = change_colours(frame, recipe.colour, rng)
    return np.ascontiguousarray(frame), np.ascontiguousarray(mask)


def fit_height(frame: np.ndarray, mask: np.ndarray | None, height: int) -> Pair:
    """Resize to a height, keeping the aspect ratio; the mask stays binary (at least half covered)."""
    if frame.shape[0] == height:
        return frame, mask if mask is not None else np.zeros(frame.shape[:2], bool)
    width = round(frame.shape[1] * height / frame.shape[0])
    way = cv2.INTER_AREA if height < frame.shape[0] else cv2.INTER_LINEAR
    small = cv2.resize(np.ascontiguousarray(frame), (width, height), interpolation=way)
    if mask is None:
        return small, np.zeros((height, width), bool)
    cover = cv2.resize(mask.astype(np.float32), (width, height), interpolation=way)
    return small, cover >= 0.5


def rotate_and_zoom(frame: np.ndarray, mask: np.ndarray, angle: float, factor: float) -> Pair:
    """Rotate by ``angle`` degrees (anticlockwise) and zoom by ``factor`` about the centre.

    What comes in from outside is the mirror image, in the frame and in the mask alike: black corners
    would teach the network that black corners exist.
    """
    height, width = mask.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, factor)
    border = cv2.BORDER_REFLECT_101
    turned = cv2.warpAffine(
        np.ascontiguousarray(frame), matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=border
    )
    cover = cv2.warpAffine(
        mask.astype(np.float32), matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=border
    )
    return turned, cover >= 0.5


def change_colours(frame: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Change contrast, and brightness by channel: the sun goes behind a cloud."""
    contrast = 1 + rng.uniform(-amount, amount)
    gains = (1 + rng.uniform(-amount, amount)) * (1 + rng.uniform(-amount / 3, amount / 3, 3))
    values = np.arange(256)[:, None]
    table = np.clip(((values - 128) * contrast + 128) * gains, 0, 255).astype(np.uint8)  # 256 x 3
    return np.stack([table[frame[..., c], c] for c in range(3)], axis=-1)


def to_tensors(
    frame: np.ndarray, mask: np.ndarray, device: torch.device | str = "cpu"
) -> tuple[Tensor, Tensor]:
    """Image, 1 x 3 x H x W in [0, 1], and target, 1 x 1 x H x W of zeros and ones, both float32."""
    image = torch.from_numpy(np.ascontiguousarray(frame)).to(device).permute(2, 0, 1)[None].float() / 255
    target = torch.from_numpy(np.ascontiguousarray(mask)).to(device)[None, None].float()
    return image, target
