"""The one error that bad input raises; the command line turns it into a message and exit code 2."""

from __future__ import annotations

from collections.abc import Sequence


class DataError(ValueError):
    """Data on disk is not what it should be.

    The message names the file (or folder) and says what was expected there.
    """


def some(names: Sequence[str], most: int = 5) -> str:
    """Names in a message: ``"a, b"``, or ``"a, b, c, d, e and 7 more"``."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
