"""Pages around the chapters: what they list is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from course.source import chapter_names

REPOSITORY = Path(__file__).resolve().parents[2]
BOOK = REPOSITORY / "book"
CHAPTERS = chapter_names()


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    text = (BOOK / f"{page}.md").read_text().split(f"{heading}\n", 1)[1]
    table = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


def test_the_table_of_rooms_names_every_module():
    named = set()
    for room, *_ in rows("how-to-use", "## Where the code lives"):
        named |= {path.removeprefix("vostut/").strip("/") for path in re.findall(r"`([^`]+)`", room)}
    package = REPOSITORY / "vostut"
    modules = {path.name for path in package.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert named == modules | {path.parent.name for path in package.glob("*/__init__.py")}


@pytest.mark.parametrize("path", [*BOOK.glob("*.md"), REPOSITORY / "README.md"], ids=lambda path: path.stem)
def test_a_chapter_goes_by_its_number(path):
    """A link such as ``[6](NAME)`` or ``[chapter 6](NAME)`` is wrong once a chapter is put in before it."""
    links = re.findall(
        r"\[(?:[Cc]hapter )?(\d)(?: [A-Z][^\]]+)?\]\((?:book/)?([\w-]+)(?:\.md)?\)", path.read_text()
    )
    for number, name in links:
        if name in CHAPTERS:
            assert CHAPTERS.index(name) + 1 == int(number), f"[{number}]({name})"


def test_the_whole_book_is_in_the_plan_of_five_weeks():
    read = [int(n) for week in rows("teaching", "### Five weeks") for n in re.findall(r"\d", week[1])]
    assert read == list(range(1, len(CHAPTERS) + 1))


def test_every_quiz_of_the_plans_exists():
    quizzes = {path.stem for path in (REPOSITORY / "course" / "quizzes").glob("*.yml")}
    asked = set()
    for plan in ("### A module of two weeks", "### Five weeks"):
        for *_, after in rows("teaching", plan):
            for first, word, last in re.findall(r"quiz(?:zes)? (\d)(?: (and|to) (\d))?", after):
                asked |= set(range(int(first), int(last) + 1)) if word else {int(first)}
    assert asked == set(range(1, len(CHAPTERS) + 1))
    assert {CHAPTERS[number - 1] for number in asked} <= quizzes


def test_the_forms_that_the_errata_point_to_exist():
    text = (BOOK / "changelog.md").read_text()
    forms = re.findall(r"template=([\w.-]+)", text)
    assert len(forms) == 2
    for form in forms:
        path = REPOSITORY / ".github" / "ISSUE_TEMPLATE" / form
        name = yaml.safe_load(path.read_text())["name"]
        assert f"[{name}]" in text


def test_the_changelog_has_the_version_of_the_package():
    import vostut

    text = (REPOSITORY / "CHANGELOG.md").read_text()
    versions = re.findall(r"^## (\S+)", text.split("<!-- versions -->")[1], re.MULTILINE)
    assert versions[:2] == ["Unreleased", vostut.__version__]
