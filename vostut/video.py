"""``Video`` and ``Dataset``: the nouns that every room hands on. Explained in chapter 1.

A video is a name, frames and masks. Frames and masks are *lazy sequences*: indexing one reads one image
from disk, slicing gives a shorter lazy sequence, and ``numpy.asarray`` reads them all. A folder of
images, a video file and an array in memory therefore look alike to everything that follows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, overload

import numpy as np

from vostut.decoding import decode, frame_files, one_size, opened
from vostut.errors import DataError

FRAME_RATES = (0.01, 1000)
"""Frames per second that a video may have."""


def numbered(count: int) -> tuple[str, ...]:
    """The names of frames that have none: ``("00000", "00001", ...)``."""
    return tuple(f"{t:05d}" for t in range(count))


class Lazy(Sequence[np.ndarray]):
    """A sequence of arrays, each computed when it is asked for.

    Args:
        length: how many there are.
        read: gives array ``i`` for ``0 <= i < length``.
        names: what each is called; ``"00000"``, ``"00001"``, ... if nothing else is said.

    >>> squares = Lazy(4, lambda i: np.array(i * i))
    >>> len(squares), int(squares[-1]), [int(s) for s in squares[1:3]], squares[1:3].names
    (4, 9, [1, 4], ('00001', '00002'))
    """

    def __init__(self, length: int, read: Callable[[int], np.ndarray], names: Sequence[str] | None = None):
        self._length = length
        self._read = read
        self.names = tuple(names) if names is not None else numbered(length)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: slice) -> Lazy: ...
    def __getitem__(self, index: int | slice) -> np.ndarray | Lazy:
        if isinstance(index, slice):
            chosen = range(self._length)[index]
            return Lazy(len(chosen), lambda i: self._read(chosen[i]), self.names[index])
        if not -self._length <= index < self._length:
            raise IndexError(f"index {index} of a sequence of {self._length}")
        return self._read(index % self._length)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self._read(i) for i in range(self._length))

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        stacked = np.stack(list(self))
        return stacked if dtype is None else stacked.astype(dtype)

    def __repr__(self) -> str:
        return f"<{self._length} lazily read arrays>"


@dataclass(frozen=True)
class Video:
    """One video: frames, and masks where they are known.

    Attributes:
        name: what the data set calls it.
        frames: T arrays of H x W x 3, uint8, RGB.
        masks: T arrays of H x W: bool for one object, uint8 object ids (0 = background) for several.
        attributes: the difficulties the data set marks it with, as short codes such as ``"OCC"``.
        fps: frames per second, if known.
        frame_names: the T file names without suffix, such as ``"00000"``.
        flow: T-1 arrays of H x W x 2, float32: where each pixel of frame t stands in frame t+1, minus
            where it stands now, as (dx, dy) in pixels. Only synthetic videos know it exactly.
    """

    name: str
    frames: Sequence[np.ndarray]
    masks: Sequence[np.ndarray]
    attributes: frozenset[str] = frozenset()
    fps: float | None = None
    frame_names: tuple[str, ...] = ()
    flow: Sequence[np.ndarray] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.frame_names:
            object.__setattr__(self, "frame_names", numbered(len(self.frames)))

    def __len__(self) -> int:
        return len(self.frame_names)

    @property
    def annotated(self) -> Sequence[int]:
        """The numbers of the frames that have a mask, in order: all, unless the masks say otherwise."""
        return getattr(self.masks, "annotated", range(len(self)))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels, read from the first mask that there is."""
        height, width = self.masks[self.annotated[0]].shape[:2]
        return height, width

    def __repr__(self) -> str:
        marks = f", {' '.join(sorted(self.attributes))}" if self.attributes else ""
        return f"Video({self.name!r}, {len(self)} frames{marks})"


class Dataset(Mapping[str, Video]):
    """An ordered mapping from names to videos.

    Args:
        name: what the literature calls it, such as ``"DAVIS-2016"``.
        split: which part of it, such as ``"val"``.
        videos: the videos, in the data set's own order.
        several: masks hold object ids, and each object is scored on its own.
        stable: the sequences over which T is averaged; None means all.
    """

    def __init__(
        self,
        name: str,
        split: str,
        videos: Sequence[Video],
        several: bool = False,
        stable: frozenset[str] | None = None,
    ):
        self.name = name
        self.split = split
        self.several = several
        self.stable = stable
        self._videos = {video.name: video for video in videos}

    def __getitem__(self, name: str) -> Video:
        try:
            return self._videos[name]
        except KeyError:
            known = ", ".join(self._videos)
            raise DataError(f"{self.name} {self.split} has no sequence {name!r}; it has {known}") from None

    def subset(self, names: Iterable[str], split: str | None = None) -> Dataset:
        """The same data set with these videos only; ``split`` says what to call them.

        Raises:
            DataError: it has no such sequence.
        """
        videos = [self[name] for name in names]
        return Dataset(self.name, split or self.split, videos, self.several, self.stable)

    def with_videos(self, videos: Sequence[Video]) -> Dataset:
        """The same data set with other videos."""
        return Dataset(self.name, self.split, videos, self.several, self.stable)

    def __iter__(self) -> Iterator[str]:
        return iter(self._videos)

    def __len__(self) -> int:
        return len(self._videos)

    def __contains__(self, name: object) -> bool:
        return name in self._videos

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, {self.split!r}, {len(self)} videos)"


