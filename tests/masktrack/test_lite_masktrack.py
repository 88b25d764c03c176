"""The network that comes with the package repairs masks: on videos it has never seen, without fine-tuning."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from vostut import cutouts
from vostut.learning.augment import to_tensors
from vostut.learning.checkpoints import read
from vostut.masktrack import (
    MASKTRACK_LITE,
    MASKTRACK_LITE_MOTION,
    Deformation,
    MaskTrack,
    deform,
    lite_masktrack,
    lite_motion,
    masktrack_recipe,
)
from vostut.masktrack.deform import box
from vostut.masktrack.flow_images import ObjectMotion, magnitude_of_still
from vostut.masktrack.inputs import with_mask
from vostut.metrics import region_similarity

GAP = 3
"""Frames between the mask that is fed and the one that is wanted: at one, copying is nearly right."""


@pytest.fixture(scope="module")
def tracker():
    return MaskTrack(lite_masktrack(), replace(masktrack_recipe("laptop"), steps=0, height=240))


def test_it_is_small_and_says_how_it_was_made():
    assert MASKTRACK_LITE.stat().st_size <= 10e6
    about = read(MASKTRACK_LITE)[1]
    assert about["backbone"] == "lite"
    assert about["step"] == about["config"]["steps"]


def test_one_step_beats_copying_the_mask(tracker):
    """Averaged over all the cutouts, a few frames apart."""
    copied, repaired = [], []
    for video in cutouts.load("trainval").values():
        for t in range(0, len(video) - GAP, 6):
            old, goal = np.asarray(video.masks[t]), np.asarray(video.masks[t + GAP])
            if not (old.any() and goal.any()):
                continue
            frame = video.frames[t + GAP]
            found = next(tracker.probabilities(tracker.offline, [frame, frame], old)) > 0.5
            copied.append(region_similarity(old, goal))
            repaired.append(region_similarity(found, goal))
    assert np.mean(repaired) > np.mean(copied) + 0.05


def test_a_still_video_keeps_its_mask(tracker):
    """Fifty times the same frame: the mask settles, and stays where the object is."""
    video = cutouts.load("val")["horse-trot"]
    truth = np.asarray(video.masks[0])
    masks = [p > 0.5 for p in tracker.probabilities(tracker.offline, [video.frames[0]] * 51, truth)]
    assert region_similarity(masks[-1], truth) > 0.8
    assert all(region_similarity(a, b) > 0.98 for a, b in pairwise(masks[10:]))


def test_a_box_becomes_a_mask(tracker):
    """The network was fed boxes, too: what it finds in one is nearer to the object than the box is."""
    gains = []
    for video in cutouts.load("trainval").values():
        truth = np.asarray(video.masks[0])
        if truth.any():
            around = box(truth)
            found = tracker.mask_from_box(video.frames[0], around)
            gains.append(region_similarity(found, truth) - region_similarity(around, truth))
    assert np.mean(gains) > 0.1


def test_the_motion_stream_reads_magnitudes_better_than_the_first():
    """Photographs whose objects are moved, masks deformed as in training: mean J over the cutouts."""
    assert MASKTRACK_LITE_MOTION.stat().st_size <= 10e6
    networks = {"shared": lite_masktrack(), "own": lite_motion()}
    js = {name: [] for name in networks}
    for i, video in enumerate(cutouts.load("trainval").values()):
        rng = np.random.default_rng(i)
        mask = np.asarray(video.masks[0])
        picture = magnitude_of_still(video.frames[0], mask, ObjectMotion(), rng)
        rough = deform(mask, Deformation(), rng)
        for name, network in networks.items():
            with torch.inference_mode():
                logit = network(with_mask(to_tensors(picture, mask)[0], rough))
            js[name].append(region_similarity((logit[0, 0] > 0).numpy(), mask))
    assert np.mean(js["own"]) > np.mean(js["shared"]) + 0.05
