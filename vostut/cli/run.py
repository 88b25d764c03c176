"""``vostut run``: segment and score a whole data set, and keep what came out."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vostut.cli.numbers import positive
from vostut.cli.options import (
    BASELINES,
    METHODS,
    add_data_options,
    add_device_options,
    add_method_options,
    make_contours,
    make_dataset,
    make_motion_network,
    make_recipe,
)
from vostut.errors import DataError

if TYPE_CHECKING:
    from vostut.reproduction.runs import RunPlan


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
    from vostut.evaluation import score_table
    from vostut.learning.several import one_by_one
    from vostut.masktrack.crf import require_crf
    from vostut.reproduction.ledger import ledger_row, write_row
    from vostut.reproduction.runs import run_method
    from vostut.reproduction.variants import score_variant, variants

    if options.crf and options.method != "masktrack":
        raise DataError("--crf: a part of MaskTrack (expected with masktrack only)")
    if options.crf:
        require_crf()
    contours = make_contours(options)
    plan = _plan(options)
    dataset = make_dataset(options)
    objects = one_by_one(dataset) if dataset.several else dataset
    folder = run_method(plan, objects, options.out, options.jobs)
    for variant in variants(plan, contours, options.crf):
        score = score_variant(folder, variant, dataset, options.jobs)
        print(f"{folder.name}{variant.suffix}\n{score_table(score)}\n")
        if options.record:
            title = options.record.stem + variant.suffix
            command, note = shlex.join(["vostut", *sys.argv[1:]]), options.note + variant.words
            made = (variant.source, variant.masks)
            row = ledger_row(title, folder, objects, score, command, note, *made)
            print(f"wrote {write_row(row, options.record.with_name(f'{title}.json'))}")
    return 0


def _plan(options: argparse.Namespace) -> RunPlan:
    from vostut.reproduction.runs import RunPlan

    where = {"device": options.device, "precision": options.precision, "threads": options.threads}
    if options.method in BASELINES:
        if options.method == "copy" and options.flow:
            raise DataError("--flow: copying needs none (expected with warp and masktrack only)")
        return RunPlan(options.method, flow=options.flow or "dis", **where)
    network, recipe = make_recipe(options)
    motion = make_motion_network(options, network)
    return RunPlan(options.method, network, recipe, options.budgets, options.flow or "", motion, **where)
