"""Reading and writing files safely: whole or not at all, with the file's name in every error. Chapter 1."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from errno import ENOSPC, ENXIO
from pathlib import Path
from typing import IO, Any

from vostut.errors import DataError

PATIENCE = 5
"""Seconds that a pipe is given to get a reader."""


def write_atomically(path: str | os.PathLike, data: bytes) -> None:
    """Write bytes under a temporary name, then rename: a killed process leaves no half file.

    A link stays a link, and what it leads to is written. A device or a pipe, such as ``/dev/stdout``, takes
    the bytes as they are.

    Raises:
        DataError: the disk is full, or the file cannot be written for another reason.
    """
    path = Path(path)
    try:
        there = path.stat() if path.exists() else None
        if there and stat.S_ISDIR(there.st_mode):
            raise DataError(f"{path}: a folder (expected the name of a file)")
        stream = _standard_stream(there) if there else None
        if stream is None and (there is None or stat.S_ISREG(there.st_mode)):
            _replace(Path(os.path.realpath(path)), data)
            return
        with (
            suppress(BrokenPipeError),
            _open(path) if stream is None else open(stream, "wb", closefd=False) as file,
        ):
            file.write(data)  # a reader that leaves has what it wanted
    except OSError as error:
        full = "the disk is full: make room and run the same command again"
        reason = full if error.errno == ENOSPC else error.strerror or error
        raise DataError(f"{path}: cannot be written ({reason})") from error


def _standard_stream(there: os.stat_result) -> int | None:
    """1 or 2 if a file is what this process writes its output or its errors to, as ``/dev/stdout`` is."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        with suppress(OSError):
            if os.path.samestat(there, os.fstat(number)):
                stream.flush()
                return number
    return None


def _open(path: Path) -> IO[bytes]:
    """A device or a pipe, for writing; a pipe without a reader would never open."""
    for _ in range(10 * PATIENCE):
        try:
            number = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            os.set_blocking(number, True)
            return open(number, "wb")
        except OSError as error:
            if error.errno != ENXIO:
                raise
        time.sleep(0.1)
    raise DataError(f"{path}: nobody reads from it (expected a pipe with a reader)")


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        if path.exists():
            path.open("ab").close()  # a file that must not be written is not replaced either
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)  # a full disk leaves no half file either


def append_line(path: str | os.PathLike, line: str) -> None:
    """Add a line to a text file, whole or not at all.

    Raises:
        DataError: the disk is full, or the file cannot be written for another reason.
    """
    before = Path(path).read_bytes() if Path(path).is_file() else b""
    write_atomically(path, before + line.encode() + b"\n")


def check_no_input(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Refuse to write over what is read, under whatever name.

    Raises:
        DataError: an output is one of the inputs.
    """
    read = {(s.st_dev, s.st_ino) for s in (path.stat() for path in inputs if path.exists())}
    for path in outputs:
        if path.exists() and (path.stat().st_dev, path.stat().st_ino) in read:
            raise DataError(f"{path}: is read by this command (expected another name for what it writes)")


def read_bytes(path: str | os.PathLike) -> bytes:
    """All bytes of a file.

    Raises:
        DataError: the file is missing or cannot be read.
    """
    try:
        with open(path, "rb", buffering=0) as file:  # one read; a buffer would only copy
            return file.read()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None


def write_json(path: str | os.PathLike, value: Any) -> Path:
    """Write a value as JSON that people can read; see :func:`write_atomically`."""
    file = Path(path)
    write_atomically(file, (json.dumps(value, indent=1, allow_nan=False) + "\n").encode())
    return file


def read_json(path: str | os.PathLike) -> Any:
    """The value in a JSON file.

    Raises:
        DataError: the file is missing, cannot be read, or is not JSON.
    """
    try:
        return json.loads(read_bytes(path))
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: not JSON ({error})") from None
