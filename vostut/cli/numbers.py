"""Numbers on the command line: each says the range that it takes."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """A whole number of at least 1."""
    return _whole(text, 1)


def not_negative(text: str) -> int:
    """A whole number of at least 0."""
    return _whole(text, 0)


def frames_per_second(text: str) -> float:
    """A number above 0, and at most 1000."""
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 < rate <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} (expected a number of frames above 0, at most 1000)")
    return rate


def _whole(text: str, least: int) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} (expected a whole number of at least {least})")
    return int(text)
