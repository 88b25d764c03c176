"""Reading and writing single images: RGB frames, and masks in every encoding found in the wild.

A mask PNG may be grey with levels 0/1, grey with levels 0/255, a palette whose *indices* are the
objects, or one of these saved with a needless alpha channel. All of them are read as an array of
object ids. What fits none of these descriptions is refused: a grey-level map that was never
thresholded looks like a mask, and scoring it silently gives a number that means nothing.
"""

from __future__ import annotations

import io
import os
from errno import ENOSPC
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from vostut.errors import DataError
from vostut.png import SIGNATURE, DamagedPng, decode_runs

MOST_OBJECTS = 32
"""Grey levels below this may be object ids; no video of the data sets here has so many objects."""

VOID = 255
"""The id of pixels that an annotator left undecided; they belong to no object."""

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
    data = _read_bytes(path)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise DataError(f"{path}: not a readable image (expected a JPEG or PNG)")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def read_mask(path: str | os.PathLike, several: bool = False) -> np.ndarray:
    """Read a mask file; see :func:`decode_mask`."""
    return decode_mask(_read_bytes(path), path, several)


def decode_mask(data: bytes, name: str | os.PathLike, several: bool = False) -> np.ndarray:
    """Decode the bytes of a mask PNG.

    Grey masks with levels {0, 255} or {0, 1} show one object. Palette masks give their indices, whatever
    colours the palette shows.

    Args:
        data: the file's content.
        name: what to call the file in an error message.
        several: give object ids, and take the grey levels 0, 1, 2, ... for ids, too.

    Returns:
        H x W: bool, or with ``several`` uint8 object ids, 0 being the background.

    Raises:
        DataError: not a PNG, cut short, or grey levels that are neither binary nor object ids.
    """
    if not data.startswith(SIGNATURE) or len(data) < 33:
        raise DataError(f"{name}: not a PNG file (expected a mask saved as PNG)")
    try:
        runs = decode_runs(data)
    except DamagedPng as error:
        raise DataError(f"{name}: corrupt PNG ({error})") from None
    levels, is_ids = (runs.levels, runs.is_palette) if runs else _decode_with_library(data, name)
    ids = levels if is_ids else _ids_from_grey(levels, name, several)
    values = ids if several else ids != 0
    return runs.expand(values) if runs else values


def write_mask(path: str | os.PathLike, ids: np.ndarray) -> None:
    """Write object ids (H x W, bool or integer) as a palette PNG in the DAVIS colours.

    The file appears under its name only when it is complete.
    """
    image = Image.fromarray(np.asarray(ids).astype(np.uint8), mode="P")
    image.putpalette(PALETTE.tobytes())
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    write_atomically(path, buffer.getvalue())


def write_atomically(path: str | os.PathLike, data: bytes) -> None:
    """Write bytes under a temporary name, then rename: a killed process leaves no half file.

    Raises:
        DataError: the disk is full, or the file cannot be written for another reason.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError as error:
        hint = (
            "the disk is full: make room and run the same command again" if error.errno == ENOSPC else error
        )
        raise DataError(f"{path}: cannot be written ({hint})") from error
    finally:
        temporary.unlink(missing_ok=True)  # a full disk leaves no half file either


def _read_bytes(path: str | os.PathLike) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None


def _decode_with_library(data: bytes, name: str | os.PathLike) -> tuple[np.ndarray, bool]:
    """Decode to (levels, whether the levels are already object ids)."""
    try:
        image = Image.open(io.BytesIO(data))
        pixels = np.array(image, np.uint8) if image.mode == "1" else np.array(image)
    except Exception as error:  # Pillow raises half a dozen types for a broken PNG
        raise DataError(f"{name}: corrupt PNG ({error})") from None
    if image.mode == "P":
        return pixels, True
    colour = pixels[..., : {"LA": 1, "RGB": 3, "RGBA": 3}.get(image.mode, 1)] if pixels.ndim == 3 else pixels
    if colour.ndim == 3:
        if (colour != colour[..., :1]).any():
            raise DataError(f"{name}: a colour image (expected a grey or palette mask)")
        colour = colour[..., 0]
    return np.ascontiguousarray(colour), False


def _ids_from_grey(levels: np.ndarray, name: str | os.PathLike, several: bool) -> np.ndarray:
    if levels.dtype != np.uint8:
        raise DataError(f"{name}: {levels.dtype} pixels (expected a mask with 8 bits or fewer)")
    found = np.zeros(256, bool)
    found[levels] = True
    present = np.flatnonzero(found)
    if set(present.tolist()) <= {0, 1}:
        return levels
    if set(present.tolist()) <= {0, 255}:
        return levels & 1
    if several and present[-1] < MOST_OBJECTS:
        return levels
    shown = ", ".join(map(str, present[:6])) + (", ..." if len(present) > 6 else "")
    raise DataError(
        f"{name}: grey levels {shown} (expected {{0, 1}}, {{0, 255}} or palette indices;"
        " threshold a probability map before you save it)"
    )
