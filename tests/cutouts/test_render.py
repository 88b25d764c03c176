"""Masks and flow: what is drawn is what they say."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from small_scenes import SMALL, pull_back, scene, stays_visible

from vostut.cutouts import CUTOUTS, SEVERAL, render
from vostut.cutouts.motion import Motion
from vostut.cutouts.render import owners


def test_the_same_scene_gives_the_same_bytes():
    s = dataclasses.replace(CUTOUTS[5], size=SMALL)
    first, second = render(s), render(s)
    assert first.frames[3].tobytes() == second.frames[3].tobytes()
    assert second.flow[2].tobytes() == first.flow[2].tobytes()
    assert first.masks[3].tobytes() == second.masks[3].tobytes()
    other = render(dataclasses.replace(s, seed=99))
    assert first.frames[3].tobytes() != other.frames[3].tobytes()


def test_a_frame_does_not_depend_on_what_was_asked_before():
    late = render(scene(occlusion=0.5, motion_blur=0.3)).frames[7]
    assert np.array_equal(list(render(scene(occlusion=0.5, motion_blur=0.3)).frames)[7], late)


MOVING = [
    scene(("coffee",), "tiles"),
    scene(("shuttle",), "clouds", fast_motion=0.5, scale_variation=1.0),
    scene(("cat",), "garden", deformation=1.0, camera_shake=0.6),
    scene(("planet", "drachm"), "launch-pad", camera_shake=1.0),
    scene(("asteroid",), "desert", out_of_view=0.5, occlusion=1.0),
]


def push_forward(mask: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Where the pixels of a mask of frame t are in frame t + 1, gaps between them closed."""
    y, x = np.nonzero(mask)
    x, y = (np.round(v + flow[mask][:, c]).astype(int) for c, v in enumerate((x, y)))
    h, w = mask.shape
    inside = (x >= 0) & (y >= 0) & (x < w) & (y < h)
    out = np.zeros(mask.shape, np.uint8)
    out[y[inside], x[inside]] = 1
    return cv2.morphologyEx(out, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0


@pytest.mark.parametrize("s", MOVING, ids=lambda s: "-".join(s.objects))
@pytest.mark.parametrize("t", [0, 13])
def test_flow_carries_masks_to_the_next_frame(s, t):
    s = dataclasses.replace(s, size=(480, 856))  # so that whole pixels are small
    flow, now, then = render(s).flow[t], owners(Motion(s), t), owners(Motion(s), t + 1)
    assert (flow.dtype, flow.shape) == (np.float32, (480, 856, 2))
    margin = np.zeros(now.shape, bool)
    margin[40:-40, 40:-40] = True  # near the frame's border, parts come into view
    for i in range(1, len(s.objects) + 1):
        carried = push_forward(now == i, flow)
        assert (then[carried] >= i).mean() > 0.99  # it is there, or something is in front of it
        a, b = carried & (then <= i) & margin, (then == i) & margin
        assert (a & b).sum() > 0.98 * (a | b).sum()


@pytest.mark.parametrize("s", MOVING, ids=lambda s: "-".join(s.objects))
def test_flow_explains_the_next_frame(s):
    s = dataclasses.replace(s, size=(240, 428))
    video = render(s)
    for t in (0, 9):
        seen = cv2.erode(stays_visible(video, t).astype(np.uint8), np.ones((5, 5))) > 0
        warped = pull_back(video.frames[t + 1], video.flow[t])
        error = np.abs(warped.astype(float) - video.frames[t])[seen].mean()
        still = np.abs(video.frames[t + 1].astype(float) - video.frames[t])[seen].mean()
        assert error < 5  # grey levels of 255: what resampling costs
        assert error < 0.5 * still


def test_masks_go_through_the_middle_of_the_edge():
    """A fully covered pixel shows the object, an uncovered one the background."""
    with_object = render(dataclasses.replace(scene(("planet",), "clouds"), size=(240, 428)))
    frame, mask = with_object.frames[0].astype(int), with_object.masks[0].astype(np.uint8)
    red = frame[..., 0] - frame[..., 2]
    inside, outside = cv2.erode(mask, np.ones((5, 5))) > 0, cv2.dilate(mask, np.ones((5, 5))) == 0
    assert red[inside].mean() > 40
    assert red[outside].mean() < 0


def test_several_objects_have_ids_in_drawing_order():
    video = render(dataclasses.replace(SEVERAL[0], size=SMALL))
    mask = video.masks[0]
    assert mask.dtype == np.uint8
    assert np.unique(mask).tolist() == [0, 1, 2, 3]
    assert render(scene()).masks[0].dtype == bool
    stacked = render(scene(("planet", "drachm"), "stars")).masks[0]
    assert set(np.unique(stacked)) == {0, 1, 2}
