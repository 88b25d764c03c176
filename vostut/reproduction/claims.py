"""Published numbers beside ours: what was claimed, where it stands, and what came out here. Chapter 7.

A claim names a number, its source, and the rows of the ledger that answer it: one on the backbone of the
article, whose verdict is the claim's, and beside it one on this book's small network. Everything else is
computed: the value of the published masks as this package scores them, our values, how far they would move
with other videos, and the verdicts.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vostut.errors import DataError
from vostut.files import write_json

LOWER_IS_BETTER = ("J decay", "F decay", "T")
"""Measures that count errors."""

VERDICTS = ("met", "not met", "undecided", "not measured")
"""What can be said of a claim, see :func:`judge`."""

Score = Mapping[str, Any]
"""A score as a row of the ledger keeps it."""

DRAWS = 10_000
"""How often the videos are drawn again."""


class Ours(NamedTuple):
    """Where our answer to a claim stands.

    Attributes:
        row: of the ledger; "" if none answers. A ``*`` stands for the number of a seed: the
            mean of all of them answers.
        less: the row that is subtracted, if the claim is a difference; likewise.
        deviations: what was done otherwise than published.
    """

    row: str = ""
    less: str = ""
    deviations: tuple[str, ...] = ()


class Claim(NamedTuple):
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
        backbone: of the network that the number was published for, and of our row that answers it.
        row: of the ledger, on that backbone; "" if none answers.
        less: the row that is subtracted, if the claim is a difference.
        tolerance: how far below the published value ours still meets it, in percent points.
        deviations: what was done otherwise than published.
        lite: what our small network gives; it never answers for the other backbone.
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
    backbone: str = "VGG-16"
    row: str = ""
    less: str = ""
    tolerance: float = 0.5
    deviations: tuple[str, ...] = ()
    lite: Ours = Ours()

    @property
    def is_difference(self) -> bool:
        """Whether it says what a part is worth, and not how good a method is."""
        return bool(self.less or self.lite.less)


class Answer(NamedTuple):
    """What we can say of a claim.

    Attributes:
        ours: the value of our run; percent, None without a row.
        interval: 95 % of *ours minus published* if the videos are drawn again; percent points.
        verdict: one of :data:`VERDICTS`.
    """

    ours: float | None
    interval: tuple[float, float] | None
    verdict: str


NOTHING = Answer(None, None, "not measured")


def rescored(claim: Claim, leaderboard: Mapping[str, Any]) -> float | None:
    """The published masks, scored by this package; percent, None without masks."""
    found = leaderboard.get(claim.masks)
    return round(_percent(found, claim.metric), 1) if found else None


def answer(
    claim: Claim, ours: Ours | Claim, rows: Mapping[str, Any], leaderboard: Mapping[str, Any]
) -> Answer:
    """Compute one answer to a claim.

    Args:
        claim: the published number.
        ours: the claim itself for the article's backbone, or its ``lite``.
        rows: of the ledger, see :func:`vostut.reproduction.ledger.read_ledger`.
        leaderboard: the scores of published masks; where they are known, videos are drawn for both sides.

    Raises:
        DataError: a level is answered by a row about other data, or a difference by rows over different
            videos.
    """
    needed = [name for name in (ours.row, ours.less) if name]
    found = [_of_all_seeds(name, rows) for name in needed]
    if not ours.row or not all(found):
        return NOTHING
    _check_data(claim, ours, {name: row for seeds in found for name, row in seeds.items()})
    sides = [[row["score"] for row in seeds.values()] for seeds in found]
    values = [np.mean([_percent(score, claim.metric) for score in scores]) for scores in sides]
    value = round(float(values[0] - (values[1] if ours.less else 0.0)), 1)
    theirs = leaderboard.get(claim.masks)
    other = sides[1] if ours.less else [theirs] if theirs else []
    moved = _moved(sides[0], other, claim.metric) + value - claim.published
    low, high = (round(float(edge), 1) for edge in np.quantile(moved, [0.025, 0.975]))
    return Answer(value, (low, high), judge(claim, value, low, high))


def _of_all_seeds(name: str, rows: Mapping[str, Any]) -> dict[str, Any]:
    """The rows of a name in which a star stands for a number."""
    pattern = re.compile(re.escape(name).replace(r"\*", "[0-9]+"))
    return {row: found for row, found in rows.items() if pattern.fullmatch(row)}


def _moved(scores: Sequence[Score], others: Sequence[Score], metric: str) -> np.ndarray:
    """How the mean moves with the videos drawn, less other scores' on the same videos if there are any."""
    each = _videos(scores, metric)
    if others:
        beside = _videos(others, metric)
        each = {name: value - beside[name] for name, value in each.items()}
    values = np.array([each[name] for name in sorted(each)])
    draws = np.random.default_rng(0).integers(len(values), size=(DRAWS, len(values)))
    return values[draws].mean(axis=1) - values.mean()


