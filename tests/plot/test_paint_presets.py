"""The buttons of the painting tool: as many pixels missing, J the same, F not."""

import numpy as np
import pytest
from scipy import ndimage

from vostut.cutouts import load
from vostut.metrics import contour_accuracy, region_similarity, tolerance_in_pixels
from vostut.plot import paint


@pytest.fixture(scope="module")
def horse():
    video = load("val")["horse-trot"]
    t = len(video) // 2
    return video.frames[t], np.asarray(video.masks[t])


def perforated(truth, missing):
    """Small holes all over, as chapter 3 makes them."""
    spacing = round(truth.shape[0] / 34)
    centres = np.zeros_like(truth)
    centres[spacing // 2 :: spacing, spacing // 2 :: spacing] = True
    distance = ndimage.distance_transform_edt(~centres)
    inside = ndimage.distance_transform_edt(truth) > tolerance_in_pixels(*truth.shape)
    candidates = np.flatnonzero(inside.ravel())
    order = candidates[np.argsort(distance.ravel()[candidates], kind="stable")]
    holes = truth.copy()
    holes.ravel()[order[:missing]] = False
    return holes


def test_holes_cost_no_more_j_than_a_cut_and_much_more_f(show, horse):
    frame, truth = horse
    page = show(paint(frame, truth, alt="A horse to paint.")._repr_html_())
    page.wait_for_selector(".vostut-paint canvas")
    root = page.locator(".vostut-paint")
    masks, scores = {}, {}
    for name in ("Lowest quarter cut off", "As many pixels, in small holes"):
        root.get_by_role("button", name=name).click()
        values = root.evaluate("e => Array.from(e.vostut.getMask())")
        masks[name] = np.array(values, bool).reshape(truth.shape)
        scores[name] = root.evaluate("e => e.vostut.scores()")
    cut, holes = masks.values()
    assert cut.sum() == holes.sum() < truth.sum()
    assert not (cut & ~truth).any()
    np.testing.assert_array_equal(holes, perforated(truth, int(truth.sum() - cut.sum())))
    assert scores["Lowest quarter cut off"]["J"] == scores["As many pixels, in small holes"]["J"]
    assert scores["Lowest quarter cut off"]["F"] > 0.8 > 0.7 > scores["As many pixels, in small holes"]["F"]
    for name, mask in masks.items():
        assert scores[name]["J"] == pytest.approx(region_similarity(mask, truth), abs=1e-12)
        assert scores[name]["F"] == pytest.approx(contour_accuracy(mask, truth), abs=1e-12)
    assert page.problems == []
