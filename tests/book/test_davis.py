"""The book on DAVIS-2016 itself, as the published pages show it: built as a whole, where the data is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course.source import chapter_names
from vostut.data import davis2016

pytestmark = [pytest.mark.book, pytest.mark.slow]
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    """The pages that ``DAVIS=... make book`` builds; a false sentence or a warning fails the build."""
    root = Path(os.environ.get("DAVIS") or REPOSITORY.parent / "data" / "DAVIS")
    frames = root / "JPEGImages" / "480p"
    if not all((frames / name).is_dir() for name in davis2016.SEQUENCES):
        pytest.skip(f"not all of DAVIS-2016 at {root} (set the environment variable DAVIS)")
    output = tmp_path_factory.mktemp("davis")
    environment = {**os.environ, "DAVIS": str(root), "BOOK_OUTPUT": str(output)}
    done = subprocess.run(
        [sys.executable, "book/build.py"], cwd=REPOSITORY, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return output / "_build" / "html"


def test_every_chapter_is_there_without_an_error(pages):
    for name in chapter_names():
        page = (pages / f"{name}.html").read_text()
        assert "Traceback" not in page, name


def test_the_pictures_are_of_davis(pages):
    """The failures that the text names have their pictures: chapter 7 shows the videos themselves."""
    text = re.sub(r"<[^>]+>", " ", (pages / "reproduction.html").read_text())
    for name in ("drift-chicane", "soapbox", "scooter-black"):
        assert name in text, name
    assert "DAVIS-2016" in re.sub(r"<[^>]+>", " ", (pages / "problem.html").read_text())
