"""A run's probabilities on disk, and the masks that are made from them. Chapters 4 and 5."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from joblib import Parallel, delayed

from vostut.errors import DataError
from vostut.files import write_atomically
from vostut.images import write_mask
from vostut.learning.several import merge, object_ids
from vostut.masktrack.crf import dense_crf
from vostut.osvos.contours import Contours
from vostut.osvos.snapping import CONTOUR_THRESHOLD, VOTE_THRESHOLD, snap, superpixels
from vostut.video import Dataset, Video


def write_probabilities(probabilities: Iterator[np.ndarray], video: Video, folder: Path) -> None:
    """Write H x W values in [0, 1] as grey PNGs, one for each frame but the first."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, probability in zip(video.frame_names[1:], probabilities, strict=True):
        ok, data = cv2.imencode(".png", np.rint(probability * 255).astype(np.uint8))
        assert ok
        write_atomically(folder / f"{name}.png", data.tobytes())


def read_probability(path: Path) -> np.ndarray:
    """H x W float32 in [0, 1] from a grey PNG."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise DataError(f"{path}: not a readable probability map (expected a grey PNG of this run)")
    return grey.astype(np.float32) / 255


Decide = Callable[[int, np.ndarray], np.ndarray]
"""From a frame's number and its H x W probabilities to the object's mask, H x W bool."""

Rule = Callable[[Video], Decide]
"""How to decide in a video."""


def by_threshold(threshold: float = 0.5) -> Rule:
    """A pixel belongs to the object above a probability."""
    return lambda video: lambda t, probability: probability > threshold


def by_snapping(
    contours: Callable[[Video], Contours],
    contour_threshold: float = CONTOUR_THRESHOLD,
    vote_threshold: float = VOTE_THRESHOLD,
) -> Rule:
    """Superpixels belong to the object by majority, see :func:`vostut.osvos.snapping.snap`."""

    def rule(video: Video) -> Decide:
        find = contours(video)
        return lambda t, probability: snap(
            probability, superpixels(find(t, video.frames[t]), contour_threshold), vote_threshold
        )

    return rule


def by_crf(threshold: float = 0.5) -> Rule:
    """Pixels are decided together, see :func:`vostut.masktrack.crf.dense_crf`."""
    return lambda video: lambda t, probability: dense_crf(probability, video.frames[t]) > threshold


def make_masks(
    folder: Path,
    dataset: Dataset,
    rule: Rule | None = None,
    name: str = "masks",
    source: str = "probabilities",
    jobs: int = 1,
) -> Path:
    """Turn a run's probabilities into masks.

    Args:
        folder: of the run.
        dataset: the videos; where they hold several objects, the run segmented each on its own (see
            :func:`vostut.learning.several.one_by_one`), and their masks are merged.
        rule: how; by default a threshold of one half.
        name: of the folder of masks, inside the run's; another one for each source and rule.
        source: which probabilities.
        jobs: how many processes.

    Returns:
        The folder of the masks, as :func:`vostut.evaluation.evaluate` takes it.
    """
    out = folder / name
    make = _ids_of_video if dataset.several else _masks_of_video
    Parallel(n_jobs=jobs)(
        delayed(make)(folder / source, video, out / video.name, rule or by_threshold())
        for video in dataset.values()
    )
    return out


def _masks_of_video(source: Path, video: Video, out: Path, rule: Rule) -> None:
    out.mkdir(parents=True, exist_ok=True)
    write_mask(out / f"{video.frame_names[0]}.png", np.asarray(video.masks[0]))
    decide = rule(video)
    for t, name in enumerate(video.frame_names[1:], start=1):
        write_mask(out / f"{name}.png", decide(t, read_probability(source / video.name / f"{name}.png")))


def _ids_of_video(source: Path, video: Video, out: Path, rule: Rule) -> None:
    out.mkdir(parents=True, exist_ok=True)
    first = np.asarray(video.masks[0])
    ids = object_ids(first)
    write_mask(out / f"{video.frame_names[0]}.png", np.where(np.isin(first, ids), first, 0))
    decide = rule(video)
    for t, name in enumerate(video.frame_names[1:], start=1):
        maps = [read_probability(source / f"{video.name}_{i}" / f"{name}.png") for i in ids]
        claims = np.stack([np.where(decide(t, p), p, 0) for p in maps])
        write_mask(out / f"{name}.png", merge(claims, ids, threshold=0))
