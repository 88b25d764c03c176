"""Where videos hold several objects, each is segmented and scored on its own, and the row can be checked."""

import json

import numpy as np
import pytest

from vostut.cli import main
from vostut.images import read_mask, write_mask
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


@pytest.mark.parametrize("place", ["pair_1", "pair_2", "pair_3"])
def test_an_object_that_only_one_of_row_and_masks_knows_is_named(place, pairs, tmp_path):
    rows, _ = reproduce({"copy": RunPlan("copy")}, pairs, tmp_path, "vostut reproduce", progress=False)
    row, folder = json.loads(json.dumps(rows[0])), tmp_path / "runs" / "copy"
    if place == "pair_3":
        row["score"]["sequences"]["pair_3"] = row["score"]["sequences"]["pair_2"]
        expected = "sequences pair_3: in the ledger, not among the masks"
    else:
        del row["score"]["sequences"][place]
        expected = f"sequences {place}: among the masks, not in the ledger"
    assert verify(row, folder, pairs) == [expected]


def test_the_command_verifies_rows_of_several_objects(two_objects, tmp_path, capsys):
    root, _ = two_objects
    data, run, file = f"--davis {root}", tmp_path / "run", tmp_path / "copy.json"
    assert main(f"run copy --dataset davis2017 {data} --device cpu --out {run} --record {file}".split()) == 0
    assert list(json.loads(file.read_text())["score"]["sequences"]) == ["pair_1", "pair_2"]
    assert main(f"ledger verify {file} {run} {data}".split()) == 0
    assert "every value is what its masks give" in capsys.readouterr().out
    moved = run / "masks" / "pair" / "00002.png"
    write_mask(moved, np.roll(read_mask(moved, several=True), 3, axis=1))
    assert main(f"ledger verify {file} {run} {data}".split()) == 1
    assert "sequences pair_2 J mean: 1.0 in the ledger" in capsys.readouterr().out


def test_a_run_on_two_machines_names_both():
    one, two = {"hardware": {"processor": "A"}}, {"hardware": {"processor": "B"}}
    assert _other_hardware([one, two, one]) == {"other hardware": [{"processor": "B"}]}
    assert _other_hardware([one, one]) == {}
