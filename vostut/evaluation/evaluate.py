"""The evaluator: a method's masks and a data set in, scores out. Explained in chapter 3.

The DAVIS protocol: the first frame is given and the last one is left out, so N-2 frames of each
sequence count.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import cv2
import numpy as np

from vostut.baselines import Method
from vostut.errors import DataError, some
from vostut.evaluation.processes import in_processes
from vostut.evaluation.saved import SavedMasks
from vostut.evaluation.scores import METRICS, Score, SequenceScore
from vostut.evaluation.scoring import (
    annotated_frames,
    is_sparse,
    score_video,
    score_with_remarks,
    scored_frames,
)
from vostut.evaluation.unsupervised import score_proposals
from vostut.video import Dataset, Video

Step = TypeVar("Step")

KEPT = 2**24
"""Bytes of freed memory that a process keeps for the next masks; 16 MiB, some forty masks of DAVIS."""


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
    merge: bool = False,
    unsupervised: bool = False,
    strict: bool = False,
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
        merge: take all objects of a result mask as one, where one is scored; otherwise it is refused.
        unsupervised: match objects and proposals as DAVIS-2017 unsupervised does, see
            :func:`vostut.evaluation.unsupervised.score_proposals`.
        strict: refuse what else is tolerated, and said in the score's ``remarks``.

    Raises:
        DataError: naming the file and what was expected; nothing is ever scored as zero in silence.
    """
    several = unsupervised or (dataset.several if several is None else several)
    saved = SavedMasks(results, tuple(dataset))
    counted = annotated_frames if unsupervised else scored_frames
    _check_complete(saved, dataset, counted)
    remarks = list(saved.remarks(dataset))
    _refuse(saved, remarks if strict else ())
    score = score_proposals if unsupervised else functools.partial(score_with_remarks, several=several)
    order = sorted(dataset.values(), key=len, reverse=True)
    tasks = [
        functools.partial(_on_one_thread, score, video, saved.masks(video, several, merge), tuple(metrics))
        for video in order
    ]
    finished = in_processes(tasks, jobs)
    bar = _with_bar(finished, saved.name, len(order), progress)
    scored: dict[str, tuple[list[SequenceScore], list[str]]] = dict(bar)
    remarks += [remark for name in dataset for remark in scored[name][1]]
    _refuse(saved, remarks if strict else ())
    return replace(
        collect(dataset, [scored[name][0] for name in dataset], stable, convention),
        n_frames=sum(len(counted(video)) for video in dataset.values()),
        protocol=_protocol(dataset, several, merge, unsupervised),
        remarks=tuple(remarks),
    )


def _with_bar(steps: Iterable[Step], name: str, total: int, show: bool) -> Iterable[Step]:
    if not (show and sys.stderr.isatty()):
        return steps
    from tqdm.auto import tqdm  # what shows no bar starts sooner without it

    return tqdm(steps, desc=name, total=total, unit="sequence")


def _check_complete(saved: SavedMasks, dataset: Dataset, counted: Callable[[Video], Sequence[int]]) -> None:
    absent = [name for name in dataset if name not in saved.sequences and name not in saved.objects]
    if absent:
        raise DataError(
            f"{saved.source}: no masks for {', '.join(absent)}"
            f" (expected all {len(dataset)} sequences of {dataset.name} {dataset.split},"
            f" found {some([*saved.sequences, *saved.objects])})"
        )
    for video in dataset.values():
        saved.check_complete(video, counted(video))


def _protocol(dataset: Dataset, several: bool, merge: bool, unsupervised: bool) -> str:
    sparse = any(is_sparse(video) for video in dataset.values())
    said = {
        "All objects were taken as one.": merge and not several,
        "Each object was scored on its own.": several and not unsupervised,
        "Proposals were matched with objects, and all frames count.": unsupervised,
        "Only frames with a ground truth count.": sparse,
    }
    return " ".join(words for words, applies in said.items() if applies)


def _refuse(saved: SavedMasks, remarks: Sequence[str]) -> None:
    if remarks:
        raise DataError(f"{saved.source}: {remarks[0]} (expected nothing of the kind, to be strict)")


def evaluate_method(
    method: Method, dataset: Dataset, metrics: Sequence[str] = ("J", "F"), progress: bool = False
) -> Score:
    """Run a method on every video of a data set and score what it gives."""
    scores = []
    for video in _with_bar(dataset.values(), method.name, len(dataset), progress):
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
    groups = list(scores)
    return Score(
        split=dataset.split,
        sequences={score.name: score for group in groups for score in group},
        n_sequences=len(dataset),
        n_frames=sum(len(annotated_frames(video)[1:-1]) for video in dataset.values()),
        stable=dataset.stable if stable is None else frozenset(stable),
        convention=convention,
        attributes={
            score.name: video.attributes
            for video, group in zip(dataset.values(), groups, strict=True)
            for score in group
        },
    )


def _on_one_thread(
    score: Callable[..., tuple[list[SequenceScore], list[str]]],
    video: Video,
    masks: Sequence[np.ndarray],
    metrics: Sequence[str],
) -> tuple[str, tuple[list[SequenceScore], list[str]]]:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # the processes share the cores already
    np.empty(KEPT, np.uint8)  # glibc learns from what is freed how much to keep: no new pages for each mask
    try:
        return video.name, score(video, masks, metrics)
    finally:
        cv2.setNumThreads(threads)
