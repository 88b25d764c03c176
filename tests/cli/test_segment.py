"""``vostut segment`` on a video of one's own: what it writes, and what it says to bad input."""

import cv2
import numpy as np
import pytest
from small_data import write_clip

from vostut.cli import main
from vostut.images import read_mask, write_mask
from vostut.video import frame_rate, open_frames, write_video


@pytest.fixture
def clip(tmp_path):
    """A folder of 5 frames of 61 x 81 pixels, and the mask of the first."""
    return write_clip(tmp_path, 5, (61, 81), (20, 10))


def segment(video, mask, out, parent, *more):
    return main(
        ["segment", "osvos", str(video), "--mask", str(mask), "--out", str(out), "--parent", str(parent),
         "--preset", "quick", "--steps", "2", "--device", "cpu", *map(str, more)]
    )  # fmt: skip


def test_a_folder_of_frames_becomes_an_overlay_and_masks(clip, untrained, tmp_path, capsys):
    out = tmp_path / "overlay.mp4"
    assert segment(*clip, out, untrained, "--masks", tmp_path / "masks", "--fps", 10) == 0
    assert "5 frames at 10 a second" in capsys.readouterr().out
    written = open_frames(out)
    assert len(written) == 5
    assert written[0].shape == (60, 80, 3)  # H.264 asks for even sizes
    assert frame_rate(out) == pytest.approx(10)
    masks = sorted((tmp_path / "masks").glob("*.png"))
    assert len(masks) == 5
    np.testing.assert_array_equal(read_mask(masks[0]), read_mask(clip[1]))
    assert not list(tmp_path.glob(".*part*"))


def test_a_video_file_keeps_its_rate(clip, untrained, tmp_path):
    write_video(tmp_path / "in.mp4", iter(open_frames(clip[0])), fps=12)
    mask = read_mask(clip[1])[:60, :80]
    write_mask(tmp_path / "small.png", mask)
    assert segment(tmp_path / "in.mp4", tmp_path / "small.png", tmp_path / "out.mp4", untrained) == 0
    assert frame_rate(tmp_path / "out.mp4") == pytest.approx(12)


def test_snapping_with_stored_contours(clip, untrained, tmp_path):
    maps = tmp_path / "contours" / "frames"
    maps.mkdir(parents=True)
    for t in range(5):
        cv2.imwrite(str(maps / f"{t:05d}.png"), np.zeros((61, 81), np.uint8))
    out = tmp_path / "o.mp4"
    assert segment(*clip, out, untrained, "--contours", tmp_path / "contours", "--masks", tmp_path / "m") == 0
    last = read_mask(tmp_path / "m" / "00004.png")
    assert last.all() or not last.any()


def test_bad_input_is_named(clip, untrained, tmp_path, capsys):
    frames, first = clip
    out = tmp_path / "o.mp4"
    blank, small = tmp_path / "blank.png", tmp_path / "small.png"
    write_mask(blank, np.zeros((61, 81), bool))
    write_mask(small, np.ones((6, 8), bool))
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    cases = [
        ((frames, blank, out, untrained), r"blank.png: the first mask is empty"),
        (
            (frames, small, out, untrained),
            r"small.png: the first mask is 8 x 6 pixels, the frames are 81 x 61",
        ),
        ((tmp_path / "broken.mp4", first, out, untrained), "broken.mp4: not a readable video"),
        ((tmp_path / "absent.mp4", first, out, untrained), "absent.mp4: no such file or folder"),
        ((frames, first, out, tmp_path / "absent.safetensors"), "absent.safetensors: no such checkpoint"),
        ((frames, first, tmp_path / "o.avi", untrained), "o.avi: cannot be written"),
        ((frames, first, tmp_path / "no" / "o.mp4", untrained), "cannot be written"),
    ]
    for arguments, message in cases:
        assert segment(*arguments) == 2
        assert message in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("zoom", "words"),
    [
        ("2,1", "0.1 <= low"),
        ("1,nan", "0.1 <= low"),
        ("1,inf", "high <= 10"),
        ("1", "two numbers"),
        ("a,b", "two"),
    ],
)
def test_a_zoom_is_two_numbers(zoom, words, capsys):
    with pytest.raises(SystemExit):
        main(["segment", "osvos", "v.mp4", "--mask", "m.png", "--out", "o.mp4", "--zoom", zoom])
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("method", "option", "words"),
    [
        ("osvos", ["--flow", "dis"], "--flow: OSVOS sees one frame at a time"),
        ("masktrack", ["--online"], "--online: changes the network of OSVOS"),
        ("masktrack", ["--contours", "hed"], "--contours: MaskTrack has no boundary snapping"),
    ],
)
def test_an_option_of_the_other_method_is_refused(method, option, words, clip, untrained, tmp_path, capsys):
    frames, first = map(str, clip)
    out = ["--out", str(tmp_path / "o.mp4"), "--parent", str(untrained)]
    assert main(["segment", method, frames, "--mask", first, *out, *option]) == 2
    assert words in capsys.readouterr().err


def test_a_mask_without_an_object_is_named_with_several(tmp_path, capsys):
    (tmp_path / "frames").mkdir()
    for t in range(2):
        cv2.imwrite(str(tmp_path / f"frames/{t:05d}.png"), np.zeros((48, 64, 3), np.uint8))
    undecided = np.zeros((48, 64), np.uint8)
    undecided[5:20, 5:20] = 255
    write_mask(tmp_path / "m.png", undecided)
    command = ["segment", "osvos", str(tmp_path / "frames"), "--mask", str(tmp_path / "m.png"), "--several"]
    assert main([*command, "--preset", "quick", "--out", str(tmp_path / "o.mp4")]) == 2
    assert "m.png: " in capsys.readouterr().err
