"""Data sets on disk: what is there is read lazily, what is wrong is named."""

import numpy as np
import pytest
from PIL import Image
from small_data import write_davis

from vostut.data import davis2016, davis2017, davis_root, gygo, open_dataset
from vostut.errors import DataError
from vostut.images import write_mask


def test_davis2016_layout(tiny_davis):
    data = davis2016.load(tiny_davis)
    assert list(data) == ["left", "right"]
    video = data["left"]
    assert len(video) == 8
    assert video.masks[0].dtype == bool
    assert video.masks[0].sum() == 256
    assert video.frames[2].shape == (48, 64, 3)
    assert video.fps == 24


def test_pairs_of_paths_in_the_split_file(tiny_davis):
    (tiny_davis / "ImageSets/480p/val.txt").write_text(
        "/JPEGImages/480p/right/00000.jpg /Annotations/480p/right/00000.png \n"
        "/JPEGImages/480p/right/00001.jpg /Annotations/480p/right/00001.png \n"
    )
    assert list(davis2016.load(tiny_davis)) == ["right"]


def test_sequences_one_folder_deeper(tmp_path):
    root = write_davis(tmp_path, {"batch-1/toy": 4})
    assert len(davis2016.load(root)["batch-1/toy"]) == 4


def test_davis2017_keeps_object_ids(tmp_path):
    root = write_davis(tmp_path, {"pair": 4})
    (root / "ImageSets/2017").mkdir()
    (root / "ImageSets/2017/val.txt").write_text("pair\n")
    ids = np.zeros((48, 64), np.uint8)
    ids[:10], ids[20:30] = 1, 2
    write_mask(root / "Annotations/480p/pair/00000.png", ids)
    mask = davis2017.load(root)["pair"].masks[0]
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask, ids)


def test_gygo_split_files(tmp_path):
    root = write_davis(tmp_path, {"toy": 4, "shoe": 4})
    for name in ("Train", "val", "trainval"):
        (root / "ImageSets" / f"{name}.txt").write_text("toy\nshoe\n")
    for split in ("train", "Train", "val", "trainval"):
        assert list(gygo.load(root, split)) == ["toy", "shoe"]
    assert gygo.load(root)["toy"].fps == 5


def test_open_dataset_by_name(tiny_davis, monkeypatch):
    assert len(open_dataset("davis2016", tiny_davis)) == 2
    assert open_dataset("layout", tiny_davis).name == "DAVIS layout"
    with pytest.raises(DataError, match="no data set is called 'coco'"):
        open_dataset("coco", tiny_davis)
    with pytest.raises(DataError, match="where is davis2016"):
        open_dataset("davis2016")
    monkeypatch.delenv("DAVIS", raising=False)
    assert davis_root() is None
    monkeypatch.setenv("DAVIS", str(tiny_davis))
    assert davis_root() == tiny_davis
    monkeypatch.setenv("DAVIS", str(tiny_davis / "JPEGImages"))
    with pytest.raises(DataError, match="no DAVIS-2016 here"):
        davis_root()


def test_missing_root_split_and_masks(tiny_davis):
    with pytest.raises(DataError, match="no such folder"):
        davis2016.load(tiny_davis / "nowhere")
    with pytest.raises(DataError, match=r"train\.txt: no such split file; .* has val"):
        davis2016.load(tiny_davis, "train")
    (tiny_davis / "ImageSets/480p/val.txt").write_text("\n")
    with pytest.raises(DataError, match=r"val\.txt: empty"):
        davis2016.load(tiny_davis)
    (tiny_davis / "ImageSets/480p/val.txt").write_text("ghost\n")
    with pytest.raises(DataError, match="ghost: no masks"):
        davis2016.load(tiny_davis)


def test_missing_frame_is_named_when_read(tiny_davis):
    (tiny_davis / "JPEGImages/480p/left/00003.jpg").unlink()
    video = davis2016.load(tiny_davis)["left"]
    assert len(video) == 8
    with pytest.raises(DataError, match=r"left/00003\.jpg: no such file"):
        video.frames[3]


def test_hole_in_the_numbering_is_named_at_once(tiny_davis):
    for folder, suffix in (("JPEGImages", "jpg"), ("Annotations", "png")):
        (tiny_davis / folder / "480p/left" / f"00003.{suffix}").unlink()
    with pytest.raises(DataError, match=r"left/00003\.png: missing"):
        davis2016.load(tiny_davis)


