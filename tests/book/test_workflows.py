"""The workflows parse, and the one that publishes the pages builds on DAVIS-2016 only if it is whole."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from vostut.data.archives import ARCHIVES
from vostut.data.unpack import has_layout

REPOSITORY = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
PLACE = f"data/davis2016/{ARCHIVES['davis2016'].folder}"


@pytest.fixture(scope="module")
def steps():
    """The steps that build the pages."""
    text = (REPOSITORY / ".github/workflows/pages.yml").read_text()
    return yaml.safe_load(text)["jobs"]["build"]["steps"]


def position(steps, words):
    """The one step that uses or runs something."""
    found = [i for i, step in enumerate(steps) if words in step.get("uses", "") + step.get("run", "")]
    assert len(found) == 1, words
    return found[0]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_parses_and_every_job_has_steps(workflow):
    jobs = yaml.safe_load(workflow.read_text())["jobs"]
    assert jobs
    assert all(job["runs-on"] and job["steps"] for job in jobs.values())
    assert all(("uses" in step) != ("run" in step) for job in jobs.values() for step in job["steps"])


def test_steps_stand_in_their_order(steps):
    order = (
        "make setup",
        "actions/cache",
        "get_davis2016.py",
        "sha256sum --check",
        "configure-pages",
        "make book",
        "zip -qr html/vostut-book.zip",
        "upload-pages",
    )
    positions = [position(steps, words) for words in order]
    assert positions == sorted(positions)


def test_data_that_cannot_be_fetched_stop_nothing(steps):
    cache, fetch = (steps[position(steps, words)] for words in ("actions/cache", "get_davis2016.py"))
    assert fetch["continue-on-error"] is True
    assert fetch["if"] == f"steps.{cache['id']}.outputs.cache-hit != 'true'"
    assert Path(PLACE).is_relative_to(cache["with"]["path"])
    assert "vostut/data/archives.py" in cache["with"]["key"]  # another archive, another cache


def decide(steps, folder):
    """Run the step that decides on which data the pages are built; what it says to the steps after it."""
    said = folder / "environment"
    program = steps[position(steps, "sha256sum --check")]["run"]
    variables = {**os.environ, "GITHUB_ENV": str(said)}
    subprocess.run(["bash", "-e", "-c", program], cwd=folder, env=variables, check=True, capture_output=True)
    return said.read_text() if said.exists() else ""


@pytest.fixture
def copy_of_davis(tmp_path):
    """A file where DAVIS would be, and its sum."""
    file = tmp_path / PLACE / "JPEGImages/480p/bear/00000.jpg"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"a frame")
    name = file.relative_to(tmp_path / "data/davis2016")
    digest = hashlib.sha256(b"a frame").hexdigest()
    (tmp_path / "data/davis2016/SHA256SUMS").write_text(f"{digest}  {name}\n")
    return file


def test_pages_are_built_on_a_copy_that_is_whole(steps, tmp_path, copy_of_davis):
    assert decide(steps, tmp_path) == f"DAVIS={tmp_path / PLACE}\n"
    assert copy_of_davis.exists()


def test_pages_are_built_on_the_cutouts_if_a_file_has_changed(steps, tmp_path, copy_of_davis):
    copy_of_davis.write_bytes(b"another")
    assert decide(steps, tmp_path) == ""
    assert not copy_of_davis.exists()


def test_pages_are_built_on_the_cutouts_if_nothing_was_fetched(steps, tmp_path):
    assert decide(steps, tmp_path) == ""


def test_what_is_kept_of_davis_is_a_data_set(steps, tmp_path):
    """Without its 1080p folders, which no chapter reads, it still counts as complete."""
    for kind in ("JPEGImages", "Annotations", "ImageSets"):
        for size in ("480p", "1080p"):
            (tmp_path / PLACE / kind / size).mkdir(parents=True)
    program = steps[position(steps, "get_davis2016.py")]["run"]
    removes = next(line for line in program.splitlines() if line.startswith("rm "))
    subprocess.run(["bash", "-e", "-c", removes], cwd=tmp_path / "data/davis2016", check=True)
    assert not list((tmp_path / PLACE).rglob("1080p"))
    assert has_layout(tmp_path / PLACE)
