"""Which photograph goes with which mask: by name, and by folder. Explained in chapter 5."""

from __future__ import annotations

import os
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from vostut.errors import DataError, some

Pair = tuple[Path, Path]
"""The files of a photograph and of its mask."""

JPEGS = (".jpg", ".jpeg")
PHOTOGRAPHS = (*JPEGS, ".bmp")

SPLITS = frozenset({"train", "val", "test", "trainval", "valid", "training", "validation", "testing"})
"""Folders of these names hold different images, never an image in one and its mask in another."""


def find_pairs(folder: str | os.PathLike) -> list[Pair]:
    """The files of photographs and masks that belong together, ordered by name.

    A mask is a PNG that shares its name with a photograph: a JPEG or, where there is none, a BMP. The two lie
    in one folder, or in two that correspond: whose paths differ in one part, as ``images/1.jpg`` and
    ``masks/1.png`` or ``img/a/1.jpg`` and ``gt/a/1.png`` do. Folders of different splits (``train`` and
    ``val``) do not correspond, and a folder with pairs of its own only does to itself. What is in no pair is
    passed over, with a warning; hidden files are, without one.

    Raises:
        DataError: no such folder, no pair in it, or a photograph for which there are several masks, or a mask
            for which there are several photographs.
    """
    root = Path(folder)
    if not root.is_dir():
        raise DataError(f"{root}: no such folder (expected images and masks)")
    files = list(_files_below(root, set()))
    jpegs = {(p.parent, p.stem) for p in files if p.suffix.lower() in JPEGS}
    photographs = [
        p for p in files
        if p.suffix.lower() in JPEGS or (p.suffix.lower() == ".bmp" and (p.parent, p.stem) not in jpegs)
    ]  # fmt: skip
    pairs = _matches(root, photographs, [p for p in files if p.suffix.lower() == ".png"])
    if not pairs:
        raise DataError(
            f"{root}: no pairs (expected NAME.jpg and NAME.png, in one folder or in two side by side)"
        )
    _refuse_rivals(pairs)
    if strays := set(files).difference(*pairs):
        names = some(sorted(str(p.relative_to(root)) for p in strays))
        warnings.warn(f"{root}: in no pair of photograph and mask, and passed over: {names}", stacklevel=2)
    return sorted(pairs, key=lambda pair: (pair[1].stem, pair[1]))


def _files_below(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """All files but the hidden ones; a linked folder counts like any other, and each folder once."""
    seen.add(folder.resolve())
    for path in sorted(folder.iterdir()):
        if path.name[0] == "." or path.name == "__MACOSX":
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and path.resolve() not in seen:
            yield from _files_below(path, seen)


def _matches(root: Path, photographs: list[Path], masks: list[Path]) -> list[Pair]:
    """Every photograph with every mask that may be its own, see :func:`find_pairs`."""
    named = {mask.with_suffix("") for mask in masks}
    whole = {path.parent for path in photographs if path.with_suffix("") in named}
    places: defaultdict[tuple, tuple[list[Path], list[Path]]] = defaultdict(lambda: ([], []))
    for kind, files in enumerate((photographs, masks)):
        for path in files:
            parts = path.parent.relative_to(root).parts
            if path.parent in whole:
                places[parts, path.stem][kind].append(path)
                continue
            for i in range(len(parts)):
                places[parts[:i], parts[i + 1 :], path.stem][kind].append(path)
    return [
        (photograph, mask)
        for candidates, theirs in places.values()
        for photograph in candidates
        for mask in theirs
        if not _of_two_splits(photograph, mask)
    ]


def _of_two_splits(photograph: Path, mask: Path) -> bool:
    """Whether they lie in folders whose paths differ in a part that names a split in both."""
    parts = zip(photograph.parent.parts, mask.parent.parts, strict=True)
    return any(a != b and {a.lower(), b.lower()} <= SPLITS for a, b in parts)


def _refuse_rivals(pairs: list[Pair]) -> None:
    times = Counter(path for pair in pairs for path in pair)
    for path, count in times.items():
        if count > 1:
            rivals = ", ".join(sorted({str(p) for pair in pairs if path in pair for p in pair}))
            raise DataError(f"{rivals}: which belong together? (expected one photograph and one mask)")
