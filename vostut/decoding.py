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

from vostut.display import Converter, deinterlaced
from vostut.errors import DataError
from vostut.images import read_rgb

IMAGES = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}
"""Suffix, in small letters -> the kind of image that a frame of a folder may be."""
IN_MEMORY = 512 * 2**20
"""Bytes of a decoded video file that stay in memory; the rest goes to a temporary file."""

MOST_PIXELS = 2**26
"""Of a frame, 8192 x 8192: what states more is damaged, and would take all memory."""


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
        with self._room():
            self._file = self._file or tempfile.TemporaryFile()  # noqa: SIM115
            self._file.write(np.ascontiguousarray(frame).data)

    def finish(self) -> None:
        """Make all frames that were added ready to be read.

        Raises:
            DataError: the disk is full.
        """
        if self._file is None or self.count <= len(self._held):
            return
        with self._room():
            self._file.flush()
        self._rest = np.memmap(self._file, np.uint8, "r", shape=(self.count - len(self._held), *self._shape))

    def read(self, t: int) -> np.ndarray:
        """Frame ``t``, H x W x 3, as an array of its own."""
        if t < len(self._held):
            return self._held[t].copy()
        assert self._rest is not None
        return np.array(self._rest[t - len(self._held)])

    @contextmanager
    def _room(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DataError(
                f"{self._path}: no room for its frames in {tempfile.gettempdir()} ({error.strerror}; the"
                " environment variable TMPDIR names another folder)"
            ) from error


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """A video file as PyAV's container, and the stream in it that is the video.

    Raises:
        DataError: it is not a file, or not a video.
    """
    import av

    if not path.is_file():  # a pipe cannot be read twice
        raise DataError(f"{path}: not a file (expected a video, or a folder of frames)")
    trouble = DataError(f"{path}: not a readable video (expected a file such as .mp4 or .avi, or a folder)")
    try:
        # Words that are not UTF-8 stop PyAV before 19 unless it is told otherwise; 19 knows no such argument.
        lenient = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
        container = av.open(f"file:{path}", **lenient)
    except (av.error.FFmpegError, OSError) as error:
        raise trouble from error
    with container:
        stream = container.streams.best("video")
        if stream is None or stream.codec_context is None:
            raise trouble
        stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
        yield container, stream


def decode(path: Path, most: int | None = None) -> Decoded:
    """Decode a video file once, from its beginning to its end; damaged places are passed over.

    A file that ends early, or is damaged, gives what is there, and a warning; a last frame that is itself
    cut short is left out. With ``most`` no more than so many frames are decoded.

    Raises:
        DataError: it is not a video, no frame of it can be decoded, they change their size, or there is no
            room for them.
    """
    from av.error import FFmpegError

    frames = Decoded(path)
    with opened(path) as (container, stream):
        pictures = _Pictures(container, stream)
        to_rgb = Converter()
        try:
            for picture in deinterlaced(pictures):
                frames.add(to_rgb(picture))
                if frames.count == most:
                    break
        except FFmpegError as error:
            raise DataError(
                f"{path}: frame {frames.count} cannot be shown in RGB ({error.strerror})"
            ) from error
        short = _is_short(path, container.format.name, stream.frames, pictures.packets)
    if not frames.count:
        raise DataError(f"{path}: not a single frame of it can be decoded (expected a readable video)")
    if pictures.last_is_damaged and frames.count > 1:
        frames.count -= 1
    frames.finish()
    if most is None and (pictures.damaged or short):
        warnings.warn(
            f"{path}: cut short or damaged; {frames.count} frames of it can be decoded", stacklevel=3
        )
    return frames


class _Pictures:
    """The pictures of a stream, as PyAV decodes them, once and in order.

    Attributes:
        packets: how many packets there were.
        damaged: how many packets and pictures were broken.
        last_is_damaged: whether the last picture is one of them.
    """

    def __init__(self, container: Any, stream: Any):
        self.packets = self.damaged = 0
        self.last_is_damaged = False
        self._source = container.demux(stream)

    def __iter__(self) -> Iterator[Any]:
        from av.error import FFmpegError

        more = True
        while more:
            try:
                packet = next(self._source, None)
                pictures = packet.decode() if packet else []
                more = packet is not None
            except FFmpegError:
                self.damaged += 1
                continue
            torn = bool(packet and packet.is_corrupt)
            self.packets += bool(packet and packet.size)
            self.damaged += torn
            for picture in pictures:
                self.damaged += picture.is_corrupt
                self.last_is_damaged = torn or picture.is_corrupt
                yield picture


def _is_short(path: Path, container: str, stated: int, packets: int) -> bool:
    """Whether a file holds less than it says, given the number of its packets and of those that it states."""
    if "matroska" in container:
        return _breaks_off(path)
    if container == "mpegts":
        return _is_torn(path)
    return packets < stated


def _is_torn(path: Path) -> bool:
    """Whether an MPEG transport stream ends within one of its packets of 188 bytes, which begin with "G".

    A camera puts 4 bytes before each, and a broadcaster may put 16 behind it.
    """
    with path.open("rb") as file:
        head = file.read(1024)
    for period in (188, 192, 204):
        for begin in range(period):
            if head[begin::period][:3] == b"GGG":
                return (path.stat().st_size - begin) % period not in (0, 188)
    return False


def _breaks_off(path: Path) -> bool:
    """Whether a Matroska or WebM file ends within one of its elements.

    An element is an identifier, a size and so many bytes. What a browser or a stream recorder writes has
    elements of unknown size (all bits set); these hold others, which follow at once.
    """
    size, at = path.stat().st_size, 0
    with path.open("rb") as file:
        while at < size:
            file.seek(at)
            head = file.read(12)
            name = 9 - head[0].bit_length()  # bytes; the leading zeros say how many more follow
            if name > 4:
                return False  # not an identifier: damaged, which is another matter
            if len(head) <= name:
                return True
            width = 9 - head[name].bit_length()
            length = int.from_bytes(head[name : name + width], "big") & ((1 << 7 * width) - 1)
            at += name + width + (length if length != (1 << 7 * width) - 1 else 0)
    return at > size


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
    files.sort(key=lambda path: (natural(path.stem), path.name))
    for one, next_one in pairwise(files):
        if one.stem == next_one.stem:
            raise DataError(f"{next_one}: called as {one.name} is (expected one file for each frame)")
    return files


def natural(name: str) -> list[str | int]:
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
