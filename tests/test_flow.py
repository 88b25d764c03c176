"""Flow on videos whose flow is known exactly, its cache, and the picture of its magnitude."""

import numpy as np
import pytest

from vostut.datasets import cutouts
from vostut.errors import DataError
from vostut.flow import CachedFlow, dis_flow, end_point_error, magnitude_image, warp_backward


@pytest.mark.parametrize("name", list(cutouts.load("val"))[:3])
def test_dis_is_near_the_exact_flow_of_the_cutouts(name):
    video = cutouts.load("val")[name]
    errors, speeds = [], []
    for t in range(0, len(video) - 1, 6):
        truth = np.asarray(video.flow[t])
        errors.append(np.median(end_point_error(dis_flow(video.frames[t], video.frames[t + 1]), truth)))
        speeds.append(np.median(np.linalg.norm(truth, axis=-1)))
    assert np.mean(errors) < max(0.5, 0.35 * np.mean(speeds))


def test_end_point_error_is_a_length():
    flow = np.zeros((2, 3, 2), np.float32)
    assert end_point_error(flow, np.add(flow, (3, 4))).tolist() == [[5, 5, 5], [5, 5, 5]]


def test_the_cache_estimates_once(tmp_path):
    calls = []

    def flow(first, second):
        calls.append(1)
        return np.full((4, 5, 2), 1.5, np.float32)

    cached = CachedFlow(flow, tmp_path)
    a, b = np.zeros((4, 5, 3), np.uint8), np.ones((4, 5, 3), np.uint8)
    assert (cached(a, b) == cached(a, b)).all()
    assert len(calls) == 1
    cached(b, a)
    assert len(calls) == 2
    next(tmp_path.glob("*.npy")).write_bytes(b"broken")
    with pytest.raises(DataError, match="not readable as cached flow"):
        cached(a, b), cached(b, a)


def test_the_magnitude_image_shows_what_moves_on_its_own():
    flow = np.zeros((40, 60, 2), np.float32)
    flow[...] = (5, 0)  # the camera
    flow[10:20, 10:30] = (5, 8)
    picture = magnitude_image(flow)
    assert picture.shape == (40, 60, 3)
    assert (picture[12, 12] == 255).all()
    assert (picture[30, 40] == 0).all()
    assert magnitude_image(np.zeros((40, 60, 2))).max() == 0


def test_warping_takes_labels_from_where_the_flow_points():
    mask = np.zeros((6, 8), bool)
    mask[2:4, 1:3] = True
    moved = warp_backward(mask, np.full((6, 8, 2), (-2.0, 0.0), np.float32))
    assert moved[2:4, 3:5].all()
    assert moved.sum() == 4
