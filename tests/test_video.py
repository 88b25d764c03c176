"""A folder, a video file and an array look alike."""

import numpy as np
import pytest
from PIL import Image
from small_data import moving_square

from vostut.errors import DataError
from vostut.video import Dataset, Lazy, Video, frame_rate, open_frames, write_video


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


def picture(path, size=(8, 6)):
    Image.new("RGB", size, (len(path.stem), 0, 0)).save(path)


def test_frames_of_a_folder_come_in_natural_order_under_their_names(tmp_path):
    for t in range(1, 13):
        picture(tmp_path / f"take2_frame{t}.{'JPEG' if t % 2 else 'jpg'}")
    (tmp_path / "._take2_frame1.jpg").write_bytes(b"\0\5\x16\7")
    picture(tmp_path / ".hidden.png")
    (tmp_path / "more.jpg").mkdir()
    frames = open_frames(tmp_path)
    assert frames.names == tuple(f"take2_frame{t}" for t in range(1, 13))
    assert len(frames) == len(list(frames)) == 12


def test_a_mask_beside_the_frames_is_not_a_frame(tmp_path):
    for t in range(3):
        picture(tmp_path / f"{t:05d}.jpg")
    picture(tmp_path / "00000.png")
    with pytest.warns(UserWarning, match=r"00000\.png is not of the frames' kind"):
        assert len(open_frames(tmp_path)) == 3
    picture(tmp_path / "mask.jpg")
    assert open_frames(tmp_path, without=[tmp_path / "mask.jpg", tmp_path / "00000.png"]).names[-1] == "00002"


def test_a_folder_of_which_it_is_not_plain_what_its_frames_are(tmp_path):
    picture(tmp_path / "0.jpg")
    picture(tmp_path / "0.png")
    with pytest.raises(DataError, match="as many JPEG as PNG"):
        open_frames(tmp_path)
    picture(tmp_path / "0.jpeg")
    with (
        pytest.warns(UserWarning, match="passed over"),
        pytest.raises(DataError, match=r"0\.jpg: called as 0\.jpeg is"),
    ):
        open_frames(tmp_path)


def test_frames_of_several_sizes_are_refused_by_name(tmp_path):
    for t in range(3):
        picture(tmp_path / f"{t}.png", (8, 6) if t < 2 else (6, 8))
    frames = open_frames(tmp_path)
    assert frames[1].shape == (6, 8, 3)
    with pytest.raises(DataError, match=r"2\.png: 6 x 8 pixels, but 1\.png has 8 x 6"):
        frames[2]


def test_a_video_is_written_through_a_link_and_over_nothing_else(tmp_path):
    (tmp_path / "away").mkdir()
    link = tmp_path / "out.mp4"
    link.symlink_to(tmp_path / "away" / "real.mp4")
    write_video(link, [np.zeros((48, 64, 3), np.uint8)] * 3, fps=12)
    assert link.is_symlink()
    assert len(open_frames(tmp_path / "away" / "real.mp4")) == 3
    assert frame_rate(link) == 12
    link.unlink()
    link.symlink_to("/dev/null")
    with pytest.raises(DataError, match=r"out\.mp4: not a file"):
        write_video(link, [np.zeros((48, 64, 3), np.uint8)])
    assert [p.name for p in (tmp_path / "away").iterdir()] == ["real.mp4"]


@pytest.mark.parametrize("error", [DataError("frame 4"), KeyboardInterrupt(), ValueError("x")])
def test_a_video_whose_frames_end_in_an_error_holds_those_before(tmp_path, error):
    def frames(count):
        yield from [np.zeros((48, 64, 3), np.uint8)] * count
        raise error

    for count in (4, 0):  # without a frame, the earlier video stays
        with pytest.raises(type(error)):
            write_video(tmp_path / "v.mp4", frames(count))
        assert len(open_frames(tmp_path / "v.mp4")) == 4
        assert [p.name for p in tmp_path.iterdir()] == ["v.mp4"]


@pytest.mark.parametrize("fps", [0, -5, 0.001, 1001, float("nan"), float("inf")])
def test_a_frame_rate_that_no_video_has(tmp_path, fps):
    with pytest.raises(DataError, match=r"v\.mp4: .* frames a second .expected 0\.01 to 1000"):
        write_video(tmp_path / "v.mp4", [np.zeros((8, 8, 3), np.uint8)], fps)


@pytest.mark.parametrize("fps", [0.01, 0.5, 23.976, 1000])
def test_a_frame_rate_is_found_again(tmp_path, fps):
    write_video(tmp_path / "v.mp4", [np.zeros((8, 8, 3), np.uint8)] * 3, fps)
    assert frame_rate(tmp_path / "v.mp4") == pytest.approx(fps)


@pytest.mark.parametrize("sizes", [[], [(1, 8)], [(8, 1)], [(8, 8), (10, 8)]])
def test_frames_that_make_no_video(tmp_path, sizes):
    with pytest.raises(DataError, match=r"v\.mp4: (no frames|a frame of)"):
        write_video(tmp_path / "v.mp4", [np.zeros((*size, 3), np.uint8) for size in sizes])


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
    with pytest.raises(DataError, match=r"v\.mp4: not a readable video"):
        frame_rate(tmp_path / "v.mp4")
    assert frame_rate(tmp_path, default=7) == 7
