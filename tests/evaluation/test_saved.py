"""Masks in all the layouts found in the wild, and in none that could do harm."""

import shutil
import zipfile

import numpy as np
import pytest
from small_data import mask_png, result_members, write_folder, write_zip

from vostut.data import davis2016
from vostut.errors import DataError
from vostut.evaluation import SavedMasks


@pytest.mark.parametrize("encoding", ["0/255", "0/1", "palette"])
@pytest.mark.parametrize("prefix", ["", "method/", "deep/480p/"])
@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_layouts_and_encodings(tiny_davis, tmp_path, encoding, prefix, kind):
    members = result_members(prefix, encoding)
    if kind == "zip":
        members |= {f"__MACOSX/{prefix}left/._00001.png": b"litter", ".DS_Store": b"", "readme.txt": b"hello"}
        saved = SavedMasks(write_zip(tmp_path / "method.zip", members))
    else:
        members |= {f"{prefix}left/.hidden.png": b"litter", f"{prefix}left/notes.txt": b""}
        saved = SavedMasks(write_folder(tmp_path / "method", members))
    assert saved.name == "method"
    assert set(saved.sequences) == {"left", "right"}
    for video in davis2016.load(tiny_davis).values():
        masks = saved.masks(video)
        assert len(masks) == len(video)
        assert masks[1].dtype == bool
        np.testing.assert_array_equal(masks[1], video.masks[1])


@pytest.mark.parametrize(
    "name", ["../evil/00000.png", "/etc/left/00000.png", "a/../../left/0.png", "C:\\x\\0.png"]
)
def test_zip_that_points_outside_is_refused(tmp_path, name):
    path = write_zip(tmp_path / "evil.zip", {**result_members(), name: b""})
    with pytest.raises(DataError, match=r"evil\.zip: member .* points outside the archive"):
        SavedMasks(path)


def test_broken_zips(tmp_path):
    path = tmp_path / "broken.zip"
    path.write_bytes(b"PK not really")
    with pytest.raises(DataError, match=r"broken\.zip: not a readable zip"):
        SavedMasks(path)


def test_member_damaged_inside_the_zip(tiny_davis, tmp_path):
    path = write_zip(tmp_path / "m.zip", result_members())
    data = bytearray(path.read_bytes())
    start = data.index(b"left/00001.png") + 60
    data[start : start + 10] = b"\0" * 10
    path.write_bytes(data)
    masks = SavedMasks(path).masks(davis2016.load(tiny_davis)["left"])
    with pytest.raises(DataError, match=r"m\.zip/left/00001\.png: corrupt"):
        masks[1]


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        SavedMasks(tmp_path / "nowhere")
    with pytest.raises(DataError, match="no masks in it"):
        SavedMasks(tmp_path)
    with pytest.raises(DataError, match="no masks in it"):
        SavedMasks(write_folder(tmp_path / "flat", {"00000.png": b""}))


def test_one_sequence_in_two_places(tmp_path):
    path = write_zip(tmp_path / "m.zip", result_members("a/") | result_members("b/"))
    with pytest.raises(DataError, match=r"two masks for one frame, a/left/00000\.png and b/left/00000\.png"):
        SavedMasks(path)


def test_missing_sequence_and_frame(tiny_davis, tmp_path):
    root = write_folder(tmp_path / "m", result_members())
    (root / "left" / "00003.png").unlink()
    shutil.rmtree(root / "right")
    saved, data = SavedMasks(root), davis2016.load(tiny_davis)
    with pytest.raises(DataError, match="no folder for sequence 'right'; it has left"):
        saved.masks(data["right"])
    with pytest.raises(
        DataError, match=r"left/00003\.png is missing \(expected a mask for each of the 8 frames"
    ):
        saved.check_complete(data["left"], range(1, 7))
    with pytest.raises(DataError, match=r"left/00003\.png is missing"):
        saved.masks(data["left"])[3]
    saved.check_complete(data["left"], range(4, 7))


def test_wrong_size(tiny_davis, tmp_path):
    members = result_members() | {"left/00002.png": mask_png(np.ones((10, 20), bool))}
    masks = SavedMasks(write_zip(tmp_path / "m.zip", members)).masks(davis2016.load(tiny_davis)["left"])
    with pytest.raises(DataError, match=r"left/00002\.png: 20 x 10 pixels \(expected 64 x 48"):
        masks[2]


def test_upper_case_links_and_backslashes(tiny_davis, tmp_path):
    upper = {name.replace(".png", ".PNG"): data for name, data in result_members().items()}
    linked = tmp_path / "linked"
    store = write_folder(tmp_path / "store", result_members())
    linked.mkdir()
    for name in ("left", "right"):
        (linked / name).symlink_to(store / name)
    (store / "left" / "circle").symlink_to(store / "left")
    back = {"r\\" + name.replace("/", "\\"): data for name, data in result_members().items()}
    sources = [write_folder(tmp_path / "upper", upper), linked, write_backslash_zip(tmp_path / "b.zip", back)]
    for source in sources:
        saved = SavedMasks(source, ("left", "right"))
        assert set(saved.sequences) == {"left", "right"}
        for video in davis2016.load(tiny_davis).values():
            np.testing.assert_array_equal(saved.masks(video)[2], video.masks[2])


def write_backslash_zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, data)
    return path


def test_a_sequence_named_by_a_number_is_no_object(tmp_path):
    path = write_zip(tmp_path / "m.zip", result_members("method/001/"))
    assert set(SavedMasks(path, ("left", "right")).sequences) == {"left", "right"}
    numbered = {f"method/001/{t:05d}.png": mask_png(np.eye(4, dtype=bool)) for t in range(3)}
    path = write_zip(tmp_path / "n.zip", numbered)
    assert set(SavedMasks(path, ("001",)).sequences) == {"001"}
    assert SavedMasks(path, ("method",)).objects == {
        "method": {1: {f"{t:05d}": f"method/001/{t:05d}.png" for t in range(3)}}
    }


def test_a_member_that_is_there_twice(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr("left/00000.png", b"")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("left/00000.png", b"")
    with pytest.raises(DataError, match="'left/00000.png' is there twice"):
        SavedMasks(tmp_path / "m.zip")


def test_an_encrypted_zip_and_a_huge_member(tiny_davis, tmp_path):
    path = write_zip(tmp_path / "m.zip", result_members())
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02", 0, data.index(b"left/00001.png", data.index(b"PK\x01\x02")))
    encrypted = data.copy()
    encrypted[entry + 8] |= 1
    data[entry + 24 : entry + 28] = b"\xff\xff\xff\x7f"  # the size after decompression
    video = davis2016.load(tiny_davis)["left"]
    for broken in (encrypted, data):
        path.write_bytes(broken)
        with pytest.raises(DataError, match=r"m\.zip/left/00001\.png: corrupt in the zip file"):
            SavedMasks(path).masks(video)[1]
        path.unlink()


def test_other_files_are_counted(tmp_path):
    write_folder(tmp_path / "r", {"left/00000.jpg": b"", "left/00001.jpg": b""})
    with pytest.raises(DataError, match="no masks in it, 2 other files .expected <sequence>/<frame>.png"):
        SavedMasks(tmp_path / "r")
