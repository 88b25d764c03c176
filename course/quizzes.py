"""Quizzes: questions with one right answer, for paper, for the instructor, and for Moodle (GIFT)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import yaml

SOURCES = Path(__file__).parent / "quizzes"
LETTERS = "abcdef"


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        ask: the question.
        choices: all answers, in the order in which they are printed.
        right: which of them.
        because: why it is right.
        why_not: why each of the others is wrong; "" for the right one.
    """

    ask: str
    choices: tuple[str, ...]
    right: int
    because: str
    why_not: tuple[str, ...]


def quiz_file(chapter: str) -> Path:
    """Where the questions of a chapter stand, if it has any."""
    return SOURCES / f"{chapter}.yml"


def read_quiz(chapter: str) -> list[Question]:
    """The questions of a chapter; the same order of answers each time.

    Raises:
        ValueError: a question without a right answer, a reason, or three wrong ones.
    """
    path = quiz_file(chapter)
    questions = []
    for number, entry in enumerate(yaml.safe_load(path.read_text(encoding="utf-8"))):
        if set(entry) != {"ask", "right", "because", "wrong"} or len(entry["wrong"]) < 3:
            raise ValueError(f"{path}: question {number + 1} (expected ask, right, because, and three wrong)")
        answers = [(str(entry["right"]), "")]
        answers += [(str(k), str(v)) for wrong in entry["wrong"] for k, v in wrong.items()]
        random.Random(f"{chapter} {number}").shuffle(answers)
        choices, why_not = zip(*answers, strict=True)
        right = choices.index(str(entry["right"]))
        questions.append(Question(entry["ask"], choices, right, entry["because"], why_not))
    return questions


def as_markdown(title: str, questions: list[Question], answers: bool) -> str:
    """A quiz to print, with or without its answers."""
    parts = [f"# Quiz: {title}"]
    for number, question in enumerate(questions, 1):
        lines = [f"**{number}.** {question.ask}", ""]
        for letter, choice, why in zip(LETTERS, question.choices, question.why_not, strict=False):
            right = answers and not why
            said = f" *{why}*" if answers and why else ""
            lines.append(f"- {'**' if right else ''}({letter}) {choice}{'**' if right else ''}{said}")
        if answers:
            lines += ["", f"*{LETTERS[question.right]}*: {question.because}"]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def as_gift(chapter: str, questions: list[Question]) -> str:
    """A quiz in the GIFT format, which Moodle and other systems import."""
    parts = [f"$CATEGORY: $course$/vostut/{chapter}"]
    for number, question in enumerate(questions, 1):
        lines = [f"::{chapter} {number}::{_escaped(question.ask)} {{"]
        for k, (choice, why) in enumerate(zip(question.choices, question.why_not, strict=True)):
            mark, said = ("=", question.because) if k == question.right else ("~", why)
            lines.append(f"  {mark}{_escaped(choice)} # {_escaped(said)}")
        parts.append("\n".join([*lines, "}"]))
    return "\n\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    for character in "\\~=#{}:":
        text = text.replace(character, "\\" + character)
    return text


def build_quiz(chapter: str, title: str, out: Path) -> None:
    """Write a chapter's quiz in all forms."""
    questions = read_quiz(chapter)
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{chapter}.md").write_text(as_markdown(title, questions, answers=False), encoding="utf-8")
    (out / f"{chapter}-answers.md").write_text(as_markdown(title, questions, answers=True), encoding="utf-8")
    (out / f"{chapter}.gift.txt").write_text(as_gift(chapter, questions), encoding="utf-8")
