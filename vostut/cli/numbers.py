"""Numbers on the command line: each says the range that it takes."""

from __future__ import annotations

import argparse

MOST = 2**31 - 1
"""Of steps, seeds and the like: PyTorch and NumPy take no more everywhere."""

MOST_PROCESSES = 1024
"""Of processes and threads: beyond that lies a slip of the keyboard, and a machine that stands still."""


def positive(text: str) -> int:
    """A whole number of at least 1."""
    return _whole(text, 1, MOST)


def not_negative(text: str) -> int:
    """A whole number of at least 0."""
    return _whole(text, 0, MOST)


def processes(text: str) -> int:
    """How many processes or threads."""
    return _whole(text, 1, MOST_PROCESSES)


def workers(text: str) -> int:
    """How many processes beside this one."""
    return _whole(text, 0, MOST_PROCESSES)


def several_positive(text: str) -> tuple[int, ...]:
    """Whole numbers of at least 1 with commas between them; each is taken once."""
    return tuple(dict.fromkeys(map(positive, text.split(","))))


def frames_per_second(text: str) -> float:
    """A frame rate that a video may have."""
    from vostut.video import FRAME_RATES

    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not FRAME_RATES[0] <= rate <= FRAME_RATES[1]:
        raise argparse.ArgumentTypeError(
            f"{text!r} (expected a number of frames from {FRAME_RATES[0]} to {FRAME_RATES[1]})"
        )
    return rate


def learning_rate(text: str) -> float:
    """Above 0, and at most 1."""
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} (expected a learning rate above 0, and at most 1)")
    return rate


def _whole(text: str, least: int, most: int) -> int:
    right = text.isascii() and text.isdigit() and len(text) <= 20
    if not right or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(
            f"{text!r} (expected a whole number of at least {least}, and at most {most})"
        )
    return int(text)
