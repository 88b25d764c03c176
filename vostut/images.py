"""Reading and writing single images: RGB frames, and masks in every encoding found in the wild.

A mask PNG may be grey with levels 0/1, grey with levels 0/255, a palette whose *indices* are the
objects, or one of these saved with a needless alpha channel. All of them are read as an array of
object ids. What fits none of these descriptions is refused: a grey-level map that was never
thresholded looks like a mask, and scoring it silently gives a number that means nothing. Refused, too, is
what could be meant in two ways: several objects where one is expected, 255 as object here and as void
there, a palette whose colours say something else than its indices.
"""

from __future__ import annotations

import io
import os
import zlib
from contextlib import suppress

import cv2
import numpy as np

from vostut.errors import DataError
from vostut.files import read_bytes, write_atomically

MOST_OBJECTS = 32
"""Grey levels below this may be object ids; no video of the data sets here has so many objects."""

MOST_PIXELS = 2**28
"""Of a mask. A header that says more is broken, or takes all memory; the largest cameras have less."""

VOID = 255
"""The palette index of pixels that an annotator left undecided; they belong to no object."""

_SIGNATURE, _END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"  # the first and the last bytes of a PNG
_HEADER_SIZE = 33  # bytes up to the end of the header
_KIND = slice(24, 26)  # the bytes of the header that tell the bits a pixel, and whether grey, palette, ...
_GREY_OF_1_BIT = b"\x01\x00"
_OF_8_BITS = (b"\x08\x00", b"\x08\x03")  # grey and palette
_PALETTES = tuple(bytes([bits, 3]) for bits in (1, 2, 4, 8))

# The colours that the DAVIS data sets give to object ids 0, 1, 2, ... (the PASCAL VOC colour map).
_VOC = [
    [sum(((i >> (3 * bit + channel)) & 1) << (7 - bit) for bit in range(3)) for channel in range(3)]
    for i in range(256)
]
PALETTE: np.ndarray = np.array(_VOC, np.uint8)
"""256 x 3 uint8: the colour of each object id in a palette mask."""
_DAVIS_COLOURS = PALETTE.tobytes()
_OBJECT_OF_COLOUR = {_DAVIS_COLOURS[3 * i : 3 * i + 3]: i for i in range(MOST_OBJECTS)}


def read_rgb(path: str | os.PathLike) -> np.ndarray:
    """Read a photograph as H x W x 3 uint8 RGB.

    Raises:
        DataError: the file is missing or is not an image.
    """
    data = read_bytes(path)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise DataError(f"{path}: not a readable image (expected a JPEG or PNG)")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def read_mask(path: str | os.PathLike, several: bool = False) -> np.ndarray:
    """Read a mask file; see :func:`decode_mask`."""
    return decode_mask(read_bytes(path), path, several)


def decode_mask(data: bytes, name: str | os.PathLike, several: bool = False) -> np.ndarray:
    """Decode the bytes of a mask PNG.

    Palette masks give their indices, whatever colours the palette shows, and grey masks their levels, if
    these are below :data:`MOST_OBJECTS`. Beside other ids :data:`VOID` is no object. A mask that has 0 and
    255 alone shows one object, as many tools save it; but in a palette 255 is void if ``several`` is said.

    Args:
        data: the file's content.
        name: what to call the file in an error message.
        several: give object ids.

    Returns:
        H x W: bool, or with ``several`` uint8 object ids, 0 being the background and 255 void.

    Raises:
        DataError: not a PNG, damaged or cut short, in colour, of 16 bits, with grey levels that are
            neither binary nor object ids, with several objects where one is expected, or with a palette
            whose colours contradict its indices.
    """
    mask = MaskReader(several).decode(data, name)
    return mask.astype(np.uint8, copy=False) if several else mask


