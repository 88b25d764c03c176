"""A binary image as one large integer: to shift the number is to shift the image.

Contours and dilations compare every pixel with its neighbours. With a bit for each pixel, one shift and one
logical operation do that for the whole image at once. Chapter 3 shows the same operations written out for
arrays; the tests hold one against the other.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class BitImage:
    """Pixel (y, x) is bit ``y * stride + x``, counted from above a margin of empty rows.

    Attributes:
        bits: the image.
        height, width: in pixels.
        margin: empty columns behind each row (at least), and empty rows above and below the image, so that
            a shift by so many pixels runs into nothing.
    """

    bits: int
    height: int
    width: int
    margin: int

    @classmethod
    def of(cls, mask: np.ndarray, margin: int = 1) -> BitImage:
        """Pack an H x W bool array."""
        height, width = mask.shape
        image = cls(0, height, width, margin)
        rows = np.zeros((height + 2 * margin, image.stride), bool)
        rows[margin : margin + height, :width] = mask
        return replace(image, bits=int.from_bytes(np.packbits(rows, bitorder="little").tobytes(), "little"))

    def to_mask(self) -> np.ndarray:
        """Unpack to an H x W bool array."""
        n_rows = self.height + 2 * self.margin
        n_bytes = n_rows * self.stride // 8
        inside = self.bits & ((1 << (8 * n_bytes)) - 1)
        packed = np.frombuffer(inside.to_bytes(n_bytes, "little"), np.uint8)
        rows = np.unpackbits(packed, bitorder="little").reshape(n_rows, self.stride)
        return rows[self.margin : self.margin + self.height, : self.width].astype(bool)

    @property
    def stride(self) -> int:
        """Bits from a pixel to the one below it; whole bytes."""
        return (self.width + max(self.margin, 1) + 7) // 8 * 8

    def count(self) -> int:
        """How many pixels are set."""
        return self.bits.bit_count()

    def __and__(self, other: BitImage) -> BitImage:
        return replace(self, bits=self.bits & other.bits)

    def contour(self) -> BitImage:
        """Pixels that differ from their right, lower or lower right neighbour, if there is one."""
        image, down = self.bits, self.stride
        has_right, has_below = _inner(self.height, self.width, self.margin, self.stride)
        right = (image ^ (image >> 1)) & has_right
        below = (image ^ (image >> down)) & has_below
        diagonal = (image ^ (image >> (down + 1))) & has_right & has_below
        # The last row looks to the right only, the last column down only.
        return replace(self, bits=right | below | diagonal)

    def dilate(self, radius: int) -> BitImage:
        """Pixels within a Euclidean distance; some may lie in the margin, which must be as wide.

        A disk is a stack of rows: row y of it reaches sqrt(radius**2 - y**2) to either side.
        """
        wide = [self.bits]
        for x in range(1, radius + 1):
            wide.append(wide[-1] | (self.bits << x) | (self.bits >> x))
        grown = wide[radius]
        for y in range(1, radius + 1):
            row = wide[math.isqrt(radius**2 - y**2)]
            grown |= (row << (y * self.stride)) | (row >> (y * self.stride))
        return replace(self, bits=grown)


@functools.lru_cache(maxsize=256)
def _inner(height: int, width: int, margin: int, stride: int) -> tuple[int, int]:
    """The pixels that have a right neighbour, and those that have one below."""
    image = BitImage(0, height, width, margin)
    column, row = np.ones((2, height, width), bool)
    column[:, -1:] = False
    row[-1:] = False
    return BitImage.of(column, image.margin).bits, BitImage.of(row, image.margin).bits
