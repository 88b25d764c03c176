"""The sources of the book: solutions run, the README's table is the recorded one."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import matplotlib as mpl
import pytest

from course.source import chapter_names

REPOSITORY = Path(__file__).resolve().parents[2]
BOOK = REPOSITORY / "book"
CHAPTERS = chapter_names()
CELL = re.compile(r"```\{code-cell\} ipython3\n(.*?)\n```", re.DOTALL)
SOLUTION = re.compile(r"^(`{3,})\{solution\} ([\w-]+)\n(.*?)\n\1$", re.DOTALL | re.MULTILINE)


MOST_FOLDED = 8
TAGS = re.compile(
    r"\A(?:---\n.*?tags:\s*\[(.*?)\].*?\n---\n|(?::(?!tags)\w[^\n]*\n)*:tags:\s*\[(.*?)\])", re.DOTALL
)


def code_of(cell: str) -> str:
    """A code cell without its options."""
    cell = re.sub(r"\A---\n.*?\n---\n", "", cell, flags=re.DOTALL)
    return re.sub(r"\A(:\w[^\n]*\n)+", "", cell)


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_solutions_run(chapter, tmp_path, monkeypatch):
    """A reader who runs the chapter and pastes a solution below gets no error."""
    mpl.use("Agg")
    (tmp_path / "book").mkdir()
    monkeypatch.chdir(tmp_path / "book")
    monkeypatch.delenv("DAVIS", raising=False)
    Path("_data").symlink_to(BOOK / "_data")
    Path("../ledger").symlink_to(REPOSITORY / "ledger")
    text = (BOOK / f"{chapter}.md").read_text()
    space: dict = {}
    for cell in CELL.findall(text):
        exec(compile(code_of(cell), f"{chapter}.md", "exec"), space)
    solutions = SOLUTION.findall(text)
    assert len(solutions) >= 3
    for _, label, solution in solutions:
        for program in re.findall(r"```python\n(.*?)```", solution, re.DOTALL):
            exec(compile(program, f"solution {label}", "exec"), space)


def test_readme_shows_the_recorded_scores():
    spec = importlib.util.spec_from_file_location("readme", BOOK / "readme.py")
    readme = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(readme)
    assert readme.table() in (REPOSITORY / "README.md").read_text()
    assert readme.results() in (REPOSITORY / "README.md").read_text()


PERCENT = re.compile(r"(?<![\w.-])[1-9]\d\.\d(?![\d\w])")
NOT_PROSE = re.compile(r"```\{(?:code-cell|math)\}.*?```|```(?:python|bash)\n.*?```|\$[^$]+\$", re.DOTALL)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_text_states_no_number_that_the_ledger_does_not_hold(chapter):
    """Percentages with a decimal in the prose are published values that stand in the ledger.

    Our own come from the rows by ``glue`` and are not typed. A difference is held with the level that it
    starts from.
    """
    held = set()
    claims = json.loads((REPOSITORY / "ledger" / "claims" / "davis2016.json").read_text())
    levels = {"caelles2017osvos": 77.4, "perazzi2017masktrack": 74.8}  # without snapping; flow and CRF
    for claim in claims:
        start = levels[claim["cite"]] if claim["less"] else 0.0
        held.add(f"{claim['published'] + start:.1f}")
    stated = set(PERCENT.findall(NOT_PROSE.sub("", (BOOK / f"{chapter}.md").read_text())))
    assert stated <= held


def test_every_exercise_has_a_solution():
    for path in BOOK.glob("*.md"):
        text = path.read_text()
        exercises = set(re.findall(r":label: (ex-[\w-]+)", text))
        assert exercises == {label for _, label, _ in SOLUTION.findall(text)}


def tags_of(cell: str) -> set[str]:
    """The tags among a code cell's options."""
    found = TAGS.match(cell)
    return set(re.split(r"[,\s\"']+", found[1] or found[2])) - {""} if found else set()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_few_cells_are_folded(chapter):
    """A bar to unfold interrupts: at most eight a chapter. What only draws shows its picture alone."""
    cells = CELL.findall(SOLUTION.sub("", (BOOK / f"{chapter}.md").read_text()))
    folded = [cell for cell in cells if tags_of(cell) & {"hide-input", "hide-cell"}]
    assert len(folded) <= MOST_FOLDED, [code_of(cell).strip().splitlines()[0] for cell in folded]


def test_tags_are_read_in_both_forms_and_from_options_alone():
    assert tags_of(":tags: [hide-input, x]\n\na = 1") == {"hide-input", "x"}
    assert tags_of("---\nmystnb:\n  figure:\n    name: f\ntags: [hide-cell]\n---\na = 1") == {"hide-cell"}
    assert tags_of("a = ':tags: [hide-input]'") == set()
