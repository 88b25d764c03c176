"""The evaluator on small data whose scores can be worked out by hand, and on bad input."""

import json
import subprocess
import sys

import numpy as np
import pytest
from small_data import mask_png, moving_square, result_members, write_davis, write_folder, write_zip

from vostut.baselines import CopyFirstMask
from vostut.data import davis2016, davis2017, open_dataset
from vostut.errors import DataError
from vostut.evaluation import (
    evaluate,
    evaluate_method,
    leaderboard_table,
    official_csv,
    score_table,
    score_video,
)
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


def test_an_unknown_object_id_is_named_with_its_file(two_objects, tmp_path):
    root, ids = two_objects
    for t in range(5):
        write_mask(tmp_path / f"r/pair/{t:05d}.png", np.where(ids == 2, 7, ids) if t == 2 else ids)
    with pytest.raises(
        DataError, match=r"r/pair/00002\.png: object id 7 in a result mask .expected .* 1, 2\)"
    ):
        evaluate(tmp_path / "r", davis2017.load(root), metrics=("J",))
    video = davis2017.load(root)["pair"]
    with pytest.raises(DataError, match="pair/00001: object id 7"):
        score_video(video, [np.where(ids == 2, 7, ids)] * 5, ("J",), several=True)


@pytest.mark.parametrize("encoding", ["0/255", "1 bit", "palette of 0 and 255"])
def test_binary_masks_of_several_objects_are_refused(two_objects, tmp_path, encoding):
    root, ids = two_objects
    for t in range(5):
        path = tmp_path / f"r/pair/{t:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(ids > 0, encoding))
    with pytest.raises(DataError, match=r"r/pair/00001\.png: tells an object from the background, not which"):
        evaluate(tmp_path / "r", davis2017.load(root), metrics=("J",))
    # Where there is one object, it is plain which is meant.
    for path in (root / "Annotations/480p/pair").iterdir():
        write_mask(path, ids > 0)
    score = evaluate(tmp_path / "r", davis2017.load(root), metrics=("J",))
    assert score.sequences["pair_1"].statistics("J").mean == 1


def encoded(mask, encoding):
    import io

    from PIL import Image

    image = Image.fromarray(mask * np.uint8(255), "P" if "palette" in encoding else "L")
    if image.mode == "P":
        image.putpalette([0, 0, 0] * 255 + [255, 255, 255])
    buffer = io.BytesIO()
    (image.convert("1") if encoding == "1 bit" else image).save(buffer, "PNG")
    return buffer.getvalue()


def test_several_objects_where_one_is_expected(two_objects, tmp_path):
    root, ids = two_objects
    swapped = np.array([0, 2, 1], np.uint8)[ids]
    for t in range(5):
        write_mask(tmp_path / f"r/pair/{t:05d}.png", swapped)
    for kind in ("layout", "davis2016"):
        with pytest.raises(
            DataError, match=r"pair/0000\d\.png: several objects, with the ids 1, 2 .*--several"
        ):
            evaluate(tmp_path / "r", open_dataset(kind, root), metrics=("J",))
        merged = evaluate(tmp_path / "r", open_dataset(kind, root, merge=True), metrics=("J",), merge=True)
        assert merged.statistics("J").mean == 1
        assert merged.protocol == "All objects were taken as one."
    apart = evaluate(tmp_path / "r", open_dataset("layout", root, several=True), metrics=("J",))
    assert apart.statistics("J").mean == 0
    assert apart.protocol == "Each object was scored on its own."


def test_an_object_that_no_mask_shows_is_remarked_on(two_objects, tmp_path):
    root, ids = two_objects
    for t in range(5):
        write_mask(tmp_path / f"r/pair/{t:05d}.png", np.where(ids == 2, 0, ids))
    score = evaluate(tmp_path / "r", davis2017.load(root), metrics=("J",))
    assert score.remarks == ("pair: no mask shows object 2",)
    assert score.to_json()["remarks"] == ["pair: no mask shows object 2"]
    with pytest.raises(DataError, match="pair: no mask shows object 2 .expected nothing of the kind"):
        evaluate(tmp_path / "r", davis2017.load(root), metrics=("J",), strict=True)


def test_void_in_the_truth_and_in_masks_is_background(two_objects, tmp_path):
    root, ids = two_objects
    for t in range(5):
        void = ids.copy()
        void[:t] = 255
        write_mask(root / f"Annotations/480p/pair/{t:05d}.png", void)
        void = ids.copy()
        void[44:] = 255
        write_mask(tmp_path / f"r/pair/{t:05d}.png", void)
    for kind in ({}, {"merge": True}):
        score = evaluate(
            tmp_path / "r", open_dataset("davis2017", root, **kind), metrics=("J", "F"), merge=bool(kind)
        )
        assert score.statistics("J").mean == 1
        assert score.statistics("F").mean == 1


def test_attributes_and_csv(tiny_davis, tmp_path):
    from dataclasses import replace

    members = result_members()
    for t in range(6):
        members[f"right/{t:05d}.png"] = mask_png(np.zeros((48, 64), bool))
    data = davis2016.load(tiny_davis)
    marked = data.with_videos([replace(data["left"], attributes=frozenset({"OCC"})), data["right"]])
    score = evaluate(write_zip(tmp_path / "m.zip", members), marked, metrics=("J", "F"))
    assert score.by_attribute() == {
        "OCC": {"sequences": 1, "J": {"with": 1.0, "without": 0.0}, "F": {"with": 1.0, "without": 0.0}}
    }
    assert official_csv(score) == {
        "global_results-val.csv": "J&F-Mean,J-Mean,J-Recall,J-Decay,F-Mean,F-Recall,F-Decay\n"
        "0.500,0.500,0.500,0.000,0.500,0.500,0.000\n",
        "per-sequence_results-val.csv": "Sequence,J-Mean,F-Mean\nleft,1.000,1.000\nright,0.000,0.000\n",
    }


def test_a_worker_starts_with_what_it_needs():
    """Imports are half of a worker's start; these wait until they are used."""
    late = ("scipy", "tqdm", "tabulate", "torch", "pooch", "skimage", "joblib", "PIL", "html")
    late += (
        ("_hashlib",) if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else ()
    )  # NumPy 1 imports it itself
    program = f"import sys, vostut.data, vostut.evaluation; print([m for m in {late} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
