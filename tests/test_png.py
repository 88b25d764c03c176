"""The fast decoder gives what Pillow gives, for every filter, or leaves the file to it."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from vostut.png import SIGNATURE, DamagedPng, decode_runs

NAMES = {0: "None", 1: "Sub", 2: "Up", 3: "Average", 4: "Paeth"}
images = st.one_of(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=24)),
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=24), elements=st.sampled_from([0, 255])),
)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def encode(image: np.ndarray, filters: list[int], colour: int = 0, pieces: int = 1) -> bytes:
    """A PNG of 8 bits a pixel whose row i has filter ``filters[i % len(filters)]``."""
    height, width = image.shape
    rows = b""
    above = np.zeros(width, int)
    for y in range(height):
        row = image[y].astype(int)
        left, corner = np.r_[0, row[:-1]], np.r_[0, above[:-1]]
        guess = left + above - corner
        distances = np.abs(np.stack([guess - left, guess - above, guess - corner]))
        paeth = np.choose(distances.argmin(axis=0), [left, above, corner])
        kind = filters[y % len(filters)]
        predicted = [0 * row, left, above, (left + above) // 2, paeth][kind]
        rows += bytes([kind]) + ((row - predicted) % 256).astype(np.uint8).tobytes()
        above = row
    packed = zlib.compress(rows)
    step = -(-len(packed) // pieces)
    palette = chunk(b"PLTE", bytes(range(256)) * 3) if colour == 3 else b""
    return (
        SIGNATURE
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
        + palette
        + b"".join(chunk(b"IDAT", packed[i : i + step]) for i in range(0, len(packed), step))
        + chunk(b"IEND", b"")
    )


@given(images, st.sampled_from([0, 1, 2]), st.sampled_from([0, 3]), st.integers(1, 3))
def test_the_common_filters(image, kind, colour, pieces):
    data = encode(image, [kind], colour, pieces)
    np.testing.assert_array_equal(np.array(Image.open(io.BytesIO(data))), image)  # the encoder is right
    runs = decode_runs(data)
    assert runs.is_palette == (colour == 3)
    np.testing.assert_array_equal(runs.expand(runs.levels), image)


@given(images, st.sampled_from([[3], [4], [0, 1], [1, 2, 4]]))
def test_rarer_filters_are_left_to_others(image, filters):
    data = encode(image, filters)
    np.testing.assert_array_equal(np.array(Image.open(io.BytesIO(data))), image)
    if len(image) >= len(filters):
        assert decode_runs(data) is None


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_one_bit_a_pixel(mask):
    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, "PNG")
    runs = decode_runs(buffer.getvalue())
    if runs is not None:
        np.testing.assert_array_equal(runs.expand(runs.levels).astype(bool), mask)


def test_one_bit_without_filter_is_fast():
    rows = np.packbits(np.eye(20, 13, dtype=bool), axis=1)
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    header = struct.pack(">IIBBBBB", 13, 20, 1, 0, 0, 0, 0)
    data = SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    runs = decode_runs(data)
    np.testing.assert_array_equal(runs.expand(runs.levels), np.eye(20, 13))


@pytest.mark.parametrize("mode", ["RGB", "LA", "I;16"])
def test_other_kinds_are_left_to_others(mode):
    buffer = io.BytesIO()
    Image.new(mode, (5, 4)).save(buffer, "PNG")
    assert decode_runs(buffer.getvalue()) is None


def test_damage_is_noticed():
    data = encode(np.arange(120, dtype=np.uint8).reshape(10, 12), [1])
    with pytest.raises(DamagedPng, match="no end marker"):
        decode_runs(data[:-12])
    at = data.index(b"IDAT") + 8
    with pytest.raises(DamagedPng):
        decode_runs(data[:at] + b"\xff\xff\xff" + data[at + 3 :])
    short = encode(np.zeros((9, 12), np.uint8), [1]).replace(
        struct.pack(">II", 12, 9), struct.pack(">II", 12, 10)
    )
    with pytest.raises(DamagedPng, match="expected 130"):
        decode_runs(short)
