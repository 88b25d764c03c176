"""Augmentations move frame and mask together, and keep masks binary."""

import numpy as np
import pytest

from vostut.learning.augment import (
    Augmentation,
    augment,
    change_colours,
    fit_height,
    rotate_and_zoom,
    to_tensors,
)


@pytest.fixture
def pair():
    """A bright rectangle on a dark ground: the mask can be read off the frame."""
    mask = np.zeros((60, 90), bool)
    mask[20:40, 30:70] = True
    return np.where(mask[..., None], 220, 30).astype(np.uint8) * np.ones(3, np.uint8), mask


RECIPE = Augmentation(flip=0.5, sizes=(0.5, 0.8, 1.0), angle=30, scale=(0.75, 1.25), colour=0.1)


@pytest.mark.parametrize("seed", range(20))
def test_the_mask_stays_on_the_object(pair, seed):
    frame, mask = augment(*pair, RECIPE, np.random.default_rng(seed))
    assert frame.dtype == np.uint8
    assert mask.dtype == bool
    assert frame.shape[:2] == mask.shape
    bright = frame.mean(-1) > (int(frame.min()) + int(frame.max())) / 2
    assert (bright != mask).mean() < 0.02


def test_the_same_generator_gives_the_same_variant(pair):
    a, b = (augment(*pair, RECIPE, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(a[0], b[0])
    np.testing.assert_array_equal(a[1], b[1])


def test_no_augmentation_changes_nothing(pair):
    frame, mask = augment(*pair, Augmentation(flip=0), np.random.default_rng(0))
    np.testing.assert_array_equal(frame, pair[0])
    np.testing.assert_array_equal(mask, pair[1])


def test_zoom_scales_the_area_by_its_square(pair):
    for factor in (0.8, 1.2):
        _, mask = rotate_and_zoom(*pair, 0, factor)
        assert mask.sum() == pytest.approx(pair[1].sum() * factor**2, rel=0.08)


def test_rotation_by_a_half_turn_is_two_mirror_images(pair):
    frame, mask = rotate_and_zoom(*pair, 180, 1.0)
    np.testing.assert_array_equal(mask, pair[1][::-1, ::-1])
    np.testing.assert_array_equal(frame, pair[0][::-1, ::-1])


def test_colours_change_and_the_frame_given_does_not(pair):
    before = pair[0].copy()
    changed = change_colours(pair[0], 0.2, np.random.default_rng(0))
    assert not np.array_equal(changed, pair[0])
    np.testing.assert_array_equal(pair[0], before)


def test_fit_height_keeps_the_aspect_ratio_and_the_area(pair):
    frame, mask = fit_height(*pair, 30)
    assert frame.shape == (30, 45, 3)
    assert mask.sum() == pytest.approx(pair[1].sum() / 4, rel=0.05)
    assert fit_height(pair[0], None, 30)[1].sum() == 0
    assert fit_height(*pair, 60)[0] is pair[0]


def test_tensors_are_what_the_network_takes(pair):
    image, target = to_tensors(*pair)
    assert image.shape == (1, 3, 60, 90)
    assert image.max() == pytest.approx(220 / 255)
    assert set(target.unique().tolist()) == {0.0, 1.0}
