"""Frames from files: what ``vostut.video.open_frames`` stands on.

A video file is decoded by PyAV, each frame once and in order. Containers state how many frames they
hold, and where to find frame 17; both may be wrong: after a trim without encoding, in what a browser
records, in a transport stream, in a file whose end is missing. The only number to trust is that of the
frames that came out.
"""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np

from vostut.errors import DataError
from vostut.images import read_rgb

IMAGES = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}
"""Suffix, in small letters -> the kind of image that a frame of a folder may be."""
IN_MEMORY = 512 * 2**20
"""Bytes of a decoded video file that stay in memory; the rest goes to a temporary file."""


class Decoded:
    """The frames of a video file: the first of them in memory, the others in a file without a name.

    A file without a name is gone when the process is, however that ends.

    Args:
        path: what to call the video file in an error message.

    Attributes:
        count: how many frames there are.
    """

    def __init__(self, path: Path):
        self.count = 0
        self._path = path
        self._shape: tuple[int, ...] = ()
        self._held: list[np.ndarray] = []
        self._file: IO[bytes] | None = None
        self._rest: np.ndarray | None = None

    def add(self, frame: np.ndarray) -> None:
        """Keep one more frame, H x W x 3 uint8.

        Raises:
            DataError: it is of another size than the first, or the disk is full.
        """
        self._shape = self._shape or frame.shape
        check_size(f"{self._path}: frame {self.count}", frame.shape, "the first", self._shape)
        self.count += 1
        if self._file is None and self.count * frame.nbytes <= IN_MEMORY:
            self._held.append(frame)
            return
        try:
            self._file = self._file or tempfile.TemporaryFile()  # noqa: SIM115
            self._file.write(np.ascontiguousarray(frame).data)
            self._file.flush()
        except OSError as error:
            raise DataError(
                f"{self._path}: no room for its frames in {tempfile.gettempdir()} ({error}; the environment"
                " variable TMPDIR names another folder)"
            ) from error

    def read(self, t: int) -> np.ndarray:
        """Frame ``t``, H x W x 3, as an array of its own."""
        if t < len(self._held):
            return self._held[t].copy()
        if self._rest is None:
            assert self._file is not None
            shape = (self.count - len(self._held), *self._shape)
            self._rest = np.memmap(self._file, np.uint8, "r", shape=shape)
        return np.array(self._rest[t - len(self._held)])


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """A video file as PyAV's container, and the stream in it that is the video.

    Raises:
        DataError: it is not a video.
    """
    import av

    trouble = DataError(f"{path}: not a readable video (expected a file such as .mp4 or .avi, or a folder)")
    try:
        container = av.open(f"file:{path}", metadata_errors="replace")
    except (av.error.FFmpegError, OSError) as error:
        raise trouble from error
    with container:
        stream = container.streams.best("video")
        if stream is None or stream.codec_context is None:
            raise trouble
        yield container, stream


def decode(path: Path) -> Decoded:
    """Decode a video file once, from its beginning to its end; damaged places are passed over.

    A file that ends early, or is damaged, gives what is there, and a warning.

    Raises:
        DataError: it is not a video, no frame of it can be decoded, they change their size, or there is no
            room for them.
    """
    import av

    frames, packets, damaged, end = Decoded(path), 0, 0, 0.0
    with opened(path) as (container, stream):
        source = container.demux(stream)
        more = True
        while more:
            try:
                packet = next(source, None)
                pictures = packet.decode() if packet else []
                more = packet is not None
            except av.error.FFmpegError:
                damaged += 1
                continue
            for picture in pictures:
                frames.add(_upright(picture))
                damaged += picture.is_corrupt
                end = picture.time or 0.0
            if packet and packet.size:
                packets += 1
                damaged += packet.is_corrupt
        short = _is_short(stream, packets, end)
    if not frames.count:
        raise DataError(f"{path}: not a single frame of it can be decoded (expected a readable video)")
    if damaged or short:
        warnings.warn(
            f"{path}: cut short or damaged; {frames.count} frames of it can be decoded", stacklevel=3
        )
    return frames


def _is_short(stream: Any, packets: int, end: float) -> bool:
    """Whether a stream holds less than it says, given the packets in it and the time of its last frame."""
    if stream.frames:
        return packets < stream.frames
    clock = re.fullmatch(r"(\d+):(\d+):(\d+\.?\d*)", stream.metadata.get("DURATION", ""))  # of Matroska
    if clock is None or not stream.average_rate:
        return False
    hours, minutes, seconds = map(float, clock.groups())
    return end + 1.5 / float(stream.average_rate) < 3600 * hours + 60 * minutes + seconds


def _upright(picture: Any) -> np.ndarray:
    """A decoded frame as H x W x 3, turned and mirrored as the file says it is to be shown."""
    image = picture.to_ndarray(format="rgb24")
    matrix = picture.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return image
    (a, b, _), (c, d, _), _ = np.frombuffer(bytes(matrix), np.int32).reshape(3, 3).tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):  # x' = c y, y' = b x
        image, a, d = image.swapaxes(0, 1), c, b
    return image[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]


def check_size(name: str, shape: tuple[int, ...], other: str, expected: tuple[int, ...]) -> None:
    """Refuse an image of another size than the first.

    Raises:
        DataError: ``name``, of this shape, differs from ``other``.
    """
    if shape != expected:
        raise DataError(
            f"{name}: {shape[1]} x {shape[0]} pixels, but {other} has {expected[1]} x {expected[0]}"
            " (expected frames of one size)"
        )


def frame_files(folder: Path, without: set[Path]) -> list[Path]:
    """The images of a folder that are frames, in natural order; see :func:`vostut.video.open_frames`.

    Raises:
        DataError: there are none, or it is not plain which they are.
    """
    kinds: dict[str, list[Path]] = {}
    for path in folder.iterdir():
        kind = IMAGES.get(path.suffix.lower())
        if kind and not path.name.startswith(".") and not path.is_dir() and path.resolve() not in without:
            kinds.setdefault(kind, []).append(path)
    if not kinds:
        raise DataError(f"{folder}: a folder without .jpg or .png images (expected the frames of a video)")
    files, *others = sorted(kinds.values(), key=len, reverse=True)
    if others and len(others[0]) == len(files):
        raise DataError(f"{folder}: as many JPEG as PNG images (expected frames of one kind, and no masks)")
    if others:
        names = ", ".join(sorted(path.name for path in others[0])[:3])
        warnings.warn(f"{folder}: {names} is not of the frames' kind, and is passed over", stacklevel=3)
    files.sort(key=lambda path: (_natural(path.stem), path.name))
    for one, next_one in pairwise(files):
        if one.stem == next_one.stem:
            raise DataError(f"{next_one}: called as {one.name} is (expected one file for each frame)")
    return files


def _natural(name: str) -> list[str | int]:
    """A key that sorts numbers within names by their value."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


def one_size(files: list[Path]) -> Callable[[int], np.ndarray]:
    """A function that reads file ``t``, and refuses one of another size than the first that it has read."""
    known: list[tuple[str, tuple[int, ...]]] = []

    def read(t: int) -> np.ndarray:
        image = read_rgb(files[t])
        if not known:
            known.append((files[t].name, image.shape))
        check_size(str(files[t]), image.shape, *known[0])
        return image

    return read
