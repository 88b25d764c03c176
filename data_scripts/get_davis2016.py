"""Get DAVIS-2016: see data_scripts/README.md, or run this with --help."""

import sys

from vostut.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["download", "davis2016", *sys.argv[1:]]))
