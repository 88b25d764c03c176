"""The archive for Gradescope, unpacked and run as it is there, in a bare environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from course.assignments import assignment_names
from course.source import repository


def unpack(folder, place):
    """The archive as Gradescope lays it out: ``source``, ``submission`` and ``results``."""
    for name in ("source", "submission", "results"):
        (place / name).mkdir(parents=True)
    with zipfile.ZipFile(next((folder / "autograder").glob("*.zip"))) as archive:
        archive.extractall(place / "source")
    return place


def gradescope(folder, notebook, place):
    """What ``run_autograder`` starts, and what it leaves: the results that Gradescope reads.

    Its folder is ``/autograder`` there; Conda's environment, which the archive sets up, is this Python here.
    """
    unpack(folder, place)
    shutil.copy(notebook, place / "submission")
    program = (place / "source" / "run_otter.py").read_text(encoding="utf-8")
    assert program.count('"/autograder"') == 1
    assert "run_otter.py" in (place / "source" / "run_autograder").read_text(encoding="utf-8")
    bare = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}/usr/bin:/bin",
        "HOME": str(place),
        "LANG": "C.UTF-8",
    }
    kept = {name: value for name, value in os.environ.items() if name.startswith("OMP_")}
    done = subprocess.run(
        [sys.executable, "-c", program.replace('"/autograder"', repr(str(place)))],
        cwd=place,
        env=bare | kept,
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((place / "results" / "results.json").read_text(encoding="utf-8"))


def points(results):
    """What each question earned: its checks that are seen and its hidden ones together."""
    earned = {}
    for test in results["tests"]:
        name = test["name"].split(" - ")[0].split(" ")[0]
        if "score" in test:
            earned[name] = earned.get(name, 0.0) + test["score"]
    return earned


@pytest.mark.slow
@pytest.mark.parametrize("name", assignment_names())
def test_a_solution_earns_all_points_and_a_stub_none(name, built, questions, kept_back, tmp_path):
    folder = built(name)
    solved = gradescope(folder, folder / "autograder" / f"{name}.ipynb", tmp_path / "solved")
    assert points(solved) == questions(name)
    stub = gradescope(folder, folder / "student" / f"{name}.ipynb", tmp_path / "stub")
    assert points(stub) == dict.fromkeys(questions(name), 0.0)
    seen = [test["output"] for test in stub["tests"] if test.get("visibility", "visible") == "visible"]
    assert seen
    assert [line for line in kept_back(name) if any(line in output for output in seen)] == []


@pytest.mark.slow
def test_the_archive_installs_the_package_and_holds_the_checks(built, questions, tmp_path):
    for name in assignment_names():
        source = unpack(built(name), tmp_path / name) / "source"
        assert {path.stem for path in (source / "tests").iterdir()} == set(questions(name))
        environment = yaml.safe_load((source / "environment.yml").read_text(encoding="utf-8"))
        (pip,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
        assert f"vostut @ git+{repository()}" in pip
        assert any(line.startswith("otter-grader") for line in pip)
        assert "environment.yml" in (source / "setup.sh").read_text(encoding="utf-8")
