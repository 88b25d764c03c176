"""The assignments, built once for all tests, and what they must not give away."""

from __future__ import annotations

from functools import cache

import pytest

from course.assignments import build_assignment, master


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """From an assignment's name to its folder, with ``student/`` and ``autograder/`` in it."""

    @cache
    def build(name):
        return build_assignment(name, tmp_path_factory.mktemp(name) / name)

    return build


@pytest.fixture(scope="session")
def questions():
    """From an assignment's name to the points of each of its questions."""

    def of(name):
        texts = [cell.source for cell in master(name).cells if "BEGIN QUESTION" in cell.source]
        lines = [dict(line.split(": ") for line in text.splitlines()[1:]) for text in texts]
        return {entry["name"]: float(entry["points"]) for entry in lines}

    return of


@pytest.fixture(scope="session")
def kept_back():
    """From an assignment's name to the lines of solutions and hidden tests that nothing else in it has."""

    def of(name):
        kept, given = [], set()
        for cell in master(name).cells:
            secret = cell.source.startswith("# HIDDEN")
            for line in map(str.strip, cell.source.splitlines()):
                if line in ("# BEGIN SOLUTION", "# BEGIN SOLUTION NO PROMPT", "# END SOLUTION"):
                    secret = cell.cell_type == "code" and line.startswith("# BEGIN")
                elif secret or line.endswith("# SOLUTION"):
                    kept.append(line.removesuffix("# SOLUTION").strip())
                else:
                    given.add(line)
        found = [line for line in kept if line not in given and len(line) > 8]
        assert len(found) > 10
        return found

    return of
