"""From values per frame to the numbers of a table: mean, recall, decay. Explained in chapter 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

RECALL_THRESHOLD = 0.5
"""A frame counts as found when its value is strictly above this (the DAVIS toolkits' value)."""

DECAY_BINS = 4
"""Decay compares the first quarter of a sequence with its last."""


class Statistics(NamedTuple):
    """The three statistics that DAVIS reports of J and of F."""

    mean: float
    recall: float
    decay: float


def summarise(values: Sequence[float] | np.ndarray) -> Statistics:
    """Mean, recall and decay of the values of one sequence, in order of time.

    >>> summarise([1.0, 1.0, 0.75, 0.5, 0.5])
    Statistics(mean=0.75, recall=0.6, decay=0.5)
    """
    return Statistics(float(np.mean(values)), recall(values), decay(values))


def recall(values: Sequence[float] | np.ndarray, threshold: float = RECALL_THRESHOLD) -> float:
    """The share of frames whose value is above the threshold, in [0, 1].

    The paper's text speaks of the share of *sequences*; the code behind every published table counts
    frames, and so do we.

    >>> recall([0.9, 0.7, 0.5, 0.1])
    0.5
    """
    return float(np.mean(np.asarray(values) > threshold))


def decay(values: Sequence[float] | np.ndarray) -> float:
    """Mean of the first quarter minus mean of the last: what is lost over time, in [-1, 1].

    Neighbouring quarters share the frame on their border, as in the official code: 48 values are split
    into frames 0-12, 12-24, 24-35 and 35-47. Sharing or not changes the third decimal.

    >>> decay([1.0, 1.0, 0.75, 0.5, 0.5])
    0.5
    """
    values = np.asarray(values, float)
    # Rounds halves up, as MATLAB does; NumPy alone would round them to even.
    borders = np.round(np.linspace(1, len(values), DECAY_BINS + 1) + 1e-10).astype(int) - 1
    first, last = values[borders[0] : borders[1] + 1], values[borders[-2] : borders[-1] + 1]
    return float(first.mean() - last.mean())


def mean_of_sequences(sequences: Sequence[Statistics]) -> Statistics:
    """Each statistic averaged over sequences, every sequence weighing the same however long it is.

    >>> mean_of_sequences([Statistics(0.5, 0.0, 0.0), Statistics(1.0, 1.0, 0.5)])
    Statistics(mean=0.75, recall=0.5, decay=0.25)
    """
    rows = np.array([[s.mean, s.recall, s.decay] for s in sequences])
    return Statistics(*map(float, rows.mean(axis=0)))
