"""The page on which a reader marks the objects of a first frame, and the reading of what the page sends."""

from __future__ import annotations

import html

import cv2
import numpy as np

from vostut.errors import DataError
from vostut.images import MOST_OBJECTS, PALETTE, VOID
from vostut.plot.embed import STATIC, as_json, encode_runs, script, stylesheet

MOST_BYTES = 2**22
"""Of a mask as the page sends it: a hundred times more than what a hand paints on the largest frames."""

MARKER_STYLE = (STATIC / "marker.css").read_text(encoding="utf-8")
"""What the marking tool needs beyond the style of all tools."""

_LONGEST = 5
"""Digits of a run's length, each of 7 bits: enough for the pixels of any frame."""


def mark_page(video: str, out: str, start: np.ndarray, nonce: str) -> str:
    """The page that ``vostut mark`` serves; it asks for the frame as ``frame.jpg``, and for nothing else.

    Args:
        video: what to call the video.
        out: what to call the file that is to be written.
        start: H x W uint8, the object ids to begin with.
        nonce: the one that the page's policy lets run its script.
    """
    height, width = start.shape
    data = {
        "alt": f"The first frame of {video}",
        "image": "frame.jpg",
        "out": out,
        "most": MOST_BYTES,
        "width": width,
        "height": height,
        "start": encode_runs(start),
        "colours": [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in screen_colours().tolist()],
    }
    style = stylesheet() + MARKER_STYLE + (STATIC / "mark.css").read_text(encoding="utf-8")
    content, video, out = as_json(data), html.escape(video), html.escape(out)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mark the first frame of {video}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<h1>Mark the first frame of {video}</h1>
<p>{width} × {height} pixels. Nothing leaves this machine; saving writes <strong>{out}</strong>.</p>
<noscript><p>Marking needs JavaScript, which this browser has switched off.</p></noscript>
<div class="vostut vostut-mark">
<script type="application/json" class="vostut-data">{content}</script>
</div>
</main>
<script type="module" nonce="{nonce}">
{script("mark.js")}
start(document.querySelector(".vostut-mark"));
</script>
</body>
</html>
"""


def screen_colours() -> np.ndarray:
    """Colours of the object ids on the page: those of DAVIS, but bright enough for dark pictures.

    Returns:
        ``MOST_OBJECTS`` x 3 uint8, RGB.
    """
    davis = PALETTE[:MOST_OBJECTS].astype(float)
    return np.where(davis > 0, np.minimum(255, 76 + 1.2 * davis), 0).astype(np.uint8)


def encode_frame(frame: np.ndarray) -> bytes:
    """A frame, H x W x 3 uint8 RGB, as a JPEG that looks the same."""
    bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def start_ids(mask: np.ndarray) -> np.ndarray:
    """The ids to begin with, from a mask that was read with ``several``: without pixels that are void.

    Where there is nothing but void, that is the object: some tools write a palette's last colour.
    """
    if mask.any() and not ((mask > 0) & (mask != VOID)).any():
        return (mask == VOID).astype(np.uint8)
    return np.where(mask == VOID, 0, mask).astype(np.uint8)


def decode_runs(runs: bytes, size: tuple[int, int]) -> np.ndarray:
    """The object ids that a page has sent; the reverse of :func:`vostut.plot.embed.encode_runs`.

    Args:
        runs: for each run one byte with its id, and its length as a base-128 number.
        size: (height, width) of the frame.

    Returns:
        H x W uint8.

    Raises:
        DataError: an id of :data:`vostut.images.MOST_OBJECTS` or more, runs that are broken, or that are of
            more or fewer pixels than the frame.
    """
    ids: list[int] = []
    lengths: list[int] = []
    at = 0
    while at < len(runs):
        end = at + 1
        while end < min(len(runs), at + _LONGEST) and runs[end] & 128:
            end += 1
        if end >= len(runs) or runs[end] & 128:
            raise DataError(f"the mask breaks off in its run {len(ids)} (expected an id, and a length)")
        ids.append(runs[at])
        lengths.append(sum((digit & 127) << 7 * k for k, digit in enumerate(runs[at + 1 : end + 1])))
        at = end + 1
    height, width = size
    if sum(lengths) != height * width:
        raise DataError(f"the mask has {sum(lengths)} pixels (expected {width} x {height}, as the frame has)")
    if max(ids) >= MOST_OBJECTS:
        raise DataError(f"the mask has the object id {max(ids)} (expected ids below {MOST_OBJECTS})")
    return np.repeat(np.array(ids, np.uint8), lengths).reshape(size)
