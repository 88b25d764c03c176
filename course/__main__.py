"""``python -m course notebooks`` writes the chapters' notebooks, ``python -m course build`` the course."""

from __future__ import annotations

import sys

from course.source import ROOT


def main() -> int:
    """Do what is asked for."""
    if sys.argv[1:] == ["notebooks"]:
        from course.notebooks import write_notebooks

        write_notebooks()
        return 0
    if sys.argv[1:] == ["build"]:
        from course.build import build_course

        build_course(ROOT / "_build" / "course")
        print(f"The course: {ROOT / '_build' / 'course' / 'README.md'}")
        return 0
    print("usage: python -m course notebooks | build", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
