"""BSDS500's drawings: what several people agree on."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from vostut.cli import main
from vostut.data.bsds import DrawnContours, agreed
from vostut.errors import DataError


@pytest.fixture
def drawings(tmp_path):
    """Two photographs of 32 x 48 pixels, three people's contours of a square in each."""
    for folder in ("images/train", "images/val", "groundTruth/train", "groundTruth/val"):
        (tmp_path / folder).mkdir(parents=True)
    for split in ("train", "val"):
        cv2.imwrite(str(tmp_path / f"images/{split}/1.jpg"), np.full((32, 48, 3), 90, np.uint8))
        people = np.empty((1, 3), object)
        for i in range(3):
            square = np.zeros((32, 48), np.uint8)
            cv2.rectangle(square, (10 + i, 8), (30 + i, 24), 1)
            person = np.empty((1, 1), [("Boundaries", object)])
            person["Boundaries"][0, 0] = square
            people[0, i] = person
        savemat(tmp_path / f"groundTruth/{split}/1.mat", {"groundTruth": people})
    return tmp_path


def test_what_people_draw_near_each_other_is_a_contour(drawings):
    stills = DrawnContours(drawings)
    assert len(stills) == 2
    image, contour = stills[0]
    assert image.shape == (32, 48, 3)
    assert contour[8, 10:33].all()
    assert contour[10:23, 10:13].all()  # three people, one pixel apart
    assert not contour[12:20, 16:26].any()


def test_what_one_of_three_draws_is_none():
    drawn = np.zeros((3, 10, 10), bool)
    drawn[0, 5] = True
    assert not agreed(drawn).any()


def test_what_is_missing_or_broken_is_named(drawings):
    (drawings / "groundTruth/val/1.mat").write_bytes(b"no drawings")
    with pytest.raises(DataError, match=r"val/1\.mat"):
        DrawnContours(drawings)[1]
    (drawings / "groundTruth/val/1.mat").unlink()
    with pytest.raises(DataError, match=r"val/1\.mat"):
        DrawnContours(drawings)
    with pytest.raises(DataError, match="test: no photographs"):
        DrawnContours(drawings, ["test"])


def test_a_contour_branch_is_trained_and_snaps(drawings, tmp_path, capsys):
    """The loop of the parent, other images; what comes out is taken by ``--contours``."""
    from vostut.osvos.contours import network_contours
    from vostut.osvos.weights import load_osvos

    out = tmp_path / "branch"
    command = ["train", "contours", "--preset", "quick", "--steps", "2", "--out", str(out)]
    assert main(command) == 2
    assert "--drawings" in capsys.readouterr().err
    assert main([*command, "--drawings", str(drawings)]) == 0
    with pytest.raises(DataError, match="holds OSVOS contours"):  # and is no parent
        load_osvos(out / "contours.safetensors")
    network, _ = load_osvos(out / "contours.safetensors", "contours")
    found = network_contours(network)(0, np.zeros((32, 48, 3), np.uint8))
    assert found.shape == (32, 48)
    assert 0 <= found.min() <= found.max() <= 1
