"""``make course``: all that an instructor needs, in one folder, from the chapters of the built book."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

import nbformat

from course.assignments import assignment_names, build_assignment
from course.classroom import class_notebook
from course.notebooks import all_chapters, library
from course.plain import Writer
from course.quizzes import build_quiz
from course.slides import build_slides
from course.source import BOOK
from course.values import built_values

CONTENTS = """# Course material

Made from the chapters of the book by `make course`.

| Folder | What | For |
|---|---|---|
| `guide.md` | lesson plans, objectives, misconceptions, rubrics | instructor |
| `slides/` | a deck for each chapter; open `index.html`. The key S shows the speaker's notes | instructor |
| `student/` | the chapters as notebooks, with room for answers | students |
| `instructor/` | the same, with answers to run | instructor |
| `quizzes/` | each chapter's questions, the answers, and a file that Moodle imports | both |
| `assignments/NAME/student/` | the assignment | students |
| `assignments/NAME/autograder/` | solved, and the archive for Gradescope or `otter grade` | instructor |
| `for-students.zip` | what students may see, in one file to hand out | students |
| `for-instructors.zip` | all of it, with answers: not for a public place | instructor |
"""


def build_course(out: Path) -> None:
    """Write everything anew.

    Args:
        out: the folder; what was in it is removed.

    Raises:
        FileNotFoundError: the book is not built.
        RuntimeError: a solution fails its tests, or a deck cannot be built.
    """
    chapters, places = all_chapters()
    values = {chapter.name: built_values(chapter) for chapter in chapters}
    shutil.rmtree(out, ignore_errors=True)
    for kind, solved in (("student", False), ("instructor", True)):
        (out / kind).mkdir(parents=True)
        for chapter in chapters:
            notebook = class_notebook(chapter, places, values[chapter.name], solved)
            nbformat.write(notebook, out / kind / f"{chapter.number}-{chapter.name}.ipynb")
    for chapter in chapters:
        build_quiz(chapter.name, f"{chapter.number} {chapter.title}", out / "quizzes")
    build_slides(chapters, places, values, out / "slides")
    for name in assignment_names():
        print(f"assignment {name}: its solutions are run against its tests", flush=True)
        build_assignment(name, out / "assignments" / name)
    (out / "README.md").write_text(CONTENTS, encoding="utf-8")
    guide = Writer("teaching", places, {}, library())
    (out / "guide.md").write_text(
        guide.text((BOOK / "teaching.md").read_text(encoding="utf-8")) + "\n", encoding="utf-8"
    )
    pack(out, "for-students", for_students(out))
    pack(out, "for-instructors", [path for path in out.rglob("*") if path.is_file()])


def for_students(out: Path) -> list[Path]:
    """What students may see: chapters with room for answers, quizzes without them, assignments unsolved."""
    papers = [path for path in out.glob("quizzes/*.md") if not path.stem.endswith("-answers")]
    return [*out.glob("student/*"), *papers, *out.glob("assignments/*/student/*")]


def pack(out: Path, name: str, files: Iterable[Path]) -> Path:
    """Write files to a zip beside them, in the same order every time."""
    archive = out / f"{name}.zip"
    chosen = sorted(path for path in files if path.suffix != ".zip" or "autograder" in path.parts)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in chosen:
            file.write(path, Path(name) / path.relative_to(out))
    return archive
