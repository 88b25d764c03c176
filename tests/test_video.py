"""A folder, a video file and an array look alike."""

import cv2
import numpy as np
import pytest
from small_data import moving_square

from vostut.errors import DataError
from vostut.video import Dataset, Lazy, Video, open_frames


def make_video(name="v", n=5):
    masks = [moving_square(t) for t in range(n)]
    frames = [np.repeat(m[..., None], 3, 2).astype(np.uint8) * 200 for m in masks]
    return Video(name, frames, masks, frozenset({"FM"}))


def test_lazy_reads_what_is_asked_for_and_no_more():
    asked = []
    lazy = Lazy(6, lambda i: asked.append(i) or np.full((2, 2), i))
    assert lazy[-1][0, 0] == 5
    assert asked == [5]
    part = lazy[1:5:2]
    assert len(part) == 2
    assert [a[0, 0] for a in part] == [1, 3]
    assert asked == [5, 1, 3]
    assert np.asarray(lazy).shape == (6, 2, 2)
    assert np.asarray(lazy, dtype=float).dtype == float
    with pytest.raises(IndexError, match="index 6 of a sequence of 6"):
        lazy[6]
    assert "6 lazily" in repr(lazy)


def test_video_knows_its_size_and_names():
    video = make_video()
    assert len(video) == 5
    assert video.size == (48, 64)
    assert video.frame_names == ("00000", "00001", "00002", "00003", "00004")
    assert repr(video) == "Video('v', 5 frames, FM)"


def test_dataset_is_an_ordered_mapping():
    data = Dataset("D", "val", [make_video("b"), make_video("a")])
    assert list(data) == ["b", "a"]
    assert "a" in data
    assert "c" not in data
    assert len(data) == 2
    assert repr(data) == "Dataset('D', 'val', 2 videos)"
    with pytest.raises(DataError, match="D val has no sequence 'c'; it has b, a"):
        data["c"]


def write_video(path, n=6):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 12, (64, 48))
    for t in range(n):
        writer.write(np.full((48, 64, 3), (0, 0, 40 * t), np.uint8))  # BGR: red grows
    writer.release()


def test_video_file_reads_in_any_order(tmp_path):
    write_video(tmp_path / "v.avi")
    frames = open_frames(tmp_path / "v.avi")
    assert len(frames) == 6
    for t in (0, 1, 2, 5, 3, 0):
        red, green, _ = frames[t].mean(axis=(0, 1))
        assert abs(red - 40 * t) < 6
        assert green < 6


def test_folder_of_frames(tiny_davis):
    folder = tiny_davis / "JPEGImages" / "480p" / "left"
    (folder / "notes.txt").write_text("not a frame")
    frames = open_frames(folder)
    assert len(frames) == 8
    assert frames[0].shape == (48, 64, 3)


def test_what_is_not_a_video(tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        open_frames(tmp_path / "nothing.mp4")
    with pytest.raises(DataError, match=r"without \.jpg or \.png"):
        open_frames(tmp_path)
    (tmp_path / "v.mp4").write_bytes(b"\0" * 100)
    with pytest.raises(DataError, match=r"v\.mp4: not a readable video"):
        open_frames(tmp_path / "v.mp4")
