"""Still images with one mask each: what MaskTrack learns from. Explained in chapter 5.

The saliency data sets differ in folder names only:

.. code-block:: text

    ECSSD      images/0001.jpg             ground_truth_mask/0001.png
    PASCAL-S   images/1.jpg                masks/1.png                 (graded: 0 to 255, a vote of observers)
    DUTS       img/part_000/NAME.jpg       gt/part_000/NAME.png        (graded: soft outlines)
    MSRA10K    Imgs/100.jpg                Imgs/100.png

:func:`open_stills` takes any of them, a folder that holds several, and any other folder in which an image and
its mask share a name. :mod:`vostut.data.still_sets` says where they are, and whether a copy is right.
"""

from __future__ import annotations

import hashlib
import io
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from vostut.data.pairs import Pair, find_pairs
from vostut.errors import DataError, some
from vostut.files import read_bytes
from vostut.images import MOST_OBJECTS, VOID, decode_mask, read_rgb
from vostut.video import Video

Still = tuple[np.ndarray, np.ndarray]
"""An image, H x W x 3 uint8 RGB, and its mask, H x W bool."""

ORIENTATION = 0x0112
"""The EXIF tag that says how a photograph is to be turned; above 4, by a quarter."""


class Stills(Sequence[Still]):
    """Images with masks, read when they are asked for.

    Args:
        pairs: (image file, mask file).
    """

    def __init__(self, pairs: Sequence[Pair]):
        self.pairs = list(pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Still:  # type: ignore[override]
        photograph, path = self.pairs[index]
        return read_rgb(photograph), read_graded(path)

    def files(self, index: int) -> Sequence[Path]:
        """The files that image ``index`` and its mask are read from."""
        return self.pairs[index]


class FramesAsStills(Sequence[Still]):
    """The frames of videos, each taken for a still image: their order is forgotten.

    Undecided pixels are background. A frame without an object stays: the object may be out of view; one
    without a mask does not.

    Args:
        videos: with masks.

    Raises:
        DataError: a video in which no mask shows an object.
    """

    def __init__(self, videos: Iterable[Video]):
        self.places: list[tuple[Video, int]] = []
        for video in videos:
            if not any(_tells(_of_video(video, t)) for t in video.annotated):
                raise DataError(
                    f"{video.name}: none of its {len(video.annotated)} masks shows an object before a "
                    "background (expected a video to learn from)"
                )
            self.places += [(video, t) for t in video.annotated]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> Still:  # type: ignore[override]
        video, t = self.places[index]
        return video.frames[t], _of_video(video, t)

    def files(self, index: int) -> Sequence[Path]:
        """The files that image ``index`` and its mask are read from; none if they are computed."""
        video, t = self.places[index]
        frame, mask = files_of(video.frames, t), files_of(video.masks, t)
        return [*frame, *mask] if frame and mask else ()


def _of_video(video: Video, t: int) -> np.ndarray:
    mask = np.asarray(video.masks[t])
    return mask if mask.dtype == bool else (mask > 0) & (mask != VOID)


class ConcatStills(Sequence[Still]):
    """Several collections one after the other."""

    def __init__(self, *collections: Sequence[Still]):
        self.collections = collections

    def __len__(self) -> int:
        return sum(map(len, self.collections))

    def __getitem__(self, index: int) -> Still:  # type: ignore[override]
        collection, i = self._place(index)
        return collection[i]

    def files(self, index: int) -> Sequence[Path]:
        """The files that image ``index`` and its mask are read from; none if they are computed."""
        collection, i = self._place(index)
        return files_of(collection, i)

    def _place(self, index: int) -> tuple[Sequence[Still], int]:
        for collection in self.collections:
            if index < len(collection):
                return collection, index
            index -= len(collection)
        raise IndexError(index)


def files_of(images: Sequence, index: int) -> Sequence[Path]:
    """The files that an image, and its mask, are read from; none if the collection does not say."""
    known = getattr(images, "files", None)
    return known(index) if known else ()


def fingerprint(images: Sequence[Still] | Sequence[np.ndarray]) -> str:
    """Whether these are the images of an earlier time: their number, and the content of all of them.

    What counts is the content of the files, in their order, or of the arrays where there are no files; names
    and folders do not. The frames of a video are such images, too. Files are read, not decoded: a second for
    the 4158 of DAVIS-2016's training videos.

    >>> fingerprint([(np.zeros((2, 2, 3), np.uint8), np.ones((2, 2), bool))])
    '1 images, sha256 2fb90b738a7a7be8f053932e39d1d280'
    """
    digest = hashlib.sha256()
    for index in range(len(images)):
        for part in _contents(images, index):
            digest.update(hashlib.sha256(part).digest())
    return f"{len(images)} images, sha256 {digest.hexdigest()[:32]}"


def _contents(images: Sequence, index: int) -> Iterator[bytes]:
    if files := files_of(images, index):
        return map(read_bytes, files)
    found = images[index]
    arrays = found if isinstance(found, tuple) else (found,)
    return (np.ascontiguousarray(array).tobytes() for array in arrays)


def open_stills(folder: str | os.PathLike) -> Stills:
    """Find the image/mask pairs in a folder and in the folders below it, which may be several collections.

    Pairs are those of :func:`vostut.data.pairs.find_pairs`. All masks are looked at now, and not in the
    middle of a training: a pair whose mask is empty, or covers the whole image, teaches nothing and is passed
    over with a warning. (Five of PASCAL-S's graded masks reach one half nowhere.)

    Raises:
        DataError: what :func:`vostut.data.pairs.find_pairs` raises; a file that is not readable; a pair whose
            sizes differ; a folder in which no mask shows an object.
    """
    pairs = find_pairs(folder)
    for pair in pairs:
        _check_sizes(*pair)
    useful = [pair for pair in pairs if _tells(read_graded(pair[1]))]
    blank = sorted({mask for _, mask in pairs} - {mask for _, mask in useful})
    if barren := {mask.parent for mask in blank} - {mask.parent for _, mask in useful}:
        raise DataError(
            f"{min(barren)}: no mask in it shows an object before a background (expected grey levels from 0 "
            "to 255, 0 and 1 alone, or a palette)"
        )
    if blank:
        names = some([mask.name for mask in blank])
        warnings.warn(f"{folder}: masks of nothing, or of everything, passed over: {names}", stacklevel=2)
    return Stills(useful)


def _tells(mask: np.ndarray) -> bool:
    """Whether something can be learned from a mask: it has an object, and a background."""
    return bool(mask.any() and not mask.all())


def _size(path: Path) -> tuple[int, int]:
    """Width and height of the image when it stands upright, without decoding the pixels."""
    try:
        with Image.open(path) as image:
            width, height = image.size
            lies = image.getexif().get(ORIENTATION, 1) > 4
            return (height, width) if lies else (width, height)
    except OSError as error:
        raise DataError(f"{path}: not a readable image ({error})") from error


def _check_sizes(photograph: Path, mask: Path) -> None:
    image, found = _size(photograph), _size(mask)
    if image != found:
        raise DataError(
            f"{mask}: mask of {found[0]} x {found[1]} pixels, but its image has {image[0]} x {image[1]} "
            "(expected the same size)"
        )


def read_graded(path: str | os.PathLike) -> np.ndarray:
    """A mask of any grey levels, cut at half of white; H x W bool.

    With the levels 0 and 1 alone, 1 is the object. A palette is read as :func:`vostut.images.decode_mask`
    reads it: its indices are what was marked, its colours are not; but one that only numbers the greys, as
    some tools save a grey image, gives grey levels.

    Raises:
        DataError: not a readable PNG, cut short, or in colour.
    """
    data = read_bytes(path)
    try:
        with Image.open(io.BytesIO(data)) as image:
            palette, kind, levels = image.getpalette(), image.mode, np.asarray(image)
    except (OSError, SyntaxError) as error:  # PIL raises both for a broken PNG
        raise DataError(f"{path}: not a readable mask (expected a grey PNG, and all of it)") from error
    if palette and not _numbers_the_greys(levels, palette):
        return decode_mask(data, path)
    if levels.ndim == 3:
        colours = levels[..., : 1 if kind == "LA" else 3]
        if (colours != colours[..., :1]).any():
            raise DataError(f"{path}: a colour image (expected a grey or palette mask)")
        levels = colours[..., 0]
    if levels.max() <= 1:
        return levels > 0
    return levels > (0xFFFF if levels.dtype.itemsize > 1 else 0xFF) // 2


def _numbers_the_greys(indices: np.ndarray, palette: list[int]) -> bool:
    """Whether a palette's colour is the grey of that level for every index used, and these are no ids."""
    used = np.unique(indices)
    greys = np.repeat(used[:, None], 3, axis=1)
    colours = np.array(palette).reshape(-1, 3)
    known = used[-1] < len(colours)
    return bool(used[-1] >= MOST_OBJECTS and known and (colours[used] == greys).all())
