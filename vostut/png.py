"""Mask PNGs as runs of equal pixels, decoded several times faster than a photograph would be.

Scoring a method means decoding thousands of masks, and that is where the time goes. General decoders undo
the PNG filters pixel by pixel. A mask is nearly constant along its rows, so almost all bytes of the filtered
image are zero: it is enough to look at the others.

The common kinds of mask PNG are decoded here: 8 bits a pixel with one of the filters None, Sub or Up in all
rows, and 1 bit a pixel without filter. Anything else gives None, and is left to Pillow.

Source: the PNG specification, third edition, chapters 9 (filters) and 11 (chunks).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from zlib_ng import zlib_ng

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, PALETTE_COLOUR = 0, 3
NONE, SUB, UP = 0, 1, 2


class DamagedPng(ValueError):
    """The image data are broken or cut short."""


@dataclass(frozen=True)
class Runs:
    """An image as runs of equal pixels, row after row.

    Attributes:
        height, width: of the image, in pixels.
        starts: where each run begins in the flattened image; the first is 0.
        levels: the grey level or palette index of each run, uint8.
        is_palette: the levels are indices.
    """

    height: int
    width: int
    starts: np.ndarray
    levels: np.ndarray
    is_palette: bool

    def expand(self, values: np.ndarray) -> np.ndarray:
        """The H x W image in which each run has the given value."""
        lengths = np.diff(self.starts, append=self.height * self.width)
        return np.repeat(values, lengths).reshape(self.height, self.width)


def decode_runs(data: bytes) -> Runs | None:
    """Decode a mask PNG to runs, or give None if it is of a rarer kind.

    Raises:
        DamagedPng: the image data are broken or cut short.
    """
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    if colour not in (GREY, PALETTE_COLOUR) or depth not in (1, 8) or interlaced:
        return None
    stride = 1 + (width * depth + 7) // 8  # one byte in front of each row names its filter
    filtered = np.frombuffer(_decompress(_image_data(data)), np.uint8)
    if filtered.size != height * stride:
        raise DamagedPng(f"{filtered.size} bytes of image data, expected {height * stride}")
    filtered = filtered.reshape(height, stride)
    kind = int(filtered[0, 0])
    if (filtered[:, 0] != kind).any() or kind > UP or (depth == 1 and kind != NONE):
        return None
    rows = np.ascontiguousarray(filtered[:, 1:])
    if kind == SUB:
        starts, levels = _runs_of_differences(rows)
    else:
        if kind == UP:
            rows = np.add.accumulate(rows, axis=0, dtype=np.uint8)
        if depth == 1:
            rows = np.unpackbits(rows, axis=1, count=width)
        starts, levels = _runs_of_levels(rows)
    return Runs(height, width, starts, levels, colour == PALETTE_COLOUR)


def _image_data(data: bytes) -> bytes:
    """The compressed image: the contents of all IDAT chunks, joined."""
    parts, at = [], len(SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"IDAT":
            parts.append(data[at + 8 : at + 8 + length])
        elif kind == b"IEND":
            return b"".join(parts)
        at += 12 + length
    raise DamagedPng("no end marker: the file is cut short")


def _decompress(packed: bytes) -> bytes:
    try:
        return zlib_ng.decompress(packed)
    except zlib_ng.error as error:  # type: ignore[misc]
        raise DamagedPng(str(error)) from None


def _runs_of_differences(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Filter Sub: each byte is a pixel minus its left neighbour, modulo 256."""
    changes = rows != 0
    changes[:, 0] = True  # every row begins anew
    starts = np.flatnonzero(changes)
    steps = rows.ravel()[starts]
    sums = np.cumsum(steps, dtype=np.uint8)
    first = np.searchsorted(starts, np.arange(len(rows)) * rows.shape[1])
    before = sums[first] - steps[first]
    return starts, sums - np.repeat(before, np.diff(first, append=len(starts)))


def _runs_of_levels(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    flat = rows.ravel()
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    return starts, flat[starts]
