"""The masks that one run gives, and their scores: plain, snapped, with flow, with a CRF. Chapters 4 to 6."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vostut.benchmark.evaluate import evaluate
from vostut.benchmark.probabilities import Rule, by_crf, by_snapping, by_threshold, make_masks
from vostut.benchmark.runs import RunPlan
from vostut.benchmark.scores import Score
from vostut.datasets import davis2016
from vostut.methods.snapping import Contours
from vostut.video import Dataset, Video


@dataclass(frozen=True)
class Variant:
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
    threshold = getattr(plan.config, "threshold", 0.5)
    usual = by_threshold(threshold)
    yield Variant("", "probabilities", "masks", usual, "")
    if contours:
        rule = by_snapping(contours, getattr(plan.config, "snapping", None))
        yield Variant("-snapped", "probabilities", "snapped", rule, ", snapped to contours")
    flow = f", with {plan.flow.upper()} flow"
    if plan.flow:
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
    several: bool = False,
    jobs: int = 1,
    progress: bool = True,
) -> Score:
    """Make a variant's masks and score them; T over the stable sequences where the data set names such.

    Args:
        folder: of the run.
        variant: which masks.
        dataset: the videos, with all their objects.
        several: the run segmented each object on its own.
        jobs: how many processes.
        progress: show a bar.
    """
    stable = davis2016.STABLE if dataset.name == "DAVIS-2016" else None
    masks = make_masks(folder, dataset, variant.rule, variant.masks, variant.source, several, jobs)
    metrics = ("J", "F") if several else ("J", "F", "T")
    return evaluate(
        masks, dataset, metrics=metrics, several=several, stable=stable, jobs=jobs, progress=progress
    )
