"""Folders of images with masks, in the layouts of the saliency data sets."""

import numpy as np
import pytest
from PIL import Image
from small_data import write_davis

from vostut.datasets import open_layout
from vostut.datasets.stills import FramesAsStills, Together, open_stills
from vostut.errors import DataError


def write_pair(photograph, mask, levels=(0, 255)):
    for path in (photograph, mask):
        path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((6, 8, 3), 90, np.uint8)).save(photograph)
    values = np.full((6, 8), levels[0], np.uint8)
    values[2:4, 3:6] = levels[1]
    Image.fromarray(values).save(mask)


@pytest.mark.parametrize(
    ("photograph", "mask"),
    [
        ("images/0001.jpg", "ground_truth_mask/0001.png"),  # ECSSD
        ("images/1.bmp", "masks/1.png"),  # PASCAL-S
        ("Imgs/100.jpg", "Imgs/100.png"),  # MSRA10K
    ],
)
def test_the_known_layouts(photograph, mask, tmp_path):
    write_pair(tmp_path / photograph, tmp_path / mask)
    write_pair(tmp_path / photograph.replace("1", "9"), tmp_path / "elsewhere" / "unpaired.png")
    stills = open_stills(tmp_path)
    assert len(stills) == 1
    image, found = stills[0]
    assert image.shape == (6, 8, 3)
    assert found.dtype == bool
    assert found.sum() == 6


@pytest.mark.parametrize(("levels", "expected"), [((0, 1), 6), ((0, 200), 6), ((0, 100), 0)])
def test_graded_masks_are_cut_at_half(levels, expected, tmp_path):
    write_pair(tmp_path / "a.jpg", tmp_path / "a.png", levels)
    assert open_stills(tmp_path)[0][1].sum() == expected


def test_frames_are_stills_and_collections_stand_together(tmp_path):
    videos = open_layout(write_davis(tmp_path / "DAVIS", {"left": 4, "right": 3}), "val", resolution="480p")
    frames = FramesAsStills(videos.values())
    assert len(frames) == 7
    write_pair(tmp_path / "stills" / "a.jpg", tmp_path / "stills" / "a.png")
    both = Together(open_stills(tmp_path / "stills"), frames)
    assert len(both) == 8
    np.testing.assert_array_equal(both[1][0], videos["left"].frames[0])
    np.testing.assert_array_equal(both[7][1], videos["right"].masks[2])
    with pytest.raises(IndexError):
        both[8]


def test_what_is_no_collection_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        open_stills(tmp_path / "absent")
    with pytest.raises(DataError, match="no pairs"):
        open_stills(tmp_path)
    write_pair(tmp_path / "a.jpg", tmp_path / "a.png")
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a.png: mask of 5 x 5 pixels, but its image has 8 x 6"):
        open_stills(tmp_path)
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"a.png: not a readable image"):
        open_stills(tmp_path)


def test_of_two_photographs_the_jpeg_is_taken(tmp_path):
    """PASCAL-S has a stray 10.bmp of another size beside 10.jpg."""
    write_pair(tmp_path / "10.jpg", tmp_path / "10.png")
    Image.fromarray(np.zeros((5, 5, 3), np.uint8)).save(tmp_path / "10.bmp")
    assert open_stills(tmp_path)[0][0].shape == (6, 8, 3)