def test_sparse_frame_numbers_are_allowed(tiny_davis):
    for folder, suffix in (("JPEGImages", "jpg"), ("Annotations", "png")):
        for t in range(8):
            path = tiny_davis / folder / "480p/left" / f"{t:05d}.{suffix}"
            path.rename(path.with_name(f"frame{t * 5}.{suffix}"))
    video = davis2016.load(tiny_davis)["left"]
    assert video.frame_names == tuple(f"frame{5 * t}" for t in range(8))  # and frame5 is before frame10
    assert video.masks[1].sum() == 256


def test_every_second_frame_is_no_hole(tmp_path):
    root = write_davis(tmp_path / "D", {"toy": 8})
    for t in (1, 3, 5, 7):
        for folder, suffix in (("JPEGImages", "jpg"), ("Annotations", "png")):
            (root / folder / f"480p/toy/{t:05d}.{suffix}").unlink()
    assert davis2016.load(root)["toy"].frame_names == ("00000", "00002", "00004", "00006")


def test_masks_named_unlike_their_frames(tiny_davis):
    for path in (tiny_davis / "Annotations/480p/left").iterdir():
        path.rename(path.with_name(f"mask{path.name}"))
    with pytest.raises(DataError, match=r"480p/left: masks have names such as mask00000, .* such as 00000"):
        davis2016.load(tiny_davis)


def test_a_layout_without_resolutions(tmp_path):
    root = write_davis(tmp_path / "D", {"toy": 4}, "")
    assert len(open_dataset("layout", root)["toy"]) == 4


def test_a_truth_at_a_step_and_its_frames(tmp_path):
    root = write_davis(tmp_path / "D", {"toy": 11})
    for t in set(range(11)) - {0, 5, 10}:
        (root / f"Annotations/480p/toy/{t:05d}.png").unlink()
    video = open_dataset("layout", root)["toy"]
    assert len(video) == len(video.frames) == 11
    assert video.masks.annotated == (0, 5, 10)
    assert video.masks[5].sum() == 256
    with pytest.raises(DataError, match=r"toy/00004\.png: no such file"):
        video.masks[4]


def test_unsupervised_annotation_has_its_folder(tmp_path):
    root = write_davis(tmp_path / "D", {"toy": 4})
    (root / "ImageSets/2017").mkdir()
    (root / "ImageSets/2017/val.txt").write_text("toy\n")
    with pytest.raises(DataError, match="Annotations_unsupervised/480p/toy: no masks"):
        davis2017.load(root, unsupervised=True)
    (root / "Annotations").rename(root / "Annotations_unsupervised")
    for data in (davis2017.load(root, unsupervised=True), open_dataset("layout", root, unsupervised=True)):
        assert data["toy"].masks[0].max() == 1


def test_size_mismatch_and_unexpected_values(tiny_davis):
    path = tiny_davis / "Annotations/480p/left/00002.png"
    Image.fromarray(np.zeros((10, 10), np.uint8)).save(path)
    video = davis2016.load(tiny_davis)["left"]
    with pytest.raises(DataError, match=r"00002\.png: mask of 10 x 10 pixels, but its frame has 64 x 48"):
        video.frames[2]
    Image.fromarray(np.arange(48 * 64, dtype=np.uint8).reshape(48, 64)).save(path)
    with pytest.raises(DataError, match=r"00002\.png: grey levels"):
        video.masks[2]


def test_the_table_of_davis2016():
    sequences = davis2016.SEQUENCES
    assert len(sequences) == 50
    assert len(davis2016.names("train")) == 30
    assert len(davis2016.names("val")) == 20
    assert davis2016.names() == sorted(sequences)
    assert sum(s.n_frames for s in sequences.values()) == 3455
    assert sum(s.n_frames for s in sequences.values() if s.split == "val") == 1376
    assert sum(s.stable for s in sequences.values()) == 27
    assert sum(s.stable for s in sequences.values() if s.split == "val") == 10
    used = frozenset().union(*(s.attributes for s in sequences.values()))
    assert used == set(davis2016.ATTRIBUTES)
    assert len(used) == 16


@pytest.mark.data
def test_real_davis2016(davis_root):
    for split in ("train", "val", "trainval"):
        data = davis2016.load(davis_root, split)
        assert list(data) == davis2016.names(split)
        for name, video in data.items():
            assert len(video) == davis2016.SEQUENCES[name].n_frames
    assert data["bear"].masks[77].sum() == 46035  # the one mask saved with an alpha channel
    assert data["blackswan"].size == (480, 854)


@pytest.mark.data
def test_attributes_equal_the_official_table(official_root):
    import csv

    with open(official_root / "davis2016_attributes.csv", newline="") as file:
        for row in csv.DictReader(file):
            ours = davis2016.SEQUENCES[row.pop("sequence")]
            assert ours.split == row.pop("set")
            assert ours.attributes - {"ROT"} == {code for code, flag in row.items() if flag == "1"}
