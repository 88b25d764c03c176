"""Notebooks for a class: the student's with room for answers, the instructor's with the answers as cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from course.notebooks import notebook
from course.plain import FENCE, OPTION, Places
from course.source import Chapter

PROGRAM = re.compile(r"```python\n(.*?)```", re.DOTALL)
STUB = "# Your answer\n"


def class_notebook(
    chapter: Chapter, places: Places, values: Mapping[str, str], solved: bool
) -> nbformat.NotebookNode:
    """A chapter for a class.

    Args:
        chapter: its source.
        places: of all labels of the book.
        values: of its ``glue`` roles.
        solved: answers as text and cells to run, for the instructor; otherwise an empty cell below each
            exercise.
    """
    cells = list(_split(chapter.cells, solved))
    return notebook(replace(chapter, cells=cells), places, values)


def _split(cells: Iterable[nbformat.NotebookNode], solved: bool) -> Iterator[nbformat.NotebookNode]:
    """Put each exercise and what belongs below it into cells of their own."""
    for cell in cells:
        if cell.cell_type != "markdown":
            yield cell
            continue
        end = 0
        for match in FENCE.finditer(cell.source):
            if match[2] != "solution":
                continue
            yield new_markdown_cell(cell.source[end : match.start()])
            end = match.end()
            yield from _answer(OPTION.sub("", match[4])) if solved else [new_code_cell(STUB)]
        if rest := cell.source[end:].strip():
            yield new_markdown_cell(rest)


def _answer(text: str) -> Iterator[nbformat.NotebookNode]:
    """A solution's text and programs, in turns."""
    for number, part in enumerate(PROGRAM.split(text)):
        if not part.strip():
            continue
        yield new_code_cell(part.strip()) if number % 2 else new_markdown_cell(part.strip())
