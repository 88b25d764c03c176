"""Every mask encoding found in the wild is read; everything else is refused by name."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from vostut.errors import DataError
from vostut.files import write_atomically
from vostut.images import PALETTE, decode_mask, read_mask, read_rgb, write_mask

MASK = np.zeros((5, 7), np.uint8)
MASK[1:3, 2:6] = 1


def png(pixels: np.ndarray, mode: str | None = None) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels, mode).save(buffer, "PNG")
    return buffer.getvalue()


def palette_png(ids: np.ndarray, colours: np.ndarray = PALETTE) -> bytes:
    image = Image.fromarray(ids.astype(np.uint8), "P")
    image.putpalette(colours.tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        png(MASK),
        png(MASK * 255),
        png(MASK.astype(bool)),
        palette_png(MASK),
        palette_png(MASK, np.zeros((256, 3), np.uint8)),  # a "black" mask whose indices still tell
        png(np.stack([MASK * 255, np.full_like(MASK, 255)], axis=-1), "LA"),
        png(np.stack([MASK * 255] * 3, axis=-1)),
        png(np.stack([MASK * 255] * 3 + [np.full_like(MASK, 255)], axis=-1), "RGBA"),
    ],
    ids=["0/1", "0/255", "1 bit", "palette", "black palette", "grey+alpha", "RGB", "RGBA"],
)
def test_all_encodings_give_the_same_mask(data):
    np.testing.assert_array_equal(decode_mask(data, "m.png"), MASK)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_palettes_of_few_bits_give_indices(bits):
    image = Image.fromarray(MASK, "P")
    image.putpalette([9, 9, 9] * 2)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", bits=bits)
    np.testing.assert_array_equal(decode_mask(buffer.getvalue(), "m.png", several=True), MASK)


def test_a_transparent_grey_level_changes_nothing():
    buffer = io.BytesIO()
    Image.fromarray(MASK * 255).save(buffer, "PNG", transparency=0)
    np.testing.assert_array_equal(decode_mask(buffer.getvalue(), "m.png"), MASK)


def test_void_is_no_object():
    ids = np.array([[0, 1], [2, 255]], np.uint8)
    assert decode_mask(palette_png(ids), "m.png").tolist() == [[False, True], [True, False]]
    np.testing.assert_array_equal(decode_mask(palette_png(ids), "m.png", several=True), ids)
    grey = np.array([[0, 255]], np.uint8)  # without a palette, 255 is white, the object
    assert decode_mask(png(grey), "m.png").tolist() == [[False, True]]


@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.integers(0, 254)))
def test_palette_indices_of_every_size_and_value(ids):
    np.testing.assert_array_equal(decode_mask(palette_png(ids), "m.png", several=True), ids)
    np.testing.assert_array_equal(decode_mask(palette_png(ids), "m.png"), ids != 0)


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_grey_masks_of_every_size(mask):
    for pixels in (mask, mask.astype(np.uint8), mask * np.uint8(255)):
        np.testing.assert_array_equal(decode_mask(png(pixels), "m.png"), mask)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("colour", [0, 3])
@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4], ids=["None", "Sub", "Up", "Average", "Paeth"])
def test_every_filter(kind, colour):
    """A grey or palette PNG of one filter, its data in three chunks."""
    ids = np.random.default_rng(kind).integers(0, 2, (9, 12))
    rows, above = b"", np.zeros(12, int)
    for row in ids:
        left, corner = np.r_[0, row[:-1]], np.r_[0, above[:-1]]
        guess = left + above - corner
        distances = np.abs(np.stack([guess - left, guess - above, guess - corner]))
        paeth = np.choose(distances.argmin(axis=0), [left, above, corner])
        predicted = [0 * row, left, above, (left + above) // 2, paeth][kind]
        rows += bytes([kind]) + ((row - predicted) % 256).astype(np.uint8).tobytes()
        above = row
    packed = zlib.compress(rows)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 12, 9, 8, colour, 0, 0, 0))
    data += chunk(b"PLTE", bytes(range(256)) * 3) if colour == 3 else b""
    data += b"".join(chunk(b"IDAT", part) for part in (packed[:5], packed[5:9], packed[9:]))
    np.testing.assert_array_equal(decode_mask(data + chunk(b"IEND", b""), "m.png"), ids != 0)


@pytest.mark.parametrize(
    "data", [png(MASK.astype(bool)), png(MASK * 255), palette_png(MASK), png(np.dstack([MASK * 255] * 3))]
)
def test_damage_is_noticed(data):
    at = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[at - 4 : at])
    checksum = at + 4 + length
    damaged = [
        data[:-12],  # without the end marker
        data[:-2],
        data[: at + 4 + length // 2],
        data[:checksum] + bytes([data[checksum] ^ 1]) + data[checksum + 1 :],
        data[:30] + bytes([data[30] ^ 1]) + data[31:],  # the checksum of the header
        data[: at + 6] + b"\xff\xff\xff" + data[at + 9 :],
    ]
    for broken in damaged:
        with pytest.raises(DataError, match=r"m\.png: corrupt PNG"):
            decode_mask(broken, "m.png")


@pytest.mark.parametrize("value", [0, 1, 255])
def test_uniform_masks(value):
    assert (decode_mask(png(np.full((4, 4), value, np.uint8)), "m.png") == min(value, 1)).all()


def test_grey_object_ids_need_to_be_asked_for():
    ids = np.array([[0, 1], [2, 3]], np.uint8)
    np.testing.assert_array_equal(decode_mask(png(ids), "m.png", several=True), ids)
    with pytest.raises(DataError, match=r"m\.png: grey levels 0, 1, 2, 3 \(expected"):
        decode_mask(png(ids), "m.png")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a PNG"),
        (b"GIF89a" * 10, "not a PNG"),
        (png(MASK * 255)[:-20], "corrupt PNG"),
        (palette_png(MASK)[:-40], "corrupt PNG"),
        (png(np.arange(256, dtype=np.uint8).reshape(16, 16)), "threshold a probability map"),
        (png(np.dstack([MASK * 255, MASK, MASK])), "a colour image"),
        (png(MASK.astype(np.uint16) * 700), "uint16 pixels"),
    ],
    ids=["empty", "gif", "truncated", "truncated palette", "probabilities", "colour", "16 bit"],
)
def test_bad_masks_are_refused_by_name(data, message):
    with pytest.raises(DataError, match=f"frame/00007.png: .*{message}"):
        decode_mask(data, "frame/00007.png")


@given(st.integers(0, 2**32 - 1), st.integers(1, 31))
def test_round_trip_of_object_ids(seed, n_objects):
    import tempfile
    from pathlib import Path

    ids = np.random.default_rng(seed).integers(0, n_objects + 1, (9, 11)).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deep" / "00000.png"
        write_mask(path, ids)
        np.testing.assert_array_equal(read_mask(path, several=True), ids)


def test_all_background_stays_empty(tmp_path):
    # scipy.misc.imsave, used by old code, stretched each image to its own range (pitfall 6).
    write_mask(tmp_path / "m.png", np.zeros((4, 6), bool))
    assert not read_mask(tmp_path / "m.png").any()


def test_missing_and_unreadable_files(tmp_path):
    with pytest.raises(DataError, match=r"nothing\.png: no such file"):
        read_mask(tmp_path / "nothing.png")
    with pytest.raises(DataError, match="cannot be read"):
        read_rgb(tmp_path)
    (tmp_path / "x.jpg").write_bytes(b"not an image")
    with pytest.raises(DataError, match=r"x\.jpg: not a readable image"):
        read_rgb(tmp_path / "x.jpg")


def test_rgb_order(tmp_path):
    Image.fromarray(np.full((8, 8, 3), (200, 100, 0), np.uint8)).save(tmp_path / "x.png")
    assert read_rgb(tmp_path / "x.png")[0, 0].tolist() == [200, 100, 0]


def test_palette_begins_as_davis_does():
    assert PALETTE[:4].tolist() == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0]]


def test_nothing_half_written_stays(tmp_path, monkeypatch):
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "m.png", b"data")
    assert not (tmp_path / "m.png").exists()


def test_a_palette_mask_of_0_and_255_alone_is_binary():
    image = Image.fromarray(np.array([[0, 255], [255, 0]], np.uint8), "P")
    image.putpalette([0, 0, 0] * 256)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    np.testing.assert_array_equal(decode_mask(buffer.getvalue(), "x"), [[False, True], [True, False]])
