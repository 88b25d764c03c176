"""The built book, and a browser to read it with."""

from __future__ import annotations

import shutil
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


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium, the system's own."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium or google-chrome on the PATH")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        chromium = playwright.chromium.launch(executable_path=program, args=flags)
        yield chromium
        chromium.close()
