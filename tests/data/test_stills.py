"""Folders of images with masks, in the layouts of the saliency data sets."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from small_data import write_davis

from vostut.data import open_layout
from vostut.data.pairs import find_pairs
from vostut.data.stills import ConcatStills, FramesAsStills, open_stills, read_graded
from vostut.errors import DataError
from vostut.images import write_mask
from vostut.video import Video

SQUARE = np.zeros((6, 8), np.uint8)
SQUARE[2:4, 3:6] = 1


def write_pair(photograph, mask, levels=(0, 255)):
    for path in (photograph, mask):
        path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((6, 8, 3), 90, np.uint8)).save(photograph)
    Image.fromarray(np.where(SQUARE, *map(np.uint8, reversed(levels)))).save(mask)


@pytest.mark.parametrize(
    ("photograph", "mask"),
    [
        ("images/0001.jpg", "ground_truth_mask/0001.png"),  # ECSSD
        ("images/1.bmp", "masks/1.png"),  # PASCAL-S
        ("Imgs/100.jpg", "Imgs/100.png"),  # MSRA10K
        ("img/part_000/n1.jpg", "gt/part_000/n1.png"),  # DUTS
    ],
)
def test_the_known_layouts(photograph, mask, tmp_path):
    write_pair(tmp_path / photograph, tmp_path / mask)
    write_pair(tmp_path / photograph.replace("1", "9"), tmp_path / "elsewhere" / "unpaired.png")
    with pytest.warns(UserWarning, match=r"passed over: .*elsewhere/unpaired.png"):
        stills = open_stills(tmp_path)
    assert len(stills) == 1
    image, found = stills[0]
    assert image.shape == (6, 8, 3)
    assert found.dtype == bool
    assert found.sum() == 6


@pytest.mark.parametrize("levels", [(0, 1), (0, 128), (0, 200), (127, 128), (100, 255)])
def test_graded_masks_are_cut_at_half(levels, tmp_path):
    write_pair(tmp_path / "a.jpg", tmp_path / "a.png", levels)
    np.testing.assert_array_equal(open_stills(tmp_path)[0][1], SQUARE > 0)


@pytest.mark.parametrize("levels", [(0, 0), (255, 255), (0, 127), (0, 2)])
def test_a_data_set_without_an_object_is_refused_by_name(levels, tmp_path):
    write_pair(tmp_path / "good" / "a.jpg", tmp_path / "good" / "a.png")
    for name in "bc":
        write_pair(tmp_path / "bad" / f"{name}.jpg", tmp_path / "bad" / f"{name}.png", levels)
    with pytest.raises(DataError, match=r"bad: no mask in it shows an object"):
        open_stills(tmp_path)


def test_a_single_empty_mask_is_passed_over_with_a_warning(tmp_path):
    write_pair(tmp_path / "a.jpg", tmp_path / "a.png")
    write_pair(tmp_path / "b.jpg", tmp_path / "b.png", (0, 106))  # PASCAL-S's 408.png reaches 106
    with pytest.warns(UserWarning, match=r"masks of nothing, or of everything, passed over: b.png"):
        assert open_stills(tmp_path).pairs == [(tmp_path / "a.jpg", tmp_path / "a.png")]
    assert len(find_pairs(tmp_path)) == 2


def save_as(kind, path):
    grey = Image.fromarray(SQUARE * 255)
    if kind == "ids in DAVIS's colours":
        write_mask(path, SQUARE)  # a dark red: below half as a colour
    elif kind == "second id":
        write_mask(path, SQUARE * 2)
    elif kind == "ids without colours":
        Image.fromarray(SQUARE * 2, "P").save(path)
    elif kind == "void around":
        write_mask(path, np.where(SQUARE, 1, 255))
    elif kind == "greys as a palette":
        soft = Image.fromarray(np.where(SQUARE, 255, 90).astype(np.uint8)).convert("P")
        soft.save(path)
    elif kind == "16 bits":
        Image.fromarray(SQUARE.astype(np.uint16) * 65535).save(path)
    else:
        grey.convert(kind).save(path)


@pytest.mark.parametrize(
    "kind",
    ["1", "L", "LA", "RGB", "RGBA", "16 bits", "ids in DAVIS's colours", "second id", "ids without colours",
     "void around", "greys as a palette"],
)  # fmt: skip
def test_masks_are_read_as_what_they_mark(kind, tmp_path):
    save_as(kind, tmp_path / "a.png")
    found = read_graded(tmp_path / "a.png")
    assert found.dtype == bool
    np.testing.assert_array_equal(found, SQUARE > 0)


def test_a_mask_in_colour_or_cut_short_is_refused(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.dstack([SQUARE * 255, SQUARE, SQUARE])).save(path)
    with pytest.raises(DataError, match=r"a.png: a colour image"):
        read_graded(path)
    noise = np.random.default_rng(0).integers(0, 255, (60, 80), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match=r"a.png: not a readable mask"):
        read_graded(path)


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


def test_a_video_without_an_object_is_refused_by_name(tmp_path):
    root = write_davis(tmp_path / "DAVIS", {"left": 4, "right": 3})
    for path in (root / "Annotations/480p/right").iterdir():
        Image.new("L", (64, 48)).save(path)
    videos = open_layout(root, "val", resolution="480p").values()
    with pytest.raises(DataError, match=r"right: none of its 3 masks shows an object"):
        FramesAsStills(videos)


def test_undecided_pixels_are_background_and_an_empty_frame_stays():
    ids = [np.where(SQUARE, 2, 255).astype(np.uint8), np.zeros((6, 8), np.uint8)]
    frames = FramesAsStills([Video("v", [np.zeros((6, 8, 3), np.uint8)] * 2, ids)])
    np.testing.assert_array_equal(frames[0][1], SQUARE > 0)
    assert not frames[1][1].any()


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


def test_a_photograph_that_lies_on_its_side_is_compared_upright(tmp_path):
    """Cameras store how to turn it; readers turn it, and masks are drawn on what is seen."""
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(np.zeros((8, 6, 3), np.uint8)).save(tmp_path / "a.jpg", exif=turned)
    Image.fromarray(SQUARE * 255).save(tmp_path / "a.png")
    image, mask = open_stills(tmp_path)[0]
    assert image.shape[:2] == mask.shape == (6, 8)


def test_of_two_photographs_the_jpeg_is_taken(tmp_path):
    """PASCAL-S has a stray 10.bmp of another size beside 10.jpg."""
    write_pair(tmp_path / "10.jpg", tmp_path / "10.png")
    Image.fromarray(np.zeros((5, 5, 3), np.uint8)).save(tmp_path / "10.bmp")
    with pytest.warns(UserWarning, match="passed over: 10.bmp"):
        assert open_stills(tmp_path)[0][0].shape == (6, 8, 3)


@pytest.mark.filterwarnings("ignore:.*passed over")
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


@pytest.mark.filterwarnings("ignore:.*passed over")
def test_a_folder_with_pairs_of_its_own_is_one_collection(tmp_path):
    write_pair(tmp_path / "train" / "0001.jpg", tmp_path / "train" / "0001.png")
    write_pair(tmp_path / "val" / "0001.jpg", tmp_path / "train" / "0002.png")
    write_pair(tmp_path / "val" / "0002.jpg", tmp_path / "train" / "0003.png")
    assert open_stills(tmp_path).pairs == [(tmp_path / "train" / "0001.jpg", tmp_path / "train" / "0001.png")]


@pytest.mark.filterwarnings("ignore:.*passed over")
def test_splits_and_parts_are_not_mixed(tmp_path):
    for part in ("train", "Val"):
        write_pair(tmp_path / "images" / part / "1.jpg", tmp_path / "masks" / part / "1.png")
    expected = [
        (tmp_path / "images" / p / "1.jpg", tmp_path / "masks" / p / "1.png") for p in ("Val", "train")
    ]
    assert open_stills(tmp_path).pairs == expected
    (tmp_path / "masks" / "Val" / "1.png").unlink()
    (tmp_path / "images" / "train" / "1.jpg").unlink()
    with pytest.raises(DataError, match="no pairs"):
        open_stills(tmp_path)
    write_pair(tmp_path / "flat" / "train" / "1.jpg", tmp_path / "flat" / "val" / "1.png")
    with pytest.raises(DataError, match="no pairs"):
        open_stills(tmp_path / "flat")


@pytest.mark.parametrize("second", ["1.PNG", "1.JPG", "1.jpeg"])
def test_two_files_of_one_name_are_refused(second, tmp_path):
    write_pair(tmp_path / "1.jpg", tmp_path / "1.png")
    other = tmp_path / second
    other.write_bytes((tmp_path / ("1.png" if "PNG" in second else "1.jpg")).read_bytes())
    with pytest.raises(DataError, match=rf"{second}.*which belong together"):
        open_stills(tmp_path)


def test_linked_folders_count_and_hidden_ones_do_not(tmp_path):
    write_pair(tmp_path / "disk" / "images" / "1.jpg", tmp_path / "disk" / "masks" / "1.png")
    write_pair(tmp_path / "set" / ".trash" / "2.jpg", tmp_path / "set" / ".trash" / "2.png")
    write_pair(tmp_path / "set" / "__MACOSX" / "3.jpg", tmp_path / "set" / "__MACOSX" / "3.png")
    for name in ("images", "masks"):
        (tmp_path / "set" / name).symlink_to(tmp_path / "disk" / name)
    (tmp_path / "set" / "images" / "round").symlink_to(tmp_path / "set")
    assert [photograph.name for photograph, _ in open_stills(tmp_path / "set").pairs] == ["1.jpg"]


LAYOUTS = (
    ("{set}/images/{name}.jpg", "{set}/masks/{name}.png"),
    ("{set}/{name}.jpg", "{set}/{name}.png"),
    ("{set}/img/a/{name}.jpg", "{set}/gt/a/{name}.png"),
)


@settings(max_examples=25)
@given(
    sets=st.lists(
        st.tuples(st.sampled_from(LAYOUTS), st.sets(st.integers(1, 4), min_size=1)), min_size=1, max_size=3
    ),
    random=st.randoms(),
)
def test_pairing_does_not_depend_on_the_order_of_listing(sets, random):
    """Several collections with the same names: each photograph finds its own mask, in whatever order."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        root, expected = Path(folder), set()
        for i, (layout, names) in enumerate(sets):
            for name in names:
                photograph, mask = (root / part.format(set=f"set{i}", name=name) for part in layout)
                for path in (photograph, mask):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.touch()
                expected.add((photograph, mask))
        pairs = find_pairs(root)
        assert set(pairs) == expected
        listing = Path.iterdir
        patch.setattr(
            Path, "iterdir", lambda path: iter(random.sample(found := list(listing(path)), len(found)))
        )
        assert find_pairs(root) == pairs


@pytest.mark.parametrize("more", [("more/1.jpg", "masks/1.png"), ("images/1.jpg", "edges/1.png")])
def test_an_ambiguous_pair_is_refused(more, tmp_path):
    write_pair(tmp_path / "images" / "1.jpg", tmp_path / "masks" / "1.png")
    write_pair(tmp_path / more[0], tmp_path / more[1])
    with pytest.raises(DataError, match="which belong together") as caught:
        open_stills(tmp_path)
    for path in ("images/1.jpg", "masks/1.png", *more):
        assert str(tmp_path / path) in str(caught.value)
