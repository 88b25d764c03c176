"""Fetching one large file over HTTP so that nothing already fetched is fetched again.

:class:`ResumingDownloader` is a downloader for pooch (https://www.fatiando.org/pooch). Pooch's own one
starts from nothing after every interruption, which is hard to bear with 2 GB on a slow line.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests
from tqdm import tqdm

from vostut.errors import DataError

ATTEMPTS = 5  # connections to one mirror, as long as each of them brings some bytes
TIMEOUT = (10, 60)  # seconds to connect, and to wait for the next bytes
CHUNK = 1 << 14  # a dropped connection loses the chunk that was on its way, so it is small
UNPACKED = 1.1  # JPEG and PNG files hardly shrink in an archive; the rest is for whole disk blocks


def check_room(folder: Path, needed: float) -> None:
    """Raise DataError if the disk of a folder, which need not exist yet, has less room than ``needed``."""
    free = free_room(folder)
    if needed > free:
        raise DataError(
            f"{folder}: needs {readable(needed)} of disk but only {readable(free)} are free;"
            " make room, or choose a folder on another disk with --root"
        )


def free_room(folder: Path) -> int:
    """Free bytes on the disk where a folder is, or will be."""
    folder = folder.absolute()
    return shutil.disk_usage(next(p for p in (folder, *folder.parents) if p.exists())).free


def room_needed(size: int | None, done: int = 0) -> float:
    """Bytes of disk for the rest of an archive of ``size`` bytes and for what comes out of it."""
    return 0 if size is None else max(size - done, 0) + UNPACKED * size


def readable(n: float) -> str:
    """A number of bytes in the unit that reads best, such as ``"1.9 GB"``."""
    for unit in ("bytes", "kB", "MB"):
        if n < 1000:
            return f"{n:.0f} bytes" if unit == "bytes" else f"{n:.1f} {unit}"
        n /= 1000
    return f"{n:.1f} GB"


class ResumingDownloader:
    """Fetch from the first mirror that works, and go on with a ``.part`` file where it stopped.

    Args:
        urls: addresses of the same file, tried in this order.
        part: where the unfinished file lives. It stays there after the call, finished, until the
            caller has checked its sum.
        progress: show a progress bar.
        advice: the last line of the error when no mirror works.
    """

    def __init__(self, urls: Sequence[str], part: Path, progress: bool = True, advice: str = "") -> None:
        self.urls = list(urls)
        self.part = part
        self.progress = progress
        self.advice = advice

    def __call__(self, url: str, output_file: str | os.PathLike, pooch: Any) -> None:
        """What pooch calls; ``url`` is the first of ``urls`` and ``pooch`` is not needed."""
        failures = []
        for address in self.urls:
            try:
                self._fetch(address)
            except requests.RequestException as error:
                failures.append(f"  {address}: {_reason(error)}")
                print(failures[-1].strip())
            else:
                print(f"Fetched {readable(self._done())} from {address}")
                _link(self.part, Path(output_file))
                return
        lines = [f"{self.part.with_suffix('').name}: none of these addresses gave the file:", *failures]
        if self._done():
            lines.append(f"{readable(self._done())} are kept in {self.part}; run again to go on from there.")
        raise DataError("\n".join([*lines, self.advice]))

    def _done(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _fetch(self, url: str) -> None:
        """Connect again after a dropped connection, as long as that brings the file forward."""
        for attempt in range(1, ATTEMPTS + 1):
            before = self._done()
            try:
                self._connect(url)
                return
            except requests.RequestException as error:
                if self._done() <= before or attempt == ATTEMPTS:
                    raise
                print(f"{_reason(error)}; goes on at {readable(self._done())}")

    def _connect(self, url: str) -> None:
        done = self._done()
        headers = {"Accept-Encoding": "identity"}  # lengths and ranges are then those of the file
        if done:
            headers["Range"] = f"bytes={done}-"
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            if done and response.status_code == 416:  # nothing beyond the end: finished, or too long
                if _total(response) != done:
                    self.part.unlink()
                    self._connect(url)
                return
            response.raise_for_status()
            if response.headers.get("Content-Type", "").startswith("text/html"):
                raise requests.RequestException("answered with a web page, not with the file")
            if done and response.status_code != 206:
                print("This server cannot resume; starts from the beginning")
                done = 0
            self._receive(response, done, _total(response))

    def _receive(self, response: requests.Response, done: int, total: int | None) -> None:
        """Append the body of an answer that starts at byte ``done`` of a file of ``total`` bytes."""
        start = response.headers.get("Content-Range", f"bytes {done}-")
        if not start.startswith(f"bytes {done}-"):
            raise requests.RequestException(f"answered with the wrong range ({start})")
        check_room(self.part.parent, room_needed(total, done))
        name = self.part.with_suffix("").name
        bar = tqdm(total=total, initial=done, unit="B", unit_scale=True, desc=name, disable=not self.progress)
        with open(self.part, "ab" if done else "wb") as file, bar:
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
        if total is not None and self._done() != total:
            raise requests.RequestException(f"the connection ended after {self._done()} of {total} bytes")


def _total(response: requests.Response) -> int | None:
    """Length of the whole file, from ``Content-Range: bytes a-b/N`` or ``Content-Length: N``."""
    headers = response.headers
    length = headers.get("Content-Range", "").rpartition("/")[2] or headers.get("Content-Length", "")
    return int(length) if length.isdigit() else None


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system has no such thing."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _reason(error: requests.RequestException) -> str:
    """One short line instead of the nested messages of requests."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate cannot be verified"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection dropped"
    if isinstance(error, requests.ConnectionError):
        return "no connection (offline, or the server is gone)"
    return str(error)
