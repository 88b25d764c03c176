"""Where videos hold several objects, each is segmented and scored on its own, and the row can be checked."""

import json

import numpy as np
import pytest

from vostut.reproduction.ledger import _other_hardware
from vostut.reproduction.reproduce import reproduce
from vostut.reproduction.runs import RunPlan
from vostut.reproduction.verify import verify
from vostut.video import Dataset, Video


@pytest.fixture
def pairs():
    """Two squares that move apart: object 1 stands still, object 2 leaves its place by half."""
    ids = np.zeros((6, 48, 64), np.uint8)
    for t in range(6):
        ids[t, 8:24, 8:24] = 1
        ids[t, 8:24, 32 + 2 * t : 48 + 2 * t] = 2
    frames = np.repeat(ids[..., None] * 80, 3, axis=-1)
    return Dataset("DAVIS-2017", "val", [Video("pair", list(frames), list(ids))], several=True)


def test_each_object_has_its_score_and_the_row_holds(pairs, tmp_path):
    rows, failures = reproduce({"copy": RunPlan("copy")}, pairs, tmp_path, "vostut reproduce", progress=False)
    assert failures == []
    scores = rows[0]["score"]["sequences"]
    assert scores["pair_1"]["J"]["mean"] == 1
    assert scores["pair_2"]["J"]["mean"] < 0.8
    assert rows[0]["score"]["n_sequences"] == 1
    folder = tmp_path / "runs" / "copy"
    assert verify(rows[0], folder, pairs) == []
    wrong = json.loads(json.dumps(rows[0]))
    wrong["score"]["sequences"]["pair_2"]["J"]["mean"] = 1.0
    assert len(verify(wrong, folder, pairs)) == 1


def test_a_run_on_two_machines_names_both():
    one, two = {"hardware": {"processor": "A"}}, {"hardware": {"processor": "B"}}
    assert _other_hardware([one, two, one]) == {"other hardware": [{"processor": "B"}]}
    assert _other_hardware([one, one]) == {}
