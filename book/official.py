"""Condense the benchmark's own tables for chapters 7 and 8.

    python book/official.py path/to/official book/_data/official.json

The folder holds the tables that the benchmark publishes, as CSV files. Kept are the means over each part of
DAVIS-2016 for the methods that were scored on all of it, and J and F of OSVOS and MaskTrack for each
validation sequence and frame, three decimals as published.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from pathlib import Path

METHODS = ("osvos", "msk")


def main(folder: str, out: str) -> None:
    """Read the tables, write the summary."""
    root = Path(folder)
    parts: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    for row in _rows(root / "davis2016_official_by_subset.csv"):
        parts[row["method"]][row["subset"]] = {m: float(row[f"{m}_mean"]) for m in "JF"}
    whole = {name: subsets for name, subsets in parts.items() if len(subsets) > 1}
    sequences: dict[str, dict[str, dict[str, float]]] = {name: {} for name in METHODS}
    for row in _rows(root / "davis2016_val_per_sequence_stats_osvos_msk.csv"):
        for name in METHODS:
            values = {m: float(row[f"{name}_{m}_mean"]) for m in "JF"}
            sequences[name][row["sequence"]] = values | {"T": float(row[f"{name}_T"])}
    frames: dict[str, dict[str, dict[str, list[float]]]] = {name: {} for name in METHODS}
    for row in _rows(root / "davis2016_per_frame_J_F.csv"):
        if row["method"] in METHODS and row["sequence"] in sequences["osvos"]:
            values = frames[row["method"]].setdefault(row["sequence"], {"J": [], "F": []})
            for m in "JF":
                values[m].append(float(row[m]))
    summary = {"subsets": whole, "sequences": sequences, "frames": frames}
    Path(out).write_text(json.dumps(summary) + "\n", encoding="utf-8")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main(*sys.argv[1:])
