"""All tables: of scores, as the command line prints them, and of anything as text, Markdown or HTML."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from vostut.evaluation.official import OFFICIAL_VAL
from vostut.evaluation.scores import Score
from vostut.metrics import Statistics

HEADINGS = ("mean", "recall", "decay")


def score_table(score: Score) -> str:
    """One row a sequence and a last row for all, as aligned text."""
    header = ["sequence", *_labels(score.metrics)]
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
    notes += [score.protocol] if score.protocol else []
    return text + "\n\n" + " ".join(notes)


def leaderboard_table(scores: Mapping[str, Score], official: bool = True) -> str:
    """One row a method, best first by J, else F, else T.

    Args:
        scores: by method.
        official: they are of DAVIS-2016 val, so the official value belongs behind each of ours.
    """
    rows: list[list[str]] = []
    header = ["method"]
    for name, score in sorted(scores.items(), key=lambda item: _rank(item[1])):
        row = OFFICIAL_VAL.get(name) if official else None
        ours = _summary(score)
        theirs = _official(name, score.metrics) if row else ["-"] * len(ours)
        cells = (cell for pair in zip(ours, theirs, strict=True) for cell in pair)
        rows.append([row.title if row else name, *cells])
        header = ["method"] + [cell for label in _labels(score.metrics) for cell in (label, "official")]
    return align([header, *rows])


def _rank(score: Score) -> float:
    """Smaller is better; a T that is not defined comes last."""
    first = score.metrics[0]
    value = score.stability() if first == "T" else -score.statistics(first).mean
    return math.inf if math.isnan(value) else value


def official_csv(score: Score) -> dict[str, str]:
    """The two files that the official DAVIS-2017 evaluation writes, by name.

    Raises:
        ValueError: J or F was not computed.
    """
    j, f = score.statistics("J"), score.statistics("F")
    head = "J&F-Mean,J-Mean,J-Recall,J-Decay,F-Mean,F-Recall,F-Decay"
    row = _csv_row([(j.mean + f.mean) / 2, *j, *f])
    lines = [
        f"{name},{_csv_row([s.statistics('J').mean, s.statistics('F').mean])}"
        for name, s in score.sequences.items()
    ]
    return {
        f"global_results-{score.split}.csv": f"{head}\n{row}\n",
        f"per-sequence_results-{score.split}.csv": "\n".join(["Sequence,J-Mean,F-Mean", *lines, ""]),
    }


def _csv_row(values: Sequence[float]) -> str:
    return ",".join(f"{value:.3f}" for value in values)


def align(rows: Sequence[Sequence[object]]) -> str:
    """Rows of cells as text: the first column to the left, the others to the right, a rule below the head."""
    sides = ("left", *["right"] * (len(rows[0]) - 1))
    return _tabulate(rows[0], rows[1:], sides, "simple")


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[object]], left: Sequence[int] = (0,)) -> str:
    """Rows of cells as Markdown; the columns with a number in ``left`` to the left, the others to the right.

    Cells are Markdown, in which a vertical bar is escaped.
    """
    sides = ["left" if i in left else "right" for i in range(len(head))]
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return _tabulate(head, cells, sides, "pipe")


def html_table(
    head: Sequence[str], rows: Sequence[Sequence[object]], *, classes: str = "", caption: str = ""
) -> str:
    """Rows of cells as HTML; how they are aligned is left to the style sheet.

    Args:
        head: headings, as HTML.
        rows: cells, as HTML; text of others has been through :func:`html.escape`.
        classes: names for the style sheet.
        caption: shown with the table, as text.
    """
    import html

    text = _tabulate(head, rows, ["left"] * len(head), "unsafehtml")
    top = f'<table class="{classes}">' if classes else "<table>"
    top += f"<caption>{html.escape(caption)}</caption>" if caption else ""
    text = re.sub(r" +(?=</t[dh]>)", "", text)  # tabulate pads the cells
    return text.replace("<table>", top, 1).replace("<th>", '<th scope="col">')


def _tabulate(
    head: Sequence[object], rows: Sequence[Sequence[object]], sides: Sequence[str], form: str
) -> str:
    from tabulate import tabulate  # worker processes, which print nothing, start sooner without it

    return tabulate(rows, head, tablefmt=form, disable_numparse=True, colalign=sides if rows else None)


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
