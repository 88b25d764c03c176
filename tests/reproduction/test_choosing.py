"""What is chosen on training videos: the threshold, and who may be asked."""

import json
from dataclasses import asdict

import cv2
import numpy as np
import pytest
from small_data import moving_square, write_davis

from vostut.cli import main
from vostut.data import davis2016
from vostut.osvos import osvos_recipe
from vostut.reproduction.choosing import THRESHOLDS, best, compare

RECIPE = osvos_recipe("laptop", "vgg16")


@pytest.fixture
def run(tmp_path):
    """A run whose maps give .65 to the object and .45 to a margin, after 3 steps; less after 1."""
    write_davis(tmp_path / "davis", {"one": 5, "two": 6})
    (tmp_path / "davis" / "ImageSets" / "480p" / "train.txt").write_text("one\ntwo\n")
    folder = tmp_path / "run"
    (folder / "sequences").mkdir(parents=True)
    plan = {"method": "osvos", "budgets": [1], "config": asdict(RECIPE)}
    (folder / "run.json").write_text(json.dumps(plan))
    for name, n in (("one", 5), ("two", 6)):
        (folder / "sequences" / f"{name}.json").write_text(json.dumps({"steps": 3}))
        for t in range(1, n):
            mask = moving_square(t)
            margin = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
            for source, sure in (("probabilities", 0.65), ("probabilities-after-1", 0.35)):
                path = folder / source / name / f"{t:05d}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                grey = np.where(mask, sure, np.where(margin, sure - 0.2, 0.1))
                cv2.imwrite(str(path), np.rint(255 * grey).astype(np.uint8))
    return folder


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_threshold_that_parts_object_and_margin_is_best(run, jobs):
    dataset = davis2016.load(run.parent / "davis", "train")
    rows = compare(run, dataset, jobs=jobs)
    assert [(row["steps"], row["threshold"]) for row in rows] == [(n, x) for n in (1, 3) for x in THRESHOLDS]
    perfect = [(row["steps"], row["threshold"]) for row in rows if row["J"] == 1 and row["F"] == 1]
    assert perfect == [(1, 0.3), (3, 0.5), (3, 0.6)]
    with_margin = next(row for row in rows if (row["steps"], row["threshold"]) == (3, 0.4))
    assert with_margin["J"] == pytest.approx(16**2 / 20**2, abs=1e-4)
    assert set(with_margin["J by sequence"]) == {"one", "two"}
    low, high = RECIPE.augmentation.scale
    assert {row["zoom"] for row in rows} == {f"{low},{high}"}
    assert {row["rate"] for row in rows} == {RECIPE.solver.rates["backbone"]}
    assert best(rows) is next(row for row in rows if row["J"] == 1)


def test_with_contours_pairs_of_thresholds_are_tried(run):
    def contours(video):
        def at(t, frame):
            mask = moving_square(t).astype(np.uint8)
            return cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).astype(np.float32)

        return at

    rows = compare(run, davis2016.load(run.parent / "davis", "train"), contours)
    assert {(row["threshold"], row["contour threshold"]) for row in rows} >= {(0.4, 0.29), (0.5, 0.1)}
    snapped = next(r for r in rows if (r["steps"], r["threshold"], r["contour threshold"]) == (3, 0.4, 0.29))
    assert snapped["J"] > 16**2 / 20**2  # the margin's superpixel has too few votes, or less of it


def test_the_command_records_what_it_found(run, capsys):
    record = run.parent / "found.json"
    data = ["--davis", str(run.parent / "davis"), "--split", "train"]
    assert main(["choose", str(run), *data, "--record", str(record)]) == 0
    assert "chosen" in capsys.readouterr().out
    found = json.loads(record.read_text())
    assert found["data"] == "DAVIS-2016 train"
    assert found["chosen"] == found["rows"][0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--split", "val"], "flatters itself"),
        (["--split", "train", "--sequences", "three"], "three"),
    ],
)
def test_what_cannot_be_chosen_on_is_refused(run, capsys, change, said):
    assert main(["choose", str(run), "--davis", str(run.parent / "davis"), *change]) == 2
    assert said in capsys.readouterr().err


def test_a_run_that_is_not_finished_is_refused(run, capsys):
    data = ["--davis", str(run.parent / "davis"), "--split", "train"]
    (run / "probabilities" / "two" / "00001.png").unlink()
    assert main(["choose", str(run), *data]) == 2
    assert "00001.png" in capsys.readouterr().err
    assert main(["choose", str(run.parent), *data]) == 2
