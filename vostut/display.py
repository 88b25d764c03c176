"""A decoded picture as players show it: whole rather than interlaced, in RGB, on black, and upright.

What a player would do beyond that is left out: pixels that are not square stay as they are stored, and
high dynamic range (PQ, HLG) is not mapped to a screen's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from typing import Any

import numpy as np

UNSPECIFIED, RESERVED, LAST_MATRIX = 2, 3, 17
"""Of the numbers by which a file names the matrix of its colours (ITU-T H.273)."""

FULL_RANGE = 2
"""FFmpeg's last number of a colour range; 0 is an unknown one."""


class Converter:
    """From PyAV's pictures to H x W x 3 uint8, turned and mirrored as the file says.

    Matrix and range of the colours are those that the file states, and where it states none, BT.601 and
    limited, as FFmpeg has it. What is transparent is laid on black.
    """

    def __init__(self) -> None:
        from av.video.reformatter import VideoReformatter

        self._reformatter = VideoReformatter()  # one for all: PyAV would set up another for each picture

    def __call__(self, picture: Any) -> np.ndarray:
        """One picture.

        Raises:
            av.error.FFmpegError: its colours are of a kind that FFmpeg does not convert, such as YCgCo.
        """
        if picture.colorspace == RESERVED or picture.colorspace > LAST_MATRIX:
            picture.colorspace = UNSPECIFIED  # or FFmpeg would refuse it
        if picture.color_range > FULL_RANGE:
            picture.color_range = 0
        if picture.format.has_palette or any(part.is_alpha for part in picture.format.components):
            image = self._reformatter.reformat(picture, format="rgba").to_ndarray()
            image = ((image[..., :3].astype(np.uint16) * image[..., 3:] + 127) // 255).astype(np.uint8)
        else:
            image = self._reformatter.reformat(picture, format="rgb24").to_ndarray()
        matrix = picture.side_data.get("DISPLAYMATRIX")
        return image if matrix is None else _upright(image, np.frombuffer(bytes(matrix), np.int32))


def _upright(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Turn and mirror by the 9 numbers of a display matrix; only whole quarters of a turn are known."""
    (a, b, _), (c, d, _), _ = matrix.reshape(3, 3).tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):  # x' = c y, y' = b x
        image, a, d = image.swapaxes(0, 1), c, b
    return image[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]


def deinterlaced(pictures: Iterable[Any]) -> Iterator[Any]:
    """As many pictures as are given, in their order; those marked as interlaced pass FFmpeg's filter bwdif.

    An interlaced picture holds two moments, in its even and in its odd lines. The filter keeps the first,
    and fills the other lines from their neighbours in space and time.
    """
    for _, alike in groupby(
        pictures, key=lambda picture: (picture.width, picture.height, picture.format.name)
    ):
        filters = None
        for picture in alike:
            if filters is None and picture.interlaced_frame:
                filters = _bwdif(picture)
            if filters is None:
                yield picture
            else:
                filters.push(picture)
                yield from _ready(filters)
        if filters is not None:
            filters.push(None)
            yield from _ready(filters)


def _bwdif(picture: Any) -> Any:
    from av.filter import Graph

    filters = Graph()
    source = filters.add_buffer(
        width=picture.width, height=picture.height, format=picture.format, time_base=picture.time_base
    )
    bwdif = filters.add("bwdif", "mode=send_frame:deint=interlaced")
    filters.link_nodes(source, bwdif, filters.add("buffersink")).configure()
    return filters


def _ready(filters: Any) -> Iterator[Any]:
    from av.error import BlockingIOError, EOFError

    with suppress(BlockingIOError, EOFError):  # nothing yet, or nothing more
        while True:
            yield filters.pull()
