"""The masks that one run gives, and their scores: plain, snapped, with flow, with a CRF. Chapters 4 to 7."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from vostut.evaluation.evaluate import evaluate
from vostut.evaluation.scores import Score
from vostut.osvos import OSVOSRecipe
from vostut.osvos.contours import Contours
from vostut.reproduction.probabilities import Rule, by_crf, by_snapping, by_threshold, make_masks
from vostut.reproduction.runs import RunPlan
from vostut.video import Dataset, Video


class Variant(NamedTuple):
    """One set of masks that is made from a run's probabilities.

    Attributes:
        suffix: of its row's name in the ledger.
        source: which of the run's probabilities.
        folder: of the masks, before the source's own suffix.
        rule: from probabilities to masks.
        words: what sets it apart, for the note.
    """

    suffix: str
    source: str
    folder: str
    rule: Rule
    words: str

    @property
    def masks(self) -> str:
        """The folder of its masks, in the run's."""
        return self.folder + self.source.removeprefix("probabilities")


def variants(
    plan: RunPlan, contours: Callable[[Video], Contours] | None = None, crf: bool = False
) -> Iterator[Variant]:
    """What can be made from a run.

    Args:
        plan: of the run.
        contours: gives a video's contour maps, for boundary snapping.
        crf: also refine by a dense CRF.
    """
    threshold = plan.recipe.threshold if plan.recipe else 0.5
    usual = by_threshold(threshold)
    yield Variant("", "probabilities", "masks", usual, "")
    if contours and isinstance(plan.recipe, OSVOSRecipe):
        rule = by_snapping(contours, plan.recipe.contour_threshold, plan.recipe.vote_threshold)
        yield Variant("-snapped", "probabilities", "snapped", rule, ", snapped to contours")
    flow = f", with {plan.flow.upper()} flow"
    if plan.flow and plan.recipe:
        yield Variant("-flow", "probabilities-flow", "masks", usual, flow)
    if crf:
        rule = by_crf(threshold)
        yield Variant("-crf", "probabilities", "crf", rule, ", with a dense CRF")
        if plan.flow:
            yield Variant("-flow-crf", "probabilities-flow", "crf", rule, f"{flow} and a dense CRF")
    for n in plan.budgets:
        yield Variant(f"-budget-{n}", f"probabilities-after-{n}", "masks", usual, f", {n} steps")


def score_variant(
    folder: Path,
    variant: Variant,
    dataset: Dataset,
    jobs: int = 1,
    progress: bool = True,
) -> Score:
    """Make a variant's masks and score them.

    Args:
        folder: of the run.
        variant: which masks.
        dataset: the videos, with all their objects.
        jobs: how many processes.
        progress: show a bar.
    """
    masks = make_masks(folder, dataset, variant.rule, variant.masks, variant.source, jobs)
    metrics = ("J", "F") if dataset.several else ("J", "F", "T")
    return evaluate(masks, dataset, metrics=metrics, jobs=jobs, progress=progress)
