"""Published numbers beside ours: what was claimed, where it stands, and what came out here. Chapter 6.

A claim names a number, its source, and the row of the ledger that answers it. Everything else about it is
computed: the value of the published masks as this package scores them, our value, and the verdict.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from vostut.errors import DataError
from vostut.files import write_atomically

LOWER_IS_BETTER = ("J decay", "F decay", "T")
"""Measures that count errors."""

VERDICTS = ("met", "not met", "too small to tell", "not measured")
"""What can be said of a claim. *Too small to tell*: a difference within its own tolerance of zero."""


@dataclass(frozen=True)
class Claim:
    """One published number.

    Attributes:
        id: of the claim; unique.
        words: what is claimed.
        metric: ``"J mean"``, ``"J recall"``, ``"J decay"``, the same of F, or ``"T"``.
        data: the videos it holds for.
        published: the value, in percent.
        where: table or section it stands in.
        cite: its citation key.
        checked: False if it was only quoted from notes and not seen at its source.
        masks: the published masks that it is re-scored from, a key of ``leaderboard.json``; "" for none.
        row: of the ledger, which answers it; "" if none does.
        less: the row that is subtracted, if the claim is a difference.
        tolerance: how far below the published value ours still meets it, in percent points.
        deviations: what was done otherwise than published.
    """

    id: str
    words: str
    metric: str
    data: str
    published: float
    where: str
    cite: str
    checked: bool = True
    masks: str = ""
    row: str = ""
    less: str = ""
    tolerance: float = 0.5
    deviations: tuple[str, ...] = ()


class Answer(NamedTuple):
    """What we can say of a claim.

    Attributes:
        rescored: the published masks, scored by this package; percent, None without masks.
        ours: the value of our run; percent, None without a row.
        verdict: one of :data:`VERDICTS`.
    """

    rescored: float | None
    ours: float | None
    verdict: str


def answer(claim: Claim, rows: Mapping[str, Any], leaderboard: Mapping[str, Any]) -> Answer:
    """Compute a claim's answer.

    A level is met if ours is at most ``tolerance`` worse than published. A difference is met if ours is at
    most ``tolerance`` away from it, on either side; but if the published difference is itself no larger than
    the tolerance, a run in which the part does nothing would meet it, so nothing is shown.

    Args:
        claim: the published number.
        rows: of the ledger, see :func:`vostut.reproduction.ledger.read_ledger`.
        leaderboard: the scores of published masks.

    Raises:
        DataError: a level is answered by a row about other data, or a difference by rows over different
            videos.
    """
    published = leaderboard.get(claim.masks)
    rescored = round(_percent(published, claim.metric), 1) if published else None
    needed = [name for name in (claim.row, claim.less) if name]
    if not claim.row or any(name not in rows for name in needed):
        return Answer(rescored, None, "not measured")
    _check_data(claim, {name: rows[name] for name in needed})
    values = [_percent(rows[name]["score"], claim.metric) for name in needed]
    ours = round(values[0] - (values[1] if claim.less else 0.0), 1)
    return Answer(rescored, ours, _verdict(claim, ours))


def _check_data(claim: Claim, rows: Mapping[str, Any]) -> None:
    if claim.less:
        videos = {tuple(sorted(row["score"].get("sequences", ()))) for row in rows.values()}
        if len(videos) > 1:
            raise DataError(f"{claim.id}: {' and '.join(rows)} are over different videos (expected the same)")
    elif (data := rows[claim.row].get("data", claim.data)) != claim.data:
        raise DataError(f"{claim.id}: {claim.row} is about {data} (expected {claim.data})")


def _verdict(claim: Claim, ours: float) -> str:
    """Whether our value meets the published one."""
    worse = claim.published - ours
    if claim.less:
        worse = abs(worse)
    elif claim.metric in LOWER_IS_BETTER:
        worse = -worse
    if round(worse, 1) > claim.tolerance:
        return "not met"
    return "too small to tell" if claim.less and abs(claim.published) <= claim.tolerance else "met"


def _percent(score: Mapping[str, Any], metric: str) -> float:
    """A value of a score as JSON, in percent."""
    measure, _, statistic = metric.partition(" ")
    return 100 * score[measure][statistic or "mean"]


def read_claims(path: str | os.PathLike) -> list[Claim]:
    """The claims of a file, without their answers.

    Raises:
        DataError: no such file, or not a list of claims.
    """
    try:
        entries = json.loads(Path(path).read_text())
        return [_claim(entry) for entry in entries]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(f"{path}: not a list of claims ({error})") from error


def _claim(entry: Mapping[str, Any]) -> Claim:
    """A claim from JSON; what was computed is left out."""
    values = {f.name: entry[f.name] for f in fields(Claim)}
    return Claim(**values | {"deviations": tuple(entry["deviations"])})


def write_claims(
    claims: Sequence[Claim], rows: Mapping[str, Any], leaderboard: Mapping[str, Any], path: str | os.PathLike
) -> None:
    """Write claims with their answers, as JSON."""
    entries = [asdict(claim) | answer(claim, rows, leaderboard)._asdict() for claim in claims]
    write_atomically(Path(path), (json.dumps(entries, indent=1, allow_nan=False) + "\n").encode())
