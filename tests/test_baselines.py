"""What the baselines promise."""

import numpy as np
import pytest
from small_data import moving_square

from vostut.baselines import CopyFirstMask, WarpByFlow
from vostut.flow import dis_flow, warp_backward
from vostut.metrics import region_similarity


def textured_frames(n=6, size=(64, 96), step=2):
    """A textured square that moves to the right over another texture."""
    rng = np.random.default_rng(0)
    background = rng.integers(0, 120, (*size, 3)).astype(np.uint8)
    patch = rng.integers(120, 255, (24, 24, 3)).astype(np.uint8)
    frames, masks = [], []
    for t in range(n):
        frame, mask = background.copy(), np.zeros(size, bool)
        frame[20:44, 20 + step * t : 44 + step * t] = patch
        mask[20:44, 20 + step * t : 44 + step * t] = True
        frames.append(frame)
        masks.append(mask)
    return frames, masks


def test_copy_gives_the_first_mask_for_every_frame():
    frames, masks = textured_frames()
    result = list(CopyFirstMask().segment(frames, masks[0]))
    assert len(result) == 6
    assert all((m == masks[0]).all() for m in result)


def test_warp_follows_where_copy_stays():
    frames, masks = textured_frames()
    warped = list(WarpByFlow().segment(frames, masks[0]))
    assert len(warped) == 6
    assert warped[0] is masks[0]
    assert region_similarity(warped[-1], masks[-1]) > region_similarity(masks[0], masks[-1]) + 0.2


def test_warp_with_a_known_flow_is_exact():
    masks = [moving_square(t) for t in range(4)]

    def back_two_pixels(_now, _before):
        return np.full((48, 64, 2), (-2.0, 0.0), np.float32)

    frames = [np.zeros((48, 64, 3), np.uint8)] * 4
    for mask, truth in zip(WarpByFlow(back_two_pixels).segment(frames, masks[0]), masks, strict=True):
        np.testing.assert_array_equal(mask, truth)


def test_what_comes_from_outside_is_background():
    full = np.ones((8, 8), bool)
    shifted = warp_backward(full, np.full((8, 8, 2), (3.0, 0.0), np.float32))
    assert shifted[:, :5].all()
    assert not shifted[:, 5:].any()


@pytest.mark.parametrize(("dx", "dy"), [(3, 0), (0, -2)])
def test_dis_flow_finds_a_shift(dx, dy):
    image = np.random.default_rng(1).integers(0, 255, (80, 96, 3)).astype(np.uint8)
    flow = dis_flow(image, np.roll(image, (dy, dx), axis=(0, 1)))
    np.testing.assert_allclose(np.median(flow, axis=(0, 1)), (dx, dy), atol=0.2)
