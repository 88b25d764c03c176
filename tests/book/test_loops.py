"""The loops that the chapters print are the loops that run."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LOOPS = {
    "osvos/parent.py": "osvos",
    "osvos/finetune.py": "osvos",
    "masktrack/offline.py": "masktrack",
    "masktrack/finetune.py": "masktrack",
    "osvos/online.py": "what-came-next",
}


def loop_of(path: Path) -> str:
    """The lines from ``for step in``, or from the first mask of a video, to the next blank one, dedented."""
    lines = path.read_text().splitlines()
    begins = ("    for step in", "    last = first_mask")
    start = next(i for i, line in enumerate(lines) if line.startswith(begins))
    return dedent("\n".join(lines[start : lines.index("", start)]))


@pytest.mark.parametrize(("source", "chapter"), LOOPS.items(), ids=LOOPS)
def test_the_chapter_prints_the_loop_that_runs(source, chapter):
    loop = loop_of(REPOSITORY / "vostut" / source)
    assert f"```python\n{loop}\n```" in (REPOSITORY / "book" / f"{chapter}.md").read_text()
    assert max(map(len, loop.splitlines())) <= 88
