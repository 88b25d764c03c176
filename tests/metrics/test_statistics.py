"""Recall counts frames, decay shares border frames, sequences weigh alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vostut.metrics import Statistics, decay, mean_of_sequences, recall, summarise

values = st.lists(st.floats(0, 1), min_size=1, max_size=400)


def test_recall_is_strict():
    assert recall([0.5, 0.5000001, 0.2, 1.0]) == 0.5


def test_decay_bins_share_their_border_frame():
    # 48 values: the first bin holds frames 0 to 12, the last 35 to 47, both ends included.
    series = np.zeros(48)
    series[12], series[35] = 13.0, 26.0
    assert decay(series) == pytest.approx(1.0 - 2.0)


def test_decay_rounds_halves_up():
    # linspace(1, 3, 5) = 1, 1.5, 2, 2.5, 3 -> borders 1, 2, 2, 3, 3 (NumPy alone: 1, 2, 2, 2, 3).
    assert decay([1.0, 0.0, 0.0]) == pytest.approx(0.5 - 0.0)


def test_decay_survives_long_sequences():
    # Official code stores the borders as uint8, which overflows at 256 frames.
    # Here the bins are frames 0 to 75 and 224 to 299, whose centres lie 224 steps of 1/299 apart.
    assert decay(np.linspace(1, 0, 300)) == pytest.approx(224 / 299)


@given(values)
def test_ranges(series):
    s = summarise(series)
    assert 0 <= s.recall <= 1
    assert -1 <= s.decay <= 1
    assert min(series) - 1e-9 <= s.mean <= max(series) + 1e-9
    if len(series) % 4 == 1:  # then the bins are the same from either end
        assert decay(series[::-1]) == pytest.approx(-decay(series), abs=1e-9)


@given(st.floats(0, 1), st.integers(1, 300))
def test_constant_series_do_not_decay(value, n):
    assert decay([value] * n) == pytest.approx(0, abs=1e-12)


def test_sequences_weigh_alike_however_long():
    both = mean_of_sequences([summarise([1.0] * 100), summarise([0.0] * 2)])
    assert both == Statistics(0.5, 0.5, 0.0)
