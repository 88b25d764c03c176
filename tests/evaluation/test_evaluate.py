"""The evaluator on small data whose scores can be worked out by hand, and on bad input."""

import json

import numpy as np
import pytest
from small_data import mask_png, moving_square, result_members, write_davis, write_folder, write_zip

from vostut.baselines import CopyFirstMask
from vostut.data import davis2016, davis2017
from vostut.errors import DataError
from vostut.evaluation import evaluate, evaluate_method, leaderboard_table, score_table, score_video
from vostut.images import write_mask


@pytest.mark.parametrize("jobs", [1, 2])
def test_perfect_masks(tiny_davis, tmp_path, jobs):
    path = write_zip(tmp_path / "perfect.zip", result_members())
    score = evaluate(path, davis2016.load(tiny_davis), stable=["left", "right"], jobs=jobs)
    assert (score.n_sequences, score.n_frames) == (2, 6 + 4)
    assert list(score.sequences) == ["left", "right"]
    for metric in ("J", "F"):
        assert score.statistics(metric).mean == 1
        assert score.statistics(metric).recall == 1
        assert score.statistics(metric).decay == 0
    assert score.stability() == pytest.approx(0, abs=1e-6)


def test_processes_do_not_change_a_number(tiny_davis, tmp_path):
    rng = np.random.default_rng(0)
    members = {
        name: mask_png(np.roll(moving_square(t), rng.integers(-3, 4), axis=0))
        for t, name in enumerate(result_members())
    }
    path = write_zip(tmp_path / "m.zip", members)
    one, two = (evaluate(path, davis2016.load(tiny_davis), jobs=jobs).to_json() for jobs in (1, 2))
    assert json.dumps(one) == json.dumps(two)


def test_copy_first_mask_by_hand(tiny_davis):
    score = evaluate_method(CopyFirstMask(), davis2016.load(tiny_davis))
    # After t steps of 2 pixels, a 16 x 16 square overlaps its start by (16 - 2t) / (16 + 2t).
    expected = [(16 - 2 * t) / (16 + 2 * t) for t in range(1, 7)]
    np.testing.assert_allclose(score.sequences["left"].J, expected)
    assert score.statistics("J", {"left"}).mean == pytest.approx(np.mean(expected))
    assert score.metrics == ("J", "F")


def test_first_and_last_frame_do_not_count(tiny_davis, tmp_path):
    members = result_members()
    for name in ("left/00000.png", "left/00007.png"):
        del members[name]
    assert (
        evaluate(write_zip(tmp_path / "m.zip", members), davis2016.load(tiny_davis)).statistics("J").mean == 1
    )


def test_conventions_of_t_differ_in_the_first_pair(tiny_davis, tmp_path):
    path = write_zip(tmp_path / "m.zip", result_members())
    matlab = evaluate(path, davis2016.load(tiny_davis), metrics=("T",))
    paper = evaluate(path, davis2016.load(tiny_davis), metrics=("T",), convention="paper")
    assert len(matlab.to_json()["sequences"]["left"]["T"]["pairs"]) == 6
    assert len(paper.to_json()["sequences"]["left"]["T"]["pairs"]) == 5
    assert paper.to_json()["T"]["convention"] == "paper"


def test_t_is_averaged_over_the_stable_sequences_only(tiny_davis, tmp_path):
    path = write_zip(tmp_path / "m.zip", result_members())
    score = evaluate(path, davis2016.load(tiny_davis), metrics=("T",), stable=["right"])
    assert score.to_json()["T"]["sequences"] == ["right"]
    assert score.stability() == score.sequences["right"].stability()
    assert "*" in score_table(score)


def test_empty_predictions_have_no_t(tiny_davis, tmp_path):
    members = {name: mask_png(np.zeros((48, 64), bool)) for name in result_members()}
    data = evaluate(write_zip(tmp_path / "m.zip", members), davis2016.load(tiny_davis)).to_json()
    assert data["T"]["mean"] is None
    assert data["J"]["mean"] == 0
    json.dumps(data, allow_nan=False)


