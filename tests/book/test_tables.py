"""Tables of chapters and of pages without a number, on a small project."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"
CONFIGURATION = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
project = "A small book"
extensions = ["myst_parser", "tables"]
numfig = True
numfig_secnum_depth = 1
"""
TABLE = "```{{table}} Of {0}.\n:name: tab-{0}\n\n| a | b |\n|---|---|\n| 1 | 2 |\n```\n"
PAGES = {
    "index": "# Book\n\n```{toctree}\n:numbered:\nchapter\n```\n\n```{toctree}\nfirst\nplain\nsecond\n```\n",
    "chapter": f"# Chapter\n\n{TABLE.format('chapter')}\nSee {{numref}}`tab-second`.\n",
    "first": f"# First appendix\n\n{TABLE.format('first')}\n{TABLE.format('more')}",
    "plain": "# A page without a table\n\nSaid.\n",
    "second": f"# Second appendix\n\n{TABLE.format('second')}",
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    (folder / "conf.py").write_text(CONFIGURATION)
    for name, text in PAGES.items():
        (folder / f"{name}.md").write_text(text)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", folder, folder / "out"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return folder / "out"


def numbers(pages, name):
    html = (pages / f"{name}.html").read_text()
    return [number.strip() for number in re.findall(r'<span class="caption-number">([^<]*)</span>', html)]


def test_a_chapters_tables_have_its_number_and_an_appendixs_a_letter(pages):
    assert numbers(pages, "chapter") == ["Table 1.1"]
    assert numbers(pages, "first") == ["Table A.1", "Table A.2"]
    assert numbers(pages, "second") == ["Table B.1"]


def test_references_say_the_same(pages):
    assert "Table B.1" in (pages / "chapter.html").read_text()
