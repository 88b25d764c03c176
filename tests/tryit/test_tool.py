"""The page "Try it" in Chromium: it segments, it stops, and it says what is wrong."""

from __future__ import annotations

import shutil
import threading
import zipfile
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice

import numpy as np
import pytest

from vostut import cutouts
from vostut.images import read_mask
from vostut.masktrack import MaskTrack, lite_masktrack, masktrack_recipe
from vostut.metrics import region_similarity
from vostut.osvos import lite_parent
from vostut.osvos.export import segment_by_heads
from vostut.video import write_video

CLIP = "horse-trot"


def masks_of(tool, method, shape):
    flat = tool.state(f"state.results.get('{method}').masks.map(m => Array.from(m))")
    return [np.array(mask, bool).reshape(shape) for mask in flat]


def test_nothing_is_loaded_before_the_click(open_tool):
    tool = open_tool()
    tool.page.wait_for_timeout(300)
    assert tool.page.loaded == ["page.html", "page.js"]
    tool.take(CLIP)
    assert not any(name.startswith(("engine", "osvos", "masktrack")) for name in tool.page.loaded)
    assert tool.page.problems == []


def test_masktrack_stops_when_asked_and_agrees_with_python(open_tool, tmp_path):
    tool, video = open_tool(), cutouts.load("val")[CLIP]
    tool.take(CLIP)
    tool.press("MaskTrack")
    tool.press("Segment the clip")
    tool.wait("status.includes('frame 4') || trouble")
    tool.press("Stop")
    tool.wait("status.startsWith('Stopped') || trouble")
    assert tool.trouble() == ""
    found = masks_of(tool, "masktrack", video.masks[0].shape)
    assert 4 <= len(found) < len(video)
    recipe = replace(masktrack_recipe("laptop", "lite"), steps=0, height=240)
    expected = MaskTrack(lite_masktrack(), recipe).segment(video.frames, video.masks[0])
    for ours, theirs in zip(found, islice(expected, 4), strict=False):
        assert region_similarity(ours, theirs) > 0.98
    with tool.page.expect_download() as download:
        tool.press("Save the masks (zip)")
    download.value.save_as(tmp_path / "masks.zip")
    with zipfile.ZipFile(tmp_path / "masks.zip") as archive:
        assert archive.namelist() == [f"{CLIP}/{t:05d}.png" for t in range(len(found))]
        archive.extractall(tmp_path)
    np.testing.assert_array_equal(read_mask(tmp_path / CLIP / "00001.png"), found[1])
    with tool.page.expect_download() as download:
        tool.press("Save a video")
    assert download.value.suggested_filename == f"{CLIP}-masktrack.webm"
    assert tool.page.problems == []


def test_osvos_learns_and_the_page_stays_awake(open_tool):
    tool = open_tool()
    tool.take(CLIP)
    tool.press("Segment the clip")
    tool.wait("status.includes('step 12') || status.includes('step 13') || trouble")
    drawn = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
    assert tool.page.evaluate(drawn)
    assert tool.page.locator(".t-loss").is_visible()
    tool.press("Stop")
    tool.wait("status.startsWith('Stopped') || trouble")
    assert tool.trouble() == ""
    assert tool.page.get_by_role("button", name="Segment the clip").is_enabled()
    assert tool.page.problems == []


@pytest.mark.slow
@pytest.mark.parametrize("name", list(cutouts.load("val")))
def test_the_page_scores_what_python_scores(open_tool, name):
    """Both methods on a whole cutout: mean J within 0.02 of the same algorithm in PyTorch."""
    tool, video = open_tool(), cutouts.load("val")[name]
    tool.take(name)
    recipe = replace(masktrack_recipe("laptop", "lite"), steps=0, height=240)
    python = {
        "masktrack": MaskTrack(lite_masktrack(), recipe).segment(video.frames, video.masks[0]),
        "osvos": segment_by_heads(lite_parent(), video.frames, video.masks[0]),
    }
    for method, button in {"masktrack": "MaskTrack", "osvos": "OSVOS"}.items():
        tool.press(button)
        tool.press("Segment the clip")
        tool.page.set_default_timeout(600_000)
        for _ in range(4):  # patience for a busy machine
            if tool.state(f"state.results.has('{method}')"):
                break
            tool.page.wait_for_timeout(100)
            tool.wait("status.startsWith('Done') || trouble")
        assert tool.trouble() == ""
        ours = tool.state(f"state.results.get('{method}').J")
        theirs = [region_similarity(m, video.masks[t]) for t, m in enumerate(python[method])]
        assert np.mean(ours[1:]) == pytest.approx(np.mean(theirs[1:]), abs=0.02)


