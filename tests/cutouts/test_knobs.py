"""Scenes and knobs: every knob does its work, and nothing else."""

from __future__ import annotations

import dataclasses
import re

import cv2
import numpy as np
import pytest
from small_scenes import areas, centres, scene, sharpness

from vostut.cutouts import CODES, CREDITS, CUTOUTS, CUTOUTS_SPLITS, SEVERAL, Knobs, render
from vostut.cutouts.photographs import photograph
from vostut.errors import DataError


def test_ten_scenes_in_two_splits():
    names = [s.name for s in CUTOUTS]
    assert len(set(names)) == 10
    assert (len(CUTOUTS_SPLITS["train"]), len(CUTOUTS_SPLITS["val"])) == (4, 6)
    assert sorted(CUTOUTS_SPLITS["trainval"]) == sorted(names)
    assert all(24 <= s.frames <= 36 and s.size == (240, 428) for s in CUTOUTS + SEVERAL)
    assert len({s.objects for s in CUTOUTS}) == 10
    assert all(re.fullmatch(r"[a-z]+-[a-z]+", s.name) for s in CUTOUTS + SEVERAL)
    assert all(2 <= len(s.objects) <= 3 for s in SEVERAL)


def test_every_attribute_appears_at_least_twice():
    marked = [code for s in CUTOUTS for code in s.knobs.attributes()]
    assert {code: marked.count(code) for code in CODES.values() if marked.count(code) < 2} == {}


@pytest.mark.parametrize("s", CUTOUTS, ids=lambda s: s.name)
def test_the_first_mask_shows_the_object(s):
    share = render(s).masks[0].mean()
    assert 0.03 < share < 0.4


def test_every_photograph_is_there_and_credited():
    for name in CREDITS:
        image = photograph(name)
        assert image.dtype == np.uint8
        assert image.ndim == 3
    with pytest.raises(DataError, match="lena"):
        photograph("lena")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objects": ("dog",)}, "dog"),
        ({"objects": ()}, "no objects"),
        ({"background": "office"}, "office"),
        ({"frames": 0}, "0 frames"),
    ],
)
def test_a_scene_that_cannot_be(change, message):
    with pytest.raises(DataError, match=message):
        dataclasses.replace(scene(), **change)


def test_knobs_name_their_attributes():
    assert Knobs().attributes() == frozenset()
    assert Knobs(occlusion=1, low_resolution=0.5, deformation=0.1).attributes() == {"OCC", "LR"}
    assert Knobs(**dict.fromkeys(CODES, 1.0)).attributes() == set(CODES.values())


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan")])
@pytest.mark.parametrize("knob", CODES)
def test_a_knob_out_of_range(knob, value):
    with pytest.raises(DataError, match=knob):
        Knobs(**{knob: value})


@pytest.mark.parametrize("knob", ["motion_blur", "appearance_change", "background_clutter", "low_resolution"])
def test_knobs_of_appearance_leave_masks_and_flow_alone(knob):
    easy, hard = render(scene(frames=20)), render(scene(frames=20, **{knob: 1.0}))
    for t in (0, 9, 18):
        assert np.array_equal(easy.masks[t], hard.masks[t])
        assert np.array_equal(easy.flow[t], hard.flow[t])
    assert np.abs(easy.frames[12].astype(int) - hard.frames[12]).mean() > 1.5


def test_occlusion_hides_the_object_for_a_while_but_not_at_the_start():
    easy, hard = render(scene()), render(scene(occlusion=1.0))
    assert np.array_equal(easy.masks[0], hard.masks[0])
    share = areas(hard) / areas(easy)
    assert share.min() < 0.35
    assert np.median(share) > 0.8
    assert all(not (h & ~e).any() for h, e in zip(hard.masks, easy.masks, strict=True))


def test_fast_motion_travels_faster_on_the_same_path():
    step = [
        np.linalg.norm(np.diff(centres(render(scene(fast_motion=k))), axis=0), axis=1).mean() for k in (0, 1)
    ]
    assert step[1] > 2.5 * step[0]
    assert np.array_equal(render(scene()).masks[0], render(scene(fast_motion=1.0)).masks[0])


def test_motion_blur_blurs():
    easy, hard = render(scene()), render(scene(motion_blur=1.0))
    assert sharpness(hard.frames[10]) < 0.8 * sharpness(easy.frames[10])


def test_scale_variation_changes_the_area():
    easy, hard = areas(render(scene())), areas(render(scene(scale_variation=1.0)))
    assert easy.max() / easy.min() < 1.1
    assert hard.max() / hard.min() > 4


def test_deformation_bends_the_outline_and_keeps_the_area():
    easy, hard = render(scene()), render(scene(deformation=1.0))
    a, b = easy.masks[8], hard.masks[8]
    assert (a & b).sum() / (a | b).sum() < 0.93
    assert areas(hard) == pytest.approx(areas(easy), rel=0.04)  # shears keep areas


def test_camera_shake_moves_the_background():
    easy, hard = render(scene()).flow, render(scene(camera_shake=1.0)).flow
    speed = [np.mean([np.abs(flow[f][:10]).mean() for f in range(8)]) for flow in (easy, hard)]
    assert speed[1] > 3 * speed[0]


def test_appearance_change_darkens_the_object():
    video = render(scene(appearance_change=1.0))
    first, late = (video.frames[t][video.masks[t]].mean() for t in (0, 16))
    assert late < 0.6 * first


def test_background_clutter_brings_the_background_close_to_the_object():
    def distance(knob: float) -> float:
        video = render(scene(background_clutter=knob))
        lab = cv2.cvtColor(video.frames[0], cv2.COLOR_RGB2LAB).astype(float)
        mask = video.masks[0]
        return float(np.linalg.norm(lab[mask].mean(0) - lab[~mask].mean(0)))

    assert distance(1.0) < 0.5 * distance(0.0)


def test_out_of_view_takes_the_object_away_and_back():
    hard = areas(render(scene(out_of_view=1.0)))
    assert hard[0] == areas(render(scene()))[0]
    assert (hard == 0).sum() >= 2
    assert hard[-1] > 0
    half = areas(render(scene(out_of_view=0.75)))
    assert 0 < half.min() < 0.8 * half[0]


def test_low_resolution_takes_detail_away():
    easy, hard = render(scene()), render(scene(low_resolution=1.0))
    assert sharpness(hard.frames[5]) < 0.2 * sharpness(easy.frames[5])
    assert hard.frames[5].shape == easy.frames[5].shape
