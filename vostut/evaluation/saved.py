"""Masks that somebody saved: a folder or a zip, in any of the layouts found in the wild.

Benchmark submissions come with a top folder or without, with ``__MACOSX`` litter, with grey levels 0/1 or
0/255 or a palette, with a folder for each object. All are read in place; a zip is never unpacked.
"""

from __future__ import annotations

import functools
import os
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from vostut.errors import DataError, some
from vostut.evaluation.names import match_names
from vostut.files import read_bytes
from vostut.images import VOID, MaskReader, size_of_png
from vostut.layout import is_object
from vostut.video import Lazy, Video

LARGEST = 2**28
"""Bytes of the largest file in a zip that is taken for a mask."""

Files = dict[str, str]
"""Name of a frame -> path of its mask inside the source."""


class SavedMasks:
    """Masks of many sequences, as a method left them on disk.

    Args:
        source: a folder or a ``.zip`` in which every PNG is ``.../<sequence>/<frame>.png``, or
            ``.../<sequence>/<object>/<frame>.png`` with a number for the object.
        names: of the sequences that are looked for, which tell a sequence called 001 from an object.

    Attributes:
        name: the source's name without suffix.
        sequences: sequence name -> frame name -> path of the PNG inside the source.
        objects: the same by sequence, number of the object and frame, for those with a folder an object.

    Raises:
        DataError: nothing there, no masks in it, one sequence in two places, a broken zip, or a zip with
            members that point outside its own folder.
    """

    def __init__(self, source: str | os.PathLike, names: Collection[str] | None = None):
        self.source = Path(source)
        self.name = name_of(self.source)
        self.sequences: dict[str, Files] = {}
        self.objects: dict[str, dict[int, Files]] = {}
        self._zipped = self.source.is_file()
        others = 0
        for (*folders, file), member in _members(self.source):
            stem, suffix = os.path.splitext(file)
            if suffix.lower() != ".png" or not folders:
                others += suffix != ""
                continue
            sequence, i = _place(folders, names)
            if i is None:
                files = self.sequences.setdefault(sequence, {})
            else:
                files = self.objects.setdefault(sequence, {}).setdefault(i, {})
            twin = files.setdefault(stem, member)
            if twin != member and (names is None or sequence in names):
                raise DataError(f"{self.source}: two masks for one frame, {twin} and {member} (expected one)")
        both = sorted(set(self.sequences) & set(self.objects))
        if both:
            raise DataError(f"{self.source}: {both[0]} has masks and folders of objects (expected either)")
        if not (self.sequences or self.objects):
            found = f", {others} other files" if others else ""
            raise DataError(f"{self.source}: no masks in it{found} (expected <sequence>/<frame>.png)")

    def masks(self, video: Video, several: bool = False, merge: bool = False) -> Lazy:
        """The masks of one video, aligned with its frames and read when asked for.

        Reading one raises DataError, naming the file, if it is missing, broken, of another size than the
        ground truth, or if it is not clear what its values mean.

        Args:
            video: whose masks; its first ground-truth mask gives the expected size.
            several: keep object ids instead of giving bool.
            merge: take several objects as one.

        Returns:
            H x W bool each. With ``several`` uint8 ids, or bool for a mask that does not say which object it
            shows, or a mapping from ids to bool where each object has a folder; these may overlap. The names
            of the sequence are those of the files.
        """
        size = video.size
        objects = self._objects(video)
        if objects is None:
            files = self._files(video, self.sequences.get(video.name, {}))
            reader = MaskReader(several, merge)
            names = [f"{self.source}/{files[n]}" if n in files else n for n in video.frame_names]
            return Lazy(len(video), lambda t: _ids(reader, *self._load(video, t, files, size)), names)
        if len(objects) > 1 and not (several or merge):
            raise DataError(
                f"{self.source}: {video.name} has folders of {len(objects)} objects"
                " (expected one object; --several keeps them apart; in scoring, --merge takes them as one)"
            )
        readers = {i: MaskReader() for i in objects}

        def read(t: int) -> np.ndarray:
            there = self._present(video, t, objects)
            masks = {i: readers[i].decode(*self._load(video, t, objects[i], size)) for i in there}
            # A mapping is what callers of `several` get: objects in folders of their own may overlap.
            return masks if several else np.logical_or.reduce(list(masks.values()))  # type: ignore[return-value]

        return Lazy(len(video), read, [f"{self.source}/{video.name}/*/{n}.png" for n in video.frame_names])

    def check_complete(self, video: Video, frames: Collection[int]) -> None:
        """Raise DataError unless every named frame of the video has a mask. Reads no image."""
        objects = self._objects(video)
        have = {} if objects is not None else self._files(video, self.sequences.get(video.name, {}))
        for t in frames:
            if objects is not None:
                self._present(video, t, objects)
            elif video.frame_names[t] not in have:
                raise DataError(self._missing(video, t, have))

    def remarks(self, names: Mapping[str, Video]) -> Iterator[str]:
        """What was tolerated in finding the masks of these videos, a line each."""
        strange = [name for name in (*self.sequences, *self.objects) if name not in names]
        if strange:
            yield f"not scored, for the data set has no such sequence: {some(strange)}"
        for video in names.values():
            files = self._files(video, self.sequences.get(video.name, {}))
            other = next((m for n, m in files.items() if PurePosixPath(_slashes(m)).stem != n), None)
            if other:
                yield f"{other} and others of {video.name} belong to frames of the same numbers"

    def _objects(self, video: Video) -> dict[int, Files] | None:
        """The files of each object, None if a mask shows all of them."""
        if video.name not in self.objects:
            if video.name not in self.sequences:
                raise DataError(
                    f"{self.source}: no folder for sequence {video.name!r};"
                    f" it has {some([*self.sequences, *self.objects])}"
                )
            return None
        first = getattr(video.masks, "first_object", 1)
        found = {i + 1 - first: self._files(video, files) for i, files in self.objects[video.name].items()}
        if min(found) < 1:
            raise DataError(f"{self.source}: {video.name} has an object 0 (expected 1, 2, ...)")
        return found

    def _files(self, video: Video, files: Files) -> Files:
        matched = match_names(files, video.frame_names, f"{self.source}/{video.name}")
        return {frame: files[name] for frame, name in matched.items()}

    def _present(self, video: Video, t: int, objects: Mapping[int, Files]) -> list[int]:
        """The objects that have a mask of a frame; those that come later need none yet."""
        name = video.frame_names[t]
        there = [i for i, files in objects.items() if name in files]
        for i, files in objects.items():
            late = there and not any(earlier in files for earlier in video.frame_names[:t])
            if name not in files and not late:
                raise DataError(self._missing(video, t, files, f"of object {i} "))
        return there

    def _load(self, video: Video, t: int, files: Files, size: tuple[int, ...]) -> tuple[bytes, str]:
        member = files.get(video.frame_names[t])
        if member is None:
            raise DataError(self._missing(video, t, files))
        label = f"{self.source}/{member}"
        data = _read_member(self.source, member) if self._zipped else read_bytes(label)
        found = size_of_png(data)
        if data.startswith(b"\x89PNG") and found != size:
            raise DataError(
                f"{label}: {found[1]} x {found[0]} pixels"
                f" (expected {size[1]} x {size[0]}, the size of the ground truth)"
            )
        return data, label

    def _missing(self, video: Video, t: int, have: Files, which: str = "") -> str:
        return (
            f"{self.source}: {video.name}/{video.frame_names[t]}.png {which}is missing"
            f" (expected a mask for each of the {len(video)} frames, found {len(have)})"
        )


