"""The dense CRF pulls a mask to where the colours change; without the package it says what is missing."""

import sys

import numpy as np
import pytest

from vostut.errors import DataError
from vostut.masktrack.crf import dense_crf
from vostut.metrics import region_similarity


@pytest.fixture
def scene():
    """A bright square, and a probability that is blurred and shifted against it."""
    mask = np.zeros((80, 100), bool)
    mask[20:60, 30:70] = True
    frame = np.where(mask[..., None], (220, 200, 40), (30, 60, 90)).astype(np.uint8)
    probability = np.full(mask.shape, 0.1, np.float32)
    probability[23:63, 34:74] = 0.9
    return frame, mask, probability


def test_it_moves_the_outline_to_the_edge(scene):
    pytest.importorskip("pydensecrf")
    frame, mask, probability = scene
    refined = dense_crf(probability, frame)
    assert refined.shape == mask.shape
    assert 0 <= refined.min() <= refined.max() <= 1
    assert region_similarity(refined > 0.5, mask) > 0.99 > region_similarity(probability > 0.5, mask)


def test_without_the_package_it_says_so(scene, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydensecrf", None)
    with pytest.raises(DataError, match="pip install pydensecrf2"):
        dense_crf(scene[2], scene[0])
