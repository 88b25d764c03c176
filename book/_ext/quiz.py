"""Quizzes in the page: each chapter's questions from ``course/quizzes``, answered without a kernel.

Before its exercises, or at its end, each chapter that has questions gets a section "Quiz"; ``{quiz} NAME``
puts them elsewhere. The page holds questions, choices and, folded, what there is to say about each choice.
Where scripts run, ``_static/quiz.js`` makes forms of them. An epub or PDF has the answers after the last
question.
"""

from __future__ import annotations

import html
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from course.quizzes import LETTERS, Question, quiz_file, read_quiz

INVITATION = "Each question has one right answer. Nothing that you choose is sent or kept."


class Quiz(nodes.General, nodes.Element):
    """All questions of a chapter."""


class Asked(nodes.General, nodes.Element):
    """One question; its attributes: ``name``, and ``right``, the number of the right choice."""


class Answer(nodes.General, nodes.Element):
    """What there is to say about each choice, in their order."""


def quiz(chapter: str) -> Quiz:
    """The questions of a chapter as nodes."""
    asked = [_asked(chapter, k, question) for k, question in enumerate(read_quiz(chapter), 1)]
    return Quiz("", *asked)


def _asked(chapter: str, number: int, question: Question) -> Asked:
    ask = nodes.paragraph(
        "", "", nodes.strong("", f"{number}. "), nodes.Text(question.ask), classes=["quiz-ask"]
    )
    said = [
        _verdict("Right", question.because) if k == question.right else _verdict("Not this one", why)
        for k, why in enumerate(question.why_not)
    ]
    answer = Answer("", _lettered(said))
    choices = _lettered([nodes.paragraph("", choice) for choice in question.choices])
    return Asked("", ask, choices, answer, name=f"{chapter}-{number}", right=question.right)


def _verdict(word: str, reason: str) -> nodes.paragraph:
    return nodes.paragraph("", "", nodes.strong("", f"{word}. "), nodes.Text(reason))


def _lettered(paragraphs: list[nodes.paragraph]) -> nodes.enumerated_list:
    items = [nodes.list_item("", paragraph) for paragraph in paragraphs]
    return nodes.enumerated_list("", *items, enumtype="loweralpha", prefix="(", suffix=")")


class QuizDirective(SphinxDirective):
    """``{quiz} CHAPTER``: a chapter's questions, here instead of in a section of their own."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The questions."""
        self.env.note_dependency(str(quiz_file(self.arguments[0])))
        return [quiz(self.arguments[0])]


class AddQuiz(SphinxTransform):
    """Give a chapter that has questions, and shows none, its section."""

    default_priority = 400

    def apply(self, **options: Any) -> None:
        """Look at one page."""
        path = quiz_file(self.env.docname)
        chapter = next(iter(self.document.findall(nodes.section)), None)
        if chapter is None or not path.is_file() or any(self.document.findall(Quiz)):
            return
        self.env.note_dependency(str(path))
        section = nodes.section("", nodes.title("", "Quiz"), ids=["quiz"], names=["quiz"])
        section += [nodes.paragraph("", INVITATION), quiz(self.env.docname)]
        exercises = [
            k
            for k, child in enumerate(chapter)
            if isinstance(child, nodes.section) and child[0].astext() == "Exercises"
        ]
        chapter.insert(exercises[0] if exercises else len(chapter), section)


class AnswersBehind(SphinxPostTransform):
    """For books on paper and for e-readers: questions first, and the answers after the last of them."""

    default_priority = 10

    def run(self, **options: Any) -> None:
        """Look through one page."""
        if self.app.builder.name == "html":
            return
        for found in list(self.document.findall(Quiz)):
            questions, answers = [], [nodes.rubric("", "Answers")]
            for number, asked in enumerate(found.findall(Asked), 1):
                ask, choices, answer = asked
                questions += [ask, choices]
                letter = LETTERS[asked["right"]]
                answers.append(
                    nodes.paragraph(
                        "", "", nodes.strong("", f"{number}. ({letter}) "), nodes.Text("is right.")
                    )
                )
                answers += answer.children
            found.replace_self(nodes.container("", *questions, *answers, classes=["quiz"]))


def visit_quiz(self: HTML5Translator, node: Quiz) -> None:
    """Open the questions."""
    self.body.append('<div class="quiz">')


def visit_asked(self: HTML5Translator, node: Asked) -> None:
    """Open a question."""
    name = html.escape(node["name"])
    self.body.append(f'<div class="quiz-question" data-name="{name}" data-right="{node["right"]}">')


def visit_answer(self: HTML5Translator, node: Answer) -> None:
    """Fold the answer."""
    right = LETTERS[node.parent["right"]]
    self.body.append(f'<details class="quiz-answer"><summary>Answer</summary><p>({right}) is right.</p>')


def depart(self: HTML5Translator, node: nodes.Element) -> None:
    """Close the one or the other."""
    self.body.append("</details>" if isinstance(node, Answer) else "</div>")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_node(Quiz, html=(visit_quiz, depart))
    app.add_node(Asked, html=(visit_asked, depart))
    app.add_node(Answer, html=(visit_answer, depart))
    app.add_directive("quiz", QuizDirective)
    app.add_transform(AddQuiz)
    app.add_post_transform(AnswersBehind)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
