"""The chapters, as the table of contents lists them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jupytext
import yaml
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"


@dataclass(frozen=True)
class Chapter:
    """One chapter.

    Attributes:
        name: of its file, without the ending.
        number: in the book, from 1.
        cells: Markdown (MyST) and code, in order.
    """

    name: str
    number: int
    cells: list[NotebookNode]

    @property
    def title(self) -> str:
        """Its heading."""
        return self.cells[0].source.splitlines()[0].removeprefix("# ")


def repository() -> str:
    """The project's address, which ``_config.yml`` states and nobody else."""
    return str(yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"])


def chapter_names() -> list[str]:
    """The numbered chapters, in order."""
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    return [chapter["file"] for part in parts if part.get("numbered") for chapter in part["chapters"]]


def read_chapter(name: str) -> Chapter:
    """Read a chapter from the book."""
    notebook = jupytext.read(BOOK / f"{name}.md")
    return Chapter(name, chapter_names().index(name) + 1, notebook.cells)
