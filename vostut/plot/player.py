"""The frame player: a short video with its masks and curves, on a page without kernel or network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

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
from vostut.plot.style import BLUE, CYCLE, GREEN, OBJECT, ORANGE, PURPLE, SKY, VERMILION, colour_of
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
    label: str = "frame",
    numbers: Sequence[int] | None = None,
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
        colour: of the (first) mask, unless its label names a method: methods have colours of their own
            (:func:`vostut.plot.colour_of`). Masks with several object ids get the palette of the data sets.
        fps: frames of the video per second; by default the video's own, else 12.
        quality: of the pictures, in [0, 100].
        label: what one picture is called beside its number, for instance "step".
        numbers: the number of each frame; by default 0, 1, 2, ...

    Raises:
        ValueError: no alternative text, or as many masks, values or numbers as frames are not there.
    """
    alt = require_alt(alt)
    length = len(video)
    if numbers is not None and len(numbers) != length:
        raise ValueError(f"{len(numbers)} numbers for {length} frames (expected one a frame)")
    shown = list(range(0, length, every))
    frames = [fit_width(video.frames[t], width) for t in shown]
    size = frames[0].shape[:2]
    overlays = _overlays(video, masks, colour, shown, size)
    data = {
        "alt": alt,
        "width": size[1],
        "height": size[0],
        "label": label,
        "numbers": shown if numbers is None else [int(numbers[t]) for t in shown],
        "last": length - 1 if numbers is None else int(numbers[-1]),
        "fps": (fps or video.fps or _FPS) / every,
        "frames": [encode_image(frame, quality) for frame in frames],
        "overlays": overlays,
        "curves": _curves(curves or {}, overlays, shown, length),
    }
    first = _of(video, masks)
    poster = frames[0]
    if first:
        mask = resize_ids(next(iter(first.values()))[0], size)
        poster = overlay(poster, mask > 0 if mask.max() <= 1 else mask, str(overlays[0]["colours"][0]))  # type: ignore[index]
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
    shown: list[int],
    size: tuple[int, int],
) -> list[dict[str, object]]:
    """The masks as the script wants them: a label, the colours of ids 1, 2, ..., and runs per frame."""
    labelled = _of(video, masks)
    ones = _colours(labelled, (colour, BLUE, GREEN, VERMILION, PURPLE, SKY, ORANGE))
    overlays: list[dict[str, object]] = []
    for label, given in labelled.items():
        if len(given) != len(video):
            raise ValueError(f"{label}: {len(given)} masks for {len(video)} frames (expected one a frame)")
        ids = [resize_ids(given[t], size) for t in shown]
        several = max(int(mask.max()) for mask in ids)
        colours = [_hex(PALETTE[i]) for i in range(1, several + 1)] if several > 1 else [ones[label]]
        overlays.append({"label": label, "colours": colours, "masks": [encode_runs(mask) for mask in ids]})
    return overlays


def _curves(
    curves: Mapping[str, Sequence[float] | np.ndarray],
    overlays: list[dict[str, object]],
    shown: list[int],
    length: int,
) -> list[dict[str, object]]:
    """The curves as the script wants them; a curve with the label of a mask has that mask's colour."""
    of_masks = {o["label"]: o["colours"][0] for o in overlays}  # type: ignore[index]
    free = [colour for colour in CYCLE if colour not in of_masks.values()] or CYCLE
    colours = _colours([label for label in curves if label not in of_masks], free) | of_masks
    drawn: list[dict[str, object]] = []
    for label, values in curves.items():
        if len(values) != length:
            raise ValueError(
                f"curve {label!r}: {len(values)} values for {length} frames (expected one a frame)"
            )
        numbers = [float(values[t]) for t in shown]
        known = [value if math.isfinite(value) else None for value in numbers]
        drawn.append({"label": label, "colour": colours[label], "values": known})
    return drawn


def _colours(labels: Iterable[str], free: Sequence[str]) -> dict[str, str]:
    """A colour for each label: the method's that it names, or the next one that is free."""
    chosen: dict[str, str] = {}
    rest = []
    for label in labels:
        try:
            own = colour_of(label)
        except ValueError:
            own = ""
        if own and own not in chosen.values():
            chosen[label] = own
        else:
            rest.append(label)
    spare = [colour for colour in dict.fromkeys(free) if colour not in chosen.values()] or list(free)
    return chosen | {label: spare[k % len(spare)] for k, label in enumerate(rest)}


def _hex(rgb: np.ndarray) -> str:
    return "#" + "".join(f"{int(channel):02x}" for channel in rgb)