def name_of(source: Path) -> str:
    """What a folder or zip of masks is called."""
    return source.stem if source.suffix.lower() == ".zip" else source.name


def _ids(reader: MaskReader, data: bytes, label: str) -> np.ndarray:
    """Decode a saved mask; in a palette, 255 alone is an object that is not said, beside others void."""
    mask = reader.decode(data, label)
    highest = mask.max()
    if mask.dtype == bool or not highest:
        return mask
    alone = highest == VOID and not ((mask > 0) & (mask < VOID)).any()
    reader.agree(VOID if alone else 1, label)
    return mask == VOID if alone else mask


def _place(folder: Sequence[str], names: Collection[str] | None) -> tuple[str, int | None]:
    """The sequence, and the object if it has a folder of its own, whose masks a folder holds."""
    if names is None:
        below = len(folder) > 1 and is_object(folder[-1])
        return (folder[-2], int(folder[-1])) if below else (folder[-1], None)
    for end, i in ((len(folder), None), (len(folder) - 1, folder[-1])):
        for start in range(end):
            name = "/".join(folder[start:end])
            if name in names and (i is None or is_object(i)):
                return name, None if i is None else int(i)
    return folder[-1], None


def _members(source: Path) -> Iterator[tuple[Sequence[str], str]]:
    """The parts of each file's path below the source, and what the source calls it; without litter."""
    if folder := source.is_dir():
        names = list(_walk(str(source), "", frozenset()))
    elif source.is_file():
        names = _zip_members(source)
    else:
        raise DataError(f"{source}: no such file or folder (expected a folder or a .zip of masks)")
    for name in names:
        parts = (name if folder else _slashes(name)).split("/")
        # What macOS and hidden folders leave behind.
        if not any(part == "__MACOSX" or part.startswith(".") for part in parts):
            yield parts, name


def _walk(folder: str, below: str, above: frozenset[str]) -> Iterator[str]:
    """All files below a folder, also in linked folders, but never in circles."""
    real = os.path.realpath(folder)
    if real in above:
        return
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            yield from _walk(entry.path, f"{below}{entry.name}/", above | {real})
        elif entry.is_file():
            yield below + entry.name


def _zip_members(source: Path) -> list[str]:
    try:
        names = [info.filename for info in _zip(source).infolist() if not info.is_dir()]
    except Exception as error:  # the library raises half a dozen types for a broken zip
        raise DataError(f"{source}: not a readable zip file ({error})") from None
    for name in names:
        if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or ".." in re.split(r"[/\\]", name):
            raise DataError(f"{source}: member {name!r} points outside the archive (refused)")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{source}: member {twice!r} is there twice (expected once)")
    return sorted(names)


def _slashes(name: str) -> str:
    """Some tools on Windows write backslashes into a zip."""
    return name.replace("\\", "/")


def _read_member(source: Path, member: str) -> bytes:
    try:
        if _zip(source).getinfo(member).file_size > LARGEST:
            raise DataError(f"larger than {LARGEST} bytes")
        return _zip(source).read(member)
    except Exception as error:  # the library raises half a dozen types for a broken zip
        raise DataError(f"{source}/{member}: corrupt in the zip file ({error})") from None


def _zip(source: Path) -> zipfile.ZipFile:
    # One handle for each process: a forked child that used its parent's would move its file position.
    return _open_zip(source, os.getpid(), source.stat().st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _open_zip(source: Path, process: int, modified: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(source)