class MaskReader:
    """Decodes the masks of one sequence, and refuses two that cannot mean the same.

    Args:
        several: give object ids.
        merge: take all objects as one.
    """

    def __init__(self, several: bool = False, merge: bool = False):
        self.several = several
        self.merge = merge
        self._seen: dict[int, str] = {}  # object id -> the first mask that has it

    def decode(self, data: bytes, name: str | os.PathLike) -> np.ndarray:
        """Decode one mask; see :func:`decode_mask`.

        Returns:
            H x W bool. With ``several`` uint8 ids; but bool if the file, grey with the levels 0 and 255 or of
            1 bit, does not say which object it shows.
        """
        kind = data[_KIND]
        ids = _decode_checked(data, kind, name)
        if kind in _PALETTES:
            _check_colours(data, ids, name, self.several)
        else:
            ids = _ids_from_grey(_grey(ids, name), name)
            if ids.dtype == bool:
                self.agree(VOID, str(name))
            if ids.dtype == bool or kind == _GREY_OF_1_BIT:
                return ids.view(bool)
        return ids if self.several else self._one_object(ids, str(name))

    def _one_object(self, ids: np.ndarray, name: str) -> np.ndarray:
        """Where the object is, in a mask of ids."""
        highest = int(ids.max())
        if highest == 0:
            return ids.astype(bool)
        mask = ids == highest
        if highest == VOID and cv2.countNonZero(ids) > np.count_nonzero(mask):
            ids = np.where(mask, np.uint8(0), ids)
            highest = int(ids.max())
            mask = ids == highest
        if cv2.countNonZero(ids) > np.count_nonzero(mask) and not self.merge:
            found = ", ".join(map(str, np.unique(ids[ids > 0])[:6]))
            raise DataError(
                f"{name}: several objects, with the ids {found}"
                " (expected one; --several keeps them apart; in scoring, --merge takes them as one)"
            )
        self.agree(highest if highest == VOID or not self.merge else 1, name)
        return ids != 0 if self.merge else mask

    def agree(self, object_id: int, name: str) -> None:
        """Refuse a mask whose one object has another id than that of the masks before it.

        Args:
            object_id: :data:`VOID` if the mask has 0 and 255 alone.
            name: of the mask.

        Raises:
            DataError: naming both masks.
        """
        self._seen.setdefault(object_id, name)
        other, where = next(iter(self._seen.items()))
        if other == object_id:
            return
        if VOID in (other, object_id):
            binary, mixed = (where, name) if other == VOID else (name, where)
            raise DataError(
                f"{binary}: holds 0 and 255 alone, {mixed} object ids: is 255 the object, or void?"
                " (expected one or the other in a sequence)"
            )
        raise DataError(
            f"{name}: its object has the id {object_id}, that in {where} the id {other}"
            " (expected one object; --several keeps them apart; in scoring, --merge takes them as one)"
        )


def write_mask(path: str | os.PathLike, ids: np.ndarray) -> None:
    """Write object ids (H x W, bool or integer) as a palette PNG in the DAVIS colours.

    The file appears under its name only when it is complete.
    """
    from PIL import Image

    image = Image.fromarray(np.asarray(ids).astype(np.uint8), mode="P")
    image.putpalette(PALETTE.tobytes())
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    write_atomically(path, buffer.getvalue())


def _decode_checked(data: bytes, kind: bytes, name: str | os.PathLike) -> np.ndarray:
    if not data.startswith(_SIGNATURE) or len(data) < _HEADER_SIZE:
        raise DataError(f"{name}: not a PNG file (expected a mask saved as PNG)")
    if _END not in data:
        raise DataError(f"{name}: corrupt PNG (no end marker: the file is cut short)")
    if zlib.crc32(data[12:29]).to_bytes(4, "big") != data[29:33]:
        raise DataError(f"{name}: corrupt PNG (a wrong check sum of its header)")
    height, width = size_of_png(data)
    if not 0 < height * width <= MOST_PIXELS:
        raise DataError(f"{name}: {width} x {height} pixels (expected {MOST_PIXELS} at most)")
    try:
        pixels = _decode(data, kind)
    except Exception as error:  # the libraries raise half a dozen types for a broken PNG
        raise DataError(f"{name}: corrupt PNG ({error})") from None
    if pixels is None or not pixels.size:
        raise DataError(f"{name}: corrupt PNG (OpenCV cannot decode it)")
    return pixels


def size_of_png(data: bytes) -> tuple[int, int]:
    """(height, width) in pixels, from the header of a PNG."""
    width, height = (int.from_bytes(data[i : i + 4], "big") for i in (16, 20))
    return height, width


