"""Which saved mask belongs to which frame: by name, or by the number in the name where that is plain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from vostut.errors import DataError


def match_names(masks: Iterable[str], frames: Sequence[str], where: str) -> dict[str, str]:
    """Find the mask of each frame.

    Names agree as they are, or by the one number that counts the frames: ``000007``, ``frame_00007`` and
    ``bear-7-mask`` belong to frame ``00007``. The numbers have to be the frames' own: masks that were counted
    from 1 where the frames begin with 0 are refused, for each would be compared with the frame after it.

    Args:
        masks: names of the masks of one sequence, without suffix.
        frames: names of its frames, in order.
        where: what to call the masks in an error message.

    Returns:
        Name of a frame -> name of its mask, for those that have one.

    Raises:
        DataError: a mask with the number of no frame, or two with one number.
    """
    masks = sorted(masks)
    known, numbers = _numbers(frames), _numbers(_chosen(masks, frames))
    if not known or not numbers:
        return {name: name for name in frames if name in masks}
    by_number: dict[int, str] = {}
    for name, number in numbers.items():
        if by_number.setdefault(number, name) != name:
            raise DataError(f"{where}: {by_number[number]}.png and {name}.png (expected one for a frame)")
    counted = sorted(known.values())
    step = min((b - a for a, b in pairwise(counted)), default=1)
    # Where frames are named at a step, such as every fifth, there may be masks between them and behind them.
    end = counted[-1] + (step if counted[0] in by_number else 1)
    between = range(counted[0], end) if step > 1 else known.values()
    strange = [name for number, name in by_number.items() if number not in between]
    if strange:
        first, last = (by_number[pick(by_number)] for pick in (min, max))
        raise DataError(
            f"{where}: {strange[0]}.png is the mask of no frame: the masks are {first} to {last}, the frames"
            f" {frames[0]} to {frames[-1]} (expected the frames' names; do both count from the same number?)"
        )
    return {name: by_number[number] for name, number in known.items() if number in by_number}


def _chosen(masks: Sequence[str], frames: Sequence[str]) -> list[str]:
    """The masks whose names are built alike: as the frames' are, or, if none is, all in one way."""
    shapes: dict[tuple[str, ...], list[str]] = {}
    for name in masks:
        shapes.setdefault(_shape(name), []).append(name)
    if _shape(frames[0]) in shapes:
        return shapes[_shape(frames[0])]
    return next(iter(shapes.values())) if len(shapes) == 1 else []


def _shape(name: str) -> tuple[str, ...]:
    return tuple(re.split(r"[0-9]+", name))


def _numbers(names: Sequence[str]) -> dict[str, int]:
    """The number that counts: the only one that differs between names. Empty if there is no such thing."""
    found = {name: [int(part) for part in re.findall(r"[0-9]+", name)] for name in names}
    if len({_shape(name) for name in names}) != 1 or not all(found.values()):
        return {}
    columns = list(zip(*found.values(), strict=True))
    counting = [i for i, column in enumerate(columns) if len(set(column)) > 1]
    if len(counting) > 1:
        return {}
    which = counting[0] if counting else -1
    return {name: numbers[which] for name, numbers in found.items()}
