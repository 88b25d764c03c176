"""The built book."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def built_book() -> Path:
    """The folder with the rendered pages, built the way ``make book`` builds it: warnings are errors."""
    result = subprocess.run(
        [sys.executable, "book/build.py"], cwd=REPOSITORY, capture_output=True, text=True, timeout=1500
    )
    if result.returncode:
        pytest.fail(f"the book does not build:\n{result.stdout[-6000:]}\n{result.stderr[-6000:]}")
    return REPOSITORY / "_build" / "html"