def _decode(data: bytes, kind: bytes) -> np.ndarray | None:
    """Decode a PNG by the library that is fastest for its kind of those that refuse broken files.

    H x W uint8: a palette's indices, or the levels of a grey image of 1 or 8 bits; others as OpenCV gives
    them, None if it cannot. (OpenCV would give a palette's colours.) Pillow stands in for kornia-rs and PyAV.
    """
    with suppress(ImportError):
        if kind in _OF_8_BITS:
            import kornia_rs.io

            return kornia_rs.io.decode_image_png_u8(data, size_of_png(data), "mono")[..., 0]
        if kind == _GREY_OF_1_BIT:
            return _decode_1_bit(data)
    if kind in (*_PALETTES, *_OF_8_BITS, _GREY_OF_1_BIT):
        from PIL import Image

        Image.open(io.BytesIO(data)).verify()
        return np.asarray(Image.open(io.BytesIO(data))).astype(np.uint8, copy=False)
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def _decode_1_bit(data: bytes) -> np.ndarray:
    """Decode a grey PNG of 1 bit by FFmpeg, which makes up missing pixels, and only its log says so."""
    import av

    decoder = av.CodecContext.create("png", "r")
    decoder.thread_count = 1
    decoder.options = {"err_detect": "crccheck+explode"}
    before = av.logging.get_level(), av.logging.get_skip_repeated()
    av.logging.set_level(av.logging.ERROR)
    av.logging.set_skip_repeated(False)
    try:
        with av.logging.Capture() as complaints:
            (frame,) = decoder.decode(av.Packet(data))
    finally:
        av.logging.set_level(before[0])
        av.logging.set_skip_repeated(before[1])
    if complaints:
        raise DataError(complaints[0][-1].strip())
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(frame.height, plane.line_size)
    return np.unpackbits(rows, axis=1, count=frame.width)


def _check_colours(data: bytes, ids: np.ndarray, name: str | os.PathLike, several: bool) -> None:
    """Refuse a palette that shows the background black or an object in its DAVIS colour at another index.

    A tool that makes a palette of the colours that it finds may order them as it likes, by brightness say.
    """
    at = data.find(b"PLTE")
    length = min(int.from_bytes(data[at - 4 : at], "big"), 3 * (int(ids.max()) + 1))
    colours = data[at + 4 : at + 4 + length]
    if _DAVIS_COLOURS.startswith(colours):
        return
    shown = [colours[i : i + 3] for i in range(0, length, 3)]
    for i, colour in enumerate(shown[1:], 1):
        meant = _OBJECT_OF_COLOUR.get(colour, i)
        wrong = several and meant != i if meant else colour != shown[0]
        if wrong and (ids == i).any():
            what = f"has the DAVIS colour of object {meant}" if meant else "is black, and index 0 is not"
            raise DataError(
                f"{name}: palette index {i} {what} (expected 0 for background, and the ids of objects)"
            )


def _grey(pixels: np.ndarray, name: str | os.PathLike) -> np.ndarray:
    """The levels of a grey image that may have three equal colour channels, and alpha behind them."""
    if pixels.ndim == 2:
        return pixels
    colour = pixels[..., :3]
    if (colour != colour[..., :1]).any():
        raise DataError(f"{name}: a colour image (expected a grey or palette mask)")
    return np.ascontiguousarray(colour[..., 0])


def _ids_from_grey(levels: np.ndarray, name: str | os.PathLike) -> np.ndarray:
    """Object ids of a grey mask; bool if its levels are 0 and 255."""
    if levels.dtype != np.uint8:
        raise DataError(f"{name}: {levels.dtype} pixels (expected a mask with 8 bits or fewer)")
    is_object = levels == VOID
    if (n_object := np.count_nonzero(is_object)) and n_object == cv2.countNonZero(levels):
        return is_object
    if levels.max() < MOST_OBJECTS:
        return levels
    if np.where(is_object, 0, levels).max() < MOST_OBJECTS:  # ids, and void
        return levels
    present = np.unique(levels)
    shown = ", ".join(map(str, present[:6])) + (", ..." if len(present) > 6 else "")
    raise DataError(
        f"{name}: grey levels {shown} (expected {{0, 1}}, {{0, 255}}, or object ids below {MOST_OBJECTS};"
        " threshold a probability map before you save it)"
    )
