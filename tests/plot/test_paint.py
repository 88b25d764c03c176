"""The mask to paint: JavaScript and Python must agree on every number."""

import json

import numpy as np
import pytest

from vostut.metrics import contour_accuracy, contour_precision_recall, region_similarity
from vostut.plot import paint
from vostut.plot.paint import PaintWidget

ALT = "A disk to paint."
SIZE = (120, 200)


@pytest.fixture(scope="module")
def truth(small_video):
    return small_video.masks[2]


def some_masks(truth):
    rng = np.random.default_rng(5)
    empty, full, one, corner, diagonal, border = (np.zeros(SIZE, bool) for _ in range(6))
    full[:] = True
    one[40, 50] = True
    corner[-1, -1] = True
    diagonal[np.arange(100), np.arange(100)] = True
    border[:, :70] = True
    noise = rng.random(SIZE)
    return {
        "truth": truth,
        "shifted 2": np.roll(truth, 2, axis=1),
        "shifted 9": np.roll(truth, 9, axis=0),
        "noise": noise < 0.5,
        "specks": noise < 0.01,
        "empty": empty,
        "full": full,
        "one pixel": one,
        "corner": corner,
        "diagonal": diagonal,
        "border": border,
    }


def open_tool(show, small_video, truth, **options):
    page = show(paint(small_video.frames[2], truth, alt=ALT, **options)._repr_html_())
    page.wait_for_selector(".vostut-paint canvas")
    return page, page.locator(".vostut-paint")


def scores_of(root):
    return root.evaluate("e => e.vostut.scores()")


def mask_of(root):
    return np.array(root.evaluate("e => Array.from(e.vostut.getMask())"), bool).reshape(SIZE)


def test_javascript_equals_python(show, small_video, truth):
    page, root = open_tool(show, small_video, truth)
    for name, mask in some_masks(truth).items():
        root.evaluate("(e, mask) => e.vostut.setMask(mask)", mask.astype(int).ravel().tolist())
        ours = scores_of(root)
        precision, recall = contour_precision_recall(mask, truth)
        expected = {
            "J": region_similarity(mask, truth),
            "F": contour_accuracy(mask, truth),
            "P": precision,
            "R": recall,
        }
        for key, value in expected.items():
            assert ours[key] == pytest.approx(value, abs=1e-12), (name, key)
    assert page.problems == []


def test_mouse_keys_and_undo(show, small_video, truth):
    page, root = open_tool(show, small_video, truth)
    assert scores_of(root)["J"] == 0
    box = root.locator("canvas").first.bounding_box()
    x, y = box["x"] + box["width"] * 0.37, box["y"] + box["height"] * 0.5
    page.mouse.move(x - 20, y)
    page.mouse.down()
    page.mouse.move(x + 20, y, steps=5)
    page.mouse.up()
    painted = mask_of(root)
    assert painted.any()
    assert scores_of(root)["J"] == pytest.approx(region_similarity(painted, truth), abs=1e-12)
    root.get_by_role("button", name="Undo").click()
    assert not mask_of(root).any()
    root.locator("[aria-label^='Painting area']").focus()
    page.keyboard.press("Space")
    assert mask_of(root).any()
    assert page.problems == []


def test_masks_to_try(show, small_video, truth):
    page, root = open_tool(show, small_video, truth)
    root.get_by_role("button", name="Ground truth").click()
    assert scores_of(root) == pytest.approx({"J": 1, "F": 1, "P": 1, "R": 1})
    root.get_by_role("button", name="Fill all").click()
    assert mask_of(root).all()
    root.get_by_role("button", name="Clear").click()
    assert not mask_of(root).any()
    root.get_by_role("button", name="Contours, for F").click()
    assert page.problems == []


def test_a_share_of_nothing_is_no_number(show, small_video, truth):
    """With nothing painted, contour precision is 0 / 0: the tile says so instead of a perfect score."""
    _, root = open_tool(show, small_video, truth)
    root.get_by_role("button", name="Clear").click()
    precision, recall = (root.locator(".v-score").nth(k).inner_text().split("\n") for k in (2, 3))
    assert precision[-2:] == ["–", "nothing is painted"]
    assert recall[-2] == "0.000"
    root.get_by_role("button", name="Ground truth").click()
    assert "1.000" in root.locator(".v-score").nth(2).inner_text()


def swipe(page, x, y, dx, dy):
    """A finger's swipe, as the browser gets it from a touch screen."""
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for k in range(1, 6):
        point = {"x": x + dx * k / 5, "y": y + dy * k / 5}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    # A finger that leaves in motion lets the page glide, and the next tap only stops that.
    page.wait_for_timeout(250)
    session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(150)
    still = "new Promise(go => { const y = scrollY; setTimeout(() => go(scrollY === y), 200); })"
    while not page.evaluate(still):
        pass


