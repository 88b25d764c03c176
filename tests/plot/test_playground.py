"""The playground in the browser deforms as the package does."""

import numpy as np
import pytest
from scipy import ndimage

from vostut.cutouts import load
from vostut.masktrack.deform import (
    AS_PUBLISHED,
    affine,
    bend,
    contour_points,
    deform,
    dilate,
    radius_at,
)
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
    assert region_similarity(mask_of(root), moved) > 0.99

    root.evaluate("(e, s) => e.vostut.set(s)", {"scale": 0, "dx": 0, "dy": 0, "bend": 20, "dilate": 0})
    bent = bend(mask, points, points + 0.2 * size * shifts, smoothing=0.1)
    assert region_similarity(mask_of(root), bent) > 0.99

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


@pytest.fixture(scope="module")
def horse():
    """The object of chapter 5's playground, its mask, and the places of its control points as made there."""
    video = load("val")["horse-trot"]
    mask = np.asarray(video.masks[0]) > 0
    y, x = np.nonzero(dilate(mask, 1) & ~mask)
    around = np.array_split(np.argsort(np.arctan2(y - y.mean(), x - x.mean())), 5)
    parts = [np.stack([x[p], y[p]], axis=1)[:: max(1, len(p) // 24)] for p in around]
    return video.frames[0], mask, parts


@pytest.fixture
def horse_tool(show, horse):
    page = show(playground(*horse, alt="A horse whose mask can be deformed.")._repr_html_())
    page.wait_for_selector(".vostut-deform canvas")
    return page, page.locator(".vostut-deform")


def test_draws_are_as_rough_as_the_articles(horse_tool, horse):
    """Forty draws of the button overlap with the true mask as forty of the package do."""
    page, root = horse_tool
    _, mask, _ = horse
    drawn, undilated = [], []
    for _ in range(40):
        page.get_by_role("button", name="Draw as the article does").click()
        state, scores = root.evaluate("e => [e.vostut.state, e.vostut.scores()]")
        assert state["dilate"] == radius_at(AS_PUBLISHED.radius, len(mask)) == 3
        drawn.append(scores["J"])
        undilated.append(scores["undilated"])
    rng = np.random.default_rng(0)
    expected = [region_similarity(deform(mask, AS_PUBLISHED, rng), mask) for _ in range(40)]
    assert np.median(drawn) == pytest.approx(np.median(expected), abs=0.06)
    assert max(drawn) < 0.7  # the thin legs lose the most, and are still easily told
    assert f"{drawn[-1]:.2f} ({undilated[-1]:.2f} before it is dilated)" in root.inner_text()


def test_no_setting_tears_the_mask(horse_tool, horse):
    """Bent as far as the sliders go, the horse stays in one piece (specks of a few pixels left aside)."""
    page, root = horse_tool
    clamped = 0
    for _ in range(20):
        page.get_by_role("button", name="Bend otherwise").click()
        root.evaluate("e => e.vostut.set({ scale: -20, dx: 0, dy: 0, bend: 30, dilate: 0 })")
        values = root.evaluate("e => Array.from(e.vostut.getMask())")
        pieces, n = ndimage.label(np.array(values).reshape(horse[1].shape), np.ones((3, 3)))
        assert (np.bincount(pieces.ravel(), minlength=n + 1)[1:] > 20).sum() == 1
        if root.evaluate("e => e.vostut.state.bend") < 30:
            clamped += 1
            assert "bent any further, it would tear" in root.inner_text()
    assert clamped > 0
    assert page.problems == []


def test_bad_input(small_video):
    frame, mask = small_video.frames[0], small_video.masks[0]
    with pytest.raises(ValueError, match="alt is empty"):
        playground(frame, mask, [], alt=" ")
    with pytest.raises(ValueError, match="holds an object"):
        playground(frame, np.zeros_like(mask), [], alt=ALT)
