"""The frame player: what is in its HTML, and what it does in a browser."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from vostut.plot import BLUE, GREEN, GREY, ORANGE, player
from vostut.plot.embed import script

ALT = "A disk that moves from left to right."


def html_of(video, *args, **options):
    return player(video, *args, alt=ALT, **options)._repr_html_()


def test_html_is_self_contained_and_small(small_video):
    html = html_of(small_video)
    assert not re.search(r"""(?:src|href)=["']?https?:""", html)
    assert "<noscript><img" in html
    assert ALT in html
    assert len(html) < 120_000
    assert "alt" in repr(player(small_video, alt=ALT)) or ALT in repr(player(small_video, alt=ALT))


@pytest.mark.parametrize("name", ["player.js", "paint.js", "mark.js", "marker.js"])
def test_scripts_are_written_out_whole(name):
    """No import is left to fetch, however deep the modules import each other, and no name comes twice."""
    source = script(name)
    assert not re.search(r"^import ", source, re.MULTILINE)
    names = re.findall(r"^(?:export )?(?:async )?(?:function|const) (\w+)", source, re.MULTILINE)
    assert len(names) == len(set(names))


def decode_runs(runs, shape):
    """The reverse of ``encode_runs``, byte by byte."""
    coded = iter(base64.b64decode(runs))
    ids = []
    for value in coded:
        length, shift, digit = 0, 0, 128
        while digit & 128:
            digit = next(coded)
            length |= (digit & 127) << shift
            shift += 7
        ids += [value] * length
    return np.array(ids).reshape(shape)


def test_data_decode_to_the_frames_and_masks(small_video):
    ids = [m.astype(np.uint8) * 3 for m in small_video.masks]
    html = html_of(small_video, {"truth": small_video.masks, "ids": ids}, every=2)
    data = json.loads(re.search(r'class="vostut-data">(.*?)</script>', html, re.DOTALL)[1])
    assert data["numbers"] == [0, 2, 4]
    for k, t in enumerate(data["numbers"]):
        frame = Image.open(io.BytesIO(base64.b64decode(data["frames"][k].partition(",")[2])))
        difference = np.asarray(frame.convert("RGB"), float) - small_video.frames[t]
        assert np.abs(difference).mean() < 6
        truth, several = (decode_runs(o["masks"][k], small_video.size) for o in data["overlays"])
        np.testing.assert_array_equal(truth, small_video.masks[t])
        np.testing.assert_array_equal(several, ids[t])


def data_of(html):
    return json.loads(re.search(r'class="vostut-data">(.*?)</script>', html, re.DOTALL)[1])


def test_methods_have_their_colours_in_masks_and_curves(small_video):
    masks = dict.fromkeys(("ground truth", "MaskTrack, tuned", "OSVOS", "MaskTrack"), small_video.masks)
    curves = dict.fromkeys(("OSVOS", "MaskTrack, tuned", "copy", "motion"), [0.5] * 6)
    data = data_of(html_of(small_video, masks, curves=curves, colour=GREEN))
    of_masks = {o["label"]: o["colours"][0] for o in data["overlays"]}
    of_curves = {c["label"]: c["colour"] for c in data["curves"]}
    assert of_masks["OSVOS"] == of_curves["OSVOS"] == ORANGE
    assert of_masks["MaskTrack, tuned"] == of_curves["MaskTrack, tuned"] == BLUE
    assert of_curves["copy"] == GREY
    assert of_masks["ground truth"] == GREEN
    assert len(set(of_masks.values())) == len(set(of_curves.values())) == 4  # no two look alike


def test_pictures_that_are_no_frames_say_what_they_are(small_video, show):
    steps = [0, 1, 2, 5, 10, 40]
    page = show(html_of(small_video, label="step", numbers=steps, curves={"J": [0.5] * 6}))
    page.get_by_role("button", name="Next step").click()
    slider = page.get_by_role("slider", name="Step")
    slider.fill("4")
    assert page.locator(".v-counter").inner_text() == "step 10 / 40"
    assert slider.get_attribute("aria-valuetext") == "step 10 of 40"
    marks = page.locator(".v-plot text[y='127']").all_text_contents()
    assert marks == ["step 0", "1", "2", "5", "10", "40"]
    assert "frame" not in page.locator("figure").inner_text()
    assert page.problems == []


def test_what_is_refused(small_video):
    with pytest.raises(ValueError, match="alt"):
        player(small_video, alt="  ")
    with pytest.raises(ValueError, match="2 masks for 6 frames"):
        player(small_video, small_video.masks[:2], alt=ALT)
    with pytest.raises(ValueError, match="2 numbers for 6 frames"):
        player(small_video, alt=ALT, numbers=[0, 1])
    with pytest.raises(ValueError, match="'J': 3 values for 6 frames"):
        player(small_video, alt=ALT, curves={"J": [1, 2, 3]})


def test_two_players_do_not_clash(small_video, show):
    page = show(html_of(small_video), html_of(small_video, False), html_of(small_video))
    page.wait_for_selector("canvas")
    assert page.locator("figure.vostut-player canvas").count() == 3
    assert page.problems == []


def frame_of(page):
    return page.locator(".vostut-player").first.evaluate("e => e.vostut.frame")


def picture(page):
    image = Image.open(io.BytesIO(page.locator("canvas").first.screenshot()))
    return np.asarray(image.convert("L"), float)


def test_step_scrub_and_keys(small_video, show):
    page = show(html_of(small_video))
    page.wait_for_selector("canvas")
    assert frame_of(page) == 0
    page.get_by_role("button", name="Next frame").click()
    assert frame_of(page) == 1
    page.get_by_role("slider", name="Frame").focus()
    page.keyboard.press("ArrowRight")
    assert frame_of(page) == 2
    page.get_by_role("button", name="Previous frame").click()
    assert frame_of(page) == 1
    page.get_by_role("slider", name="Frame").fill("5")
    assert frame_of(page) == 5
    assert "5" in page.locator(".v-counter").inner_text()
    assert page.problems == []


def test_it_plays_and_stops(small_video, show):
    page = show(html_of(small_video))
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('.vostut-player').vostut.frame > 1", timeout=5000)
    page.get_by_role("button", name="Pause").click()
    stopped = frame_of(page)
    page.wait_for_timeout(300)
    assert frame_of(page) == stopped


def test_overlays_are_switched_and_hidden(small_video, show):
    empty = [np.zeros_like(m) for m in small_video.masks]
    page = show(html_of(small_video, {"truth": small_video.masks, "nothing": empty}))
    page.wait_for_timeout(200)
    tinted = picture(page)
    page.get_by_role("button", name="nothing").click()
    page.wait_for_timeout(100)
    assert np.abs(picture(page) - tinted).mean() > 0.5
    assert page.problems == []


def test_curves_and_several_objects(small_video, show):
    ids = [m.astype(np.uint8) + (np.arange(200) > 100)[None] * m for m in small_video.masks]
    values = [1.0, 0.8, np.nan, 0.5, 0.4, 0.3]
    page = show(html_of(small_video, ids, curves={"J": values}, every=2, width=120, caption="A caption."))
    page.wait_for_selector("[aria-label^='Line chart']")
    assert page.locator("figcaption").inner_text() == "A caption."
    assert page.problems == []


def test_without_scripts_a_picture_stays(small_video, show):
    page = show(html_of(small_video), java_script_enabled=False)
    assert page.locator("noscript img, figure img").count() == 1