def test_json_has_the_promised_shape(tiny_davis, tmp_path):
    data = evaluate(write_zip(tmp_path / "m.zip", result_members()), davis2016.load(tiny_davis)).to_json()
    assert (data["split"], data["n_sequences"], data["n_frames"]) == ("val", 2, 10)
    assert set(data["J"]) == set(data["F"]) == {"mean", "recall", "decay"}
    assert {"mean", "convention"} <= set(data["T"])
    assert set(data["sequences"]["left"]["J"]) == {"mean", "recall", "decay", "frames"}
    assert len(data["sequences"]["left"]["F"]["frames"]) == 6


def test_missing_sequences_are_listed_before_anything_is_scored(tiny_davis, tmp_path):
    members = {k: v for k, v in result_members().items() if k.startswith("left")}
    with pytest.raises(DataError, match="no masks for right .expected all 2 sequences of DAVIS-2016 val"):
        evaluate(write_zip(tmp_path / "m.zip", members), davis2016.load(tiny_davis))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bad_mask_in_a_worker_is_reported_by_name(tiny_davis, tmp_path, jobs):
    root = write_folder(tmp_path / "m", result_members())
    (root / "right" / "00002.png").write_bytes(b"junk")
    with pytest.raises(DataError, match=r"right/00002\.png: not a PNG"):
        evaluate(root, davis2016.load(tiny_davis), jobs=jobs)


def test_too_short_a_sequence(tmp_path):
    root = write_davis(tmp_path / "D", {"short": 2})
    with pytest.raises(DataError, match="short: 2 frames .expected at least 3"):
        evaluate_method(CopyFirstMask(), davis2016.load(root))


def test_tables(tiny_davis, tmp_path):
    score = evaluate(write_zip(tmp_path / "osvos.zip", result_members()), davis2016.load(tiny_davis))
    table = score_table(score)
    assert table.splitlines()[-3].split()[:2] == ["all", "1.000"]
    board = leaderboard_table({"osvos": score, "mine": score})
    assert "OSVOS" in board
    assert "0.798" in board  # the official value beside ours
    assert board.splitlines()[-1].split()[0] in {"OSVOS", "mine"}
    with pytest.raises(ValueError, match="left: F was not computed"):
        evaluate(tmp_path / "osvos.zip", davis2016.load(tiny_davis), metrics=("J",)).statistics("F")


def test_several_objects(two_objects, tmp_path):
    root, ids = two_objects
    swapped = ids.copy()
    swapped[ids == 2] = 0  # the second object is missed
    for t in range(5):
        write_mask(tmp_path / f"result/pair/{t:05d}.png", swapped)
    score = evaluate(tmp_path / "result", davis2017.load(root), metrics=("J", "F"), several=True)
    assert list(score.sequences) == ["pair_1", "pair_2"]
    assert score.n_sequences == 1
    assert score.sequences["pair_1"].statistics("J").mean == 1
    assert score.sequences["pair_2"].statistics("J").mean == 0
    assert score.to_json()["J&F"]["mean"] == 0.5


def test_unknown_object_ids_are_an_error(two_objects):
    root, ids = two_objects
    video = davis2017.load(root)["pair"]
    with pytest.raises(DataError, match="pair: object id 7 in a result mask .expected 0 to 2"):
        score_video(video, [np.where(ids == 2, 7, ids)] * 5, ("J",), several=True)


def test_several_objects_equal_vos_benchmark(two_objects, tmp_path):
    benchmark = pytest.importorskip(
        "vos_benchmark.benchmark", reason="the peer vos-benchmark is not installed"
    )
    root, ids = two_objects
    rng = np.random.default_rng(3)
    for t in range(5):
        noisy = np.roll(ids, rng.integers(-4, 5, 2), axis=(0, 1))
        write_mask(tmp_path / f"result/pair/{t:05d}.png", noisy)
    ours = evaluate(tmp_path / "result", davis2017.load(root), metrics=("J", "F"), several=True)
    _, j, f, *_ = benchmark.benchmark(
        [str(root / "Annotations/480p")], [str(tmp_path / "result")], num_processes=1, verbose=False
    )
    assert ours.statistics("J").mean * 100 == pytest.approx(np.ravel(j)[0], abs=1e-9)
    assert ours.statistics("F").mean * 100 == pytest.approx(np.ravel(f)[0], abs=1e-9)
