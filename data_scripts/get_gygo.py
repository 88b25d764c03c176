"""Get GyGO: see data_scripts/README.md, or run this with --help."""

import sys

from vostut.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["download", "gygo", *sys.argv[1:]]))
