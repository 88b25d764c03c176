"""The page of ``vostut mark`` in a browser: what a reader marks is what the file holds."""

import base64

import numpy as np
import pytest
from accessible import serious_violations
from marking import Marking
from small_data import write_clip

from vostut.cli import main
from vostut.images import read_mask, write_mask
from vostut.plot import mark_server
from vostut.plot.embed import encode_runs, script
from vostut.video import open_frames

SIZE = (90, 160)


@pytest.fixture
def clip(tmp_path):
    """A folder of 3 frames of 90 x 160 pixels with a square of 20 x 20, whose corner is at (30, 40)."""
    return write_clip(tmp_path, 3, SIZE, (30, 40))[0]


@pytest.fixture
def open_mark(browser, clip, tmp_path, monkeypatch):
    """Start the command, and open its page; what goes wrong in it is collected in ``page.problems``."""
    monkeypatch.setattr(mark_server, "GRACE", 2.0)
    started, contexts = [], []

    def open_(*arguments, **options):
        marking = Marking(monkeypatch, clip, "--out", tmp_path / "out.png", *arguments)
        started.append(marking)
        context = browser.new_context(**{"viewport": {"width": 1000, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto(marking.url)
        page.wait_for_function("document.querySelector('.vostut-mark').vostut")
        return page, marking

    yield open_
    for marking in started:
        if marking.thread.is_alive():
            marking.ask("cancel", b"")
    for context in contexts:
        context.close()


def mask_of(page):
    values = page.evaluate("Array.from(document.querySelector('.vostut-mark').vostut.getMask())")
    return np.array(values, np.uint8).reshape(SIZE)


def at(page, x, y):
    """Where pixel (x, y) of the frame is on the page."""
    box = page.locator(".v-stage").bounding_box()
    return box["x"] + (x + 0.5) / SIZE[1] * box["width"], box["y"] + (y + 0.5) / SIZE[0] * box["height"]


def drag(page, *points):
    page.mouse.move(*at(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*at(page, *point), steps=4)
    page.mouse.up()


def press(page, name, **options):
    page.get_by_role("button", name=name, exact=True, **options).click()


def square(left, top, right, bottom):
    mask = np.zeros(SIZE, bool)
    mask[top : bottom + 1, left : right + 1] = True
    return mask


def test_paint_undo_a_second_object_save_and_segment(open_mark, clip, untrained, tmp_path):
    page, marking = open_mark()
    assert page.get_by_role("button", name="Undo").is_disabled()
    drag(page, (42, 40), (57, 40))
    first = mask_of(page)
    assert first[40, 42:58].all()
    assert set(np.unique(first)) == {0, 1}
    drag(page, (100, 70), (120, 70))
    assert mask_of(page)[70, 110] == 1
    press(page, "Undo")
    np.testing.assert_array_equal(mask_of(page), first)
    press(page, "Redo")
    assert mask_of(page)[70, 110] == 1
    page.keyboard.press("Control+z")
    np.testing.assert_array_equal(mask_of(page), first)

    press(page, "Add object")
    press(page, "Box")
    drag(page, (100, 10), (129, 29))
    painted = mask_of(page)
    np.testing.assert_array_equal(painted == 2, square(100, 10, 129, 29))
    np.testing.assert_array_equal(painted == 1, first == 1)
    assert "object 2: 4.2 % of the frame" in page.locator(".v-legend").inner_text()

    press(page, "Save out.png")
    page.get_by_text("Saved.").wait_for()
    assert "holds 2 objects, with the ids 1, 2" in page.locator(".v-status").inner_text()
    assert marking.end() == 0
    np.testing.assert_array_equal(read_mask(tmp_path / "out.png", several=True), painted)
    assert page.problems == []
    command = ["segment", "osvos", clip, "--mask", tmp_path / "out.png", "--several", "--parent", untrained,
               "--preset", "quick", "--steps", "1", "--out", tmp_path / "o.mp4"]  # fmt: skip
    assert main([str(word) for word in command]) == 0
    assert len(open_frames(tmp_path / "o.mp4")) == 3


def test_boxes_and_polygons_are_filled_as_they_were_drawn(open_mark):
    page, _ = open_mark()
    press(page, "Box")
    for corner in ((60, 20), (20, 50)):  # two presses, at any two opposite corners
        page.mouse.click(*at(page, *corner))
    np.testing.assert_array_equal(mask_of(page) == 1, square(20, 20, 60, 50))
    press(page, "Clear this object")
    assert not mask_of(page).any()

    press(page, "Polygon")
    corners = [(20, 20), (61, 20), (61, 71), (20, 71)]
    for corner in corners:
        page.mouse.click(*at(page, *corner))
    assert not mask_of(page).any()
    page.mouse.click(*at(page, *corners[0]))
    inner = square(21, 21, 60, 70)
    filled = mask_of(page) == 1
    assert filled[inner].all()
    assert not filled[~square(20, 20, 61, 71)].any()

    press(page, "Erase")
    for corner in [(0, 0), (80, 0), (80, 45)]:
        page.mouse.click(*at(page, *corner))
    press(page, "Undo")  # takes the last corner back
    page.mouse.click(*at(page, *(0, 45)))
    press(page, "Fill the polygon")
    erased = filled & (mask_of(page) == 0)
    assert erased[21, 21]
    assert not erased[70, 60]
    page.mouse.click(*at(page, 5, 5))
    page.keyboard.press("Escape")
    assert page.evaluate("document.querySelector('.vostut-mark').vostut.open") == 0
    assert page.problems == []


def test_a_keyboard_is_enough(open_mark, tmp_path):
    page, marking = open_mark()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Brush"
    page.locator(".v-stage").focus()
    page.keyboard.press("Space")
    dab = mask_of(page)
    assert dab[45, 80] == 1
    page.keyboard.press("]")
    page.keyboard.press("Space")
    assert (mask_of(page) > 0).sum() > (dab > 0).sum()
    page.keyboard.press("Control+z")
    np.testing.assert_array_equal(mask_of(page), dab)

    press(page, "Add object")
    page.locator(".v-stage").focus()
    page.keyboard.press("p")
    for key, times in (("ArrowUp", 10), ("ArrowRight", 20), ("ArrowDown", 20)):
        for _ in range(times):
            page.keyboard.press(key)
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    assert (mask_of(page) == 2).sum() > 50
    page.keyboard.press("1")
    assert page.evaluate("document.querySelector('.vostut-mark').vostut.object") == 1
    page.keyboard.press("r")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Space")
    expected = mask_of(page)
    assert set(np.unique(expected)) == {0, 1, 2}
    page.keyboard.press("Control+s")
    page.get_by_text("Saved.").wait_for()
    assert marking.end() == 0
    np.testing.assert_array_equal(read_mask(tmp_path / "out.png", several=True), expected)
    assert page.problems == []


def test_a_mask_to_begin_with_is_corrected(open_mark, tmp_path):
    ids = np.zeros(SIZE, np.uint8)
    ids[square(10, 10, 40, 40)], ids[square(60, 10, 90, 40)] = 1, 3
    write_mask(tmp_path / "start.png", ids)
    page, marking = open_mark("--from", tmp_path / "start.png")
    np.testing.assert_array_equal(mask_of(page), ids)
    assert page.get_by_role("button", name="Object 3").is_visible()
    press(page, "Erase")
    press(page, "Box")
    drag(page, (10, 10), (40, 24))
    press(page, "Save out.png")
    assert marking.end() == 0
    ids[10:25, 10:41] = 0
    np.testing.assert_array_equal(read_mask(tmp_path / "out.png", several=True), ids)


def test_what_cannot_be_saved_is_said_and_nothing_is_lost(open_mark, tmp_path):
    page, marking = open_mark()
    press(page, "Save out.png")
    page.get_by_text("Not saved: the first mask is empty").wait_for()
    drag(page, (42, 40), (57, 40))
    assert not page.get_by_text("Not saved").is_visible()
    marking.ask("cancel", b"")
    assert marking.end() == 130
    press(page, "Save out.png")
    page.get_by_text("The command does not answer").wait_for()
    assert mask_of(page).any()
    assert not (tmp_path / "out.png").exists()


def test_a_closed_page_ends_the_command_and_a_reloaded_one_does_not(open_mark, tmp_path):
    page, marking = open_mark()
    page.reload()
    page.wait_for_timeout(2500)
    assert marking.thread.is_alive()
    page.goto("about:blank")
    assert marking.end() == 130
    assert not (tmp_path / "out.png").exists()


def test_the_button_closes_without_saving(open_mark, tmp_path):
    page, marking = open_mark()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    drag(page, (42, 40), (57, 40))
    press(page, "Close without saving")
    page.get_by_text("Nothing was saved").wait_for()
    assert len(asked) == 1
    assert marking.end() == 130
    assert not (tmp_path / "out.png").exists()


def test_zooming_moves_no_pixel(open_mark):
    page, _ = open_mark()
    before = page.locator(".v-stage").bounding_box()["width"]
    press(page, "Zoom in")
    press(page, "Zoom in")
    assert page.locator(".v-stage").bounding_box()["width"] == pytest.approx(4 * before, rel=0.02)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    press(page, "Box")
    drag(page, (75, 40), (84, 49))
    np.testing.assert_array_equal(mask_of(page) == 1, square(75, 40, 84, 49))
    press(page, "Tint")
    assert page.get_by_role("button", name="Tint").get_attribute("aria-pressed") == "false"
    assert page.problems == []


def test_a_finger_marks_on_a_phone(open_mark, tmp_path):
    page, marking = open_mark(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.touchscreen.tap(*at(page, 80, 45))
    assert not mask_of(page).any()  # the first tap says that fingers paint from now on
    page.get_by_role("button", name="Box", exact=True).tap()
    for corner in ((60, 20), (100, 60)):
        page.touchscreen.tap(*at(page, *corner))
    marked = mask_of(page)
    assert marked[21:60, 61:100].all()
    page.get_by_role("button", name="Save out.png").tap()
    assert marking.end() == 0
    np.testing.assert_array_equal(read_mask(tmp_path / "out.png"), marked > 0)
    assert page.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read_by_everybody(open_mark, scheme):
    page, _ = open_mark(color_scheme=scheme, reduced_motion="reduce")
    page.locator("summary").click()
    drag(page, (42, 40), (57, 40))
    press(page, "Add object")
    # The page's policy refuses scripts that it does not know: axe comes through the browser.
    assert serious_violations(page) == {}
    button = page.get_by_role("button", name="Add object")
    assert button.evaluate("b => getComputedStyle(b).transitionProperty") == "none"
    press(page, "Save out.png")
    page.get_by_text("Saved.").wait_for()
    assert serious_violations(page) == {}


def test_masks_become_the_same_bytes_in_both_languages(show):
    code = script("history.js") + "\nwindow.runsOf = encodeRuns; window.back = decodeRuns;"
    page = show(f'<script type="module">{code}</script>')
    rng = np.random.default_rng(0)
    for most, shape in ((1, (100, 200)), (2, (30, 40)), (32, (30, 40)), (2, (1, 1))):
        ids = rng.integers(0, most, shape).astype(np.uint8)
        coded = page.evaluate("ids => Array.from(runsOf(Uint8Array.from(ids)))", ids.ravel().tolist())
        assert bytes(coded) == base64.b64decode(encode_runs(ids))
        again = page.evaluate("([runs, n]) => Array.from(back(runs, n))", [encode_runs(ids), ids.size])
        assert again == ids.ravel().tolist()


def test_a_polygon_holds_the_pixels_whose_centres_it_holds(show):
    from matplotlib.path import Path

    page = show(f'<script type="module">{script("shapes.js")}\nwindow.fill = paintPolygon;</script>')
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:40, :60]
    centres = np.stack([x.ravel(), y.ravel()], 1)
    program = (
        "points => { const m = new Uint8Array(2400); fill(m, 60, 40, points, 7); return Array.from(m); }"
    )
    for _ in range(20):
        points = rng.uniform((-10, -10), (70, 50), (3, 2))  # partly outside of the frame
        filled = np.array(page.evaluate(program, points.tolist())) == 7
        np.testing.assert_array_equal(filled, Path(points).contains_points(centres))
