"""What is made for teachers: assignments, quizzes, slides, notebooks for a class, and the guide."""

from __future__ import annotations

import json
import re
import zipfile

import nbformat
import pytest
from nbclient import NotebookClient

from course.assignments import assignment_names, build_assignment, grade, master
from course.build import for_students, pack
from course.classroom import class_notebook
from course.notebooks import all_chapters, library, path_of
from course.plain import Writer
from course.quizzes import as_gift, as_markdown, read_quiz
from course.slides import build_slides, deck
from course.source import BOOK, chapter_names

CHAPTERS, PLACES = all_chapters()


def values_of(name):
    """What the chapter's text prints, as its notebook keeps it."""
    return nbformat.read(path_of(name), as_version=4).metadata["vostut"]["values"]


@pytest.mark.slow
@pytest.mark.parametrize("name", assignment_names())
def test_solutions_earn_all_points_and_stubs_none(name, tmp_path):
    folder = build_assignment(name, tmp_path / name)
    questions = [c.metadata for c in master(name).cells if "BEGIN QUESTION" in c.source]
    best = grade(folder / "autograder" / f"{name}.ipynb", folder)
    assert len(best) == len(questions)
    assert sum(best.values()) == 10
    assert set(grade(folder / "student" / f"{name}.ipynb", folder).values()) == {0.0}


AS_IN_COLAB = "get_ipython().__class__.__module__ = 'google.colab._shell'  # by which otter knows it"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["metrics", "statistics"])
def test_checks_are_found_in_an_empty_folder_as_in_colab(name, tmp_path):
    """Colab gives neither the repository nor the notebook's own file: solved it passes, unsolved it fails."""
    folder = build_assignment(name, tmp_path / name)
    student, solved = (
        nbformat.read(folder / kind / f"{name}.ipynb", as_version=4) for kind in ("student", "autograder")
    )
    first = next(cell for cell in student.cells if cell.cell_type == "code")
    assert "vostut @ git+" in first.source
    text = (folder / "student" / f"{name}.ipynb").read_text()
    assert [line for line in kept_back(name) if json.dumps(line)[1:-1] in text] == []
    solved.cells = [first, *solved.cells[1:]]
    outcomes = []
    for k, notebook in enumerate((solved, student)):
        notebook.cells.insert(0, nbformat.v4.new_code_cell(AS_IN_COLAB))
        (tmp_path / f"empty-{k}").mkdir()
        run_in(notebook, tmp_path / f"empty-{k}")
        printed = [c for c in notebook.cells if c.cell_type == "code" and "grader.check(" in c.source]
        outcomes.append([any("passed" in str(output) for output in cell.outputs) for cell in printed])
    questions = [c for c in master(name).cells if "BEGIN QUESTION" in c.source]
    assert outcomes == [[True] * len(questions), [False] * len(questions)]


def kept_back(name):
    """The lines of solutions and hidden tests that nothing else in the assignment has."""
    kept, given = [], set()
    for cell in master(name).cells:
        secret = cell.source.startswith("# HIDDEN")
        for line in map(str.strip, cell.source.splitlines()):
            if line in ("# BEGIN SOLUTION", "# END SOLUTION"):
                secret = cell.cell_type == "code" and line.startswith("# BEGIN")
            elif secret:
                kept.append(line)
            else:
                given.add(line)
    found = [line for line in kept if line not in given and len(line) > 8]
    assert len(found) > 10
    return found


def run_in(notebook, folder):
    """Run all cells in a folder; an error, such as that of a stub, does not stop it."""
    NotebookClient(notebook, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()


@pytest.mark.parametrize("name", assignment_names())
def test_students_see_no_solution(name, tmp_path):
    hidden = [c.source for c in master(name).cells if c.source.startswith("# HIDDEN")]
    assert len(hidden) >= 4
    assert all("vostut" in h or "reference" in h or "assert" in h for h in hidden)


@pytest.mark.parametrize("name", chapter_names())
def test_quizzes_have_one_right_answer_each(name):
    for question in read_quiz(name):
        assert [k for k, why in enumerate(question.why_not) if not why] == [question.right]
        assert len(set(question.choices)) == len(question.choices)
    paper, key = (as_markdown(name, read_quiz(name), answers) for answers in (False, True))
    assert read_quiz(name)[0].because not in paper
    assert read_quiz(name)[0].because in key
    gift = as_gift(name, read_quiz(name))
    assert gift.count("\n  =") == len(read_quiz(name))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=chapter_names())
def test_students_get_room_and_instructors_answers(chapter):
    student, instructor = (
        class_notebook(chapter, PLACES, values_of(chapter.name), solved) for solved in (False, True)
    )
    exercises = [c for c in student.cells if "### Exercise:" in c.source]
    stubs = [c for c in student.cells if c.source == "# Your answer\n"]
    assert len(stubs) == len(exercises) >= 3
    assert "Solution" not in "".join(c.source for c in student.cells if c.cell_type == "markdown")
    assert len(instructor.cells) > len(student.cells)
    assert not [c for c in instructor.cells if c.source == "# Your answer\n"]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=chapter_names())
def test_a_deck_follows_the_chapter(chapter):
    text = deck(chapter, Writer(chapter.name, PLACES, values_of(chapter.name), library()), {})
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert len(sections) >= 6
    assert "Exercises" not in sections
    assert "Summary" in sections
    assert not re.search(r"\{(glue:text|cite|term|numref)\}", text)


@pytest.mark.book
def test_slides_need_no_network(built_book, browser, tmp_path):
    chapters = [c for c in CHAPTERS if c.name == "metrics"]
    build_slides(chapters, PLACES, {"metrics": values_of("metrics")}, tmp_path)
    context = browser.new_context(viewport={"width": 1280, "height": 720}, offline=True)
    page, problems = context.new_page(), []
    page.on("requestfailed", lambda request: problems.append(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto((tmp_path / "metrics.html").as_uri() + "#/2", wait_until="load")
    page.wait_for_selector("section.present img", timeout=20_000)
    page.wait_for_selector("mjx-container svg", timeout=20_000)
    context.close()
    assert problems == []


def test_what_students_get_in_one_file_holds_no_answer(tmp_path):
    """Of every kind of file that the course has, by name."""
    for name in (
        *("student/1-problem.ipynb", "instructor/1-problem.ipynb", "slides/index.html", "guide.md"),
        *("quizzes/problem.md", "quizzes/problem-answers.md", "quizzes/problem.gift.txt"),
        *("assignments/metrics/student/metrics.ipynb", "assignments/metrics/autograder/metrics.ipynb"),
        "assignments/metrics/autograder/metrics.zip",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    everything = [path for path in tmp_path.rglob("*") if path.is_file()]
    with zipfile.ZipFile(pack(tmp_path, "for-students", for_students(tmp_path))) as archive:
        assert archive.namelist() == [
            "for-students/assignments/metrics/student/metrics.ipynb",
            "for-students/quizzes/problem.md",
            "for-students/student/1-problem.ipynb",
        ]
    with zipfile.ZipFile(pack(tmp_path, "for-instructors", everything)) as archive:
        assert len(archive.namelist()) == len(everything)


def test_the_guide_agrees_with_the_chapters():
    guide = (BOOK / "teaching.md").read_text()
    for chapter in CHAPTERS:
        read, exercises = re.search(
            r"(\d+) minutes to read, (\d+)\s+for the\s+exercises", chapter.cells[0].source
        ).groups()
        row = next(
            line for line in guide.splitlines() if line.startswith(f"| [{chapter.number}]({chapter.name})")
        )
        assert f"| {read} min | {exercises} min |" in row
