"""``vostut run``: segment and score a whole data set, and keep what came out."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from vostut.cli.options import (
    METHODS,
    add_data_options,
    add_device_options,
    add_method_options,
    make_config,
    make_contours,
    make_dataset,
)
from vostut.cli.scoring import positive


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    run = commands.add_parser("run", help="segment and score a whole data set")
    run.add_argument("method", choices=METHODS)
    run.add_argument("--out", type=Path, required=True, help="folder of the run; one that exists is resumed")
    run.add_argument("--no-one-shot", action="store_true", help="segment with the parent as it is")
    run.add_argument(
        "--budgets", type=_numbers, default=(), help="also segment after so many steps, as in 25,50"
    )
    run.add_argument("--jobs", type=positive, default=1, help="videos at a time, each in its own process")
    run.add_argument("--record", type=Path, help="write the ledger's row to this JSON file")
    run.add_argument("--note", default="", help="for the ledger's row")
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

    parent, config = make_config(options)
    dataset = make_dataset(options)
    where = {"device": options.device, "precision": options.precision, "threads": options.threads}
    plan = RunPlan(parent, config, options.budgets, options.flow or "", **where)
    folder = run_method(plan, dataset, options.out, options.jobs)
    contours = make_contours(options)
    stable = None
    if options.dataset == "davis2016":
        stable = [s.name for s in davis2016.SEQUENCES.values() if s.stable]
    for suffix, source, snapped, words in _variants(options):
        find = contours if snapped else None
        snapping = getattr(config, "snapping", None)  # MaskTrack has none
        masks = make_masks(folder, dataset, config.threshold, find, snapping, source, jobs=options.jobs)
        score = evaluate(masks, dataset, stable=stable, jobs=options.jobs)
        print(f"{folder.name}{suffix}\n{score_table(score)}\n")
        if options.record:
            name = options.record.stem + suffix
            command, note = shlex.join(["vostut", *sys.argv[1:]]), options.note + words
            row = ledger_row(name, folder, dataset, score, command, note, source)
            print(f"wrote {write_row(row, options.record.with_name(f'{name}.json'))}")
    return 0


def _variants(options: argparse.Namespace) -> Iterator[tuple[str, str, bool, str]]:
    """(suffix of the row's name, source of the masks, whether to snap, words for the note)."""
    yield "", "probabilities", False, ""
    if options.contours:
        yield "-snapped", "probabilities", True, ", snapped to contours"
    if options.flow:
        yield "-flow", "probabilities-flow", False, f", with {options.flow.upper()} flow"
    for n in options.budgets:
        yield f"-budget-{n}", f"probabilities-after-{n}", False, f", {n} steps"
