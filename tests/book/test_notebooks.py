"""The notebooks beside the chapters: in sync with them, and running where nothing is installed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course.notebooks import all_chapters, notebook, path_of
from course.source import chapter_names, repository

REPOSITORY = Path(__file__).resolve().parents[2]
PREINSTALLED = ("numpy", "torch", "torchvision")
CHAPTERS, PLACES = all_chapters()


@pytest.mark.parametrize("chapter", CHAPTERS, ids=chapter_names())
def test_a_notebook_says_what_its_chapter_says(chapter):
    """If this fails, run  make notebooks."""
    kept = nbformat.read(path_of(chapter.name), as_version=4)
    again = notebook(chapter, PLACES, kept.metadata["vostut"]["values"])
    nbformat.validate(again)
    assert [cell.source for cell in again.cells] == [cell.source for cell in kept.cells]
    assert nbformat.writes(again) == nbformat.writes(kept)


@pytest.mark.parametrize("name", chapter_names())
def test_a_notebook_is_plain_markdown(name):
    for cell in nbformat.read(path_of(name), as_version=4).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\{[a-z:-]+\}`|^(```|:::)\{|^\([\w-]+\)=$", cell.source, re.MULTILINE)
            for link in re.findall(r"\]\(([a-z-]+\.ipynb)", cell.source):
                assert path_of(link.removesuffix(".ipynb")).exists()


def test_the_address_stands_in_one_place():
    tracked = subprocess.run(
        ["git", "grep", "-l", "-F", repository()], cwd=REPOSITORY, capture_output=True, text=True
    ).stdout.split()
    assert {p for p in tracked if not p.endswith(".ipynb")} <= {"_config.yml"}


@pytest.fixture(scope="module")
def empty_place(tmp_path_factory):
    """An empty folder, and a Python that has what Colab brings: NumPy, PyTorch and Jupyter."""
    folder = tmp_path_factory.mktemp("colab")
    python = folder / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    install = [python, "-m", "pip", "install", "-q", *PREINSTALLED, "nbclient", "ipykernel"]
    subprocess.run(install, check=True, timeout=1200)
    yield folder, python
    shutil.rmtree(folder / "venv")


VERSIONS = """
import json, sys
from importlib.metadata import version
print(json.dumps({name: version(name) for name in sys.argv[1:]}))
"""
RUN = """
import nbclient, nbformat, sys
nbclient.NotebookClient(nbformat.read(sys.argv[1], 4), timeout=600).execute()
"""


def versions(python):
    command = [python, "-c", VERSIONS, *PREINSTALLED]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


@pytest.mark.slow
def test_the_notebooks_run_in_an_empty_folder(empty_place):
    """In order, each in its own kernel, as a reader runs them in Colab; nothing that was there is changed."""
    folder, python = empty_place
    before = versions(python)
    work = folder / "work"
    work.mkdir()
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "DAVIS")}
    environment["VOSTUT_REPOSITORY"] = str(REPOSITORY)
    for name in chapter_names():
        shutil.copy(path_of(name), work)
        command = [python, "-c", RUN, f"{name}.ipynb"]
        done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{name}: {done.stderr[-3000:]}"
    assert versions(python) == before


@pytest.mark.book
def test_launch_buttons_lead_to_notebooks(built_book):
    for page in built_book.glob("*.html"):
        for link in re.findall(r'href="https://colab[^"]*/book/([\w-]+\.\w+)"', page.read_text()):
            assert (REPOSITORY / "book" / link).suffix == ".ipynb"
            assert (REPOSITORY / "book" / link).exists()
    assert "colab.research" in (built_book / "osvos.html").read_text()
