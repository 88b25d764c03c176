"""Fetching one large file over HTTP so that nothing already fetched is fetched again.

Pooch (https://www.fatiando.org/pooch) does the work, but its own downloader starts from nothing after every
interruption, which is hard to bear with 2 GB on a slow line. :class:`Resume` goes on instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pooch
import requests

from vostut.errors import DataError

ATTEMPTS = 5  # connections to one address, as long as each of them brings some bytes
TIMEOUT = (10, 60)  # seconds to connect, and to wait for the next bytes
CHUNK = 1 << 14  # a dropped connection loses the chunk that was on its way, so it is small
UNPACKED = 1.1  # JPEG and PNG files hardly shrink in an archive; the rest is for whole disk blocks
REASONS = (
    (requests.exceptions.SSLError, "its certificate cannot be verified"),
    (requests.exceptions.Timeout, "no answer in time"),
    (requests.exceptions.ChunkedEncodingError, "the connection dropped"),
    (requests.exceptions.ConnectionError, "no connection (offline, or the server is gone)"),
)


def gigabytes(n: float) -> str:
    """A number of bytes, such as ``"1.90 GB"``."""
    return f"{n / 1e9:.2f} GB"


def free_room(folder: Path) -> int:
    """Free bytes on the disk where a folder is, or will be."""
    folder = folder.absolute()
    return shutil.disk_usage(next(p for p in (folder, *folder.parents) if p.exists())).free


def room_needed(size: int | None, done: int = 0) -> float:
    """Bytes of disk for the rest of an archive of ``size`` bytes and for what comes out of it."""
    return max(size - done, 0) + UNPACKED * size if size else 0


def check_room(folder: Path, needed: float) -> None:
    """Raise DataError if the disk of a folder, which need not exist yet, has less room than ``needed``."""
    if needed > (free := free_room(folder)):
        raise DataError(
            f"{folder}: needs {gigabytes(needed)} of disk but only {gigabytes(free)} are free;"
            " make room, or choose a folder on another disk with --root"
        )


class Resume:
    """A downloader for pooch: the first address that works, from where a ``.part`` file stopped.

    Args:
        urls: addresses of the same file, tried in this order.
        part: where the unfinished file lives.
        progress: show pooch's progress bar.
    """

    def __init__(self, urls: Sequence[str], part: Path, progress: bool = True) -> None:
        self.urls, self.part, self.progress = list(urls), part, progress

    @property
    def done(self) -> int:
        """Bytes that are already here."""
        return self.part.stat().st_size if self.part.exists() else 0

    def __call__(self, url: str, output_file: str | os.PathLike, caller: Any = None) -> None:
        """What pooch calls; ``url`` is the first of ``urls``.

        Raises:
            DataError: no address gave the file, or the disk has too little room for it.
        """
        failures = []
        for address in self.urls:
            for _ in range(ATTEMPTS):
                before = self.done
                try:
                    self._connect(address)
                except requests.RequestException as error:
                    failures.append(f"  {address}: {_reason(error)}")
                    print(failures[-1].strip())
                    if self.done == before:
                        break
                else:
                    print(f"Fetched from {address}")
                    os.replace(self.part, output_file)
                    return
        lines = [f"{self.part.stem}: none of these addresses gave the file:", *failures]
        if self.done:
            lines += [f"{self.done:,} bytes are kept in {self.part}; run again to go on from there."]
        advice = f"bring {self.part.stem} here by other means and run this again with --archive FILE."
        raise DataError("\n".join([*lines, f"Without a connection: {advice}"]))

    def _connect(self, url: str) -> None:
        headers = {"Accept-Encoding": "identity"}  # lengths and ranges are then those of the file
        if self.done:
            headers["Range"] = f"bytes={self.done}-"
        with open(self.part, "ab") as file:

            def begin(response: requests.Response, **_: Any) -> None:
                if response.status_code in (200, 206):
                    self._check(response)
                if response.status_code in (200, 416):  # cannot resume, or has no more bytes than the part
                    file.truncate(0)

            options = {"headers": headers, "timeout": TIMEOUT, "hooks": {"response": begin}}
            pooch.HTTPDownloader(self.progress, CHUNK, **options)(url, file, None)

    def _check(self, response: requests.Response) -> None:
        """Refuse an answer that is not the file, and one that the disk has no room for."""
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise requests.RequestException("answered with a web page, not with the file")
        length = response.headers.get("Content-Range", response.headers.get("Content-Length", "0"))
        total = length.rpartition("/")[2]  # of "bytes 1000-4999/5000", or of "5000"
        check_room(self.part.parent, room_needed(int(total) if total.isdigit() else 0, self.done))


def _reason(error: requests.RequestException) -> str:
    """One short line instead of the nested messages of requests."""
    if error.response is not None:
        return f"answered {error.response.status_code} {error.response.reason}"
    return next((words for kind, words in REASONS if isinstance(error, kind)), str(error))
