"""Flow-magnitude images: the object stands out where the mask says, and only if it moves."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from vostut import cutouts
from vostut.masktrack.deform import Deformation, dilate
from vostut.masktrack.flow_images import ObjectMotion, frame_before, magnitude_of_still, without_object
from vostut.masktrack.inputs import rough_mask_input

STILL = ObjectMotion(shift=0, scale=0, angle=0, bend=0, camera=0, zoom=0, depth=0)


@pytest.fixture(scope="module")
def still():
    video = cutouts.load("val")["cat-lookout"]
    return video.frames[0], np.asarray(video.masks[0])


def test_nothing_moves_if_nothing_is_moved(still):
    image, mask = still
    before = frame_before(image, mask, STILL, np.random.default_rng(0))
    painted = dilate(mask, 8) & ~mask  # a rim around the object hides what was behind it
    assert np.abs(before.astype(int) - image)[~painted].max() <= 1
    picture = magnitude_of_still(image, mask, STILL, np.random.default_rng(0))
    assert np.quantile(picture[~dilate(mask, 16)], 0.95) < 30


def test_a_moved_object_is_bright_and_its_place_is_the_mask(still):
    image, mask = still
    for seed in (0, 1, 3):
        shifted = replace(STILL, shift=0.3)
        picture = magnitude_of_still(image, mask, shifted, np.random.default_rng(seed))
        assert picture.shape == image.shape
        assert picture.dtype == np.uint8
        assert (picture[..., 0] == picture[..., 2]).all()
        assert picture[mask].mean() > 4 * picture[~mask].mean()


def test_a_flow_of_ones_own_sees_both_frames(still):
    image, mask = still
    seen = []

    def flow(first, second):
        seen.extend([first, second])
        return np.zeros((*mask.shape, 2), np.float32)

    magnitude_of_still(image, mask, ObjectMotion(), np.random.default_rng(0), flow)
    np.testing.assert_array_equal(seen[0], image)  # from the photograph to the moment before
    assert (seen[1] != image).any()


def test_the_camera_moves_without_an_object_too(still):
    image, mask = still
    before = frame_before(image, np.zeros_like(mask), ObjectMotion(camera=0.1), np.random.default_rng(0))
    assert np.abs(before.astype(int) - image).mean() > 2


def test_the_object_is_painted_over_and_nothing_else_is_touched(still):
    image, mask = still
    painted = without_object(image, mask)
    far = np.zeros_like(mask)
    far[:20] = ~mask[:20]
    np.testing.assert_array_equal(painted[far], image[far])
    assert np.abs(painted[mask].astype(int) - image[mask]).mean() > 10
    np.testing.assert_array_equal(without_object(image, np.zeros_like(mask)), image)


def test_the_same_random_numbers_give_the_same_sample(still):
    image, mask = still
    to_input = rough_mask_input(Deformation(), motion=ObjectMotion())
    one, two = (to_input(image, mask, np.random.default_rng(5)) for _ in range(2))
    assert torch.equal(one[0], two[0])
    assert torch.equal(one[1], two[1])
    assert one[0].shape == (1, 4, *mask.shape)
    assert torch.equal(one[0][0, 0], one[0][0, 2])
