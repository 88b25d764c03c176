"""The DAVIS folder layout: one description through which every data set on disk is read.

::

    ROOT/JPEGImages/<resolution>/<sequence>/<frame>.jpg
    ROOT/Annotations/<resolution>/<sequence>/<frame>.png
    ROOT/ImageSets/<folder>/<split>.txt

A split file lists sequences, one a line, or (DAVIS-2016) pairs of image and mask paths. Masks may also lie
in a folder for each object, ``<sequence>/<object>/<frame>.png``, as those of SA-V do; and not all frames
need one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath

import numpy as np

from vostut.decoding import natural
from vostut.errors import DataError
from vostut.files import read_bytes
from vostut.images import MaskReader, read_rgb, size_of_png
from vostut.video import Dataset, Lazy, Video

FRAME_SUFFIXES = (".jpg", ".jpeg", ".png")
FIRST_BYTES = 24  # of a PNG, which say its size


class OnDisk(Lazy):
    """Images that are read from files.

    Attributes:
        files: gives the files that image t is read from.
    """

    def __init__(
        self, names: Sequence[str], read: Callable[[int], np.ndarray], files: Callable[[int], Sequence[Path]]
    ):
        super().__init__(len(names), read, names)
        self.files = files


class Truth(OnDisk):
    """The ground truth of a video, read when asked for, and what its folder says about it.

    Attributes:
        folder: where the masks lie.
        annotated: the numbers of the frames that have a mask, in order.
        first_object: the number with which folders of objects begin, 0 or 1; object 1 is the first.
    """

    def __init__(
        self,
        names: Sequence[str],
        read: Callable[[int], np.ndarray],
        files: Callable[[int], Sequence[Path]],
        folder: Path,
        annotated: Sequence[int],
        first_object: int = 1,
    ):
        super().__init__(names, read, files)
        self.folder = folder
        self.annotated = tuple(annotated)
        self.first_object = first_object


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
    merge: bool = False,
    annotations: str = "Annotations",
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
        merge: take all objects of a mask as one; without this and ``several``, a mask with several objects is
            refused when it is read.
        annotations: the folder with the masks.

    Raises:
        DataError: naming the folder or file that is missing or empty.
    """
    root = Path(root)
    if not root.is_dir():
        raise DataError(f"{root}: no such folder (expected the root of {name}, with JPEGImages in it)")
    attributes = attributes or {}
    videos = []
    for sequence in read_split(root, split, resolution if sets is None else sets):
        frames_folder = root / "JPEGImages" / resolution / sequence
        masks = MaskFiles(root / annotations / resolution / sequence, several, merge)
        codes = frozenset(attributes.get(sequence, ()))
        videos.append(open_sequence(sequence, frames_folder, masks, fps, codes))
    return Dataset(name, split, videos, several, stable)


def read_split(root: Path, split: str, sets: str) -> list[str]:
    """The sequences that a split file names, in its order."""
    path = root / "ImageSets" / sets / f"{split}.txt"
    if not path.is_file():
        there = sorted(p.stem for p in path.parent.glob("*.txt"))
        raise DataError(f"{path}: no such split file; {path.parent} has {', '.join(there) or 'none'}")
    lines = path.read_text(encoding="utf-8").splitlines()
    names = [_sequence_of(line.strip()) for line in lines if line.strip()]
    if not names:
        raise DataError(f"{path}: empty (expected the name of a sequence on each line)")
    return list(dict.fromkeys(names))


def _sequence_of(line: str) -> str:
    """``/JPEGImages/480p/bear/00000.jpg`` and a mask name bear; ``bear`` and ``my bear`` name themselves."""
    path = PurePosixPath(line.split()[0])
    return path.parent.name if path.suffix.lower() in FRAME_SUFFIXES else line.strip("/")