def open_frames(source: str | Path, without: Iterable[str | Path] = ()) -> Lazy:
    """Frames of a video file or of a folder of images; ``names`` of the result says what they are called.

    The frames of a folder are images of one kind, JPEG or PNG, in natural order (2 before 10), and read
    one at a time. They are called as their files are. Hidden files are passed over, and so, with a
    warning, is the kind of which there are fewer: it may be the mask.

    A video file is decoded at once, from its beginning to its end: only so is it known how many frames it
    really has, and none is decoded twice, in whatever order they are asked for later. The price is the
    time at the start, and room: 512 MB stay in memory, and what is beyond goes to the folder for temporary
    files, 6 MB a frame at 1920 x 1080, until the result is given up. Frames look as players show them, see
    :mod:`vostut.display`: upright, deinterlaced, on black where they are transparent. A file that ends early
    gives what is there, and a warning.

    Args:
        source: the file or the folder.
        without: files in the folder that are not frames, such as the mask of the first.

    Returns:
        T arrays of H x W x 3, uint8, RGB.

    Raises:
        DataError: nothing there, no images in the folder, or a file that cannot be decoded; a frame of
            another size than the others, when it is read.
    """
    path = Path(source)
    if path.is_dir():
        files = frame_files(path, {Path(other).resolve() for other in without})
        return Lazy(len(files), one_size(files), [file.stem for file in files])
    if not path.exists():
        raise DataError(f"{path}: no such file or folder (expected a video or a folder of frames)")
    decoded = decode(path)
    return Lazy(decoded.count, decoded.read)


def frame_rate(source: str | Path, default: float = 24.0) -> float:
    """Frames per second that a video file states; the default for a folder or a file that states none.

    Raises:
        DataError: the file is not a video.
    """
    if Path(source).is_dir():
        return default
    with opened(Path(source)) as (_, stream):
        rate = float(stream.average_rate or stream.guessed_rate or 0)
    return rate if FRAME_RATES[0] <= rate <= FRAME_RATES[1] else default


def check_video_name(path: Path) -> Path:
    """Where a video of this name would be written: a link stays a link.

    Raises:
        DataError: the name does not end in ``.mp4``, there is no such folder, or it takes no files, or
            something that is not a file has that name.
    """
    target = path.resolve()
    if path.suffix.lower() != ".mp4" or not os.access(target.parent, os.W_OK):
        raise DataError(
            f"{path}: cannot be written (expected a name ending in .mp4, in a folder that takes files)"
        )
    if target.exists() and not target.is_file():
        raise DataError(f"{path}: not a file (expected a new name, or a video to be replaced)")
    return target


def write_video(path: str | Path, frames: Iterable[np.ndarray], fps: float = 24.0) -> None:
    """Write an H.264 video that browsers play; it appears under its name when it is complete.

    If the frames end in an error, or the user stops, the video holds those before, and the error goes on.

    Args:
        path: ending in ``.mp4``.
        frames: H x W x 3, uint8, RGB, of at least 2 x 2 pixels. An odd last row or column is left out, as
            H.264 asks.
        fps: frames per second, in :data:`FRAME_RATES`.

    Raises:
        DataError: see :func:`check_video_name`; no frames, or too small ones; another rate; the disk is full,
            or the folder does not take it.
    """
    import av

    path = Path(path)
    target = check_video_name(path)
    if not FRAME_RATES[0] <= fps <= FRAME_RATES[1]:
        raise DataError(f"{path}: {fps:g} frames a second (expected {FRAME_RATES[0]} to {FRAME_RATES[1]})")
    part = target.with_name(f".{target.name}.part.mp4")
    written = 0
    try:
        with av.open(f"file:{part}", "w") as container:
            stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
            stream.pix_fmt = "yuv420p"
            try:
                for frame in frames:
                    container.mux(stream.encode(_even(path, frame, stream)))
                    written += 1
            finally:
                if written:
                    container.mux(stream.encode())
    except av.error.FFmpegError as error:
        written = 0
        raise DataError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        if written:
            part.replace(target)
        part.unlink(missing_ok=True)
    if not written:
        raise DataError(f"{path}: no frames to write (expected at least one)")


def _even(path: Path, frame: np.ndarray, stream: Any) -> Any:
    """A frame as PyAV's picture, without an odd last row or column; the first gives the stream its size."""
    import av

    height, width = frame.shape[0] // 2 * 2, frame.shape[1] // 2 * 2
    if not stream.codec_context.is_open:
        stream.height, stream.width = height, width
    if not height or not width or (height, width) != (stream.height, stream.width):
        raise DataError(
            f"{path}: a frame of {frame.shape[1]} x {frame.shape[0]} pixels (expected 2 x 2 or more in all)"
        )
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(frame[:height, :width]), "rgb24")
