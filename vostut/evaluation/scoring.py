"""One video's masks in, its scores out: which frames and which objects count. Explained in chapter 3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from vostut.errors import DataError
from vostut.evaluation.scores import METRICS, SequenceScore
from vostut.images import VOID
from vostut.metrics import contour_accuracy, region_similarity, temporal_stability, tolerance_in_pixels
from vostut.metrics.region import as_binary_pair, window_of
from vostut.video import Lazy, Video

Objects = np.ndarray | Mapping[int, np.ndarray]
"""Object ids, H x W uint8, or masks of bool by id, which may overlap."""


def annotated_frames(video: Video) -> Sequence[int]:
    """The frames of a video that have a ground truth: all, or every nth.

    Raises:
        DataError: the truth is not public, or not whole.
    """
    frames = video.annotated
    if len(frames) == len(video):
        return frames
    folder = getattr(video.masks, "folder", video.name)
    if len(frames) < 3:
        raise DataError(
            f"{folder}: no public truth for {video.name}: {len(frames)} of {len(video)} frames have a mask"
            " (expected all, or every nth; what is not public is scored by the data set's server)"
        )
    gaps = [b - a for a, b in pairwise(frames)]
    step = gaps[0]
    if set(gaps[:-1]) != {step} or gaps[-1] > step or frames[0] >= step or len(video) - frames[-1] > step:
        absent = next(t for t in range(len(video)) if t not in frames)
        raise DataError(
            f"{folder}/{video.frame_names[absent]}.png: missing (expected a mask for all {len(video)} frames,"
            f" or at a regular step; {len(frames)} have one)"
        )
    return frames


def is_sparse(video: Video) -> bool:
    """Whether some frames have no ground truth."""
    return len(video.annotated) < len(video)


def scored_frames(video: Video) -> Sequence[int]:
    """Every annotated frame but the first, which is given, and the last, which DAVIS leaves out."""
    frames = annotated_frames(video)
    if len(frames) < 3:
        raise DataError(f"{video.name}: {len(video)} frames (expected at least 3, of which 2 are not scored)")
    return frames[1:-1]


def score_video(
    video: Video, masks: Sequence[np.ndarray], metrics: Sequence[str] = METRICS, several: bool = False
) -> list[SequenceScore]:
    """Score the masks of one video: one score, or one for each object.

    Args:
        video: gives the ground truth.
        masks: a mask for each frame of the video; only the scored frames are read.
        metrics: which of J, F and T.
        several: both hold object ids. An object of the first ground-truth mask is scored in all frames, as in
            the official DAVIS-2017 evaluation; one that comes later from where the truth or a mask has it
            first, as in vos-benchmark.

    Raises:
        DataError: a mask has an object that the truth has not, or does not say which object it shows.
    """
    return score_with_remarks(video, masks, metrics, several)[0]


def score_with_remarks(
    video: Video, masks: Sequence[np.ndarray], metrics: Sequence[str], several: bool
) -> tuple[list[SequenceScore], list[str]]:
    """Like :func:`score_video`, and what should make a reader of the scores wonder, a line each."""
    frames = scored_frames(video)
    if "T" in metrics and is_sparse(video):
        raise DataError(
            f"{video.name}: T compares neighbouring frames, and not all have a mask (expected J and F only)"
        )
    given = video.masks[annotated_frames(video)[0]]
    if not several:
        pairs = ((masks[t], video.masks[t]) for t in frames)
        score, found = score_object(video.name, pairs, given, metrics)
        return [score], [] if found else [f"{video.name}: no mask shows the object"]
    truths = [video.masks[t] for t in frames]
    starts = dict.fromkeys(objects_in(given), 0)
    for n, truth in enumerate(truths):
        for i in objects_in(truth):
            starts.setdefault(i, n)
    if not starts:
        raise DataError(f"{video.name}: its ground truth shows no object (expected ids 1, 2, ...)")
    predictions = [_known(video, masks, t, starts) for t in frames]
    late = set(starts) - set(objects_in(given))
    for n, prediction in enumerate(predictions):
        for i in late.intersection(objects_in(prediction)):
            starts[i] = min(starts[i], n)
    scores, remarks = [], []
    for i in sorted(starts):
        rest = slice(starts[i], None)
        pairs = ((of(m, i), g == i) for m, g in zip(predictions[rest], truths[rest], strict=True))
        score, found = score_object(f"{video.name}_{i}", pairs, given == i, metrics)
        scores.append(score)
        remarks += [] if found else [f"{video.name}: no mask shows object {i}"]
    return scores, remarks


def score_object(
    name: str,
    pairs: Iterable[tuple[np.ndarray, np.ndarray]],
    first_mask: np.ndarray,
    metrics: Sequence[str],
) -> tuple[SequenceScore, bool]:
    """The values of one object, and whether a mask shows it if the ground truth does."""
    j, f, predictions = [], [], []
    shown = there = False
    for prediction, truth in pairs:
        prediction, truth = as_binary_pair(prediction, truth)
        window, tolerance = window_of(prediction | truth), tolerance_in_pixels(*truth.shape)
        shown = shown or bool(prediction[window].any())
        there = there or bool(truth[window].any())
        if "J" in metrics:
            j.append(region_similarity(prediction[window], truth[window]))
        if "F" in metrics:
            f.append(contour_accuracy(prediction[window], truth[window], tolerance))
        if "T" in metrics:
            predictions.append(prediction)
    score = SequenceScore(
        name,
        J=np.array(j) if "J" in metrics else None,
        F=np.array(f) if "F" in metrics else None,
        T=temporal_stability(predictions, first_mask) if "T" in metrics else None,
    )
    return score, shown or not there


def objects_in(mask: Objects) -> list[int]:
    """The ids in a mask, without background and void."""
    if isinstance(mask, Mapping):
        return [i for i, part in mask.items() if part.any()]
    counts = np.bincount(mask.ravel(), minlength=VOID + 1)
    return [int(i) for i in np.flatnonzero(counts[1:VOID]) + 1]


def of(mask: Objects, i: int) -> np.ndarray:
    """Where object ``i`` is, H x W bool."""
    if isinstance(mask, Mapping):
        some = next(iter(mask.values()))
        return mask[i] if i in mask else np.zeros_like(some)
    return mask == i


def name_of_mask(video: Video, masks: Sequence[np.ndarray], t: int) -> str:
    """What to call a mask in an error message."""
    return masks.names[t] if isinstance(masks, Lazy) else f"{video.name}/{video.frame_names[t]}"


def _known(video: Video, masks: Sequence[np.ndarray], t: int, known: Mapping[int, int]) -> Objects:
    """The mask of frame ``t``, whose objects are known ones."""
    mask: Objects = masks[t]
    expected = f"(expected the ids of the ground truth, {', '.join(map(str, sorted(known)))})"
    if isinstance(mask, np.ndarray) and mask.dtype == bool:
        if len(known) > 1 and mask.any():
            raise DataError(
                f"{name_of_mask(video, masks, t)}: tells an object from the background, not which {expected}"
            )
        return dict.fromkeys(known, mask)
    for i in objects_in(mask):
        if i not in known and i not in objects_in(video.masks[annotated_frames(video)[-1]]):
            raise DataError(f"{name_of_mask(video, masks, t)}: object id {i} in a result mask {expected}")
    return mask
