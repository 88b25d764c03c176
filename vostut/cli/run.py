"""``vostut run``: segment and score a whole data set, and keep what came out."""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import TYPE_CHECKING

from vostut.cli.numbers import processes, several_positive
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
    path,
)
from vostut.errors import DataError

if TYPE_CHECKING:
    from vostut.reproduction.runs import RunPlan


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    run = commands.add_parser("run", help="segment and score a whole data set")
    run.add_argument("method", choices=(*METHODS, *BASELINES))
    run.add_argument("--out", type=path, required=True, help="folder of the run; one that exists is resumed")
    run.add_argument("--no-one-shot", action="store_true", help="segment with the parent as it is")
    run.add_argument(
        "--budgets", type=several_positive, default=(), help="also segment after so many steps, as in 25,50"
    )
    run.add_argument("--jobs", type=processes, default=1, help="videos at a time, each in its own process")
    run.add_argument("--record", type=path, help="write the ledger's row to this JSON file")
    run.add_argument("--note", default="", help="for the ledger's row")
    run.add_argument(
        "--chosen-on", default="", help="likewise: where the recipe was chosen, as in 'DAVIS-2016 train-6'"
    )
    run.add_argument("--crf", action="store_true", help="MaskTrack: also refine by a dense CRF")
    add_method_options(run)
    add_data_options(run, split="val")
    add_device_options(run)
    run.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from vostut.evaluation import score_table
    from vostut.masktrack.crf import require_crf
    from vostut.reproduction.ledger import ledger_row, write_row
    from vostut.reproduction.runs import run_method, single_objects
    from vostut.reproduction.variants import score_variant, variants

    if options.crf and options.method != "masktrack":
        raise DataError("--crf: a part of MaskTrack (expected with masktrack only)")
    if options.crf:
        require_crf()
    contours = make_contours(options)
    plan = _plan(options)
    dataset = make_dataset(options)
    objects = single_objects(dataset)
    folder = run_method(plan, objects, options.out, options.jobs)
    for variant in variants(plan, contours, options.crf):
        score = score_variant(folder, variant, dataset, options.jobs)
        written = ""
        if options.record:
            title = options.record.stem + variant.suffix
            command, note = shlex.join(["vostut", *sys.argv[1:]]), options.note + variant.words
            made = (variant.source, variant.masks, options.chosen_on)
            row = ledger_row(title, folder, objects, score, command, note, *made)
            written = f"wrote {write_row(row, options.record.with_name(f'{title}.json'))}\n"
        print(f"{folder.name}{variant.suffix}\n{score_table(score)}\n{written}")
    return 0


def _plan(options: argparse.Namespace) -> RunPlan:
    from vostut.reproduction.runs import RunPlan

    where = {"device": options.device, "precision": options.precision, "threads": options.threads}
    if options.method in BASELINES:
        if options.method == "copy" and options.flow:
            raise DataError("--flow: copying needs none (expected with warp and masktrack only)")
        if options.budgets:
            raise DataError("--budgets: there is no fine-tuning (expected with osvos and masktrack only)")
        return RunPlan(options.method, flow=options.flow or "dis", **where)
    network, recipe = make_recipe(options)
    if options.budgets and options.online:
        raise DataError("--budgets: the network changes while the video runs (expected without --online)")
    if options.budgets and max(options.budgets) > recipe.steps:
        raise DataError(
            f"--budgets: {max(options.budgets)} (expected 1 to {recipe.steps}, the steps of fine-tuning)"
        )
    motion = make_motion_network(options, network)
    return RunPlan(options.method, network, recipe, options.budgets, options.flow or "", motion, **where)
