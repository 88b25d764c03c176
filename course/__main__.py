"""``python -m course notebooks``: write the chapters' notebooks again."""

from __future__ import annotations

import sys

from course.notebooks import write_notebooks

if __name__ == "__main__":
    if sys.argv[1:] != ["notebooks"]:
        sys.exit("usage: python -m course notebooks")
    write_notebooks()
