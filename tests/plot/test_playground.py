"""The playground in the browser deforms as the package does."""

import numpy as np
import pytest

from vostut.masktrack.deform import affine, bend, contour_points, dilate
from vostut.metrics import region_similarity
from vostut.plot import playground

ALT = "A disk whose mask can be deformed."


@pytest.fixture
def tool(show, small_video):
    mask = small_video.masks[2]
    candidates = [[p] for p in contour_points(mask, 5, np.random.default_rng(0))]
    page = show(playground(small_video.frames[2], mask, candidates, alt=ALT)._repr_html_())
    page.wait_for_selector(".vostut-deform canvas")
    return page, page.locator(".vostut-deform"), mask, np.concatenate(candidates)


def mask_of(root):
    return np.array(root.evaluate("e => Array.from(e.vostut.getMask())"), bool).reshape(120, 200)


def test_the_browser_agrees_with_python(tool):
    page, root, mask, points = tool
    shifts = np.array([[1, 0.5], [-0.6, 0.2], [0.3, -1], [0, 0.8], [-1, -0.4]])
    draw = {"points": points.tolist(), "shifts": shifts.tolist()}
    size = np.array([mask.any(0).sum(), mask.any(1).sum()])  # width and height of the disk
    root.evaluate(
        "(e, s) => e.vostut.set(s)", {"scale": 5, "dx": 10, "dy": -5, "bend": 0, "dilate": 0, "draw": draw}
    )
    moved = affine(mask, 1.05, *(size * (0.10, -0.05)))
    assert region_similarity(mask_of(root), moved) > 0.98

    root.evaluate("(e, s) => e.vostut.set(s)", {"scale": 0, "dx": 0, "dy": 0, "bend": 20, "dilate": 0})
    bent = bend(mask, points, points + 0.2 * size * shifts, smoothing=0.1)
    assert region_similarity(mask_of(root), bent) > 0.98

    root.evaluate("(e, s) => e.vostut.set(s)", {"bend": 0, "dilate": 7})
    np.testing.assert_array_equal(mask_of(root), dilate(mask, 7))
    assert page.problems == []


def test_the_controls_work(tool):
    page, root, mask, _ = tool
    assert "overlap J" in root.inner_text()
    page.get_by_role("button", name="Reset").click()
    np.testing.assert_array_equal(mask_of(root), mask)
    slider = page.get_by_role("slider", name="Dilate")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    np.testing.assert_array_equal(mask_of(root), dilate(mask, 3))
    before = mask_of(root)
    page.get_by_role("button", name="Draw as the article does").click()
    assert not np.array_equal(mask_of(root), before)
    assert page.problems == []


def test_bad_input(small_video):
    frame, mask = small_video.frames[0], small_video.masks[0]
    with pytest.raises(ValueError, match="alt is empty"):
        playground(frame, mask, [], alt=" ")
    with pytest.raises(ValueError, match="holds an object"):
        playground(frame, np.zeros_like(mask), [], alt=ALT)
