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
from vostut.images import PALETTE, MaskReader, decode_mask, read_mask, read_rgb, write_mask

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
    ids = np.array([[0, 2], [2, 255]], np.uint8)
    for data in (palette_png(ids), png(ids)):
        assert decode_mask(data, "m.png").tolist() == [[False, True], [True, False]]
        np.testing.assert_array_equal(decode_mask(data, "m.png", several=True), ids)
    grey = np.array([[0, 255]], np.uint8)  # without a palette, 255 is white, the object
    assert decode_mask(png(grey), "m.png").tolist() == [[False, True]]


@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.integers(0, 254)))
def test_palette_indices_of_every_size_and_value(ids):
    np.testing.assert_array_equal(decode_mask(palette_png(ids), "m.png", several=True), ids)
    np.testing.assert_array_equal(MaskReader(merge=True).decode(palette_png(ids), "m.png"), ids != 0)
    if len(np.unique(ids[ids != 0])) > 1:
        with pytest.raises(DataError, match=r"m\.png: several objects, with the ids "):
            decode_mask(palette_png(ids), "m.png")
    else:
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


@pytest.mark.parametrize("make", [png, palette_png])
def test_several_objects_need_to_be_asked_for(make):
    ids = np.array([[0, 1], [2, 3]], np.uint8)
    np.testing.assert_array_equal(decode_mask(make(ids), "m.png", several=True), ids)
    with pytest.raises(
        DataError, match=r"m\.png: several objects, with the ids 1, 2, 3 .expected one; --sev"
    ):
        decode_mask(make(ids), "m.png")
    assert MaskReader(merge=True).decode(make(ids), "m.png").tolist() == [[False, True], [True, True]]


@pytest.mark.parametrize("merge", [False, True])
def test_a_sequence_has_one_object_and_one_meaning_of_255(merge):
    binary, mixed = np.array([[0, 255]], np.uint8), np.array([[0, 1, 255]], np.uint8)
    for first, second in ((binary, mixed), (mixed, binary)):
        for make in (png, palette_png):
            reader = MaskReader(merge=merge)
            reader.decode(make(first), "a.png")
            with pytest.raises(
                DataError, match=r"\.png: holds 0 and 255 alone, .\.png object ids: is 255 the"
            ):
                reader.decode(make(second), "b.png")
    reader = MaskReader(merge=merge)
    reader.decode(palette_png(np.array([[0, 1]], np.uint8)), "a.png")
    two = palette_png(np.array([[0, 2]], np.uint8))
    if merge:
        assert reader.decode(two, "b.png").any()
    else:
        with pytest.raises(DataError, match=r"b\.png: its object has the id 2, that in a\.png the id 1"):
            reader.decode(two, "b.png")


def test_a_mask_without_ids_is_not_given_any():
    reader = MaskReader(several=True)
    for data in (png(MASK * 255), png(MASK.astype(bool))):
        assert reader.decode(data, "m.png").dtype == bool
    assert reader.decode(png(MASK), "m.png").dtype == np.uint8


WHITE_FIRST = np.array([[255, 255, 255], [0, 0, 0]], np.uint8)
SWAPPED = PALETTE[[0, 2, 1]]


def test_colours_that_contradict_the_indices_are_refused():
    for several in (False, True):
        with pytest.raises(DataError, match=r"m\.png: palette index 1 is black, and index 0 is not"):
            decode_mask(palette_png(MASK, WHITE_FIRST), "m.png", several)
    with pytest.raises(DataError, match=r"m\.png: palette index 1 has the DAVIS colour of object 2"):
        decode_mask(palette_png(MASK, SWAPPED), "m.png", several=True)
    # One object is one object, whatever its colour; and a colour that no pixel has says nothing.
    np.testing.assert_array_equal(decode_mask(palette_png(MASK, SWAPPED), "m.png"), MASK)
    np.testing.assert_array_equal(decode_mask(palette_png(0 * MASK, WHITE_FIRST), "m.png"), 0 * MASK)
    other = np.array([[0, 0, 0], [236, 95, 103], [249, 145, 87]], np.uint8)  # YouTube-VOS has its own colours
    np.testing.assert_array_equal(decode_mask(palette_png(MASK * 2, other), "m.png", True), MASK * 2)


@pytest.mark.parametrize(("bits", "colour"), [(1, 0), (8, 0), (1, 3), (2, 3), (4, 3), (8, 3)])
def test_pixel_data_that_end_early_are_refused(bits, colour):
    """All check sums are right: only the decompressed rows are too few."""
    width, height = 64, 48
    pixels = np.random.default_rng(bits).integers(0, 256, (height, (width * bits + 7) // 8), np.uint8)
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in pixels))
    head = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    )
    head += chunk(b"PLTE", bytes(3 << bits)) if colour == 3 else b""
    end = chunk(b"IEND", b"")
    for share in (0.0, 0.01, 0.5, 0.9, 0.98):
        cut = head + chunk(b"IDAT", packed[: int(len(packed) * share)]) + end
        with pytest.raises(DataError, match=r"m\.png: corrupt PNG"):
            decode_mask(cut, "m.png", several=True)


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
    data = palette_png(np.array([[0, 255], [255, 0]], np.uint8))
    np.testing.assert_array_equal(decode_mask(data, "x"), [[False, True], [True, False]])
    assert decode_mask(data, "x", several=True).max() == 255  # void
