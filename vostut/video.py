"""``Video`` and ``Dataset``: the nouns that every room hands on. Explained in chapter 1.

A video is a name, frames and masks. Frames and masks are *lazy sequences*: indexing one reads one image
from disk, slicing gives a shorter lazy sequence, and ``numpy.asarray`` reads them all. A folder of
images, a video file and an array in memory therefore look alike to everything that follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import overload

import cv2
import numpy as np

from vostut.errors import DataError
from vostut.images import read_rgb


class Lazy(Sequence[np.ndarray]):
    """A sequence of arrays, each computed when it is asked for.

    Args:
        length: how many there are.
        read: gives array ``i`` for ``0 <= i < length``.
    """

    def __init__(self, length: int, read: Callable[[int], np.ndarray]):
        self._length = length
        self._read = read

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: slice) -> Lazy: ...
    def __getitem__(self, index: int | slice) -> np.ndarray | Lazy:
        if isinstance(index, slice):
            chosen = range(self._length)[index]
            return Lazy(len(chosen), lambda i: self._read(chosen[i]))
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
            object.__setattr__(self, "frame_names", tuple(f"{t:05d}" for t in range(len(self.frames))))

    def __len__(self) -> int:
        return len(self.frame_names)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels, read from the first mask."""
        height, width = self.masks[0].shape[:2]
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
    """

    def __init__(self, name: str, split: str, videos: Sequence[Video]):
        self.name = name
        self.split = split
        self._videos = {video.name: video for video in videos}

    def __getitem__(self, name: str) -> Video:
        try:
            return self._videos[name]
        except KeyError:
            known = ", ".join(self._videos)
            raise DataError(f"{self.name} {self.split} has no sequence {name!r}; it has {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._videos)

    def __len__(self) -> int:
        return len(self._videos)

    def __contains__(self, name: object) -> bool:
        return name in self._videos

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, {self.split!r}, {len(self)} videos)"


def open_frames(source: str | Path) -> Lazy:
    """Frames of a video file or of a folder of images, read one at a time.

    Images of a folder come in the order of their names; other files there are passed over.

    Raises:
        DataError: nothing there, no images in the folder, or a file that cannot be decoded.
    """
    path = Path(source)
    if path.is_dir():
        images = sorted(p for p in path.iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
        if not images:
            raise DataError(f"{path}: a folder without .jpg or .png images (expected the frames of a video)")
        return Lazy(len(images), lambda t: read_rgb(images[t]))
    if not path.is_file():
        raise DataError(f"{path}: no such file or folder (expected a video or a folder of frames)")
    return _open_video_file(path)


def _open_video_file(path: Path) -> Lazy:
    capture = cv2.VideoCapture(str(path))
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    if count <= 0:
        raise DataError(f"{path}: not a readable video (expected a file such as .mp4 or .avi, or a folder)")
    position = 0  # the frame that the next read gives: seeking is slow, so read on where possible

    def read(t: int) -> np.ndarray:
        nonlocal position
        if t != position:
            capture.set(cv2.CAP_PROP_POS_FRAMES, t)
        ok, image = capture.read()
        position = t + 1
        if not ok:
            raise DataError(f"{path}: frame {t} of {count} cannot be decoded (is the file cut short?)")
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)

    return Lazy(count, read)


def frame_rate(source: str | Path, default: float = 24.0) -> float:
    """Frames per second that a video file states; the default for a folder or a file that states none."""
    if Path(source).is_dir():
        return default
    rate = cv2.VideoCapture(str(source)).get(cv2.CAP_PROP_FPS)
    return float(rate) if 1 <= rate <= 240 else default


def write_video(path: str | Path, frames: Iterable[np.ndarray], fps: float = 24.0) -> None:
    """Write an H.264 video that browsers play; it appears under its name when it is complete.

    Args:
        path: ending in ``.mp4``.
        frames: H x W x 3, uint8, RGB. An odd last row or column is left out, as H.264 asks.
        fps: frames per second.

    Raises:
        DataError: the name does not end in ``.mp4``, or there is no such folder.
    """
    import av

    path = Path(path)
    if path.suffix.lower() != ".mp4" or not path.parent.is_dir():
        raise DataError(
            f"{path}: cannot be written (expected a name ending in .mp4, in a folder that exists)"
        )
    part = path.with_name(f".{path.name}.part.mp4")
    try:
        with av.open(str(part), "w") as container:
            stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
            stream.pix_fmt = "yuv420p"
            for frame in frames:
                height, width = frame.shape[0] // 2 * 2, frame.shape[1] // 2 * 2
                if not stream.codec_context.is_open:
                    stream.height, stream.width = height, width
                picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame[:height, :width]), "rgb24")
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
