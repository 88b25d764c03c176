"""Scores as text: the tables that the command line prints."""

from __future__ import annotations

from collections.abc import Mapping

from vostut.benchmark.official import OFFICIAL_VAL
from vostut.benchmark.scores import Score
from vostut.metrics import Statistics

HEADINGS = ("mean", "recall", "decay")


def score_table(score: Score) -> str:
    """One row a sequence and a last row for all, as aligned text."""
    header = ["sequence"] + [f"{m} {h}" for m in score.metrics if m != "T" for h in HEADINGS]
    header += ["T"] if "T" in score.metrics else []
    rows = []
    for name, sequence in score.sequences.items():
        cells = [name]
        for metric in score.metrics:
            if metric == "T":
                counted = score.stable is None or name in score.stable
                cells.append(f"{sequence.stability(score.convention):.3f}" + ("" if counted else "*"))
            else:
                cells += _cells(sequence.statistics(metric))
        rows.append(cells)
    rows.append(["all", *_summary(score)])
    text = align([header, *rows])
    notes = [f"{score.split}: {score.n_sequences} sequences, {score.n_frames} frames scored."]
    if {"J", "F"} <= set(score.metrics):
        both = (score.statistics("J").mean + score.statistics("F").mean) / 2
        notes.append(f"J&F mean: {both:.3f}.")
    if "T" in score.metrics:
        notes.append(f"T: convention '{score.convention}', lower is better.")
        if score.stable is not None:
            notes.append("* not in the subset over which T is averaged.")
    return text + "\n\n" + " ".join(notes)


def leaderboard_table(scores: Mapping[str, Score]) -> str:
    """One row a method, the official value behind each of ours, best J first."""
    header = ["method"]
    rows = []
    for name, score in sorted(scores.items(), key=lambda item: -item[1].statistics("J").mean):
        official = OFFICIAL_VAL.get(name)
        ours = _summary(score)
        theirs = _official(name, score.metrics) if official else ["-"] * len(ours)
        rows.append(
            [
                official.title if official else name,
                *(cell for pair in zip(ours, theirs, strict=True) for cell in pair),
            ]
        )
        header = ["method"] + [cell for label in _labels(score.metrics) for cell in (label, "official")]
    return align([header, *rows])


def align(rows: list[list[str]]) -> str:
    """Rows of cells as text: the first column to the left, the others to the right, a rule below the head."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([lines[0], rule, *lines[1:]])


def _labels(metrics: tuple[str, ...]) -> list[str]:
    return [f"{m} {h}" for m in metrics if m != "T" for h in HEADINGS] + (["T"] if "T" in metrics else [])


def _summary(score: Score) -> list[str]:
    cells: list[str] = []
    for metric in score.metrics:
        cells += [f"{score.stability():.3f}"] if metric == "T" else _cells(score.statistics(metric))
    return cells


def _official(name: str, metrics: tuple[str, ...]) -> list[str]:
    row = OFFICIAL_VAL[name]
    cells: list[str] = []
    for metric in metrics:
        cells += [f"{row.T:.3f}"] if metric == "T" else _cells(getattr(row, metric))
    return cells


def _cells(statistics: Statistics) -> list[str]:
    return [f"{statistics.mean:.3f}", f"{statistics.recall:.3f}", f"{statistics.decay:.3f}"]
