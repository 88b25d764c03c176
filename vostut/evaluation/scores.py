"""Scores: per-frame J and F, per-pair T, and the statistics over them. Explained in chapter 3."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vostut.metrics import Statistics, mean_of_sequences, mean_stability, summarise

METRICS = ("J", "F", "T")
CONVENTIONS = ("matlab", "paper")
"""How T begins. ``matlab``: with the pair of the given first mask and the first predicted one, as the MATLAB
evaluation and the official web table do. ``paper``: with the first two predicted masks, as the Python
evaluation and the numbers in the papers do."""


@dataclass(frozen=True)
class SequenceScore:
    """The values of one object in one sequence, in order of time.

    Attributes:
        name: the sequence, with ``_1``, ``_2``, ... behind it where there are several objects.
        J: region similarity of the N-2 frames between the first and the last, or None if not asked for.
        F: contour accuracy of the same frames, or None.
        T: instability of the N-2 pairs of neighbouring masks (the first being the given mask and the
            first prediction), not scaled, NaN where a mask has no outline; or None.
    """

    name: str
    J: np.ndarray | None = None
    F: np.ndarray | None = None
    T: np.ndarray | None = None

    def statistics(self, metric: str) -> Statistics:
        """Mean, recall and decay of ``"J"`` or ``"F"``."""
        values = getattr(self, metric)
        if values is None:
            raise ValueError(f"{self.name}: {metric} was not computed")
        return summarise(values)

    def stability(self, convention: str = "matlab") -> float:
        """T of this sequence (lower is better), NaN if no pair has two outlines."""
        if self.T is None:
            raise ValueError(f"{self.name}: T was not computed")
        return mean_stability(self.T if convention == "matlab" else self.T[1:])


@dataclass(frozen=True)
class Score:
    """The score of a method on a split.

    Attributes:
        split: which part of the data set.
        sequences: name -> its score.
        n_sequences: how many videos (fewer than scores where videos hold several objects).
        n_frames: how many frames were scored, counted once for each video.
        stable: the sequences over which T is averaged; None means all.
        convention: see :data:`CONVENTIONS`.
        attributes: the codes of the video that each score is of, where a data set has such.
        protocol: what was scored, in words, where it is not one object in all frames but two.
        remarks: what was tolerated, and what should make a reader wonder, a line each.
    """

    split: str
    sequences: dict[str, SequenceScore]
    n_sequences: int
    n_frames: int
    stable: frozenset[str] | None = None
    convention: str = "matlab"
    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    protocol: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Which of J, F and T were computed."""
        first = next(iter(self.sequences.values()))
        return tuple(m for m in METRICS if getattr(first, m) is not None)

    def statistics(self, metric: str, names: Collection[str] | None = None) -> Statistics:
        """Mean, recall and decay of J or F, averaged over sequences (or over the named ones)."""
        chosen = [s for s in self.sequences.values() if names is None or s.name in names]
        return mean_of_sequences([s.statistics(metric) for s in chosen])

    def stability(self, convention: str | None = None) -> float:
        """T averaged over the stable sequences."""
        values = [s.stability(convention or self.convention) for s in self._stable()]
        values = [v for v in values if not math.isnan(v)]
        return float(np.mean(values)) if values else math.nan

    def _stable(self) -> list[SequenceScore]:
        return [s for s in self.sequences.values() if self.stable is None or s.name in self.stable]

    def to_json(self, frames: bool = True) -> dict[str, Any]:
        """Everything at full precision; NaN becomes null. Values per frame and pair only if asked for."""
        data: dict[str, Any] = {
            "split": self.split,
            "n_sequences": self.n_sequences,
            "n_frames": self.n_frames,
        }
        for metric in self.metrics:
            if metric == "T":
                data["T"] = {
                    "mean": _number(self.stability()),
                    "convention": self.convention,
                    "sequences": [s.name for s in self._stable()],
                }
            else:
                data[metric] = self.statistics(metric)._asdict()
        if {"J", "F"} <= set(self.metrics):
            data["J&F"] = {"mean": (data["J"]["mean"] + data["F"]["mean"]) / 2}
        data |= {"protocol": self.protocol} if self.protocol else {}
        data |= {"remarks": list(self.remarks)} if self.remarks else {}
        data["sequences"] = {name: self._sequence_json(s, frames) for name, s in self.sequences.items()}
        return data

    def by_attribute(self) -> dict[str, dict[str, Any]]:
        """Mean J and F of the sequences with each attribute, and of those without it; None if there is none.

        Returns:
            Code -> ``{"sequences": how many, "J": {"with": 0.8, "without": 0.7}, "F": ...}``.
        """
        table: dict[str, dict[str, Any]] = {}
        for code in sorted(frozenset().union(*self.attributes.values())):
            marked = {name for name, codes in self.attributes.items() if code in codes}
            others = set(self.sequences) - marked
            table[code] = {"sequences": len(marked)} | {
                metric: {
                    label: self.statistics(metric, names).mean if names else None
                    for label, names in (("with", marked), ("without", others))
                }
                for metric in self.metrics
                if metric != "T"
            }
        return table

    def _sequence_json(self, score: SequenceScore, frames: bool) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for metric in self.metrics:
            values = getattr(score, metric)
            if metric == "T":
                values = values if self.convention == "matlab" else values[1:]
                row["T"] = {"mean": _number(score.stability(self.convention))}
            else:
                row[metric] = score.statistics(metric)._asdict()
            if frames:
                row[metric]["pairs" if metric == "T" else "frames"] = [_number(v) for v in values]
        return row


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
