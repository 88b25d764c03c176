"""The evaluator: a method's masks and a data set in, scores out. Explained in chapter 3.

The DAVIS protocol: the first frame is given and the last one is left out, so N-2 frames of each
sequence count.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence

import cv2
import numpy as np
from joblib import Parallel, delayed
from tqdm.auto import tqdm

from vostut.baselines import Method
from vostut.errors import DataError
from vostut.evaluation.saved import SavedMasks
from vostut.evaluation.scores import METRICS, Score, SequenceScore
from vostut.images import VOID
from vostut.metrics import contour_accuracy, region_similarity, temporal_stability
from vostut.video import Dataset, Video


def evaluate(
    results: str | os.PathLike,
    dataset: Dataset,
    *,
    metrics: Sequence[str] = METRICS,
    several: bool | None = None,
    stable: Collection[str] | None = None,
    convention: str = "matlab",
    jobs: int = 1,
    progress: bool = True,
) -> Score:
    """Score saved masks against a data set.

    Args:
        results: a folder or ``.zip`` of masks, see :class:`vostut.evaluation.SavedMasks`.
        dataset: gives the ground truth.
        metrics: which of J, F and T.
        several: score each object id of the ground truth on its own; by default what the data set says.
        stable: the sequences over which T is averaged; by default the data set's own.
        convention: how T begins, see :data:`vostut.evaluation.scores.CONVENTIONS`.
        jobs: how many processes.
        progress: show a progress bar on standard error.

    Raises:
        DataError: naming the file and what was expected; nothing is ever scored as zero in silence.
    """
    several = dataset.several if several is None else several
    saved = SavedMasks(results)
    absent = [name for name in dataset if name not in saved.sequences]
    if absent:
        raise DataError(
            f"{saved.source}: no masks for {', '.join(absent)}"
            f" (expected all {len(dataset)} sequences of {dataset.name} {dataset.split})"
        )
    for video in dataset.values():
        saved.check_complete(video, scored_frames(video))
    # The longest first: then no process is left with a long one at the end.
    order = sorted(dataset.values(), key=len, reverse=True)
    tasks = (
        delayed(_score_in_worker)(video, saved.masks(video, several), tuple(metrics), several)
        for video in order
    )
    # joblib starts fresh processes: a forked one would hang in OpenCV's thread pool.
    finished = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)(tasks)
    hide = None if progress else True  # None: hide where standard error is not a terminal
    bar = tqdm(finished, desc=saved.name, total=len(order), unit="sequence", disable=hide)
    scored: dict[str, list[SequenceScore]] = dict(bar)
    return collect(dataset, [scored[name] for name in dataset], stable, convention)


def evaluate_method(
    method: Method, dataset: Dataset, metrics: Sequence[str] = ("J", "F"), progress: bool = False
) -> Score:
    """Run a method on every video of a data set and score what it gives."""
    scores = []
    for video in tqdm(dataset.values(), desc=method.name, unit="video", disable=not progress):
        masks = list(method.segment(video.frames, video.masks[0]))
        scores.append(score_video(video, masks, metrics))
    return collect(dataset, scores)


def collect(
    dataset: Dataset,
    scores: Iterable[list[SequenceScore]],
    stable: Collection[str] | None = None,
    convention: str = "matlab",
) -> Score:
    """Gather the scores of a data set's videos, in its order."""
    return Score(
        split=dataset.split,
        sequences={score.name: score for group in scores for score in group},
        n_sequences=len(dataset),
        n_frames=sum(len(scored_frames(video)) for video in dataset.values()),
        stable=dataset.stable if stable is None else frozenset(stable),
        convention=convention,
    )


def scored_frames(video: Video) -> range:
    """Every frame but the first, which is given, and the last, which DAVIS leaves out."""
    if len(video) < 3:
        raise DataError(f"{video.name}: {len(video)} frames (expected at least 3, of which 2 are not scored)")
    return range(1, len(video) - 1)


def score_video(
    video: Video, masks: Sequence[np.ndarray], metrics: Sequence[str] = METRICS, several: bool = False
) -> list[SequenceScore]:
    """Score the masks of one video: one score, or one for each object.

    Args:
        video: gives the ground truth.
        masks: a mask for each frame of the video; only the scored frames are read.
        metrics: which of J, F and T.
        several: both hold object ids; the objects are those of the first ground-truth mask's numbering,
            1 up to its highest id, as in the official DAVIS-2017 evaluation.
    """
    if not several:
        return [_score_object(video.name, _pairs(video, masks), video.masks[0], metrics)]
    first = np.where(video.masks[0] == VOID, 0, video.masks[0])
    n_objects = int(first.max())
    pairs = [_known_objects(video, n_objects, pair) for pair in _pairs(video, masks)]
    return [
        _score_object(f"{video.name}_{i}", ((m == i, g == i) for m, g in pairs), first == i, metrics)
        for i in range(1, n_objects + 1)
    ]


def _pairs(video: Video, masks: Sequence[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    return ((masks[t], video.masks[t]) for t in scored_frames(video))


def _known_objects(
    video: Video, n_objects: int, pair: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    highest = int(pair[0].max())
    if highest > n_objects:
        raise DataError(
            f"{video.name}: object id {highest} in a result mask"
            f" (expected 0 to {n_objects}, the ground truth's)"
        )
    return pair


def _score_object(
    name: str,
    pairs: Iterable[tuple[np.ndarray, np.ndarray]],
    first_mask: np.ndarray,
    metrics: Sequence[str],
) -> SequenceScore:
    j, f, predictions = [], [], []
    for prediction, truth in pairs:
        if "J" in metrics:
            j.append(region_similarity(prediction, truth))
        if "F" in metrics:
            f.append(contour_accuracy(prediction, truth))
        if "T" in metrics:
            predictions.append(prediction)
    return SequenceScore(
        name,
        J=np.array(j) if "J" in metrics else None,
        F=np.array(f) if "F" in metrics else None,
        T=temporal_stability(predictions, first_mask) if "T" in metrics else None,
    )


def _score_in_worker(
    video: Video, masks: Sequence[np.ndarray], metrics: Sequence[str], several: bool
) -> tuple[str, list[SequenceScore]]:
    cv2.setNumThreads(1)  # the processes share the cores already
    return video.name, score_video(video, masks, metrics, several)
