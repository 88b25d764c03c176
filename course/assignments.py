"""Assignments that mark themselves, by otter-grader, from one readable source each.

A source in ``assignments/`` is a notebook in MyST. A text cell with ``{"question": NAME, "points": N}`` opens
a question; code cells tagged ``solution``, ``test`` (seen by students) and ``hidden`` belong to it. The
hidden tests hold the answer against the package. Cells tagged ``given`` stand between two questions.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from course.source import ROOT, repository

SOURCES = Path(__file__).parent / "assignments"
CONFIG = """# ASSIGNMENT CONFIG
name: {name}
init_cell: true
check_all_cell: false
export_cell: false
solutions_pdf: false
template_pdf: false
requirements:
  - "vostut @ git+{repository}"
generate: true"""

FIRST_CELL = """# Run this cell first: it installs what is missing, and writes the public checks to a folder.
import importlib.util
import os
import subprocess
import sys

for module, package in {{"otter": "otter-grader>=6", "vostut": "vostut @ git+{repository}"}}.items():
    if importlib.util.find_spec(module) is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", package], check=True)
CHECKS = {checks}
os.makedirs("checks", exist_ok=True)
for name, check in CHECKS.items():
    with open(f"checks/{{name}}.py", "w", encoding="utf-8") as file:
        file.write(f"OK_FORMAT = True\\n\\ntest = {{check!r}}\\n")

import otter

grader = otter.Notebook(tests_dir="checks")"""
"""What the student's notebook begins with."""


def assignment_names() -> list[str]:
    """All assignments, in the order of the chapters."""
    return ["datasets", "metrics", "osvos", "masktrack", "statistics", "reproduce"]


def master(name: str) -> nbformat.NotebookNode:
    """The notebook that otter-grader splits: the source with marks around questions, solutions and tests."""
    cells = [new_raw_cell(CONFIG.format(name=name, repository=repository()))]
    inside = ""  # "", "QUESTION" or "TESTS": what is open
    for cell in jupytext.read(SOURCES / f"{name}.md").cells:
        tags = cell.metadata.get("tags", [])
        if "question" in cell.metadata:
            cells += _close(inside)
            question, points = cell.metadata["question"], cell.metadata["points"]
            cells.append(new_raw_cell(f"# BEGIN QUESTION\nname: {question}\npoints: {points}"))
            cells.append(new_markdown_cell(f"{cell.source}\n\n*{points} points*"))
            inside = "QUESTION"
        elif "solution" in tags:
            cells += [new_raw_cell("# BEGIN SOLUTION"), new_code_cell(cell.source)]
            cells.append(new_raw_cell("# END SOLUTION"))
        elif "test" in tags or "hidden" in tags:
            if inside == "QUESTION":
                cells.append(new_raw_cell("# BEGIN TESTS"))
                inside = "TESTS"
            cells.append(new_code_cell(("# HIDDEN\n" if "hidden" in tags else "") + cell.source))
        else:
            if "given" in tags:
                cells += _close(inside)
                inside = ""
            cells.append(nbformat.from_dict({**cell, "metadata": {}}))
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=cells + _close(inside), metadata=about)


def _close(inside: str) -> list[nbformat.NotebookNode]:
    """The marks that end what is open."""
    ends = {"": [], "QUESTION": ["# END QUESTION"], "TESTS": ["# END TESTS", "# END QUESTION"]}[inside]
    return [new_raw_cell(end) for end in ends]


def build_assignment(name: str, out: Path) -> Path:
    """Write an assignment: the student's notebook, the instructor's, and the autograder. Solutions must pass.

    Returns:
        The folder, with ``student/`` and ``autograder/`` in it.

    Raises:
        RuntimeError: a solution fails its own tests.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"{name}.ipynb"
        nbformat.write(master(name), source)
        _otter("assign", str(source), str(out.resolve()), "--no-pdfs", cwd=Path(folder))
    carry_checks(out / "student" / f"{name}.ipynb")
    return out


def carry_checks(path: Path) -> None:
    """Let a student's notebook bring its public checks along, wherever it is opened.

    Otter keeps them in the notebook's own file, and Colab does not tell a notebook where its file is. So the
    first cell writes them to a folder. The autograder looks in a folder of its own, and is not disturbed.
    """
    notebook = nbformat.read(path, as_version=4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    if "otter.Notebook(" not in first.source:
        raise RuntimeError(f"{path}: begins with {first.source[:60]!r} (expected otter's first cell)")
    first.source = FIRST_CELL.format(
        repository=repository(), checks=_as_source(notebook.metadata["otter"]["tests"])
    )
    nbformat.write(notebook, path)


def _as_source(checks: Mapping[str, Any]) -> str:
    """Checks as a literal of a line each; none of them is hidden."""
    suites = [suite for check in checks.values() for suite in check["suites"]]
    assert not [case for suite in suites for case in suite["cases"] if case["hidden"]]
    lines = [f"    {name!r}: {json.loads(json.dumps(check))!r}," for name, check in checks.items()]
    return "\n".join(["{", *lines, "}"])


def grade(submission: Path, assignment: Path) -> dict[str, float]:
    """Points of each question that a notebook earns, as the autograder sees it.

    Args:
        submission: a student's notebook.
        assignment: a folder that :func:`build_assignment` made.
    """
    archive = next((assignment / "autograder").glob("*.zip"))
    with tempfile.TemporaryDirectory() as folder:
        _otter("run", "-a", str(archive.resolve()), "-o", folder, str(submission.resolve()), cwd=Path(folder))
        results = json.loads((Path(folder) / "results.json").read_text(encoding="utf-8"))
    points: dict[str, float] = {}
    for test in results["tests"]:
        name = test["name"].split(" - ")[0].split(" ")[0]
        if "score" in test:
            points[name] = points.get(name, 0.0) + test["score"]
    return points


def _otter(*arguments: str, cwd: Path) -> None:
    """Run otter-grader with this Python and this package."""
    done = subprocess.run(
        [sys.executable, "-m", "otter", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"otter {arguments[0]}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}")
