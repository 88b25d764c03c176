"""What is made for teachers of the chapters: quizzes, slides, notebooks for a class, and the guide."""

from __future__ import annotations

import re
import zipfile

import nbformat
import pytest

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
