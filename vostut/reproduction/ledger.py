"""The ledger: one JSON file for each run whose numbers the book prints. Chapters 4 to 7.

A row holds everything needed to make the number again and to judge it: the command, the recipe, the seed,
the code's version, the hardware, the time, the memory, and the scores of each sequence and attribute.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vostut.errors import DataError
from vostut.evaluation.scores import Score
from vostut.files import write_json
from vostut.reproduction.hardware import code_version
from vostut.video import Dataset


def ledger_row(
    name: str,
    folder: Path,
    dataset: Dataset,
    score: Score,
    command: str,
    note: str = "",
    source: str = "probabilities",
    masks: str = "masks",
    chosen_on: str = "",
) -> dict[str, Any]:
    """A run's row.

    Args:
        name: of the row, and of its file.
        folder: of the run, see :mod:`vostut.reproduction.runs`.
        dataset: what it segmented.
        score: of its masks.
        command: that made the masks, as a reader of the repository would type it.
        note: what the row shows, in words.
        source: which of the run's probabilities the masks were made from.
        masks: the folder of the masks, in the run's.
        chosen_on: the videos on which the recipe was chosen, such as ``"DAVIS-2016 train-6"``.
    """
    rows = [json.loads((folder / "sequences" / f"{n}.json").read_text(encoding="utf-8")) for n in dataset]
    wall = [json.loads(line) for line in (folder / "wall.jsonl").read_text(encoding="utf-8").splitlines()]
    plan = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    jobs = max(entry["jobs"] for entry in wall)
    budget = source.removeprefix("probabilities-after-")
    tuning = f"fine-tuning {budget}" if budget != source else "fine-tuning"
    steps = [int(budget) if budget != source else row["steps"] for row in rows]
    tuned = sum(row["seconds"][tuning] for row in rows)
    inferred = sum(row["seconds"][source] for row in rows)
    return {
        "name": name,
        "method": plan.get("method", "OSVOS"),
        "data": f"{dataset.name} {dataset.split}",
        "note": note,
        **({"chosen on": chosen_on} if chosen_on else {}),
        "command": command,
        "plan": plan,
        "code": ", ".join(dict.fromkeys(entry.get("code", code_version()) for entry in wall)),
        "hardware": rows[0]["hardware"],
        **_other_hardware(rows),
        "jobs": jobs,
        "masks": masks,
        "steps a video": round(sum(steps) / len(steps), 1),
        "seconds": {
            "fine-tuning a video": round(tuned / len(rows), 1),
            "inference a frame": round(inferred / sum(row["frames"] - 1 for row in rows), 3),
            "all videos": round((tuned + inferred) / jobs, 1),
            "wall, with the looks at budgets": round(sum(entry["seconds"] for entry in wall), 1),
        },
        "peak memory MB": max(row["peak memory MB"] for row in rows),
        "score": score.to_json(frames=False),
        "attributes": by_attribute(dataset, score),
    }


def _other_hardware(rows: Sequence[Mapping[str, Any]]) -> dict[str, list]:
    """What the videos ran on that did not run where the first one did."""
    others: list = []
    for row in rows:
        if row["hardware"] != rows[0]["hardware"] and row["hardware"] not in others:
            others.append(row["hardware"])
    return {"other hardware": others} if others else {}


def by_attribute(dataset: Dataset, score: Score) -> dict[str, dict[str, float]]:
    """Mean J and F over the sequences with each attribute, and over those without it, as a row keeps them."""
    marked = replace(score, attributes={name: video.attributes for name, video in dataset.items()})
    return {
        code: {"sequences": row["sequences"]}
        | {
            f"{metric} {label}": round(value, 4)
            for metric in ("J", "F")
            for label, value in row[metric].items()
            if value is not None
        }
        for code, row in marked.by_attribute().items()
    }


def write_row(row: dict[str, Any], path: str | os.PathLike) -> Path:
    """Write a row to a file of the ledger."""
    return write_json(path, row)


def whole_runs(
    rows: dict[str, dict[str, Any]], method: str, data: str = "DAVIS-2016 val"
) -> list[dict[str, Any]]:
    """The rows that a table of results shows, the best J first.

    Those are runs of the whole recipe on all videos of one split, since scores over others do not belong into
    the same column: no step left out (``-no-``, ``-heads-``, ``-ablation-``), no early look
    (``-budget-``), no other seed (``-seed-``), no other training data (``-joint-``), no selection of videos.

    Args:
        rows: by name, see :func:`read_ledger`.
        method: such as ``"OSVOS"`` or ``"MaskTrack"``.
        data: the data set and its split.
    """
    there = {name: row for name, row in rows.items() if row["data"] == data}
    partial = ("-budget-", "-no-", "-heads-", "-ablation-", "-seed-", "-joint-")
    most = max((len(row["score"]["sequences"]) for row in there.values()), default=0)
    whole = [
        row
        for name, row in there.items()
        if row["method"] == method
        and not any(part in name for part in partial)
        and len(row["score"]["sequences"]) == most
    ]
    return sorted(whole, key=lambda row: -row["score"]["J"]["mean"])


def read_ledger(folder: str | os.PathLike) -> dict[str, dict[str, Any]]:
    """All rows of a ledger, by name.

    Raises:
        DataError: no such folder, a file in it that is no row, or two rows of one name.
    """
    rows = {}
    if not Path(folder).is_dir():
        raise DataError(f"{folder}: no such folder (expected the ledger's JSON files)")
    for path in sorted(Path(folder).glob("*.json")):
        row = read_row(path)
        if row["name"] in rows:
            raise DataError(f"{path}: a second row of the name {row['name']} (expected one file for each)")
        rows[row["name"]] = row
    return rows


def read_row(path: str | os.PathLike) -> dict[str, Any]:
    """One row.

    Raises:
        DataError: no such file, or no row.
    """
    try:
        row = json.loads(Path(path).read_text(encoding="utf-8"))
        if not {"name", "data", "score"} <= row.keys() or "sequences" not in row["score"]:
            raise ValueError("expected name, data, and score with its sequences")
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise DataError(f"{path}: not a row of the ledger ({error})") from error
    return row