def test_from_a_server_the_parts_are_fetched(open_tool, assets, page_of, tmp_path):
    (tmp_path / "assets").symlink_to(assets)
    (tmp_path / "served.html").write_text(page_of("assets/page.js"))
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.func.log_message = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/served.html"
        tool = open_tool(address=address, offline=False)
        tool.take(CLIP)
        tool.press("MaskTrack")
        tool.press("Segment the clip")
        tool.wait("status.includes('frame 2') || trouble")
        assert tool.trouble() == ""
        assert {f"clip-{CLIP}.bin", "engine-wasm.bin", "masktrack.bin"} <= set(tool.page.loaded)
        tool.press("Stop")
        tool.wait("status.startsWith('Stopped') || trouble")
    finally:
        server.shutdown()


def test_bad_input_is_one_sentence_and_loses_nothing(open_tool, tmp_path):
    tool = open_tool()
    tool.take(CLIP)
    for share, words in ((0, "Nothing is marked"), (1, "Everything is marked")):
        tool.mark(share)
        tool.press("Segment the clip")
        tool.wait(f"trouble.includes('{words}')")
    note, film = tmp_path / "note.txt", tmp_path / "broken.mp4"
    note.write_text("no pictures here")
    film.write_bytes(b"not a film" * 100)
    for file, words in ((note, "neither a video nor"), (film, "no video that this browser can play")):
        tool.give(file)
        tool.wait(f"trouble.includes('{words}')")
    assert tool.state("state.clip.name") == CLIP
    assert tool.page.problems == []


def test_a_copy_without_the_engine_says_so(open_tool, assets, tmp_path):
    shutil.copy(assets / "page.js", tmp_path)
    shutil.copy(assets / f"clip-{CLIP}.js", tmp_path)
    tool = open_tool(script="page.js")
    tool.take(CLIP)
    tool.press("Segment the clip")
    tool.wait("trouble.includes('without the engine')")


def test_a_video_is_read_frame_by_frame(open_tool, tmp_path):
    """Seven seconds: the first five are taken, at 240 lines, and nothing is marked yet."""
    shades = [np.full((360, 640, 3), 40 + 2 * t, np.uint8) for t in range(84)]
    write_video(tmp_path / "grey clip.mp4", shades, 12)
    tool = open_tool()
    tool.give(tmp_path / "grey clip.mp4")
    tool.wait("state.clip || trouble")
    assert tool.trouble() == ""
    assert tool.state("[state.clip.name, state.clip.width, state.clip.height, state.clip.frames.length]") == [
        "grey-clip", 427, 240, 60,
    ]  # fmt: skip
    assert "takes its first 5" in tool.status()
    grey = tool.state("state.clip.frames.map(f => f[5000])")
    np.testing.assert_allclose(grey, [40 + 2 * t for t in range(60)], atol=4)


def test_pictures_become_a_clip_and_are_marked_by_hand(open_tool, tmp_path):
    from PIL import Image

    for t in range(3):
        Image.fromarray(np.full((300, 200, 3), 50 * t, np.uint8)).save(tmp_path / f"shot{t + 9}.png")
    tool = open_tool()
    tool.give(*(tmp_path / f"shot{t}.png" for t in (10, 9, 11)), pictures=True)
    tool.wait("state.clip || trouble")
    assert tool.state("state.clip.stems") == ["shot9", "shot10", "shot11"]  # not by letters
    assert tool.state("[state.clip.width, state.clip.height]") == [200, 300]
    stage = tool.root.locator(".t-marking .v-stage")
    box = stage.bounding_box()

    def drag(*places):
        x, y = (box["x"], box["y"])
        tool.page.mouse.move(x + places[0][0] * box["width"], y + places[0][1] * box["height"])
        tool.page.mouse.down()
        for u, v in places[1:]:
            tool.page.mouse.move(x + u * box["width"], y + v * box["height"], steps=4)
        tool.page.mouse.up()

    marked = "state.tool.getMask().reduce((a, b) => a + b, 0)"
    tool.page.set_viewport_size({"width": 900, "height": 1400})
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    tool.press("Box")
    drag((0.25, 0.25), (0.75, 0.5))
    assert tool.state(marked) == pytest.approx(100 * 75, rel=0.05)
    tool.press("Undo")
    assert tool.state(marked) == 0
    tool.press("Outline")
    drag((0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.2, 0.21))
    assert tool.state(marked) == pytest.approx(0.5 * 120 * 180, rel=0.1)
    tool.press("Clear")
    tool.press("Brush")
    drag((0.5, 0.5), (0.6, 0.5))
    assert tool.state(marked) > 100
    tool.press("Clear")
    stage.focus()
    tool.page.keyboard.press("Space")
    assert tool.state(marked) > 50
    assert tool.page.problems == []


def test_axe_finds_nothing_serious_and_a_phone_has_room(open_tool):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    tool = open_tool(viewport={"width": 390, "height": 800})
    tool.take(CLIP)
    found = axe.Axe().run(tool.page).response["violations"]
    serious = {v["id"]: v["nodes"][0]["html"] for v in found if v["impact"] in ("serious", "critical")}
    assert serious == {}
    assert tool.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 1
