"""``vostut choose``: hold runs of several recipes against each other, on training videos."""

from __future__ import annotations

import argparse

from vostut.cli.numbers import processes
from vostut.cli.options import add_data_options, make_contours, make_dataset, named, path
from vostut.errors import DataError


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    choose = commands.add_parser(
        "choose", help="score runs at every threshold, on training videos; never on those of the benchmark"
    )
    choose.add_argument("runs", nargs="+", type=path, help="folders that `vostut run --split train-6` wrote")
    choose.add_argument(
        "--contours", type=named, help="OSVOS: snap first, as in `vostut run`; at every pair of thresholds"
    )
    choose.add_argument("--record", type=path, help="write all of it to this JSON file")
    choose.add_argument("--jobs", type=processes, default=1, help="how many processes")
    add_data_options(choose, split="train-6")
    choose.set_defaults(run=_choose)


def _choose(options: argparse.Namespace) -> int:
    from vostut.evaluation.tables import align
    from vostut.files import write_json
    from vostut.reproduction.choosing import best, compare

    if "val" in options.split:
        raise DataError(
            f"--split {options.split}: what is chosen on the benchmark's videos flatters itself"
            " (expected training videos, such as train-6)"
        )
    dataset, contours = make_dataset(options), make_contours(options)
    rows = [row for run in options.runs for row in compare(run, dataset, contours, options.jobs)]
    head = [key for key in rows[0] if key != "J by sequence"]
    chosen = best(rows)
    lines = [[*(row[key] for key in head), "chosen" if row is chosen else ""] for row in rows]
    print(align([[*head, ""], *[[str(cell) for cell in line] for line in lines]]))
    if options.record:
        found = {"data": f"{dataset.name} {dataset.split}", "rows": rows, "chosen": chosen}
        print(f"wrote {write_json(options.record, found)}")
    return 0
