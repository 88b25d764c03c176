"""The built book."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def built_book(request: pytest.FixtureRequest) -> Path:
    """The folder with the rendered pages; with ``--all`` built first, as ``make book`` does it."""
    pages = REPOSITORY / "_build" / "html"
    if not request.config.getoption("--all"):
        if not (pages / "index.html").is_file():
            pytest.skip("the book is not built (make book)")
        return pages
    result = subprocess.run(
        [sys.executable, "book/build.py"], cwd=REPOSITORY, capture_output=True, text=True, timeout=1500
    )
    if result.returncode:
        pytest.fail(f"the book does not build:\n{result.stdout[-6000:]}\n{result.stderr[-6000:]}")
    return pages
