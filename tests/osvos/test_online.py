"""Online adaptation: which pixels are learned from, and that the network learns from them alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from vostut import cutouts
from vostut.osvos import OSVOS, lite_parent, online, osvos_recipe
from vostut.osvos.online import Adaptation, adapt_online, pseudo_labels

QUICK = replace(osvos_recipe("quick", "lite"), height=120, steps=4, adaptation=Adaptation(steps=5))


@pytest.fixture(scope="module")
def video():
    return next(iter(cutouts.load("val").values()))


def half(lines=480):
    last = np.zeros((lines, 2 * lines), bool)
    last[:, : lines // 2] = True
    return last


def test_sure_is_object_far_is_background_and_nothing_is_both():
    last = half()
    probability = np.where(last, 0.98, 0.5)
    probability[:, -1] = 1.0  # sure, but out of reach
    objects, background = pseudo_labels(probability, last, Adaptation())
    np.testing.assert_array_equal(objects, last)
    assert not (objects & background).any()
    # the mask ends at column 240, eroded by 15 at 225, and 220 further nothing is known
    assert not background[:, : 224 + 220 + 1].any()
    assert background[:, 224 + 220 + 1 :].all()


@pytest.mark.parametrize("lines", [240, 960])
def test_lengths_follow_the_height(lines):
    _, at_480 = pseudo_labels(np.zeros((480, 960)), half(), Adaptation())
    _, other = pseudo_labels(np.zeros((lines, 2 * lines)), half(lines), Adaptation())
    assert other.mean() == pytest.approx(at_480.mean(), abs=0.01)


def test_a_mask_that_erosion_takes_away_says_nothing():
    small = np.zeros((480, 854), bool)
    assert pseudo_labels(np.ones((480, 854)), small, Adaptation()) is None
    small[100:120, 100:120] = True
    assert pseudo_labels(np.ones((480, 854)), small, Adaptation()) is None


def test_the_parent_stays_and_the_network_adapts(video):
    parent = lite_parent()
    before = {name: value.clone() for name, value in parent.state_dict().items()}
    method = OSVOS(parent, QUICK)
    network = method.fine_tune(video.frames[0], np.asarray(video.masks[0]))
    tuned = network.fuse.weight.detach().clone()
    given = list(adapt_online(method, network, video.frames[:3], np.asarray(video.masks[0])))
    assert [p.shape for p in given] == [video.masks[0].shape] * 2
    assert all(p.dtype == np.float32 and 0 <= p.min() <= p.max() <= 1 for p in given)
    assert not torch.equal(tuned, network.fuse.weight)
    assert all(torch.equal(value, before[name]) for name, value in parent.state_dict().items())


def test_the_method_adapts_where_its_recipe_says_so_and_gives_the_same_twice(video):
    method = OSVOS(lite_parent(), QUICK)
    first = np.asarray(video.masks[0])
    once, again = (np.stack(list(method.predict(video.frames[:3], first))) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    plain = OSVOS(lite_parent(), replace(QUICK, adaptation=None))
    assert np.abs(once - np.stack(list(plain.predict(video.frames[:3], first)))).max() > 0


def test_unknown_pixels_and_far_ones(video, monkeypatch):
    """What lies too far is background in the result, and the loss is taken over known pixels only."""
    first, sizes = np.asarray(video.masks[0]), []
    far = np.zeros_like(first)
    far[:, -20:] = True
    monkeypatch.setattr(online, "pseudo_labels", lambda *_: (first & ~far, far))
    loss = online.class_balanced_cross_entropy
    monkeypatch.setattr(
        online,
        "class_balanced_cross_entropy",
        lambda logit, target, reduction: sizes.append(logit.numel()) or loss(logit, target, reduction),
    )
    method = OSVOS(lite_parent(), QUICK)
    network = method.fine_tune(video.frames[0], first)
    (given,) = adapt_online(method, network, video.frames[:2], first)
    assert not given[far].any()
    assert len(sizes) == 5
    lines = first.shape[0] // QUICK.height
    assert sizes[0] == pytest.approx((first | far).sum() / lines**2, rel=0.1)


def test_an_object_that_is_lost_does_not_end_the_run(video):
    """Where the last mask is empty the network is left as it is, and goes on."""
    recipe = replace(QUICK, threshold=1.0)  # no mask after frame 0
    method = OSVOS(lite_parent(), recipe)
    masks = list(method.segment(video.frames[:4], np.asarray(video.masks[0])))
    assert len(masks) == 4
    assert not np.any(masks[2:])
