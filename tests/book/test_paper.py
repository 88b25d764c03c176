"""The paper about the book: its form is complete, its citations exist, what is ticked leads somewhere."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
import yaml
from pybtex.database import parse_file

REPOSITORY = Path(__file__).resolve().parents[2]
PAPER = REPOSITORY / "paper"
_, FRONT, TEXT = (PAPER / "paper.md").read_text().split("---\n", 2)
FRONT_MATTER = yaml.safe_load(FRONT)
SECTIONS = (
    *("Summary", "Statement of need", "Learning objectives", "Content and instructional design"),
    *("Experience of use", "Story of the project", "References"),
)
ITEM = re.compile(r"^- \[([ x])\] (.*(?:\n  .*)*)", re.MULTILINE)
MOST_WORDS = 1100
"""The journal expects about a thousand."""


def test_the_front_matter_is_complete():
    assert {"title", "tags", "authors", "affiliations", "date", "bibliography"} <= FRONT_MATTER.keys()
    assert FRONT_MATTER["bibliography"] == "paper.bib"
    assert len(FRONT_MATTER["tags"]) >= 3
    datetime.datetime.strptime(FRONT_MATTER["date"], "%d %B %Y")
    places = {place["index"] for place in FRONT_MATTER["affiliations"]}
    assert {author["affiliation"] for author in FRONT_MATTER["authors"]} == places


def test_the_authors_are_those_of_the_citation_file():
    cited = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text())["authors"]
    assert [author["name"] for author in FRONT_MATTER["authors"]] == [author["name"] for author in cited]


def test_the_sections_are_there_in_order_and_the_text_is_short():
    assert tuple(re.findall(r"^# (.+)$", TEXT, re.MULTILINE)) == SECTIONS
    assert 500 < len(TEXT.split()) < MOST_WORDS


def test_citations_and_bibliography_are_the_same():
    entries = parse_file(PAPER / "paper.bib").entries
    cited = {key for group in re.findall(r"\[(@[^\]]+)\]", TEXT) for key in re.findall(r"@(\w+)", group)}
    assert cited == set(entries)
    for key, entry in entries.items():
        assert {"doi", "eprint", "url"} & entry.fields.keys(), f"{key} has no link"


def test_entries_that_the_book_has_too_are_the_book_s():
    book = parse_file(REPOSITORY / "book" / "references.bib").entries
    for key, entry in parse_file(PAPER / "paper.bib").entries.items():
        if key in book:
            assert entry == book[key]


def test_the_checklist_s_links_exist_and_each_tick_has_one():
    text = (PAPER / "checklist.md").read_text()
    items = ITEM.findall(text)
    assert len(items) == text.count("\n- [")
    assert {" ", "x"} == {tick for tick, _ in items}
    for tick, item in items:
        links = re.findall(r"\]\(([^)]+)\)", item)
        assert links or tick == " ", item
        for link in links:
            assert (PAPER / link).exists(), link


@pytest.mark.parametrize("word", ["Version", "Authors", "Experience of use", "Archive"])
def test_what_is_not_true_yet_has_no_tick(word):
    ticks = {
        tick for tick, item in ITEM.findall((PAPER / "checklist.md").read_text()) if f"**{word}**" in item
    }
    assert ticks == {" "}
