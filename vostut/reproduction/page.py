"""A reproduction as one page: what came out beside what was published. Chapter 7."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vostut.evaluation.official import OFFICIAL_VAL
from vostut.evaluation.tables import html_table, markdown_table
from vostut.files import write_atomically

PUBLISHED = {"OSVOS": "osvos", "MaskTrack": "msk"}
"""A method's key in the official table."""

HEAD = ("", "videos", "J mean", "F mean", "T", "minutes")
BY_VIDEO = "Video by video"
ALT = "Mean J of each video, for each method"

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
body {{ font: 16px/1.6 system-ui, sans-serif; color: #1f2937;
  max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; }}
th, td {{ padding: .3rem .8rem; border-bottom: 1px solid #e5e7eb; text-align: right; }}
th:first-child, td:first-child {{ text-align: left; }}
img {{ max-width: 100%; }}  code {{ overflow-wrap: anywhere; }}
</style></head><body>
{body}
</body></html>
"""


def write_page(
    rows: Sequence[Mapping[str, Any]], failures: Sequence[str], command: str, out: Path
) -> tuple[Path, Path]:
    """Write ``report.md`` and ``report.html``, the figures inside.

    Args:
        rows: of the ledger.
        failures: what did not work, a message each.
        command: that made it all.
        out: the folder.

    Returns:
        The two files.
    """
    data = rows[0]["data"] if rows else "nothing"
    title = f"Reproduction on {data}"
    picture = base64.b64encode(_dots(rows)).decode() if rows else ""
    body = _html(title, rows, failures, command, picture)
    page = PAGE.format(title=html.escape(title), body=body)
    for name, content in (
        ("report.md", _markdown(title, rows, failures, command, picture)),
        ("report.html", page),
    ):
        write_atomically(out / name, content.encode())
    return out / "report.md", out / "report.html"


def _markdown(
    title: str, rows: Sequence[Mapping[str, Any]], failures: Sequence[str], command: str, picture: str
) -> str:
    parts = [f"# {title}", f"`{command}`", markdown_table(HEAD, _results(rows, "**{}**".format))]
    if failures:
        parts += [f"## {len(failures)} failed", *(f"- {failure}" for failure in failures)]
    if rows:
        parts += [f"## {BY_VIDEO}", f"![{ALT}](data:image/png;base64,{picture})"]
        parts += [markdown_table(*_sequences(rows))]
    return "\n\n".join(parts) + "\n"


def _html(
    title: str, rows: Sequence[Mapping[str, Any]], failures: Sequence[str], command: str, picture: str
) -> str:
    parts = [f"<h1>{html.escape(title)}</h1>", f"<p><code>{html.escape(command)}</code></p>"]
    parts += [html_table(HEAD, _results(rows, "<strong>{}</strong>".format, html.escape))]
    if failures:
        items = "\n".join(f"<li>{html.escape(failure)}</li>" for failure in failures)
        parts += [f"<h2>{len(failures)} failed</h2>", f"<ul>\n{items}\n</ul>"]
    if rows:
        parts += [f"<h2>{BY_VIDEO}</h2>", f'<p><img src="data:image/png;base64,{picture}" alt="{ALT}"></p>']
        parts += [html_table(*_sequences(rows, html.escape))]
    return "\n".join(parts)


def _results(
    rows: Sequence[Mapping[str, Any]], bold: Callable[[str], str], clean: Callable[[str], str] = str
) -> list[list[str]]:
    """The results, each method below its published row; percent."""
    cells, shown = [], set()
    for row in rows:
        method, score = row["method"], row["score"]
        key = PUBLISHED.get(method)
        if key and row["data"] == "DAVIS-2016 val" and method not in shown:
            official = OFFICIAL_VAL[key]
            values = [f"{100 * v:.1f}" for v in (official.J.mean, official.F.mean, official.T)]
            cells.append([bold(f"{method}, published"), "20", *values, ""])
            shown.add(method)
        values = [f"{100 * score[m]['mean']:.1f}" if score.get(m) else "" for m in "JFT"]
        minutes = f"{row['seconds']['all videos'] / 60:.1f}"
        cells.append([clean(row["note"]), str(len(score["sequences"])), *values, minutes])
    return cells


def _sequences(
    rows: Sequence[Mapping[str, Any]], clean: Callable[[str], str] = str
) -> tuple[list[str], list[list[str]]]:
    """The head and the rows of a table with the J of each video."""
    cells = []
    for name in sorted({name for row in rows for name in row["score"]["sequences"]}):
        values = [row["score"]["sequences"].get(name) for row in rows]
        cells.append([clean(name), *(f"{100 * v['J']['mean']:.1f}" if v else "" for v in values)])
    return ["J", *(clean(row["name"]) for row in rows)], cells


def _dots(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A PNG: one line a video, one dot a method."""
    from matplotlib.figure import Figure

    from vostut.plot.style import CYCLE

    names = sorted({name for row in rows for name in row["score"]["sequences"]})
    figure = Figure(figsize=(8, 1.2 + 0.28 * len(names)), layout="constrained")
    ax = figure.subplots()
    for i, row in enumerate(rows):
        values = [row["score"]["sequences"].get(n, {}).get("J", {}).get("mean", np.nan) for n in names]
        ax.scatter(values, range(len(names)), s=26, color=CYCLE[i % len(CYCLE)], label=row["note"])
    ax.set_yticks(range(len(names)), names)
    ax.set(xlim=(0, 1), xlabel="J")
    ax.grid(color="#E5E7EB")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2, frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150)
    return buffer.getvalue()
