"""Unpacking an archive of a data set in the DAVIS layout: safely, and completely or not at all."""

from __future__ import annotations

import os
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path, PureWindowsPath

import pooch

from vostut.errors import DataError

FOLDERS = ("JPEGImages", "Annotations", "ImageSets")
# What the standard library raises for a damaged archive (and RuntimeError for an encrypted one).
BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError, OSError)


class BadArchive(DataError):
    """The archive is cut short, corrupt, unsafe to unpack, or holds something else."""


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the DAVIS layout in a zip or tar file so that it becomes ``folder``.

    The layout may lie at the top of the archive or in a folder there, whatever its name is. Everything is
    written below a temporary name beside ``folder`` and renamed at the end, so that a folder with this
    name is always whole.

    Raises:
        BadArchive: cut short, corrupt, without the layout, or with a member (an absolute path, ``..``,
            a link, a device) that could write outside the folder.
    """
    temporary = folder.with_name(f".{folder.name}.unpacking").absolute()
    shutil.rmtree(temporary, ignore_errors=True)  # left by an interrupted run
    try:
        kind = pooch.Unzip if zipfile.is_zipfile(archive) else pooch.Untar
        _check_members(archive)
        kind(extract_dir=str(temporary))(str(archive), "download", None)
        for path in [*temporary.rglob("._*"), *temporary.rglob("__MACOSX")]:  # what macOS adds
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        os.replace(_find_layout(temporary, archive), folder)
    except BROKEN as error:
        if isinstance(error, OSError) and error.errno:  # the disk, not the archive
            raise
        lines = str(error).splitlines() or [type(error).__name__]
        raise BadArchive(f"{archive}: not a zip or tar file, cut short or corrupt ({lines[0]})") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def has_layout(folder: Path) -> bool:
    """Whether a folder holds the three parts of the DAVIS layout, none of them empty."""
    return all((folder / name).is_dir() and any((folder / name).iterdir()) for name in FOLDERS)


def _check_members(archive: Path) -> None:
    """Refuse what pooch would silently rename or, before Python 3.12, write outside the folder."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    else:
        with tarfile.open(archive) as tar:
            members = tar.getmembers()
        names = [member.name for member in members]
        for member in members:
            if not (member.isfile() or member.isdir()):
                raise BadArchive(f"{archive}: refuses {member.name!r}, a link or a device")
    for name in names:
        path = PureWindowsPath(name)  # knows both kinds of slash, and drives
        if path.anchor or ".." in path.parts:
            raise BadArchive(f"{archive}: refuses {name!r}, which would be written outside the folder")


def _find_layout(folder: Path, archive: Path) -> Path:
    for candidate in sorted(p.parent for p in folder.rglob(FOLDERS[-1])):
        if has_layout(candidate):
            return candidate
    found = ", ".join(sorted(p.name for p in folder.iterdir())[:5]) or "nothing"
    raise BadArchive(f"{archive}: no DAVIS layout in it (expected {', '.join(FOLDERS)}; found {found})")
