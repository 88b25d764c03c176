"""A reproduction as one page: what came out beside what was published. Chapter 6."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vostut.benchmark.official import OFFICIAL_VAL
from vostut.images import write_atomically

PUBLISHED = {"OSVOS": "osvos", "MaskTrack": "msk"}
"""A method's key in the official table."""

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
    from markdown_it import MarkdownIt

    data = rows[0]["data"] if rows else "nothing"
    title = f"Reproduction on {data}"
    parts = [f"# {title}", f"`{command}`", _table(rows)]
    if failures:
        parts += [f"## {len(failures)} failed", *(f"- {failure}" for failure in failures)]
    if rows:
        picture = base64.b64encode(_dots(rows)).decode()
        parts += [
            "## Video by video",
            f"![Mean J of each video, for each method](data:image/png;base64,{picture})",
        ]
        parts += [_sequences(rows)]
    text = "\n\n".join(parts) + "\n"
    html = PAGE.format(title=title, body=MarkdownIt().enable("table").render(text))
    for name, content in (("report.md", text), ("report.html", html)):
        write_atomically(out / name, content.encode())
    return out / "report.md", out / "report.html"


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The results, each method below its published row; percent."""
    lines = ["| | videos | J mean | F mean | T | minutes |", "|---|--:|--:|--:|--:|--:|"]
    shown = set()
    for row in rows:
        method, score = row["method"], row["score"]
        key = PUBLISHED.get(method)
        if key and row["data"] == "DAVIS-2016 val" and method not in shown:
            official = OFFICIAL_VAL[key]
            values = " | ".join(f"{100 * v:.1f}" for v in (official.J.mean, official.F.mean, official.T))
            lines.append(f"| **{method}, published** | 20 | {values} | |")
            shown.add(method)
        cells = [f"{100 * score[m]['mean']:.1f}" if score.get(m) else "" for m in "JFT"]
        minutes = row["seconds"]["all videos"] / 60
        lines.append(f"| {row['note']} | {len(score['sequences'])} | {' | '.join(cells)} | {minutes:.1f} |")
    return "\n".join(lines)


def _sequences(rows: Sequence[Mapping[str, Any]]) -> str:
    names = sorted({name for row in rows for name in row["score"]["sequences"]})
    lines = ["| J | " + " | ".join(row["name"] for row in rows) + " |", "|---" + "|--:" * len(rows) + "|"]
    for name in names:
        values = [row["score"]["sequences"].get(name) for row in rows]
        cells = [f"{100 * v['J']['mean']:.1f}" if v else "" for v in values]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


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
