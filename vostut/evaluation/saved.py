"""Masks that somebody saved: a folder or a zip, in any of the layouts found in the wild.

Benchmark submissions come with a top folder or without, with ``__MACOSX`` litter, with grey levels 0/1 or
0/255 or a palette. All are read in place; a zip is never unpacked.
"""

from __future__ import annotations

import functools
import os
import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import numpy as np

from vostut.errors import DataError
from vostut.images import decode_mask
from vostut.video import Lazy, Video


class SavedMasks:
    """Masks of many sequences, as a method left them on disk.

    Args:
        source: a folder or a ``.zip`` in which every PNG is ``.../<sequence>/<frame>.png``.

    Attributes:
        name: the source's name without suffix.
        sequences: sequence name -> frame name -> path of the PNG inside the source.

    Raises:
        DataError: nothing there, no masks in it, one sequence in two places, a broken zip, or a zip with
            members that point outside its own folder.
    """

    def __init__(self, source: str | os.PathLike):
        self.source = Path(source)
        self.name = self.source.stem if self.source.suffix == ".zip" else self.source.name
        self.sequences = _index(self.source)

    def masks(self, video: Video, several: bool = False) -> Lazy:
        """The masks of one video, aligned with its frames and read when asked for.

        Reading one raises DataError, naming the file, if it is missing, broken, of another size than the
        ground truth, or neither binary nor a palette image.

        Args:
            video: whose masks; its first ground-truth mask gives the expected size.
            several: keep uint8 object ids instead of giving bool.
        """
        frames = self.sequences.get(video.name)
        if frames is None:
            raise DataError(
                f"{self.source}: no folder for sequence {video.name!r};"
                f" it has {_shorten(list(self.sequences))}"
            )
        size = video.size

        def read(t: int) -> np.ndarray:
            member = frames.get(video.frame_names[t])
            if member is None:
                raise DataError(self._missing(video, t, frames))
            label = f"{self.source}/{member}"
            mask = decode_mask(_read(self.source, member), label, several)
            if mask.shape != size:
                raise DataError(
                    f"{label}: {mask.shape[1]} x {mask.shape[0]} pixels"
                    f" (expected {size[1]} x {size[0]}, the size of the ground truth)"
                )
            return mask

        return Lazy(len(video), read)

    def check_complete(self, video: Video, frames: range) -> None:
        """Raise DataError unless every named frame of the video has a mask. Reads no image."""
        have = self.sequences.get(video.name, {})
        for t in frames:
            if video.frame_names[t] not in have:
                raise DataError(self._missing(video, t, have))

    def _missing(self, video: Video, t: int, have: dict[str, str]) -> str:
        return (
            f"{self.source}: {video.name}/{video.frame_names[t]}.png is missing"
            f" (expected a mask for each of the {len(video)} frames, found {len(have)})"
        )


def _index(source: Path) -> dict[str, dict[str, str]]:
    if source.is_dir():
        members = [p.relative_to(source).as_posix() for p in sorted(source.rglob("*.png"))]
    elif source.is_file():
        members = _zip_members(source)
    else:
        raise DataError(f"{source}: no such file or folder (expected a folder or a .zip of masks)")
    sequences: dict[str, dict[str, str]] = {}
    for member in members:
        path = PurePosixPath(member)
        if _is_litter(path) or len(path.parts) < 2:
            continue
        twin = sequences.setdefault(path.parent.name, {}).setdefault(path.stem, member)
        if twin != member:
            raise DataError(f"{source}: two masks for one frame, {twin} and {member} (expected one)")
    if not sequences:
        raise DataError(f"{source}: no masks in it (expected <sequence>/<frame>.png)")
    return sequences


def _zip_members(source: Path) -> list[str]:
    try:
        names = _zip(source).namelist()
    except zipfile.BadZipFile as error:
        raise DataError(f"{source}: not a readable zip file ({error})") from None
    for name in names:
        if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or ".." in re.split(r"[/\\]", name):
            raise DataError(f"{source}: member {name!r} points outside the archive (refused)")
    return sorted(name for name in names if name.endswith(".png"))


def _is_litter(path: PurePosixPath) -> bool:
    """What macOS and hidden folders leave behind."""
    return any(part == "__MACOSX" or part.startswith(".") for part in path.parts)


def _read(source: Path, member: str) -> bytes:
    if source.is_dir():
        return (source / member).read_bytes()
    try:
        return _zip(source).read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DataError(f"{source}/{member}: corrupt in the zip file ({error})") from None


def _zip(source: Path) -> zipfile.ZipFile:
    # One handle for each process: a forked child that used its parent's would move its file position.
    return _open_zip(source, os.getpid(), source.stat().st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _open_zip(source: Path, process: int, modified: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(source)


def _shorten(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
