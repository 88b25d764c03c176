"""``python -m vostut`` is ``vostut``."""

import sys

from vostut.cli import main

if __name__ == "__main__":
    sys.exit(main())
