"""Notation, glossary and the pages of the package: what they name is there, and they link both ways."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from course.source import chapter_names

BOOK = Path(__file__).resolve().parents[2] / "book"
ROOMS = ("data", "cutouts", "metrics", "evaluation", "learning", "osvos", "masktrack", "plot")


def resolve(name: str):
    """The object of a dotted name."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            fields = getattr(thing, "__dataclass_fields__", {})
            thing = fields[part] if part in fields else getattr(thing, part)
        return thing
    raise ModuleNotFoundError(name)


def test_the_notation_names_code_that_is_there():
    names = re.findall(r"`(vostut\.[\w.]+)`", (BOOK / "notation.md").read_text())
    assert len(names) > 20
    for name in names:
        assert resolve(name) is not None


def test_the_notation_knows_the_symbols_of_the_chapters():
    known = (BOOK / "notation.md").read_text()
    for symbol in ("J", "F", "T", "M_t", "G", r"\partial M", "B_r", r"\lambda", r"\chi^2", "z", "E"):
        assert f"${symbol}$" in known or f"${symbol}$," in known or f"{symbol}$" in known


@pytest.mark.book
@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_is_explained_and_leads_to_a_chapter(built_book, room):
    page = (built_book / "api" / f"{room}.html").read_text()
    module = importlib.import_module(f"vostut.{room}")
    for name in module.__all__:
        thing = getattr(module, name)
        if not callable(thing) or getattr(thing, "__module__", "").startswith("typing"):
            continue
        anchor = f'id="vostut.{room}.{name}"'
        assert anchor in page, name
        entry = re.split(rf'id="vostut\.{room}\.\w+"', page.split(anchor, 1)[1])[0]
        chapters = re.findall(r'href="\.\./([\w-]+)\.html', entry)
        assert set(chapters) & set(chapter_names()), f"{name} names no chapter"


@pytest.mark.book
@pytest.mark.parametrize("name", chapter_names())
def test_code_in_chapters_leads_to_the_reference(built_book, name):
    assert 'href="api/' in (built_book / f"{name}.html").read_text()


@pytest.mark.book
def test_a_term_shows_its_definition(built_book):
    page = (built_book / "osvos.html").read_text()
    link = re.search(r'<a [^>]*href="glossary\.html#term-superpixel"[^>]*>', page)[0]
    assert 'data-definition="A small region' in link
