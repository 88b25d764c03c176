"""Several objects in one video (DAVIS-2017): one pass for each, and the likeliest wins. Chapter 5."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from vostut.errors import DataError
from vostut.images import VOID
from vostut.video import Dataset, Lazy, Video


class Predictor(Protocol):
    """A method that gives probabilities: OSVOS and MaskTrack."""

    def predict(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """The object's probability in frames 1, 2, ..., H x W in [0, 1]."""
        ...


def object_ids(ids: np.ndarray) -> list[int]:
    """The objects in a mask of ids, in their order: neither the background, 0, nor undecided pixels, 255."""
    return [int(i) for i in np.unique(ids) if i not in (0, VOID)]


def one_by_one(dataset: Dataset) -> Dataset:
    """Each object of each video as a video of its own, named ``<video>_<id>``, with masks of bool.

    Objects are those of the first frame. So a run over several objects is a run over more videos.

    Raises:
        DataError: a video without an object in its first frame.
    """
    for video in dataset.values():
        if not object_ids(video.masks[0]):
            raise DataError(f"{video.name}: its first mask is empty (expected object ids 1, 2, ... in it)")
    videos = [
        replace(video, name=f"{video.name}_{i}", masks=_of_object(video, i))
        for video in dataset.values()
        for i in object_ids(video.masks[0])
    ]
    return dataset.with_videos(videos)


def _of_object(video: Video, i: int) -> Lazy:
    return Lazy(len(video.masks), lambda t: np.asarray(video.masks[t]) == i)


class SeveralObjects:
    """Segment each object on its own, then let them compete for the pixels.

    Args:
        make: gives the predictor for an object; called once for each.
        threshold: a pixel belongs to an object above this probability.
    """

    def __init__(self, make: Callable[[], Predictor], threshold: float = 0.5):
        self.make = make
        self.threshold = threshold

    def segment(self, frames: Sequence[np.ndarray], first_ids: np.ndarray) -> Iterator[np.ndarray]:
        """Yield object ids for each frame, the first ids themselves for the first.

        Args:
            frames: T arrays of H x W x 3, uint8, RGB.
            first_ids: H x W, unsigned integers: 0 for the background, 1, 2, ... for the objects.

        Raises:
            DataError: there is no object in frame 0.
        """
        found = object_ids(first_ids)
        if not found:
            raise DataError("the first mask is empty (expected object ids 1, 2, ... in frame 0)")
        yield first_ids
        tracks = [self.make().predict(frames, first_ids == i) for i in found]
        for probabilities in zip(*tracks, strict=True):
            yield merge(np.stack(probabilities), found, self.threshold)


def merge(probabilities: np.ndarray, ids: Sequence[int], threshold: float = 0.5) -> np.ndarray:
    """Each pixel to its likeliest object, or to none.

    Args:
        probabilities: K x H x W in [0, 1], one map for each object.
        ids: the K object ids.
        threshold: below it, a pixel is background. Of equals, the object that comes first wins.

    Returns:
        H x W uint8.
    """
    likeliest = probabilities.argmax(axis=0)
    ids_of_pixels = np.asarray(ids, np.uint8)[likeliest]
    return np.where(probabilities.max(axis=0) > threshold, ids_of_pixels, 0).astype(np.uint8)
