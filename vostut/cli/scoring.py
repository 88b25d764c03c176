"""``vostut evaluate`` and ``vostut leaderboard``: masks in, scores out."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from vostut.cli.numbers import positive

if TYPE_CHECKING:
    from vostut.evaluation import Score

METRICS = ("J", "F", "T")
CONVENTIONS = ("matlab", "paper")


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the commands to the parser."""
    evaluate = commands.add_parser("evaluate", help="score a folder or zip of masks")
    evaluate.add_argument("results", type=Path, help="a folder or .zip of <sequence>/<frame>.png")
    evaluate.add_argument("--out", type=Path, help="also write the scores to this JSON file")
    add_scoring_options(evaluate)
    evaluate.set_defaults(run=_evaluate)

    board = commands.add_parser("leaderboard", help="score many methods beside their official numbers")
    board.add_argument(
        "results", type=Path, nargs="+", help="folders or .zip files, or a folder of .zip files"
    )
    board.add_argument("--out", type=Path, help="also write all scores to this JSON file")
    add_scoring_options(board)
    board.set_defaults(run=_leaderboard)


def add_scoring_options(parser: argparse.ArgumentParser) -> None:
    """The options that say what to score, and against what."""
    add = parser.add_argument
    add("--davis", type=Path, metavar="ROOT", help="the data set's folder (default: the variable DAVIS)")
    add("--dataset", default="davis2016", help="davis2016 (default), davis2017, gygo, cutouts or layout")
    add("--split", default="val", help="which split (default: val)")
    add("--resolution", help="folder below JPEGImages (default: the data set's usual one)")
    add("--metrics", type=_metrics, help="comma-separated (default: J,F,T; J,F for davis2017)")
    add("--convention", choices=CONVENTIONS, default="matlab", help="how T begins (default: matlab)")
    add("--no-frames", action="store_true", help="write no values per frame to the JSON file")
    add("--jobs", type=positive, default=os.cpu_count() or 1, help="processes (default: one a core)")


def _metrics(text: str) -> tuple[str, ...]:
    chosen = tuple(text.upper().split(","))
    if not chosen or not set(chosen) <= set(METRICS):
        raise argparse.ArgumentTypeError(f"{text!r} (expected some of J,F,T)")
    return tuple(m for m in METRICS if m in chosen)


def score(results: Path, options: argparse.Namespace) -> Score:
    """Score saved masks as the options say."""
    from vostut.data import open_dataset
    from vostut.evaluation import evaluate

    dataset = open_dataset(options.dataset, options.davis, options.split, options.resolution)
    return evaluate(
        results,
        dataset,
        metrics=options.metrics or (("J", "F") if dataset.several else METRICS),
        convention=options.convention,
        jobs=options.jobs,
    )


def _evaluate(options: argparse.Namespace) -> int:
    from vostut.evaluation import score_table

    scored = score(options.results, options)
    print(score_table(scored))
    if options.out:
        write_json(options.out, scored.to_json(not options.no_frames))
    return 0


def _leaderboard(options: argparse.Namespace) -> int:
    from vostut.evaluation import leaderboard_table

    scores = {source.stem: score(source, options) for source in _sources(options.results)}
    print(leaderboard_table(scores))
    if options.out:
        frames = not options.no_frames
        write_json(options.out, {name: scored.to_json(frames) for name, scored in scores.items()})
    return 0


def _sources(given: list[Path]) -> list[Path]:
    """A folder that holds zip files stands for those; anything else for itself."""
    sources: list[Path] = []
    for path in given:
        zips = sorted(path.glob("*.zip")) if path.is_dir() else []
        sources += zips or [path]
    return sources


def write_json(path: Path, data: dict) -> None:
    """Write a JSON file, whole or not at all, and say so."""
    from vostut.files import write_atomically

    write_atomically(path, (json.dumps(data, indent=1, allow_nan=False) + "\n").encode())
    print(f"wrote {path}")
