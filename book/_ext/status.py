"""The status page: what each chapter and each cell took when the book was executed.

The directive ``{chapter-status}`` leaves a mark, which is replaced when all chapters have been executed.
"""

from __future__ import annotations

import html
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

sys.path.insert(0, str(Path(__file__).parent))
from measure import key

BUDGETS = {
    "problem": 60,
    "datasets": 120,
    "metrics": 120,
    "osvos": 240,
    "masktrack": 240,
    "masktrack-results": 240,
    "reproduction": 120,
    "head-to-head": 240,
    "what-came-next": 180,
}
"""Seconds that a chapter may take on two cores; the build fails above."""

CORES = 2
SHOWN = (
    "torch",
    "torchvision",
    "numpy",
    "opencv-python-headless",
    "scikit-image",
    "matplotlib",
    "jupyter-book",
)
CELL = re.compile(r"```\{code-cell\} ipython3\n(.*?)\n```", re.DOTALL)


class Mark(nodes.General, nodes.Element):
    """Where the tables will stand."""


class ChapterStatus(SphinxDirective):
    """``{chapter-status}``."""

    def run(self) -> list[nodes.Node]:
        """Leave the mark."""
        return [Mark()]


def cells_of(chapter: Path) -> list[str]:
    """The code of a chapter's cells, without their options."""
    found = []
    for cell in CELL.findall(chapter.read_text(encoding="utf-8")):
        cell = re.sub(r"\A---\n.*?\n---\n", "", cell, flags=re.DOTALL)
        found.append(re.sub(r"\A(:\w[^\n]*\n)+", "", cell).strip())
    return found


def read_measured(path: Path) -> dict[str, dict[str, float]]:
    """The last measurement of each cell, by its key."""
    if not path.exists():
        return {}
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {row["cell"]: row for row in rows}


def measured_chapters(book: Path, log: Path) -> dict[str, list[tuple[str, dict[str, float]]]]:
    """For each chapter the code and the measurement of each of its cells that has been executed."""
    measured = read_measured(log)
    return {
        name: [(code, measured[key(code)]) for code in cells_of(book / f"{name}.md") if key(code) in measured]
        for name in BUDGETS
    }


def over_budget(book: Path, log: Path) -> list[str]:
    """A message for each chapter that needs more processor time than its budget has on two cores."""
    messages = []
    for name, cells in measured_chapters(book, log).items():
        spent = sum(row["processor seconds"] for _, row in cells)
        if spent > CORES * BUDGETS[name]:
            limit = f"{CORES * BUDGETS[name]} processor seconds"
            messages.append(f"{name}: {spent:.0f} processor seconds (expected at most {limit})")
    return messages


def page(book: Path, log: Path) -> Iterator[str]:
    """The tables as HTML."""
    from vostut.reproduction.hardware import describe_hardware

    about = describe_hardware()
    device = "GPU" if about["gpu"] else "CPU"
    data = "DAVIS-2016, real" if os.environ.get("DAVIS") else "the moving cutouts, embedded"
    machine = f"{device}: {about['gpu'] or about['processor']}, {about['cores']} cores"
    facts = {
        "Device": machine,
        "Data": data,
        "Python": about["python"],
        **{name: version(name) for name in SHOWN},
    }
    yield table(("What", "Value"), facts.items(), "What the chapters were executed on")
    rows, details = [], []
    for name, cells in measured_chapters(book, log).items():
        wall, cpu = (sum(row[k] for _, row in cells) for k in ("seconds", "processor seconds"))
        peak = max((row["peak MB"] for _, row in cells), default=0)
        link = f'<a href="{name}.html">{name}</a>'
        rows.append((link, len(cells), f"{wall:.0f}", f"{cpu:.0f}", CORES * BUDGETS[name], f"{peak:.0f}"))
        lines = [
            (i, title_of(code), f"{row['seconds']:.1f}", f"{row['peak MB']:.0f}")
            for i, (code, row) in enumerate(cells, start=1)
        ]
        inner = table(("Cell", "Begins with", "Seconds", "Peak MB"), lines, f"Cells of {name}")
        details.append(f"<details><summary>{name}, cell by cell</summary>{inner}</details>")
    head = ("Chapter", "Cells", "Seconds", "Processor seconds", "Budget of these", "Peak MB")
    yield table(head, rows, "What each chapter took")
    yield from details


def title_of(code: str) -> str:
    """A cell's first line that does something, shortened, as HTML."""
    lines = [line for line in code.splitlines() if line.strip() and not re.match(r"(import|from) ", line)]
    first = lines[0] if lines else code.splitlines()[0]
    short = first if len(first) <= 60 else first[:57] + "..."
    return f"<code>{html.escape(short)}</code>"


def table(head: tuple[str, ...], rows: Iterable[Sequence[object]], caption: str) -> str:
    """One table as HTML, which scrolls on its own where it is wider than the page."""
    from vostut.evaluation.tables import html_table

    text = html_table(head, list(rows), classes="docutils status", caption=caption)
    return f'<div class="wide">{text}</div>'


def fill(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Replace the mark."""
    log = os.environ.get("VOSTUT_CELLS", "")
    for mark in list(doctree.findall(Mark)):
        content = "\n".join(page(Path(app.srcdir), Path(log)))
        mark.replace_self(nodes.raw("", content, format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_node(Mark)
    app.add_directive("chapter-status", ChapterStatus)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
