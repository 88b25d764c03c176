"""Flow on videos whose flow is known exactly, its cache, and the picture of its magnitude."""

import numpy as np
import pytest
import torch

from vostut import cutouts
from vostut import flow as room
from vostut.errors import DataError
from vostut.flow import (
    FLOWS,
    CachedFlow,
    dis_flow,
    end_point_error,
    magnitude_image,
    make_flow,
    raft_flow,
    warp_backward,
)


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


@pytest.fixture
def raft_elsewhere(monkeypatch):
    """RAFT without its weights: notes the devices of the network and of the images, and finds no motion."""
    devices = []

    def network(device):
        def estimate(first, second):
            devices.append((device, first.device.type, second.device.type))
            return [torch.zeros(1, 2, *first.shape[2:])]

        return estimate

    monkeypatch.setattr(room, "_raft", network)
    return devices


def test_raft_runs_on_the_device_that_is_asked_for(raft_elsewhere):
    image = np.zeros((12, 20, 3), np.uint8)  # "meta" is a device that every computer has
    assert raft_flow(image, image, device="meta").shape == (12, 20, 2)
    assert make_flow("raft", "meta")(image, image).shape == (12, 20, 2)
    raft_flow(image, image)
    assert raft_elsewhere == [("meta",) * 3, ("meta",) * 3, ("cpu",) * 3]


def test_flows_are_made_by_name():
    assert make_flow("dis") is make_flow("dis", "cuda:0") is dis_flow
    assert list(FLOWS) == ["dis", "raft"]
    with pytest.raises(DataError, match="no optical flow is called 'farneback' .expected one of dis, raft"):
        make_flow("farneback")