def _videos(scores: Sequence[Score], metric: str) -> dict[str, float]:
    """The measure of each video that counts, in percent; the mean over the seeds."""
    counted = scores[0]["T"].get("sequences") if metric == "T" else None
    names = counted or scores[0]["sequences"]
    return {name: float(np.mean([_percent(s["sequences"][name], metric) for s in scores])) for name in names}


def _check_data(claim: Claim, ours: Ours | Claim, rows: Mapping[str, Any]) -> None:
    if ours.less:
        videos = {tuple(sorted(row["score"].get("sequences", ()))) for row in rows.values()}
        if len(videos) > 1:
            raise DataError(f"{claim.id}: {' and '.join(rows)} are over different videos (expected the same)")
        return
    for name, row in rows.items():
        if (data := row.get("data", claim.data)) != claim.data:
            raise DataError(f"{claim.id}: {name} is about {data} (expected {claim.data})")


def judge(claim: Claim, ours: float, low: float, high: float) -> str:
    """The verdict, by one rule for levels and differences.

    *Met*: ours is within the tolerance (a level may be better by any amount), and a difference is also clear
    of zero on the published side, since otherwise a part that does nothing would pass. *Not met*: ours is
    further away, and with other videos, too. *Undecided*: the videos are too few to say.

    Args:
        claim: the published number.
        ours: our value.
        low: where the interval of ours minus published begins.
        high: where it ends.
    """
    gap = round(ours - claim.published, 1)
    if claim.is_difference:
        shown = (low + claim.published if claim.published > 0 else -high - claim.published) > 0
        near, refuted = abs(gap) <= claim.tolerance, not low <= 0 <= high
        return ("met" if shown and claim.published else "undecided") if near else _beyond(refuted)
    worse, refuted = (gap, low > 0) if claim.metric in LOWER_IS_BETTER else (-gap, high < 0)
    return "met" if worse <= claim.tolerance else _beyond(refuted)


def _beyond(refuted: bool) -> str:
    return "not met" if refuted else "undecided"


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
        entries = json.loads(Path(path).read_text(encoding="utf-8"))
        return [_claim(entry) for entry in entries]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(f"{path}: not a list of claims ({error})") from error


def _claim(entry: Mapping[str, Any]) -> Claim:
    """A claim from JSON; what was computed is left out."""
    values = {name: entry[name] for name in Claim._fields}
    lite = {name: entry["lite"][name] for name in Ours._fields}
    ours = Ours(**lite | {"deviations": tuple(lite["deviations"])})
    return Claim(**values | {"deviations": tuple(entry["deviations"]), "lite": ours})


def claim_entry(claim: Claim, rows: Mapping[str, Any], leaderboard: Mapping[str, Any]) -> dict[str, Any]:
    """A claim with its answers, as JSON keeps it."""
    entry = claim._asdict() | {"rescored": rescored(claim, leaderboard)}
    entry |= answer(claim, claim, rows, leaderboard)._asdict()
    lite = claim.lite._asdict() | answer(claim, claim.lite, rows, leaderboard)._asdict()
    return entry | {"lite": lite}


def write_claims(
    claims: Sequence[Claim], rows: Mapping[str, Any], leaderboard: Mapping[str, Any], path: str | os.PathLike
) -> None:
    """Write claims with their answers, as JSON."""
    entries = [claim_entry(claim, rows, leaderboard) for claim in claims]
    write_json(path, entries)