def open_sequence(
    name: str, frames_folder: Path, masks: MaskFiles, fps: float | None, attributes: frozenset[str]
) -> Video:
    """One sequence: its frame names from the folder listings, its images when asked for."""
    frames = _list(frames_folder, FRAME_SUFFIXES)
    if not masks.names:
        raise DataError(f"{masks.folder}: no masks (expected NNNNN.png, one for each frame)")
    if frames and not masks.names & set(frames):
        raise DataError(
            f"{masks.folder}: masks have names such as {min(masks.names)}, the frames in {frames_folder} such"
            f" as {min(frames)} (expected the same names)"
        )
    stems = sorted(set(frames) | masks.names, key=natural)
    _check_numbering(frames_folder, masks.folder, stems)

    def frame(t: int) -> np.ndarray:
        image = read_rgb(frames.get(stems[t]) or frames_folder / f"{stems[t]}.jpg")
        masks.check_size(stems[t], image)
        return image

    annotated = [t for t, stem in enumerate(stems) if stem in masks.names]
    truth = Truth(
        stems, lambda t: masks.read(stems[t]), lambda t: masks.paths(stems[t]),
        masks.folder, annotated, masks.first_object,
    )  # fmt: skip
    pictures = OnDisk(stems, frame, lambda t: [frames[stems[t]]] if stems[t] in frames else [])
    return Video(name, pictures, truth, attributes, fps, tuple(stems))


class MaskFiles:
    """The masks in a sequence's folder: a file for each frame, or for each object and frame.

    Args:
        folder: of the sequence.
        several: read object ids.
        merge: take all objects as one.

    Attributes:
        names: of the frames that have a mask.
        first_object: see :class:`Truth`.
    """

    def __init__(self, folder: Path, several: bool = False, merge: bool = False):
        self.folder = folder
        self.several = several
        flat = _list(folder, (".png",))
        inner = {} if flat or not folder.is_dir() else {p.name: p for p in folder.iterdir() if p.is_dir()}
        folders = {int(name): inner[name] for name in sorted(inner) if is_object(name)}
        self.first_object = min([1, *folders])
        self.files = {i: _list(path, (".png",)) for i, path in folders.items()} or {1: flat}
        self.names: set[str] = set().union(*self.files.values())
        self._by_object = bool(folders)
        self._readers = {i: MaskReader(several and not folders, merge) for i in self.files}
        if len(folders) > 1 and not (several or merge):
            raise DataError(
                f"{folder}: a folder for each of {len(folders)} objects"
                " (expected one object; --several keeps them apart; in scoring, --merge takes them as one)"
            )

    def read(self, name: str) -> np.ndarray:
        """The mask of one frame, H x W: bool, or uint8 object ids."""
        mask = np.zeros(0, np.uint8)
        for i, paths in self.files.items():
            if name not in paths and self._by_object:
                continue  # this object is not there, or not yet
            path = paths.get(name) or self.folder / f"{name}.png"
            found = self._readers[i].decode(read_bytes(path), path)
            if self._by_object:
                found = self._add(mask, found, i + 1 - self.first_object, path)
            mask = found
        if not mask.size:
            raise DataError(f"{self.folder}: no object has a mask {name}.png (expected one or more)")
        return mask.astype(np.uint8 if self.several else bool, copy=False)

    def paths(self, name: str) -> list[Path]:
        """The files that the mask of one frame is read from."""
        return [paths[name] for paths in self.files.values() if name in paths]

    def _add(self, ids: np.ndarray, mask: np.ndarray, i: int, path: Path) -> np.ndarray:
        ids = ids if ids.size else np.zeros(mask.shape, np.uint8)
        if mask.shape != ids.shape or (self.several and ids[mask].any()):
            raise DataError(f"{path}: overlaps another object, or has another size (expected neither)")
        ids[mask] = i
        return ids

    def check_size(self, name: str, image: np.ndarray) -> None:
        """Compare a frame with the size in its mask's PNG header, which costs one short read."""
        for path in self.paths(name):
            with open(path, "rb") as file:
                height, width = size_of_png(file.read(FIRST_BYTES))
            if (height, width) != image.shape[:2]:
                raise DataError(
                    f"{path}: mask of {width} x {height} pixels, but its frame has"
                    f" {image.shape[1]} x {image.shape[0]} (expected the same size)"
                )


def is_object(folder: str) -> bool:
    """Whether a folder in a sequence's has the name of an object, such as 001."""
    return re.fullmatch(r"[0-9]{1,3}", folder) is not None


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
    # Data sets with sparse names (every fifth frame, say) have no neighbours, or more holes than frames.
    neighbours = any(b - a == 1 for a, b in pairwise(numbers))
    if neighbours and missing and len(missing) < len(numbers):
        first = f"{min(missing):0{len(stems[0])}d}"
        raise DataError(
            f"{masks_folder / first}.png: missing, and so is its frame in {frames_folder}"
            f" (found {len(stems)} frames from {stems[0]} to {stems[-1]})"
        )
