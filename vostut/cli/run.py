"""``vostut run``: segment and score a whole data set, and keep what came out."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from vostut.cli.options import (
    BASELINES,
    METHODS,
    add_data_options,
    add_device_options,
    add_method_options,
    make_config,
    make_contours,
    make_dataset,
)
from vostut.cli.scoring import positive
from vostut.errors import DataError

if TYPE_CHECKING:
    from vostut.benchmark.probabilities import Rule
    from vostut.methods.baselines import Baseline
    from vostut.methods.masktrack import MaskTrackConfig
    from vostut.methods.osvos import OSVOSConfig
    from vostut.methods.snapping import Snapping


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    run = commands.add_parser("run", help="segment and score a whole data set")
    run.add_argument("method", choices=(*METHODS, *BASELINES))
    run.add_argument("--out", type=Path, required=True, help="folder of the run; one that exists is resumed")
    run.add_argument("--no-one-shot", action="store_true", help="segment with the parent as it is")
    run.add_argument(
        "--budgets", type=_numbers, default=(), help="also segment after so many steps, as in 25,50"
    )
    run.add_argument("--jobs", type=positive, default=1, help="videos at a time, each in its own process")
    run.add_argument("--record", type=Path, help="write the ledger's row to this JSON file")
    run.add_argument("--note", default="", help="for the ledger's row")
    run.add_argument("--crf", action="store_true", help="MaskTrack: also refine by a dense CRF")
    add_method_options(run)
    add_data_options(run, split="val")
    add_device_options(run)
    run.set_defaults(run=_run)


def _numbers(text: str) -> tuple[int, ...]:
    if not all(part.isdigit() for part in text.split(",")):
        raise argparse.ArgumentTypeError(f"{text!r} (expected numbers with commas between them)")
    return tuple(int(part) for part in text.split(","))


def _run(options: argparse.Namespace) -> int:
    from vostut.benchmark import evaluate, score_table
    from vostut.benchmark.ledger import ledger_row, write_row
    from vostut.benchmark.probabilities import make_masks
    from vostut.benchmark.runs import RunPlan, run_method
    from vostut.datasets import davis2016
    from vostut.methods.several import one_by_one

    if options.crf and options.method != "masktrack":
        raise DataError("--crf: a part of MaskTrack (expected with masktrack only)")
    parent, config = _recipe(options)
    dataset = make_dataset(options)
    several = options.dataset == "davis2017"
    objects = one_by_one(dataset) if several else dataset
    where = {"device": options.device, "precision": options.precision, "threads": options.threads}
    flow = options.flow if options.method == "masktrack" else None
    plan = RunPlan(parent, config, options.budgets, flow or "", **where)
    folder = run_method(plan, objects, options.out, options.jobs)
    stable = None
    if options.dataset == "davis2016":
        stable = [s.name for s in davis2016.SEQUENCES.values() if s.stable]
    metrics = ("J", "F") if several else ("J", "F", "T")
    threshold, snapping = getattr(config, "threshold", 0.5), getattr(config, "snapping", None)
    for suffix, source, name, rule, words in _variants(options, threshold, snapping):
        masks = make_masks(folder, dataset, rule, name, source, several, options.jobs)
        score = evaluate(masks, dataset, metrics=metrics, several=several, stable=stable, jobs=options.jobs)
        print(f"{folder.name}{suffix}\n{score_table(score)}\n")
        if options.record:
            title = options.record.stem + suffix
            command, note = shlex.join(["vostut", *sys.argv[1:]]), options.note + words
            row = ledger_row(title, folder, objects, score, command, note, source)
            print(f"wrote {write_row(row, options.record.with_name(f'{title}.json'))}")
    return 0


def _recipe(options: argparse.Namespace) -> tuple[Path | None, OSVOSConfig | MaskTrackConfig | Baseline]:
    from vostut.methods.baselines import Baseline

    if options.method not in BASELINES:
        return make_config(options)
    if options.method == "copy" and options.flow:
        raise DataError("--flow: copying needs none (expected with warp and masktrack only)")
    return None, Baseline(options.method, options.flow or "dis")


class _Variant(NamedTuple):
    """One set of masks that is made from a run's probabilities."""

    suffix: str  # of the row's name
    source: str  # of the probabilities
    name: str  # of the masks' folder
    rule: Rule
    words: str  # for the note


def _variants(options: argparse.Namespace, threshold: float, snapping: Snapping | None) -> Iterator[_Variant]:
    from vostut.benchmark.probabilities import by_crf, by_snapping, by_threshold

    usual = by_threshold(threshold)
    yield _Variant("", "probabilities", "masks", usual, "")
    contours = make_contours(options)
    if contours:
        rule = by_snapping(contours, snapping)
        yield _Variant("-snapped", "probabilities", "snapped", rule, ", snapped to contours")
    flow = f", with {options.flow.upper()} flow" if options.flow and options.method == "masktrack" else ""
    if flow:
        yield _Variant("-flow", "probabilities-flow", "masks", usual, flow)
    if options.crf:
        crf = by_crf(threshold)
        yield _Variant("-crf", "probabilities", "crf", crf, ", with a dense CRF")
        if flow:
            yield _Variant("-flow-crf", "probabilities-flow", "crf", crf, f"{flow} and a dense CRF")
    for n in options.budgets:
        yield _Variant(f"-budget-{n}", f"probabilities-after-{n}", "masks", usual, f", {n} steps")
