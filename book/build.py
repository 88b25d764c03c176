"""Build the book: ``make book`` calls this.

Jupyter Book does the work. Four things are added, each against a known trap:

* a chapter that fails, or any warning, fails the build;
* every page is written anew (after a failed build Jupyter Book would otherwise skip the bad page and
  report success);
* each cell is measured (``book/_ext/measure.py``), for the status page, and a chapter over its budget fails
  the build;
* executed chapters are cached by their text *and* by the package, the data and the versions they ran with
  (Jupyter Book alone looks at the text only).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from vostut.datasets import cutouts

sys.path.insert(0, str(Path(__file__).resolve().parent / "_ext"))
from status import over_budget

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "_build"
CELLS = OUTPUT / "cells.jsonl"
LIBRARIES = (
    "numpy",
    "matplotlib",
    "scikit-image",
    "opencv-python-headless",
    "torch",
    "timm",
    "higra",
    "myst-nb",
)


def cache_key() -> str:
    """A hash of everything but the chapters themselves that decides what a chapter prints."""
    digest = hashlib.sha256()
    sources = [
        p for p in (ROOT / "vostut").rglob("*") if p.suffix in {".py", ".js", ".css", ".json", ".safetensors"}
    ]
    recorded = [*(ROOT / "book" / "_data").glob("*"), *(ROOT / "ledger").rglob("*.json")]
    for path in [*sorted(sources), *sorted(recorded)]:
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    digest.update(f"{sys.version_info[:2]} {os.environ.get('DAVIS', '')}".encode())
    return digest.hexdigest()


def measuring() -> dict[str, str]:
    """Variables with which every kernel of the build measures its cells."""
    startup = OUTPUT / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    program = str(ROOT / "book" / "_ext" / "measure.py")
    (startup / "measure.py").write_text(f"__import__('runpy').run_path({program!r})['start']()\n")
    return {"IPYTHONDIR": str(OUTPUT / "ipython"), "VOSTUT_CELLS": str(CELLS)}


def main() -> int:
    """Run Jupyter Book and return its exit code."""
    key_file, cache = OUTPUT / "cache-key", OUTPUT / ".jupyter_cache"
    key = cache_key()
    if not key_file.exists() or key_file.read_text() != key:
        shutil.rmtree(cache, ignore_errors=True)
        OUTPUT.mkdir(exist_ok=True)
        key_file.write_text(key)  # only chapters that ran to their end are cached: a failed build keeps them
    cutouts.load()  # written once, so that no chapter has to wait for it
    command = [
        *(sys.executable, "-c", "from jupyter_book.cli.main import main; main()"),
        *("build", str(ROOT / "book")),
        *("--config", str(ROOT / "_config.yml"), "--toc", str(ROOT / "_toc.yml")),
        *("--path-output", str(ROOT), "--all", "-W", "--keep-going"),
    ]
    # On a busy machine, OpenMP's threads spin while they wait, which made a chapter 30 times slower.
    environment = {"GOMP_SPINCOUNT": "1000", **os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    environment |= measuring()
    code = subprocess.run(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL).returncode
    if code == 0:
        for message in (late := over_budget(ROOT / "book", CELLS)):
            print(f"over budget: {message}", file=sys.stderr)
        if late:
            return 1
        print(f"The book: {OUTPUT / 'html' / 'index.html'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
