"""What a reader may give to the page "Try it": clips from files, and what it says about others."""

from __future__ import annotations

import numpy as np
from PIL import Image

from vostut.video import open_frames, write_video

CLIP = "horse-trot"
SHAPE = "[state.clip.name, state.clip.width, state.clip.height, state.clip.frames.length]"


def write_pictures(folder, count=3, size=(300, 200)):
    """Pictures that become brighter: shot9.png, shot10.png, ..."""
    folder.mkdir(exist_ok=True)
    files = [folder / f"shot{t + 9}.png" for t in range(count)]
    for t, file in enumerate(files):
        Image.fromarray(np.full((*size, 3), 50 * t % 256, np.uint8)).save(file)
    return files


def planes(tool, t=0):
    """A frame of the clip as the page has it, H x W x 3."""
    flat, (_, width, height, _) = tool.state(f"Array.from(state.clip.frames[{t}])"), tool.state(SHAPE)
    return np.moveaxis(np.array(flat, np.uint8).reshape(3, height, width), 0, 2)


def test_a_video_is_read_frame_by_frame(open_tool, tmp_path):
    """Seven seconds: the first five are taken, at 240 lines, and nothing is marked yet."""
    shades = [np.full((360, 640, 3), 40 + 2 * t, np.uint8) for t in range(84)]
    write_video(tmp_path / "grey clip.mp4", shades, 12)
    tool = open_tool()
    tool.drop(tmp_path / "grey clip.mp4")
    tool.wait("state.clip || trouble")
    assert tool.trouble() == ""
    assert tool.state(SHAPE) == ["grey-clip", 427, 240, 60]
    assert "7.0 seconds long, and this page takes its first 5" in tool.status()
    grey = tool.state("state.clip.frames.map(f => f[5000])")
    np.testing.assert_allclose(grey, [40 + 2 * t for t in range(60)], atol=4)
    assert tool.marked() == 0
    assert tool.page.problems == []


def test_a_phones_clip_stands_upright(open_tool, lying_clip):
    upright = open_frames(lying_clip)[0]
    assert upright.shape == (1280, 720, 3)
    tool = open_tool()
    tool.drop(lying_clip)
    tool.wait("state.clip || trouble")
    assert tool.trouble() == ""
    assert tool.state(SHAPE) == ["phone", 240, 427, 24]
    expected = np.asarray(Image.fromarray(upright).resize((240, 427), Image.Resampling.BOX), int)
    assert np.abs(planes(tool) - expected).mean() < 6
    assert tool.page.problems == []


def test_a_dropped_folder_of_pictures_becomes_a_clip(open_tool, served, tmp_path):
    write_pictures(tmp_path / "my shots")
    (tmp_path / "my shots" / "notes.txt").write_text("not a picture")
    (tmp_path / "my shots" / "._shot9.png").write_bytes(b"what some systems put beside a picture")
    tool = open_tool(address=served, offline=False)
    tool.drop(tmp_path / "my shots")
    tool.wait("state.clip || trouble")
    assert tool.trouble() == ""
    assert tool.state(SHAPE) == ["my-shots", 200, 300, 3]
    assert tool.state("state.clip.stems") == ["shot9", "shot10", "shot11"]  # not by letters
    assert tool.page.problems == []


def test_a_page_from_a_folder_takes_dropped_pictures(open_tool, tmp_path):
    """There a browser may keep the page out of folders, but not from files."""
    files = write_pictures(tmp_path / "shots", 61)
    tool = open_tool()
    tool.drop(tmp_path / "shots")
    tool.wait("state.clip || trouble")
    assert tool.trouble() == "" or "drop the pictures themselves" in tool.trouble()
    tool.drop(*files)
    tool.wait("state.clip?.name === 'clip'")
    assert tool.state(SHAPE) == ["clip", 200, 300, 60]
    assert tool.trouble() == ""
    assert "There are 61 pictures, and this page takes the first 60." in tool.status()
    assert tool.page.problems == []


def test_bad_input_is_one_sentence_and_loses_nothing(open_tool, ffmpeg, tmp_path):
    tool = open_tool()
    tool.take(CLIP)
    for share, words in ((0, "Nothing is marked"), (1, "Everything is marked")):
        tool.mark(share)
        tool.press("Segment the clip")
        tool.wait(f"trouble.includes('{words}')")
    tool.mark(0.25)
    marked = tool.marked()
    note, film, sound = (tmp_path / name for name in ("note.txt", "broken.mp4", "song.mp4"))
    note.write_text("no pictures here")
    film.write_bytes(b"not a film" * 100)
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", sound)
    small, large = (write_pictures(tmp_path / f"of{side}", 1, (side, 99))[0] for side in (60, 70))
    other = large.rename(tmp_path / "other.png")
    torn = tmp_path / "torn.png"
    torn.write_bytes(small.read_bytes()[:60])
    for files, words in (
        ([note], "neither a video nor"), ([film], "no video that this browser can play"),
        ([sound], "sound and no pictures"), ([small], "has one frame"),
        ([small, torn], "no picture that this browser can read"), ([small, other], "must have one size"),
    ):  # fmt: skip
        tool.drop(*files)
        tool.wait(f"trouble.includes('{words}')")
        assert len(tool.trouble().split(". ")) == 1
    assert tool.state("state.clip.name") == CLIP
    assert tool.marked() == marked
    assert tool.page.problems == []


def test_a_video_that_breaks_off_gives_what_it_has_or_a_sentence(open_tool, ffmpeg, tmp_path):
    source = ("-f", "lavfi", "-i", "testsrc=s=320x240:r=30:d=4", "-pix_fmt", "yuv420p")
    ffmpeg(*source, "-movflags", "+faststart", tmp_path / "whole.mp4")
    content = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "torn.mp4").write_bytes(content[: len(content) // 2])
    tool = open_tool()
    tool.drop(tmp_path / "torn.mp4")
    tool.wait("state.clip || trouble")
    assert tool.trouble() == "" or tool.trouble().endswith("a clip needs two or more.")
    assert tool.trouble() or "The video breaks off after" in tool.status()
    assert tool.page.problems == []


def test_a_browser_without_simd_is_told_so(open_tool):
    """Nothing heavy is loaded for nothing, and what was marked stays."""
    tool = open_tool(before="WebAssembly.validate = () => false;")
    tool.take(CLIP)
    tool.mark(0.5)
    marked = tool.marked()
    tool.press("Segment the clip")
    tool.wait("trouble.includes('has no SIMD')")
    assert tool.marked() == marked
    assert not any(name.startswith("engine") for name in tool.page.loaded)
    assert tool.page.get_by_role("button", name="Segment the clip").is_enabled()
    assert tool.page.problems == []


def test_the_last_clip_asked_for_is_the_one_that_comes(open_tool, tmp_path):
    """A video takes its time; who does not wait for it gets what was asked for instead."""
    write_video(tmp_path / "slow.mp4", [np.full((360, 640, 3), t, np.uint8) for t in range(60)], 12)
    tool = open_tool()
    tool.drop(tmp_path / "slow.mp4")
    tool.wait("status.startsWith('Reading frame')")
    tool.take(CLIP)
    tool.page.wait_for_timeout(3000)
    assert tool.state("state.clip.name") == CLIP
    assert tool.status().startswith(CLIP)
