"""Whether a row of the ledger says what its masks say. Chapter 7."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vostut.errors import DataError
from vostut.evaluation.evaluate import evaluate
from vostut.video import Dataset

TOLERANCE = 1e-9
"""Scores are computed from the same pixels by the same code; only a sum's order may differ."""


def verify(row: Mapping[str, Any], folder: Path, dataset: Dataset, jobs: int = 1) -> list[str]:
    """Score a run's stored masks once more, and compare with the row.

    Args:
        row: of the ledger.
        folder: of the run.
        dataset: the videos that the row names.
        jobs: how many processes.

    Returns:
        A line for each value that differs; none if the row is right.

    Raises:
        DataError: the row does not say where its masks lie, or they are not there, or it is about other data.
    """
    if "masks" not in row:
        raise DataError(f"{row['name']}: names no masks (expected a row with the key 'masks')")
    masks = folder / row["masks"]
    if not masks.is_dir():
        raise DataError(f"{masks}: no such folder (expected the masks of {row['name']})")
    if row["data"] != f"{dataset.name} {dataset.split}":
        raise DataError(f"{row['name']}: is about {row['data']} (expected {dataset.name} {dataset.split})")
    recorded = row["score"]
    names = list(recorded["sequences"])
    if dataset.several:  # a score for each object: "dogs_1" is of the video "dogs"
        names = list(dict.fromkeys(name.rsplit("_", 1)[0] for name in names))
    chosen = dataset.subset(names)
    metrics = tuple(m for m in ("J", "F", "T") if recorded.get(m))
    convention = recorded["T"]["convention"] if "T" in metrics else "matlab"
    score = evaluate(masks, chosen, metrics=metrics, convention=convention, jobs=jobs)
    found = score.to_json(frames=False)
    unknown = [name for name in found["sequences"] if name not in recorded["sequences"]]
    return [
        *_differences(recorded, found, ""),
        *(f"sequences {name}: among the masks, not in the ledger" for name in unknown),
    ]


def _differences(recorded: Any, found: Any, where: str) -> list[str]:
    """Lines such as ``sequences goat J mean: 0.81 in the ledger, 0.79 from the masks``."""
    if isinstance(recorded, Mapping) and isinstance(found, Mapping):
        return [
            line
            for key, value in recorded.items()
            for line in _differences(value, found.get(key), f"{where} {key}")
        ]
    if recorded and found is None:
        return [f"{where.strip()}: in the ledger, not among the masks"]
    if isinstance(recorded, float) and isinstance(found, float) and abs(recorded - found) <= TOLERANCE:
        return []
    return [] if recorded == found else [f"{where.strip()}: {recorded} in the ledger, {found} from the masks"]
