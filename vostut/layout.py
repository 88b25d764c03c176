"""The DAVIS folder layout: one description through which every data set on disk is read.

::

    ROOT/JPEGImages/<resolution>/<sequence>/<frame>.jpg
    ROOT/Annotations/<resolution>/<sequence>/<frame>.png
    ROOT/ImageSets/<folder>/<split>.txt

A split file lists sequences, one a line, or (DAVIS-2016) pairs of image and mask paths.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from vostut.errors import DataError
from vostut.images import read_mask, read_rgb
from vostut.video import Dataset, Lazy, Video

FRAME_SUFFIXES = (".jpg", ".jpeg", ".png")


def open_layout(
    root: str | os.PathLike,
    split: str,
    *,
    name: str = "DAVIS layout",
    sets: str | None = None,
    resolution: str = "480p",
    several: bool = False,
    fps: float | None = None,
    attributes: Mapping[str, Iterable[str]] | None = None,
    stable: frozenset[str] | None = None,
) -> Dataset:
    """Open any folder in the DAVIS layout.

    Nothing but the split file and folder listings is read here; images are read when asked for.

    Args:
        root: the folder that holds ``JPEGImages``, ``Annotations`` and ``ImageSets``.
        split: name of the split file without ``.txt``.
        name: what to call the data set in messages and tables.
        sets: the folder below ``ImageSets`` with the split files; by default ``resolution``,
            and ``""`` for ``ImageSets`` itself.
        resolution: the folder below ``JPEGImages`` and ``Annotations``.
        several: masks are uint8 object ids rather than bool.
        fps: frames per second of every video, if known.
        attributes: attribute codes of the sequences that have any.
        stable: the sequences over which T is averaged; None means all.

    Raises:
        DataError: naming the folder or file that is missing or empty.
    """
    root = Path(root)
    if not root.is_dir():
        raise DataError(f"{root}: no such folder (expected the root of {name}, with JPEGImages in it)")
    attributes = attributes or {}
    videos = [
        open_sequence(root, sequence, resolution, several, fps, frozenset(attributes.get(sequence, ())))
        for sequence in read_split(root, split, resolution if sets is None else sets)
    ]
    return Dataset(name, split, videos, several, stable)


def read_split(root: Path, split: str, sets: str) -> list[str]:
    """The sequences that a split file names, in its order."""
    path = root / "ImageSets" / sets / f"{split}.txt"
    if not path.is_file():
        there = sorted(p.stem for p in path.parent.glob("*.txt"))
        raise DataError(f"{path}: no such split file; {path.parent} has {', '.join(there) or 'none'}")
    first_words = [line.split()[0] for line in path.read_text().splitlines() if line.strip()]
    names = [_sequence_of(word) for word in first_words]
    if not names:
        raise DataError(f"{path}: empty (expected the name of a sequence on each line)")
    return list(dict.fromkeys(names))


def _sequence_of(word: str) -> str:
    """``/JPEGImages/480p/bear/00000.jpg`` names bear; ``bear`` and ``batch/bear`` name themselves."""
    path = PurePosixPath(word)
    return path.parent.name if path.suffix.lower() in FRAME_SUFFIXES else word.strip("/")


def open_sequence(
    root: Path, name: str, resolution: str, several: bool, fps: float | None, attributes: frozenset[str]
) -> Video:
    """One sequence: its frame names from the folder listings, its images when asked for."""
    frames_folder = root / "JPEGImages" / resolution / name
    masks_folder = root / "Annotations" / resolution / name
    frames, masks = _list(frames_folder, FRAME_SUFFIXES), _list(masks_folder, (".png",))
    if not masks:
        raise DataError(f"{masks_folder}: no masks (expected NNNNN.png, one for each frame)")
    stems = sorted(set(frames) | set(masks))
    _check_numbering(frames_folder, masks_folder, stems)

    def frame(t: int) -> np.ndarray:
        image = read_rgb(frames.get(stems[t]) or frames_folder / f"{stems[t]}.jpg")
        _check_size(masks_folder, stems[t], masks, image)
        return image

    def mask(t: int) -> np.ndarray:
        return read_mask(masks.get(stems[t]) or masks_folder / f"{stems[t]}.png", several)

    n = len(stems)
    return Video(name, Lazy(n, frame), Lazy(n, mask), attributes, fps, tuple(stems))


def _list(folder: Path, suffixes: tuple[str, ...]) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    return {p.stem: p for p in folder.iterdir() if p.suffix.lower() in suffixes and p.name[0] != "."}


def _check_numbering(frames_folder: Path, masks_folder: Path, stems: list[str]) -> None:
    """A hole in consecutive numbers is a frame that a broken copy lost."""
    if not all(stem.isdigit() for stem in stems):
        return
    numbers = [int(stem) for stem in stems]
    missing = set(range(numbers[0], numbers[-1] + 1)) - set(numbers)
    # Data sets with sparse names (every fifth frame, say) have more holes than frames.
    if missing and len(missing) < len(numbers):
        first = f"{min(missing):0{len(stems[0])}d}"
        raise DataError(
            f"{masks_folder / first}.png: missing, and so is its frame in {frames_folder}"
            f" (found {len(stems)} frames from {stems[0]} to {stems[-1]})"
        )


def _check_size(folder: Path, stem: str, masks: dict[str, Path], image: np.ndarray) -> None:
    """Compare a frame with the size in its mask's PNG header, which costs one short read."""
    path = masks.get(stem)
    if path is None:
        return
    with open(path, "rb") as file:
        header = file.read(24)
    width, height = (int.from_bytes(header[i : i + 4], "big") for i in (16, 20))
    if (height, width) != image.shape[:2]:
        raise DataError(
            f"{path}: mask of {width} x {height} pixels, but its frame has"
            f" {image.shape[1]} x {image.shape[0]} (expected the same size)"
        )
