"""Assignments: a solution passes and a stub fails wherever they are opened; students see no solution."""

from __future__ import annotations

import json
import shutil
import zipfile

import nbformat
import pytest
from nbclient import NotebookClient

from course.assignments import assignment_names, grade, master
from course.build import for_students, pack
from course.source import BOOK, ROOT

AS_IN_COLAB = "get_ipython().__class__.__module__ = 'google.colab._shell'  # by which otter knows it"


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("name", assignment_names())
def test_each_question_has_checks_that_are_seen_and_hidden_ones(name):
    parts = [[]]
    for cell in master(name).cells:
        if cell.source.startswith("# BEGIN QUESTION"):
            parts.append([])
        parts[-1].append(cell.source)
    assert len(parts) > 4
    for part in parts[1:]:
        checks = part[part.index("# BEGIN TESTS") + 1 : part.index("# END TESTS")]
        hidden = [check for check in checks if check.startswith("# HIDDEN")]
        assert len(checks) > len(hidden) >= 1
        assert all("assert" in check for check in checks)
    assert not [source for source in parts[0] if source.startswith("# HIDDEN")]


@pytest.mark.parametrize("name", assignment_names())
def test_points_are_ten_and_titles_are_numbered_in_order(name, questions):
    assert sum(questions(name).values()) == 10
    title = master(name).cells[1].source.splitlines()[0]
    assert title.startswith(f"# Assignment {assignment_names().index(name) + 1}: ")


def test_the_guides_table_lists_all_assignments_in_order():
    guide = (BOOK / "teaching.md").read_text(encoding="utf-8")
    rows = [f"| {number} *{name}* | chapter" for number, name in enumerate(assignment_names(), 1)]
    places = [guide.find(row) for row in rows]
    assert -1 not in places
    assert places == sorted(places)


def test_the_numbers_to_be_judged_are_those_of_the_ledger():
    """*reproduce* carries the J of each video, since a student has no ledger at hand."""
    (given,) = [cell.source for cell in master("reproduce").cells if "def by_video" in cell.source]
    space = {}
    exec(given, space)
    official = json.loads((BOOK / "_data" / "official.json").read_text(encoding="utf-8"))["sequences"]
    for key, name in (("osvos", "published_osvos"), ("msk", "published_masktrack")):
        assert space[name] == pytest.approx({v: official[key][v]["J"] for v in space["names"]}, abs=1e-4)
    for method, part in (("osvos", ""), ("osvos", "_snapped"), ("masktrack", ""), ("masktrack", "_flow")):
        rows = [ROOT / f"ledger/{method}-lite-laptop-seed-{k}{part.replace('_', '-')}.json" for k in range(3)]
        runs = [json.loads(row.read_text(encoding="utf-8"))["score"]["sequences"] for row in rows]
        means = {v: sum(run[v]["J"]["mean"] for run in runs) / 3 for v in space["names"]}
        assert space[method + part] == pytest.approx(means, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["datasets"])
def test_otter_run_marks_on_the_instructors_machine(name, built, questions):
    """As the guide says, with the archive and a notebook; in Gradescope's way see the next file."""
    folder = built(name)
    assert grade(folder / "autograder" / f"{name}.ipynb", folder) == questions(name)
    assert grade(folder / "student" / f"{name}.ipynb", folder) == dict.fromkeys(questions(name), 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", assignment_names())
def test_checks_are_found_in_an_empty_folder_as_in_colab(name, built, questions, tmp_path):
    """Colab gives neither the repository nor the notebook's own file: solved it passes, unsolved it fails."""
    student, solved = (read(built(name) / kind / f"{name}.ipynb") for kind in ("student", "autograder"))
    first = next(cell for cell in student.cells if cell.cell_type == "code")
    assert "vostut @ git+" in first.source
    solved.cells = [first, *solved.cells[1:]]
    outcomes = []
    for k, notebook in enumerate((solved, student)):
        notebook.cells.insert(0, nbformat.v4.new_code_cell(AS_IN_COLAB))
        (tmp_path / f"empty-{k}").mkdir()
        run_in(notebook, tmp_path / f"empty-{k}")
        printed = [c for c in notebook.cells if c.cell_type == "code" and "grader.check(" in c.source]
        outcomes.append([any("passed" in str(output) for output in cell.outputs) for cell in printed])
    assert outcomes == [[True] * len(questions(name)), [False] * len(questions(name))]


def run_in(notebook, folder):
    """Run all cells in a folder; an error, such as that of a stub, does not stop it."""
    NotebookClient(notebook, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()


@pytest.mark.slow
def test_the_students_archive_holds_no_solution(built, kept_back, tmp_path):
    """Every file in it is opened; the instructors' has them all."""
    for name in assignment_names():
        shutil.copytree(built(name), tmp_path / "assignments" / name)
    everything = [path for path in tmp_path.rglob("*") if path.is_file()]
    given, solved = (
        texts_of(pack(tmp_path, archive, files))
        for archive, files in (("for-students", for_students(tmp_path)), ("for-instructors", everything))
    )
    assert set(given) == set(solved) == set(assignment_names())
    for name in assignment_names():
        lines = kept_back(name)
        assert [line for line in lines if as_json(line) in given[name]] == []
        answers = [line for line in lines if line in solution(name)]
        assert len(answers) > 5
        assert [line for line in answers if as_json(line) not in solved[name]] == []


def texts_of(archive):
    """From an assignment's name to the text of all its files in a zip."""
    texts = {}
    with zipfile.ZipFile(archive) as file:
        for path in file.namelist():
            if not path.endswith(".zip"):
                name = path.split("/")[2]
                texts[name] = texts.get(name, "") + file.read(path).decode()
    return texts


def as_json(line):
    """As a line stands in a notebook's file."""
    return json.dumps(line, ensure_ascii=False)[1:-1]


def solution(name):
    """All that is not a hidden check in an assignment's code."""
    cells = [cell.source for cell in master(name).cells if cell.cell_type == "code"]
    return "\n".join(source for source in cells if not source.startswith("# HIDDEN"))
