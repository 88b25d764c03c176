"""Scenes of half the default size, and what is measured on their videos."""

from __future__ import annotations

import cv2
import numpy as np

from vostut.cutouts import Knobs, Scene
from vostut.video import Video

SMALL = (120, 214)  # half the default size: a quarter of the time


def scene(
    objects: tuple[str, ...] = ("coffee",), background: str = "tiles", frames: int = 24, **knobs
) -> Scene:
    return Scene("test", objects, background, frames, SMALL, Knobs(**knobs), seed=2)


def areas(video: Video) -> np.ndarray:
    return np.array([np.count_nonzero(mask) for mask in video.masks])


def sharpness(image: np.ndarray) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


def centres(video: Video) -> np.ndarray:
    return np.array([np.argwhere(mask).mean(0) for mask in video.masks])


def pull_back(next_image: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Frame t + 1, looked up where the pixels of frame t have moved."""
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    return cv2.remap(
        next_image, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def stays_visible(video: Video, t: int) -> np.ndarray:
    """Pixels of frame t whose surface is in the frame and belongs to the same layer at t + 1, well inside."""
    flow, now, then = video.flow[t], video.masks[t].astype(np.uint8), video.masks[t + 1].astype(np.uint8)
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    x, y = x + flow[..., 0], y + flow[..., 1]
    inside = (x >= 1) & (y >= 1) & (x <= flow.shape[1] - 2) & (y <= flow.shape[0] - 2)
    return inside & (now == np.round(pull_back(then, flow)))
