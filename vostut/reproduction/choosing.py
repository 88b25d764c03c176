"""Which recipe, which threshold: decided on training videos that no network was trained on. Chapter 4."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from vostut.errors import DataError
from vostut.evaluation.processes import in_processes
from vostut.evaluation.scoring import score_video
from vostut.files import read_json
from vostut.osvos.contours import Contours
from vostut.osvos.snapping import snap, superpixels
from vostut.reproduction.labels import tuning_of, zoom_of
from vostut.reproduction.probabilities import read_probability
from vostut.video import Dataset, Video

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.757, 0.8, 0.85, 0.9, 0.95)
"""Of a pixel's probability; .757 is that of the authors' demonstration."""

CONTOUR_THRESHOLDS = (0.1, 0.2, 0.29, 0.4, 0.5)
"""Of a contour's strength; .29 is that of the authors' demonstration."""


def compare(
    folder: Path,
    dataset: Dataset,
    contours: Callable[[Video], Contours] | None = None,
    jobs: int = 1,
) -> list[dict[str, Any]]:
    """Score a run's probabilities at every threshold.

    Args:
        folder: of the run, see :mod:`vostut.reproduction.runs`.
        dataset: the videos that it segmented.
        contours: gives a video's contour maps; then its superpixels vote, at every pair of thresholds.
        jobs: how many processes.

    Returns:
        For each stage of fine-tuning that the run kept: ``run``, its ``zoom``, the backbone's learning
        ``rate``, ``steps``, ``threshold``, with contours ``contour threshold``, ``J`` and ``F`` (means over
        the videos), and ``J by sequence``.

    Raises:
        DataError: no such run, or it is not finished.
    """
    plan = read_json(folder / "run.json")
    tuning = tuning_of({"plan": plan})
    about = {"run": folder.name, "zoom": zoom_of(tuning), "rate": tuning["solver"]["rates"]["backbone"]}
    found = []
    for steps, source in _stages(folder, plan):
        tasks = [
            partial(_score_video, folder / source, v, contours and contours(v)) for v in dataset.values()
        ]
        by_video: dict[str, dict[tuple, tuple[float, float]]] = dict(in_processes(tasks, jobs))
        for rule in by_video[next(iter(dataset))]:
            values = {name: by_video[name][rule] for name in dataset}
            found.append(
                about
                | {"steps": steps, "threshold": rule[0]}
                | ({"contour threshold": rule[1]} if contours else {})
                | {
                    "J": round(float(np.mean([j for j, _ in values.values()])), 4),
                    "F": round(float(np.mean([f for _, f in values.values()])), 4),
                    "J by sequence": {name: round(j, 4) for name, (j, _) in values.items()},
                }
            )
    return found


def best(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The row whose mean of J and F is highest; of equal ones the first."""
    return max(rows, key=lambda row: row["J"] + row["F"])


def _stages(folder: Path, plan: dict[str, Any]) -> list[tuple[int, str]]:
    """(steps, folder of probabilities) of each stage of fine-tuning that was kept."""
    files = sorted((folder / "sequences").glob("*.json"))
    if not files:
        raise DataError(f"{folder}: no finished video (expected the folder of a run)")
    steps = max(json.loads(file.read_text(encoding="utf-8"))["steps"] for file in files)
    budgets = [(n, f"probabilities-after-{n}") for n in plan.get("budgets", ())]
    return [*budgets, (steps, "probabilities")]


def _score_video(
    source: Path, video: Video, contours: Contours | None
) -> tuple[str, dict[tuple, tuple[float, float]]]:
    """(J, F) of a video by rule."""
    if not (source / video.name).is_dir():
        raise DataError(f"{source / video.name}: missing (expected a run that is finished)")
    maps = [read_probability(source / video.name / f"{name}.png") for name in video.frame_names[1:]]
    scores = {}
    for strength, decide in _ways(video, contours):
        for threshold in THRESHOLDS:
            masks = [decide(t, p, threshold) for t, p in enumerate(maps)]
            (score,) = score_video(video, [np.asarray(video.masks[0]), *masks], ("J", "F"))
            scores[threshold, strength] = score.statistics("J").mean, score.statistics("F").mean
    return video.name, scores


Decide = Callable[[int, np.ndarray, float], np.ndarray]
"""From a map's number, the map and a threshold to the object's mask."""


def _ways(video: Video, contours: Contours | None) -> Iterator[tuple[float | None, Decide]]:
    """Each way to decide, by the threshold of its contours; None where nothing is snapped."""
    if contours is None:
        yield None, lambda t, probability, threshold: probability > threshold
        return
    edges = [contours(t, video.frames[t]) for t in range(1, len(video))]
    for strength in CONTOUR_THRESHOLDS:
        yield strength, _snapping([superpixels(edge, strength) for edge in edges])


def _snapping(regions: Sequence[np.ndarray]) -> Decide:
    return lambda t, probability, threshold: snap(probability, regions[t], threshold)
