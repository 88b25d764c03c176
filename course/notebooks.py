"""The notebooks that Colab and Binder open: each chapter's text and code, in plain Markdown, without outputs.

They stand beside the chapters in ``book/`` and are committed, because Colab reads nothing else. The numbers
in their text are those of the book that was built on the embedded data, and are kept in the notebook's
metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from pybtex.database import BibliographyData, parse_file

from course.plain import Places, Writer, find_places
from course.source import BOOK, Chapter, chapter_names, read_chapter, repository

SETUP = """\
# Fetches the book and installs its package, unless they are there. NumPy and PyTorch stay as they are.
import importlib.util
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ADDRESS = os.environ.get("VOSTUT_REPOSITORY", "{address}")
book = Path.cwd() if Path("_data").is_dir() else Path("vostut-book/book").absolute()
if not book.is_dir():
    subprocess.run(["git", "clone", "-q", "--depth", "1", ADDRESS, book.parent], check=True)
if importlib.util.find_spec("vostut") is None:
    kept = []
    for name in ("numpy", "torch", "torchvision"):
        try:
            kept.append(f"{{name}}=={{version(name)}}")
        except PackageNotFoundError:
            pass
    Path("kept.txt").write_text("\\n".join(kept))
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "-c", "kept.txt", book.parent], check=True)
    importlib.invalidate_caches()
os.chdir(book)
%matplotlib inline"""


@cache
def library() -> BibliographyData:
    """The book's references."""
    return parse_file(BOOK / "references.bib")


def notebook(
    chapter: Chapter, places: Places, values: Mapping[str, str], solutions: bool = True
) -> nbformat.NotebookNode:
    """A chapter as a notebook.

    Args:
        chapter: its source.
        places: of all labels of the book.
        values: of its ``glue`` roles.
        solutions: whether they are written, folded away.
    """
    writer = Writer(chapter.name, places, values, library(), solutions)
    cells = [new_code_cell(SETUP.format(address=repository()))]
    for number, cell in enumerate(chapter.cells):
        if cell.cell_type == "markdown":
            text = writer.text(cell.source)
            if text:
                cells.append(new_markdown_cell(text))
        else:
            cells.append(_code(cell))
            cells += _caption(cell, writer, places)
        if number == 0:
            cells[0], cells[1] = cells[1], cells[0]
    for number, cell in enumerate(cells):
        cell.id = f"{chapter.name}-{number}"
    about = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
        "vostut": {"values": dict(values)},
    }
    return new_notebook(cells=cells, metadata=about)


def _code(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A cell; what the book folds away is folded here, too."""
    tags = cell.metadata.get("tags", [])
    if not {"hide-input", "remove-input", "remove-cell"} & set(tags):
        return new_code_cell(cell.source)
    folded = {"jupyter": {"source_hidden": True}, "cellView": "form"}
    return new_code_cell("#@title Code\n" + cell.source, metadata=folded)


def _caption(cell: nbformat.NotebookNode, writer: Writer, places: Places) -> list[nbformat.NotebookNode]:
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if "caption" not in figure:
        return []
    number = places.words[figure["name"]]
    return [new_markdown_cell(f'<a id="{figure["name"]}"></a>**{number}.** {writer.text(figure["caption"])}')]


def path_of(name: str) -> Path:
    """Where the notebook of a chapter stands."""
    return BOOK / f"{name}.ipynb"


def all_chapters() -> tuple[list[Chapter], Places]:
    """The chapters and their labels."""
    chapters = [read_chapter(name) for name in chapter_names()]
    return chapters, find_places(chapters)


def write_notebooks() -> None:
    """Write the notebook of every chapter from its source and from the built book."""
    from course.values import built_values

    chapters, places = all_chapters()
    for chapter in chapters:
        nbformat.write(notebook(chapter, places, built_values(chapter)), path_of(chapter.name))
