"""DAVIS-2017 unsupervised: no mask is given, so it has to be found out which proposal is which object.

Every frame counts, the first and the last, too. Pixels that the ground truth leaves undecided belong to
nothing, in the truth and in the proposals. Each object gets one proposal, a track of one id, such that the
mean of J and F over all objects is the highest; what is left over costs nothing.

Source: Caelles et al., "The 2019 DAVIS challenge on VOS: unsupervised multi-object segmentation",
arXiv:1905.00737.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vostut.errors import DataError
from vostut.evaluation.scores import SequenceScore
from vostut.evaluation.scoring import Objects, annotated_frames, name_of_mask, objects_in, of, score_object
from vostut.images import VOID
from vostut.video import Video

MOST_PROPOSALS = 20
"""The highest id that a proposal may have, in the challenge's rules."""


def score_proposals(
    video: Video, masks: Sequence[np.ndarray], metrics: Sequence[str] = ("J", "F")
) -> tuple[list[SequenceScore], list[str]]:
    """Score the proposals of one video: one score for each object.

    Args:
        video: gives the ground truth, as object ids.
        masks: a mask of ids for each frame of the video.
        metrics: J, F or both; they are what proposals are chosen by.

    Objects that come later, with ids above those of the first mask, are not scored, as in the official
    evaluation.

    Returns:
        The scores, and what should make a reader of them wonder, a line each.

    Raises:
        DataError: a mask has an id above :data:`MOST_PROPOSALS`, or T is asked for.
    """
    if "T" in metrics:
        raise DataError("T: not defined for unsupervised objects (expected J, F or both)")
    frames = annotated_frames(video)
    truths = [video.masks[t] for t in frames]
    everywhere = sorted({i for truth in truths for i in objects_in(truth)})
    objects = [i for i in everywhere if i <= max(objects_in(truths[0]), default=0)]
    if not objects:
        raise DataError(
            f"{video.name}: the first mask of its ground truth shows no object (expected 1, 2, ...)"
        )
    tracks = [_proposals(video, masks, t) for t in frames]
    n_proposals = max(len(objects), *(max(objects_in(track), default=0) for track in tracks))
    from scipy.optimize import linear_sum_assignment  # half a second, and for this protocol alone

    scores = [
        [_score(f"{video.name}_{i}", tracks, truths, k, i, metrics) for k in range(1, n_proposals + 1)]
        for i in objects
    ]
    values = [[_mean(score, metrics) for score in row] for row in scores]
    chosen = [scores[a][b] for a, b in zip(*linear_sum_assignment(values, maximize=True), strict=True)]
    late = [i for i in everywhere if i not in objects]
    return chosen, [f"{video.name}: object {i} comes after the first frame, and is not scored" for i in late]


def _proposals(video: Video, masks: Sequence[np.ndarray], t: int) -> Objects:
    mask: Objects = masks[t]
    highest = max(objects_in(mask), default=0)
    if highest > MOST_PROPOSALS:
        name = name_of_mask(video, masks, t)
        raise DataError(f"{name}: proposal {highest} (expected ids of at most {MOST_PROPOSALS})")
    return mask


def _score(
    name: str,
    tracks: Sequence[Objects],
    truths: Sequence[np.ndarray],
    proposal: int,
    i: int,
    metrics: Sequence[str],
) -> SequenceScore:
    pairs = (
        (of(track, proposal) & (truth != VOID), truth == i)
        for track, truth in zip(tracks, truths, strict=True)
    )
    return score_object(name, pairs, truths[0] == i, metrics)[0]


def _mean(score: SequenceScore, metrics: Sequence[str]) -> float:
    return float(np.mean([score.statistics(metric).mean for metric in metrics]))
