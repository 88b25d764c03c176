"""Unpacking an archive of a data set in the DAVIS layout: safely, and completely or not at all."""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from tqdm import tqdm

from vostut.datasets.transfer import check_room
from vostut.errors import DataError

FOLDERS = ("JPEGImages", "Annotations", "ImageSets")
JUNK = ("__MACOSX", ".DS_Store")  # what macOS adds to the archives it makes
# What the standard library raises for a damaged archive (and RuntimeError for an encrypted one).
BROKEN = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError)


class BadArchive(DataError):
    """The archive is cut short, corrupt, unsafe to unpack, or holds something else."""


@dataclass(frozen=True)
class Member:
    """A file in an archive: its path there, its size in bytes, and how to open it."""

    name: str
    size: int
    open: Callable[[], IO[bytes] | None]


def unpack(archive: Path, folder: Path, progress: bool = True) -> None:
    """Unpack the DAVIS layout in a zip or tar file so that it becomes ``folder``.

    The layout may lie at the top of the archive or in a folder there, whatever its name is. Everything is
    written below a temporary name beside ``folder`` and renamed at the end, so that a folder with this
    name is always whole.

    Raises:
        BadArchive: cut short, corrupt, without the layout, or with a member (an absolute path, ``..``,
            a link, a device) that could write outside the folder.
        DataError: too little room on the disk.
    """
    temporary = folder.with_name(f".{folder.name}.unpacking")
    shutil.rmtree(temporary, ignore_errors=True)  # left by an interrupted run
    temporary.mkdir(parents=True)
    try:
        _extract(archive, temporary, progress)
        os.replace(_find_layout(temporary, archive), folder)
    except BROKEN as error:
        raise BadArchive(f"{archive}: cut short or corrupt ({error or type(error).__name__})") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def has_layout(folder: Path) -> bool:
    """Whether a folder holds the three parts of the DAVIS layout, none of them empty."""
    return all((folder / name).is_dir() and any((folder / name).iterdir()) for name in FOLDERS)


def count_sequences(folder: Path, resolution: str = "480p") -> int:
    """Number of folders with images at a resolution, however deep they lie."""
    top = folder / "JPEGImages" / resolution
    return sum(
        any(f.lower().endswith((".jpg", ".jpeg", ".png")) for f in files) for *_, files in os.walk(top)
    )


def _extract(archive: Path, folder: Path, progress: bool) -> None:
    bar = tqdm(unit="B", unit_scale=True, desc=f"Unpacking {archive.name}", disable=not progress)
    with bar:
        for member in _members(archive, folder):
            target = folder / _safe_path(member.name, archive)
            target.parent.mkdir(parents=True, exist_ok=True)
            source = member.open()
            if source is None:
                raise BadArchive(f"{archive}: {member.name} cannot be read")
            with source, open(target, "wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
            bar.update(member.size)


def _safe_path(name: str, archive: Path) -> PurePosixPath:
    """The path of a member, or BadArchive if it leads out of the folder it is unpacked in."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or PureWindowsPath(name).drive:
        raise BadArchive(f"{archive}: refuses the member {name!r}, which would be written outside the folder")
    return path


def _members(archive: Path, folder: Path) -> Iterator[Member]:
    """The regular files of an archive whose kind its content tells, not its name."""
    if not archive.is_file():
        raise DataError(f"{archive}: no such file (expected an archive)")
    if zipfile.is_zipfile(archive):
        members = _zip_members(archive, folder)
    elif tarfile.is_tarfile(archive):
        members = _tar_members(archive)
    else:
        raise BadArchive(f"{archive}: not a zip or tar file, or cut short (expected a complete archive)")
    for member in members:
        path = PurePosixPath(member.name)
        if not (set(path.parts) & set(JUNK) or path.name.startswith("._")):
            yield member


def _zip_members(archive: Path, folder: Path) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as file:
        check_room(folder, sum(info.file_size for info in file.infolist()))
        for info in file.infolist():
            if stat.S_ISLNK(info.external_attr >> 16):
                raise BadArchive(f"{archive}: refuses the link {info.filename!r}")
            if not info.is_dir():
                yield Member(info.filename, info.file_size, partial(file.open, info))


def _tar_members(archive: Path) -> Iterator[Member]:
    with tarfile.open(archive) as file:
        for info in file:
            if not (info.isfile() or info.isdir()):
                raise BadArchive(f"{archive}: refuses {info.name!r}, a link or a device")
            if info.isfile():
                yield Member(info.name, info.size, partial(file.extractfile, info))


def _find_layout(folder: Path, archive: Path) -> Path:
    for candidate in sorted(p.parent for p in folder.rglob(FOLDERS[-1])):
        if has_layout(candidate):
            return candidate
    found = ", ".join(sorted(p.name for p in folder.iterdir())[:5]) or "nothing"
    raise BadArchive(f"{archive}: no DAVIS layout in it (expected {', '.join(FOLDERS)}; found {found})")