def test_a_finger_scrolls_until_it_taps(show, small_video, truth):
    html = paint(small_video.frames[2], truth, alt=ALT)._repr_html_() + "<div style='height:3000px'></div>"
    page = show(html, has_touch=True, is_mobile=True)
    root = page.locator(".vostut-paint")
    box = root.locator(".v-stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    assert root.locator(".v-tap").is_visible()
    swipe(page, x, y, 0, -150)
    assert not mask_of(root).any()
    assert page.evaluate("scrollY") > 50
    page.evaluate("scrollTo(0, 0)")
    page.touchscreen.tap(x, y)
    assert not mask_of(root).any()  # the tap itself paints nothing
    root.locator(".v-tap").wait_for(state="hidden")  # on a busy machine a tap arrives late
    swipe(page, x, y, 0, -50)
    assert mask_of(root).any()
    assert page.evaluate("scrollY") == 0
    painted = mask_of(root)
    root.get_by_role("button", name="Done painting").tap()
    swipe(page, x, y, 30, -100)
    np.testing.assert_array_equal(mask_of(root), painted)
    assert page.problems == []


def test_start_and_tolerance(show, small_video, truth):
    start = np.roll(truth, 6, axis=1)
    _, root = open_tool(show, small_video, truth, start=start, tolerance=7)
    np.testing.assert_array_equal(mask_of(root), start)
    assert scores_of(root)["F"] == pytest.approx(contour_accuracy(start, truth, 7), abs=1e-12)


def test_repaints_fast_enough_to_follow_a_hand(show, small_video, truth):
    _, root = open_tool(show, small_video, truth)
    script = """(e, mask) => { const begin = performance.now();
        for (let i = 0; i < 20; i++) { e.vostut.setMask(mask); e.vostut.scores(); }
        return (performance.now() - begin) / 20; }"""
    assert root.evaluate(script, truth.astype(int).ravel().tolist()) < 500


def test_what_is_refused(small_video, truth):
    frame = small_video.frames[0]
    with pytest.raises(ValueError, match="alt"):
        paint(frame, truth, alt="")
    with pytest.raises(ValueError, match="expected one size"):
        paint(frame, truth, alt=ALT, start=truth[:50])
    with pytest.raises(ValueError, match="different shapes"):
        paint(frame[:, :50], truth, alt=ALT)


def test_the_notebook_widget_scores_with_the_package(small_video, truth):
    widget = PaintWidget(small_video.frames[2], truth)
    assert widget.scores["J"] == 0
    widget.mask = truth
    assert widget.scores == {"J": 1, "F": 1}
    widget.mask_bytes = np.roll(truth, 9, axis=0).tobytes()  # as the browser would send it
    assert widget.scores["J"] == region_similarity(np.roll(truth, 9, axis=0), truth)
    np.testing.assert_array_equal(widget.mask, np.roll(truth, 9, axis=0))
    with pytest.raises(ValueError, match="expected one size"):
        widget.mask = truth[:10]
    assert "render" in widget._esm


def test_the_widget_and_the_browser_exchange_masks(show, small_video, truth):
    """Run what anywidget runs, with a model that only remembers."""
    widget = PaintWidget(small_video.frames[2], truth, start=truth, caption="Paint.")
    state = {"payload": widget.payload, "caption": widget.caption, "width": widget.width}
    page = show(f"""<div id="cell"></div><script type="module">{widget._esm}
        const values = {json.dumps(state)}, listeners = {{}};
        values.mask_bytes = new DataView(new Uint8Array({truth.size}).fill(1).buffer);
        window.model = {{ saved: 0, get: (name) => values[name], save_changes() {{ this.saved += 1; }},
          set(name, value) {{ values[name] = value; listeners["change:" + name]?.(); }},
          on: (name, f) => {{ listeners[name] = f; }}, off: () => {{}} }};
        render({{ model, el: document.querySelector("#cell") }});</script>""")
    root = page.locator(".vostut-paint")
    assert mask_of(root).all()
    root.get_by_role("button", name="Ground truth").click()
    sent = page.evaluate("Array.from(new Uint8Array(model.get('mask_bytes').buffer))")
    np.testing.assert_array_equal(np.array(sent, bool).reshape(SIZE), truth)
    assert page.evaluate("model.saved") == 1
    page.evaluate(
        f"model.set('mask_bytes', new DataView(new Uint8Array({truth.size}).buffer))"
    )  # from Python
    assert not mask_of(root).any()
    assert page.problems == []


def test_unknown_names_of_the_module():
    import vostut.plot.paint as module

    with pytest.raises(AttributeError, match="Brush"):
        module.Brush  # noqa: B018
