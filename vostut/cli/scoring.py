"""``vostut evaluate`` and ``vostut leaderboard``: masks in, scores out."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vostut.cli.numbers import processes
from vostut.cli.options import path
from vostut.errors import DataError

if TYPE_CHECKING:
    from vostut.evaluation import Score
    from vostut.video import Dataset

METRICS = ("J", "F", "T")
CONVENTIONS = ("matlab", "paper")


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the commands to the parser."""
    evaluate = commands.add_parser("evaluate", help="score a folder or zip of masks")
    evaluate.add_argument("results", type=path, help="a folder or .zip of <sequence>/<frame>.png")
    evaluate.add_argument("--out", type=path, help="also write the scores to this JSON file")
    evaluate.add_argument(
        "--csv", type=path, metavar="FOLDER", help="also write the two tables of the official evaluation"
    )
    add_scoring_options(evaluate)
    evaluate.set_defaults(run=_evaluate)

    board = commands.add_parser("leaderboard", help="score many methods beside their official numbers")
    board.add_argument(
        "results", type=path, nargs="+", help="folders or .zip files, or a folder of .zip files"
    )
    board.add_argument("--out", type=path, help="also write all scores to this JSON file")
    add_scoring_options(board)
    board.set_defaults(run=_leaderboard)


def add_scoring_options(parser: argparse.ArgumentParser) -> None:
    """The options that say what to score, and against what."""
    add = parser.add_argument
    add("--davis", type=path, metavar="ROOT", help="the data set's folder (default: the variable DAVIS)")
    add("--dataset", default="davis2016", help="davis2016 (default), davis2017, gygo, cutouts or layout")
    add("--split", default="val", help="which split (default: val)")
    add("--resolution", help="folder below JPEGImages (default: the data set's usual one)")
    add("--metrics", type=_metrics, help="comma-separated (default: J,F,T; J,F for davis2017)")
    add("--convention", choices=CONVENTIONS, default="matlab", help="how T begins (default: matlab)")
    add("--no-frames", action="store_true", help="write no values per frame to the JSON file")
    add("--jobs", type=processes, default=os.cpu_count() or 1, help="processes (default: one a core)")
    objects = parser.add_mutually_exclusive_group()
    add = objects.add_argument
    add("--several", action="store_true", help="score each object id on its own (layout, cutouts)")
    add("--merge", action="store_true", help="take all objects of a mask as one")
    add("--unsupervised", action="store_true", help="match proposals and objects (davis2017, layout)")
    parser.add_argument("--strict", action="store_true", help="refuse what is otherwise only remarked on")


def _metrics(text: str) -> tuple[str, ...]:
    chosen = tuple(text.upper().split(","))
    if not chosen or not set(chosen) <= set(METRICS):
        raise argparse.ArgumentTypeError(f"{text!r} (expected some of J,F,T)")
    return tuple(m for m in METRICS if m in chosen)


def score(results: Path, options: argparse.Namespace) -> Score:
    """Score saved masks as the options say, and print on standard error what is to be remarked."""
    from vostut.evaluation import evaluate

    dataset = _dataset(options)
    scored = evaluate(
        results,
        dataset,
        metrics=options.metrics or default_metrics(dataset),
        convention=options.convention,
        jobs=options.jobs,
        merge=options.merge,
        unsupervised=options.unsupervised,
        strict=options.strict,
    )
    for remark in scored.remarks:
        print(f"vostut: {results}: {remark}", file=sys.stderr)
    return scored


def _dataset(options: argparse.Namespace) -> Dataset:
    from vostut.data import open_dataset

    chosen = {name: getattr(options, name) for name in ("several", "merge", "unsupervised")}
    return open_dataset(options.dataset, options.davis, options.split, options.resolution, **chosen)


def default_metrics(dataset: Dataset) -> tuple[str, ...]:
    """J, F and T; T only for one object, in videos that have a mask for each frame."""
    from vostut.evaluation.scoring import is_sparse

    return METRICS[:2] if dataset.several or any(map(is_sparse, dataset.values())) else METRICS


def _evaluate(options: argparse.Namespace) -> int:
    from vostut.evaluation import official_csv, score_table
    from vostut.files import write_atomically, write_json

    if options.csv and options.metrics and not {"J", "F"} <= set(options.metrics):
        raise DataError(f"--csv: the official tables have J and F (expected both in --metrics {METRICS})")
    scored = score(options.results, options)
    data = scored.to_json(not options.no_frames)
    if attributes := scored.by_attribute():
        data["attributes"] = attributes
    try:
        written = [write_json(options.out, data)] if options.out else []
        for name, text in official_csv(scored).items() if options.csv else ():
            write_atomically(options.csv / name, text.encode())
            written.append(options.csv / name)
    finally:  # what cannot be written can still be read
        print(score_table(scored))
    _say(written)
    return 0


def _leaderboard(options: argparse.Namespace) -> int:
    from vostut.evaluation import leaderboard_table
    from vostut.files import write_json

    sources, scores, failed = _sources(options.results), {}, 0
    for name, source in sources.items():
        try:
            scores[name] = score(source, options)
        except DataError as error:  # the others' scores are not lost
            print(f"vostut: {error}", file=sys.stderr)
            failed += 1
    frames = not options.no_frames
    data = {name: scored.to_json(frames) for name, scored in scores.items()}
    try:
        written = [write_json(options.out, data)] if options.out and scores else []
    finally:
        if scores:
            print(leaderboard_table(scores, (options.dataset, options.split) == ("davis2016", "val")))
    _say(written)
    return 2 if failed else 0


def _sources(given: list[Path]) -> dict[str, Path]:
    """What to score, by the method's name. A folder that holds zip files stands for those.

    Raises:
        DataError: two have one name.
    """
    from vostut.evaluation.saved import name_of

    sources: dict[str, Path] = {}
    for one in given:
        zips = sorted(p for p in one.iterdir() if p.suffix.lower() == ".zip") if one.is_dir() else []
        for source in zips or [one]:
            other = sources.setdefault(name_of(source), source)
            if other != source:
                raise DataError(f"{source}: called like {other} (expected a name of its own for each method)")
    return sources


def _say(written: list[Path]) -> None:
    for file in written:
        print(f"wrote {file}")
