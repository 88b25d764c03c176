"""Reading and writing single images: RGB frames, and masks in every encoding found in the wild.

A mask PNG may be grey with levels 0/1, grey with levels 0/255, a palette whose *indices* are the
objects, or one of these saved with a needless alpha channel. All of them are read as an array of
object ids. What fits none of these descriptions is refused: a grey-level map that was never
thresholded looks like a mask, and scoring it silently gives a number that means nothing.
"""

from __future__ import annotations

import io
import os

import cv2
import numpy as np
from PIL import Image

from vostut.errors import DataError
from vostut.files import read_bytes, write_atomically

MOST_OBJECTS = 32
"""Grey levels below this may be object ids; no video of the data sets here has so many objects."""

VOID = 255
"""The palette index of pixels that an annotator left undecided; they belong to no object."""

_SIGNATURE, _END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"  # the first and the last bytes of a PNG
_HEADER_SIZE = 33  # bytes up to the end of the header
_KIND = slice(24, 26)  # the bytes of the header that tell the bits a pixel, and whether grey, palette, ...
_GREYS = (b"\x01\x00", b"\x08\x00")  # of 1 and of 8 bits
_PALETTES = tuple(bytes([bits, 3]) for bits in (1, 2, 4, 8))

# The colours that the DAVIS data sets give to object ids 0, 1, 2, ... (the PASCAL VOC colour map).
_VOC = [
    [sum(((i >> (3 * bit + channel)) & 1) << (7 - bit) for bit in range(3)) for channel in range(3)]
    for i in range(256)
]
PALETTE: np.ndarray = np.array(_VOC, np.uint8)
"""256 x 3 uint8: the colour of each object id in a palette mask."""


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

    Grey masks with levels {0, 255} or {0, 1} show one object. Palette masks give their indices, whatever
    colours the palette shows. Beside other indices :data:`VOID` is no object; a palette mask that has 0 and
    255 alone is taken for a binary one, which some tools save like that.

    Args:
        data: the file's content.
        name: what to call the file in an error message.
        several: give object ids, and take the grey levels 0, 1, 2, ... for ids, too.

    Returns:
        H x W: bool, or with ``several`` uint8 object ids, 0 being the background and 255 void.

    Raises:
        DataError: not a PNG, damaged or cut short, in colour, of 16 bits, or with grey levels that are
            neither binary nor object ids.
    """
    if not data.startswith(_SIGNATURE) or len(data) < _HEADER_SIZE:
        raise DataError(f"{name}: not a PNG file (expected a mask saved as PNG)")
    if _END not in data:
        raise DataError(f"{name}: corrupt PNG (no end marker: the file is cut short)")
    kind = data[_KIND]
    is_palette = kind in _PALETTES
    try:
        pixels = _decode_with_ffmpeg(data) if is_palette or kind in _GREYS else None
        if pixels is None:
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except Exception as error:  # the libraries raise half a dozen types for a broken PNG
        raise DataError(f"{name}: corrupt PNG ({error})") from None
    if pixels is None:
        raise DataError(f"{name}: corrupt PNG (OpenCV cannot decode it)")
    ids = pixels if is_palette else _ids_from_grey(_grey(pixels, name), name, several)
    if several:
        return ids.astype(np.uint8)
    mask = ids.astype(bool, copy=False)
    if is_palette and ids.max() == VOID:
        objects = mask & (ids != VOID)
        return objects if objects.any() else mask
    return mask


def write_mask(path: str | os.PathLike, ids: np.ndarray) -> None:
    """Write object ids (H x W, bool or integer) as a palette PNG in the DAVIS colours.

    The file appears under its name only when it is complete.
    """
    image = Image.fromarray(np.asarray(ids).astype(np.uint8), mode="P")
    image.putpalette(PALETTE.tobytes())
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    write_atomically(path, buffer.getvalue())


def _decode_with_ffmpeg(data: bytes) -> np.ndarray | None:
    """Decode a palette PNG to its indices, or a grey one of 1 or 8 bits to its levels: H x W uint8.

    Of the libraries measured, this is the fastest for all of them; OpenCV would give a palette's colours.
    None if one grey level is transparent.
    """
    import av

    decoder = av.CodecContext.create("png", "r")
    decoder.thread_count = 1
    decoder.options = {"err_detect": "crccheck+explode"}
    (frame,) = decoder.decode(av.Packet(data))
    if frame.format.name not in ("gray", "pal8", "monob"):
        return None
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(frame.height, plane.line_size)
    if frame.format.name == "monob":
        return np.unpackbits(rows, axis=1, count=frame.width)
    return rows[:, : frame.width]


def _grey(pixels: np.ndarray, name: str | os.PathLike) -> np.ndarray:
    """The levels of a grey image that may have three equal colour channels, and alpha behind them."""
    if pixels.ndim == 2:
        return pixels
    colour = pixels[..., :3]
    if (colour != colour[..., :1]).any():
        raise DataError(f"{name}: a colour image (expected a grey or palette mask)")
    return np.ascontiguousarray(colour[..., 0])


def _ids_from_grey(levels: np.ndarray, name: str | os.PathLike, several: bool) -> np.ndarray:
    if levels.dtype != np.uint8:
        raise DataError(f"{name}: {levels.dtype} pixels (expected a mask with 8 bits or fewer)")
    highest = levels.max()
    if highest <= 1 or (several and highest < MOST_OBJECTS):
        return levels
    is_object = levels == 255
    if np.count_nonzero(is_object) == cv2.countNonZero(levels):
        return is_object
    present = np.unique(levels)
    shown = ", ".join(map(str, present[:6])) + (", ..." if len(present) > 6 else "")
    raise DataError(
        f"{name}: grey levels {shown} (expected {{0, 1}}, {{0, 255}} or palette indices;"
        " threshold a probability map before you save it)"
    )
