"""The frame player: a short video with its masks and curves, on a page without kernel or network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from vostut.images import PALETTE
from vostut.plot.embed import (
    Embedded,
    encode_image,
    encode_runs,
    figure,
    fit_width,
    require_alt,
    resize_ids,
)
from vostut.plot.pictures import overlay
from vostut.plot.style import BLUE, CYCLE, GREEN, OBJECT, ORANGE, PURPLE, SKY, VERMILION
from vostut.video import Video

Masks = Sequence[np.ndarray] | np.ndarray
_FPS = 12.0
"""Where a video does not say how fast it is: slow enough to follow a mask by eye."""


class Player(Embedded):
    """A frame player, shown as the output of a notebook cell; made by :func:`player`."""


def player(
    video: Video,
    masks: Masks | Mapping[str, Masks] | bool | None = None,
    *,
    curves: Mapping[str, Sequence[float] | np.ndarray] | None = None,
    caption: str = "",
    alt: str,
    width: int = 480,
    every: int = 1,
    colour: str = OBJECT,
    fps: float | None = None,
    quality: int = 80,
) -> Player:
    """A video to play, step and scrub through, with masks over it and curves under it.

    Args:
        video: what to play.
        masks: what to draw over it: None for the video's own masks, False for nothing, T masks, or a
            dictionary from labels to T masks, between which the reader then switches.
        curves: values per frame (NaN where unknown), drawn below with a cursor at the current frame.
        caption: text under the picture.
        alt: what the player shows, in words; must not be empty.
        width: of the frames, in pixels; smaller frames stay as they are.
        every: show only every so many frames.
        colour: of the (first) mask. Masks with several object ids get the palette of the data sets.
        fps: frames of the video per second; by default the video's own, else 12.
        quality: of the pictures, in [0, 100].

    Raises:
        ValueError: no alternative text, or as many masks or values as frames are not there.
    """
    alt = require_alt(alt)
    length = len(video)
    numbers = list(range(0, length, every))
    frames = [fit_width(video.frames[t], width) for t in numbers]
    size = frames[0].shape[:2]
    overlays = _overlays(video, masks, colour, numbers, size)
    data = {
        "alt": alt,
        "width": size[1],
        "height": size[0],
        "length": length,
        "numbers": numbers,
        "fps": (fps or video.fps or _FPS) / every,
        "frames": [encode_image(frame, quality) for frame in frames],
        "overlays": overlays,
        "curves": _curves(curves or {}, overlays, numbers, length),
    }
    first = _of(video, masks)
    poster = frames[0]
    if first:
        mask = resize_ids(next(iter(first.values()))[0], size)
        poster = overlay(poster, mask > 0 if mask.max() <= 1 else mask, colour)
    return Player(figure("player", data, poster, caption=caption, alt=alt, width=width), alt)


def _of(video: Video, masks: Masks | Mapping[str, Masks] | bool | None) -> dict[str, Masks]:
    """Every way of giving masks, as labels and masks."""
    if masks is False:
        return {}
    if isinstance(masks, Mapping):
        return dict(masks)
    if masks is None or masks is True:
        return {"Mask": video.masks}
    return {"Mask": masks}


def _overlays(
    video: Video,
    masks: Masks | Mapping[str, Masks] | bool | None,
    colour: str,
    numbers: list[int],
    size: tuple[int, int],
) -> list[dict[str, object]]:
    """The masks as the script wants them: a label, the colours of ids 1, 2, ..., and runs per frame."""
    others = [c for c in (BLUE, GREEN, VERMILION, PURPLE, SKY, ORANGE) if c != colour]
    overlays: list[dict[str, object]] = []
    for k, (label, given) in enumerate(_of(video, masks).items()):
        if len(given) != len(video):
            raise ValueError(f"{label}: {len(given)} masks for {len(video)} frames (expected one a frame)")
        ids = [resize_ids(given[t], size) for t in numbers]
        several = max(int(mask.max()) for mask in ids)
        one = colour if k == 0 else others[(k - 1) % len(others)]
        colours = [_hex(PALETTE[i]) for i in range(1, several + 1)] if several > 1 else [one]
        overlays.append({"label": label, "colours": colours, "masks": [encode_runs(mask) for mask in ids]})
    return overlays


def _curves(
    curves: Mapping[str, Sequence[float] | np.ndarray],
    overlays: list[dict[str, object]],
    numbers: list[int],
    length: int,
) -> list[dict[str, object]]:
    """The curves as the script wants them; a curve with the label of a mask has that mask's colour."""
    taken = {o["label"]: o["colours"][0] for o in overlays}  # type: ignore[index]
    free = iter([c for c in CYCLE if c not in taken.values()] * (1 + len(curves)))
    drawn: list[dict[str, object]] = []
    for label, values in curves.items():
        if len(values) != length:
            raise ValueError(
                f"curve {label!r}: {len(values)} values for {length} frames (expected one a frame)"
            )
        shown = [float(values[t]) for t in numbers]
        known = [value if math.isfinite(value) else None for value in shown]
        drawn.append({"label": label, "colour": taken.get(label) or next(free), "values": known})
    return drawn


def _hex(rgb: np.ndarray) -> str:
    return "#" + "".join(f"{int(channel):02x}" for channel in rgb)
