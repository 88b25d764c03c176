"""The numbers that a built book prints in its text."""

from __future__ import annotations

import ast
import re

from jupyter_cache import get_cache
from nbformat import NotebookNode

from course.plain import ROLE
from course.source import BOOK, ROOT, Chapter

RECORD = "application/papermill.record/text/plain"


def built_values(chapter: Chapter) -> dict[str, str]:
    """What each ``glue`` role of a chapter prints, by its content, as in ``"mean_j:.2f"``.

    Raises:
        FileNotFoundError: the book is not built.
        KeyError: the chapter has changed since.
    """
    kept = _kept(chapter.name)
    wanted = [
        match[2]
        for cell in chapter.cells
        if cell.cell_type == "markdown"
        for match in ROLE.finditer(cell.source)
        if match[1] == "glue:text"
    ]
    values = {}
    for content in wanted:
        name, _, form = content.partition(":")
        if name not in kept:
            raise KeyError(f"{chapter.name}: the built book has no value {name!r} (run make book)")
        values[content] = format(kept[name], form) if form else str(kept[name])
    return values


def executed(name: str) -> NotebookNode:
    """A chapter with its outputs, as the book was built.

    Raises:
        FileNotFoundError: the book is not built.
    """
    folder = ROOT / "_build" / ".jupyter_cache"
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: not there (run make book first)")
    cache = get_cache(folder)
    records = [r for r in cache.list_cache_records() if r.uri == str(BOOK / f"{name}.md")]
    if not records:
        raise FileNotFoundError(f"{folder}: holds no chapter {name} (run make book first)")
    return cache.get_cache_bundle(max(records, key=lambda record: record.created).pk).nb


def is_built(chapter: Chapter) -> bool:
    """Whether the built book has executed the cells that the chapter has now."""
    built = [cell.source for cell in executed(chapter.name).cells if cell.cell_type == "code"]
    return built == [cell.source for cell in chapter.cells if cell.cell_type == "code"]


def _kept(name: str) -> dict[str, object]:
    """All values that the cells of a chapter kept by ``glue``."""
    values: dict[str, object] = {}
    for cell in executed(name).cells:
        for output in cell.get("outputs", []):
            if RECORD in output.get("data", {}):
                label = re.sub(r"^.*:", "", output["metadata"]["scrapbook"]["name"])
                values[label] = _value(output["data"][RECORD])
    return values


def _value(text: str) -> object:
    """A number, where the text is one, else the string that it writes."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
