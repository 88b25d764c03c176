"""The reference: each entry names the chapter that explains it, and the command line speaks for itself.

A docstring says "Chapter 4."; here that becomes a link. An entry whose own text names no chapter takes the
one that its module names, or its room. The links from the code in the chapters to the entries, and from the
entries to the sections that use them, are made by sphinx-codeautolink.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx_codeautolink.extension.block import CodeBlockAnalyser

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from course.source import chapter_names

NAMED = re.compile(r"\b([Cc]hapters?) (\d)((?:, \d)*)(?: (and|to) (\d))?")
PLAIN = {"vostut.video": 1, "vostut.images": 1, "vostut.plot": 1, "vostut.layout": 2, "vostut.errors": 2}
"""Rooms whose docstrings name no chapter."""


def link(number: int, text: str) -> str:
    """A reference to a chapter in reStructuredText."""
    return f":doc:`{text} </{chapter_names()[number - 1]}>`"


def with_links(line: str) -> str:
    """A line of a docstring whose chapters are links."""

    def linked(match: re.Match[str]) -> str:
        word, first, more, joint, last = match.groups()
        text = link(int(first), f"{word} {first}")
        text += "".join(", " + link(int(n), n) for n in re.findall(r"\d", more))
        return text + (f" {joint} {link(int(last), last)}" if last else "")

    return NAMED.sub(linked, line)


def chapters_of(module: str) -> str:
    """What the docstring of a module, or of the room around it, says about chapters; else ""."""
    while module:
        text = getattr(sys.modules.get(module), "__doc__", None) or ""
        if found := NAMED.search(text):
            return found[0]
        if module in PLAIN:
            return f"Chapter {PLAIN[module]}"
        module = module.rpartition(".")[0]
    return ""


def explain(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Link the chapters that a docstring names, or add those of its module."""
    named = any(NAMED.search(line) for line in lines)
    lines[:] = [with_links(line) for line in lines]
    if what in {"function", "class"} and not named:
        chapters = chapters_of(getattr(thing, "__module__", "") or "")
        if chapters:
            lines += ["", f"*Explained in* {with_links(chapters).replace('Chapter', 'chapter', 1)}."]


def leave_out(app: Sphinx, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """The fields of a named tuple: its docstring lists them under *Attributes*, once is enough."""
    return True if type(thing).__name__ == "_tuplegetter" else None


class CommandHelp(SphinxDirective):
    """``{command-help}``: what ``vostut COMMAND --help`` prints, for each command."""

    def run(self) -> list[nodes.Node]:
        """One section for each command."""
        from vostut.cli import make_parser

        sections: list[nodes.Node] = []
        for words, parser in _commands(make_parser(), "vostut"):
            section = nodes.section(ids=[nodes.make_id(words)], names=[words])
            section += nodes.title(words, words)
            help_text = re.sub(r"^usage: ", "", parser.format_help())
            section += nodes.literal_block(help_text, help_text, language="text")
            sections.append(section)
        return sections


def _commands(parser: argparse.ArgumentParser, words: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """All commands that do something, with their parsers."""
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not groups:
        yield words, parser
    for group in groups:
        for name, inner in group.choices.items():
            yield from _commands(inner, f"{words} {name}")


def _leave_section(self: CodeBlockAnalyser, section: nodes.section) -> None:
    """Forget the title of a section that has one; the sections inside exercises have none."""
    if section.children and type(section.children[0]) is nodes.title:
        self.title_stack.pop()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("autodoc-process-docstring", explain, priority=100)  # before Napoleon reads the sections
    app.connect("autodoc-skip-member", leave_out)
    CodeBlockAnalyser.depart_section = _leave_section
    app.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
