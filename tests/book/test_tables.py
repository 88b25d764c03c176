"""Tables of chapters have the chapter's number; those of other pages a letter, anew on each page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"
TABLE = "```{{table}} Some numbers.\n:name: {name}\n\n| a |\n|---|\n| 1 |\n```\n\n"
PAGES = {
    "index": "# Book\n\n```{toctree}\n:numbered: 2\none\n```\n\n```{toctree}\nfirst\nplain\nsecond\n```\n",
    "one": "# One\n\n" + TABLE.format(name="tab-one") + "See {numref}`tab-later`.\n",
    "first": "# First\n\n" + TABLE.format(name="tab-a") + TABLE.format(name="tab-b"),
    "plain": "# Plain\n\nNo table.\n",
    "second": "# Second\n\n" + TABLE.format(name="tab-later"),
}
CONFIGURATION = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "tables"]
numfig, numfig_secnum_depth = True, 1
"""


def test_pages_without_a_number_have_a_letter(tmp_path):
    (tmp_path / "conf.py").write_text(CONFIGURATION)
    for name, text in PAGES.items():
        (tmp_path / f"{name}.md").write_text(text)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(tmp_path), str(tmp_path / "out")]
    for _ in range(2):  # the second build reads what the first has left
        subprocess.run(command, check=True)
        (tmp_path / "one.md").touch()
    pages = {name: (tmp_path / "out" / f"{name}.html").read_text() for name in PAGES}
    numbers = {name: re.findall(r'caption-number">(.*?) <', page) for name, page in pages.items()}
    assert numbers["one"] == ["Table 1.1"]
    assert numbers["first"] == ["Table A.1", "Table A.2"]
    assert numbers["second"] == ["Table B.1"]
    assert ">Table B.1<" in pages["one"]
