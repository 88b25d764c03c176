"""Still images with one mask each: what MaskTrack learns from. Explained in chapter 5.

The saliency data sets differ in folder names only:

.. code-block:: text

    ECSSD      images/0001.jpg      ground_truth_mask/0001.png
    PASCAL-S   images/1.jpg         masks/1.png                 (graded: 0 to 255, a vote of observers)
    MSRA10K    Imgs/100.jpg         Imgs/100.png

:func:`open_stills` takes any of them, a folder that holds several, and any other folder in which an image and
its mask share a name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from vostut.errors import DataError
from vostut.images import read_rgb
from vostut.video import Video

Still = tuple[np.ndarray, np.ndarray]
"""An image, H x W x 3 uint8 RGB, and its mask, H x W bool."""

PHOTOGRAPHS = (".jpg", ".jpeg", ".bmp")


class Stills(Sequence[Still]):
    """Images with masks, read when they are asked for.

    Args:
        pairs: (image file, mask file).
    """

    def __init__(self, pairs: Sequence[tuple[Path, Path]]):
        self.pairs = list(pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Still:  # type: ignore[override]
        photograph, path = self.pairs[index]
        return read_rgb(photograph), _read_graded(path)


class FramesAsStills(Sequence[Still]):
    """The frames of videos, each taken for a still image: their order is forgotten.

    Args:
        videos: with masks.
    """

    def __init__(self, videos: Iterable[Video]):
        self.places = [(video, t) for video in videos for t in range(len(video))]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> Still:  # type: ignore[override]
        video, t = self.places[index]
        return video.frames[t], np.asarray(video.masks[t]) > 0


class ConcatStills(Sequence[Still]):
    """Several collections one after the other."""

    def __init__(self, *collections: Sequence[Still]):
        self.collections = collections

    def __len__(self) -> int:
        return sum(map(len, self.collections))

    def __getitem__(self, index: int) -> Still:  # type: ignore[override]
        for collection in self.collections:
            if index < len(collection):
                return collection[index]
            index -= len(collection)
        raise IndexError(index)


def open_stills(folder: str | os.PathLike) -> Stills:
    """Find the image/mask pairs in a folder and in the folders below it, which may be several collections.

    A mask is a PNG that shares its name with a photograph (JPEG or BMP; where there are both, JPEG) of the
    same collection: the two lie in one folder, or in two folders side by side. Photographs without a mask
    are passed over.

    Raises:
        DataError: no such folder, no pair in it, a pair whose sizes differ, or a name for which folders side
            by side hold several photographs or several masks.
    """
    root = Path(folder)
    if not root.is_dir():
        raise DataError(f"{root}: no such folder (expected images and masks)")
    files = sorted(p for p in root.rglob("*") if p.is_file() and not p.name.startswith("."))
    masks = {(p.parent, p.stem): p for p in files if p.suffix.lower() == ".png"}
    photographs = {
        (p.parent, p.stem): p for kind in reversed(PHOTOGRAPHS) for p in files if p.suffix.lower() == kind
    }
    pairs = [(photographs[place], mask) for place, mask in masks.items() if place in photographs]
    pairs += _side_by_side(photographs, masks)
    if not pairs:
        raise DataError(
            f"{root}: no pairs (expected NAME.jpg and NAME.png, in one folder or in two side by side)"
        )
    for pair in pairs:  # now, from the headers, and not in the middle of a training
        _check_sizes(*pair)
    return Stills(sorted(pairs, key=lambda pair: (pair[1].stem, pair[1])))


def _side_by_side(
    photographs: dict[tuple[Path, str], Path], masks: dict[tuple[Path, str], Path]
) -> Iterator[tuple[Path, Path]]:
    """The pairs of two folders in one; a folder with pairs of its own is a collection of its own."""
    whole = {folder for folder, _ in photographs.keys() & masks.keys()}
    found: dict[tuple[Path, str], tuple[list[Path], list[Path]]] = {}
    for kind, files in enumerate((photographs, masks)):
        for (folder, name), path in files.items():
            if folder not in whole:
                found.setdefault((folder.parent, name), ([], []))[kind].append(path)
    for images, theirs in found.values():
        if images and theirs:
            if len(images) + len(theirs) > 2:
                names = ", ".join(map(str, [*images, *theirs]))
                raise DataError(f"{names}: which belong together? (expected one photograph and one mask)")
            yield images[0], theirs[0]


def _size(path: Path) -> tuple[int, int]:
    """Width and height, without decoding the pixels."""
    try:
        with Image.open(path) as image:
            return image.size
    except OSError as error:
        raise DataError(f"{path}: not a readable image ({error})") from error


def _check_sizes(photograph: Path, mask: Path) -> None:
    image, found = _size(photograph), _size(mask)
    if image != found:
        raise DataError(
            f"{mask}: mask of {found[0]} x {found[1]} pixels, but its image has {image[0]} x {image[1]} "
            "(expected the same size)"
        )


def _read_graded(path: Path) -> np.ndarray:
    """A mask with any grey levels, at half of 255; with levels 0 and 1, at one half."""
    data = np.fromfile(path, np.uint8)
    grey = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if len(data) else None
    if grey is None:
        raise DataError(f"{path}: not a readable mask (expected a grey PNG)")
    return grey > (127 if grey.max() > 1 else 0)
