"""Folders of images with masks, in the layouts of the saliency data sets."""

import numpy as np
import pytest
from PIL import Image
from small_data import write_davis

from vostut.data import open_layout
from vostut.data.stills import ConcatStills, FramesAsStills, open_stills
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
    both = ConcatStills(open_stills(tmp_path / "stills"), frames)
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


def test_a_parent_folder_holds_several_collections(tmp_path):
    """Of all the data sets, no photograph is paired with a mask of another one, whatever they are called."""
    places = {
        "ECSSD": ("images/1.jpg", "ground_truth_mask/1.png"),
        "MSRA10K": ("Imgs/1.jpg", "Imgs/1.png"),
        "PASCAL-S": ("images/1.jpg", "masks/1.png"),
    }
    for name, (photograph, mask) in places.items():
        write_pair(tmp_path / name / photograph, tmp_path / name / mask)
    expected = [(tmp_path / name / a, tmp_path / name / b) for name, (a, b) in places.items()]
    assert open_stills(tmp_path).pairs == expected
    (tmp_path / "PASCAL-S" / "masks" / "1.png").unlink()
    assert open_stills(tmp_path).pairs == expected[:2]
    (tmp_path / "ECSSD" / "images" / "1.jpg").unlink()  # PASCAL's photograph, ECSSD's mask
    assert open_stills(tmp_path).pairs == expected[1:2]


def test_a_folder_with_pairs_of_its_own_is_one_collection(tmp_path):
    write_pair(tmp_path / "train" / "0001.jpg", tmp_path / "train" / "0001.png")
    write_pair(tmp_path / "val" / "0001.jpg", tmp_path / "train" / "0002.png")
    write_pair(tmp_path / "val" / "0002.jpg", tmp_path / "train" / "0003.png")
    assert open_stills(tmp_path).pairs == [(tmp_path / "train" / "0001.jpg", tmp_path / "train" / "0001.png")]


@pytest.mark.parametrize("more", [("more/1.jpg", "masks/1.png"), ("images/1.jpg", "edges/1.png")])
def test_an_ambiguous_pair_is_refused(more, tmp_path):
    write_pair(tmp_path / "images" / "1.jpg", tmp_path / "masks" / "1.png")
    write_pair(tmp_path / more[0], tmp_path / more[1])
    with pytest.raises(DataError, match="which belong together") as caught:
        open_stills(tmp_path)
    for path in ("images/1.jpg", "masks/1.png", *more):
        assert str(tmp_path / path) in str(caught.value)
