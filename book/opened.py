"""Record what chapter 2 shows of DAVIS-2016 where no copy is at hand.

    python book/opened.py path/to/DAVIS book/_data/opened.json

The lines are those that the chapter's own function ``look`` gives for the copy; a build that has DAVIS-2016
compares them with its own. The credits of single videos are read from the README in the copy.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
from myst_nb.core.read import read_myst_markdown_notebook

from vostut.data import davis2016

CHAPTER = Path(__file__).with_name("datasets.md")
CREDIT = re.compile(r"^\s*\* ([a-z-]+)\s+\[(.+?)\]\((https?://\S+?)\)", re.MULTILINE)


def chapters_look():
    """The function ``look`` as chapter 2 defines it."""
    cells = read_myst_markdown_notebook(CHAPTER.read_text(encoding="utf-8")).cells
    program = next(cell.source for cell in cells if "def look(" in cell.source)
    names = {"np": np}
    exec(compile(program, CHAPTER.name, "exec"), names)
    return names["look"]


def main(root: str, out: str) -> None:
    """Look at one video, read the credits, write both."""
    readme = (Path(root) / "README.md").read_text(encoding="utf-8")
    credits = [dict(zip(("video", "by", "from"), found, strict=True)) for found in CREDIT.findall(readme)]
    lines = chapters_look()(davis2016.load(root, "val"), "camel")
    recorded = {"davis2016": {"video": "camel", "lines": lines}, "credits": credits}
    text = json.dumps(recorded, indent=1, ensure_ascii=False)
    Path(out).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
