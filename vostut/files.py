"""Reading and writing files safely: whole or not at all, with the file's name in every error. Chapter 1."""

from __future__ import annotations

import os
from errno import ENOSPC
from pathlib import Path

from vostut.errors import DataError


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


def read_bytes(path: str | os.PathLike) -> bytes:
    """All bytes of a file.

    Raises:
        DataError: the file is missing or cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
