"""Condense the log of a training for chapters 4 and 5.

    python book/training_log.py runs/lite-parent book/_data/osvos_lite_parent.json

Writes the mean loss of every 100 steps, the number of steps, the side weights and the seconds spent. Those
are the median time of ten steps times their number: a machine that was busy or paused for a while does not
make the training longer.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from vostut.learning.checkpoints import read_description


def main(run: str, out: str) -> None:
    """Read a run's log and checkpoint, write the summary."""
    folder = Path(run)
    entries = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    about = read_description(next(folder.glob("*.safetensors")))  # the finished weights
    size = 10  # the log has one entry for ten steps
    pace = np.median(np.diff([e["seconds"] for e in entries])) / size
    groups = [entries[i : i + size] for i in range(0, len(entries) - size + 1, size)]
    summary = {
        "steps": about["step"],
        "side_weights": about["config"].get("side_weights", []),
        "seconds": round(float(pace * about["step"]), 1),
        "step": [group[-1]["step"] for group in groups],
        "loss": [round(float(np.mean([e["loss"] for e in group])), 5) for group in groups],
    }
    Path(out).write_text(json.dumps(summary) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
