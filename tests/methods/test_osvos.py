"""One-shot segmentation on moving cutouts, with the parent that the package carries."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from vostut.datasets import cutouts
from vostut.errors import DataError
from vostut.methods import CopyFirstMask
from vostut.methods.osvos import OSVOS, OSVOSConfig
from vostut.metrics import region_similarity
from vostut.networks import OSVOSNet, lite
from vostut.training import Augmentation, FineTuning, fine_tune
from vostut.training.augment import to_tensors
from vostut.training.loop import make_fabric
from vostut.training.oneshot import EarlyStopping
from vostut.training.optimisers import Rates

TINY = FineTuning(
    height=60, steps=8, rates=Rates.adam(1e-4, 1e-3), augmentation=Augmentation(angle=10), check_every=2
)


@pytest.fixture(scope="module")
def parent():
    torch.manual_seed(0)
    return OSVOSNet(lite()).eval()


@pytest.fixture(scope="module")
def video():
    return next(iter(cutouts.load("val").values()))


def test_fine_tuning_leaves_the_parent_as_it_is(parent, video):
    before = {n: t.clone() for n, t in parent.state_dict().items()}
    tuned = fine_tune(parent, video.frames[0], video.masks[0], TINY)
    assert all(torch.equal(t, before[n]) for n, t in parent.state_dict().items())
    assert not torch.equal(tuned.fuse.weight, parent.fuse.weight)


def test_the_same_seed_gives_the_same_masks(parent, video):
    frames = video.frames[:3]
    fabric = make_fabric("cpu", "32-true")
    first, second = (
        list(OSVOS(parent, OSVOSConfig(TINY), fabric=fabric).segment(frames, video.masks[0]))
        for _ in range(2)
    )
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_it_is_a_method(parent, video):
    masks = list(OSVOS(parent, OSVOSConfig(TINY)).segment(video.frames[:4], video.masks[0]))
    assert len(masks) == 4
    assert all(m.dtype == bool and m.shape == video.size for m in masks)
    np.testing.assert_array_equal(masks[0], video.masks[0])


def test_batches_change_nothing(parent, video):
    one = list(OSVOS(parent, OSVOSConfig(TINY)).probabilities(parent, video.frames[:5]))
    three = list(OSVOS(parent, OSVOSConfig(TINY, batch=3)).probabilities(parent, video.frames[:5]))
    np.testing.assert_allclose(one, three, atol=1e-4)


def test_without_one_shot_the_parent_segments(parent, video):
    method = OSVOS(parent, OSVOSConfig(fine_tuning=None, height=60))
    assert method.fine_tune(video.frames[0], video.masks[0]) is parent
    assert next(method.probabilities(parent, video.frames[:1])).shape == video.size


def test_contours_decide_where_the_mask_ends(parent, video):
    """With one superpixel for the whole frame, all of it goes with the majority."""
    method = OSVOS(parent, OSVOSConfig(TINY), contours=lambda t, frame: np.zeros(frame.shape[:2], np.float32))
    probability = np.zeros(video.size, np.float32)
    probability[: video.size[0] // 3] = 1
    assert not method.to_mask(1, video.frames[1], probability).any()


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.zeros((10, 10), bool), r"the first mask is 10 x 10 pixels, the frames are \d+ x \d+"),
        ("empty", "the first mask is empty"),
        ("full", "covers the whole frame"),
    ],
)
def test_masks_that_teach_nothing_are_refused(parent, video, mask, message):
    if isinstance(mask, str):
        mask = np.full(video.size, mask == "full")
    with pytest.raises(DataError, match=message):
        next(OSVOS(parent, OSVOSConfig(TINY)).segment(video.frames, mask))


def test_early_stopping_keeps_the_best_weights(parent):
    """Losses 3, 1, 2, 2, ... : the weights after the second look come back, and patience ends the run."""
    network = torch.nn.Linear(1, 1)
    config = replace(TINY, held_out=1, check_every=1, patience=2)
    image = torch.zeros(1, 3, 8, 8)
    stop = EarlyStopping(network, network, lambda number: (image, image[:, :1]), config)
    losses = iter([3.0, 1.0, 2.0, 2.0])
    stop.loss = lambda: next(losses)
    ended = []
    for step in range(1, 5):
        torch.nn.init.constant_(network.weight, float(step))
        ended.append(stop(step))
    assert ended == [False, False, False, True]
    stop.restore()
    assert network.weight.item() == 2.0


def test_early_stopping_never_trains_on_what_it_looks_at(parent, video):
    numbers = []
    config = replace(TINY, held_out=3)

    def sample(number):
        numbers.append(number)
        return torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 8, 8)

    EarlyStopping(parent, parent.segment, sample, config)
    assert min(numbers) >= config.steps * config.accumulate


def test_fine_tuning_reports_each_step(parent, video):
    seen = []
    fine_tune(
        parent, video.frames[0], video.masks[0], TINY, watch=lambda step, net, loss: seen.append((step, loss))
    )
    assert [step for step, _ in seen] == list(range(1, TINY.steps + 1))
    assert all(np.isfinite(loss) for _, loss in seen)


def test_one_frame_is_learned_by_heart_in_seconds(video):
    """Without augmentation, frame 0 itself must reach J 0.95: the gradient arrives, the loss is right."""
    from vostut.checkpoints import lite_parent

    tuning = FineTuning(height=120, steps=60, rates=Rates.adam(3e-4, 1e-3), augmentation=Augmentation(flip=0))
    method = OSVOS(lite_parent(), OSVOSConfig(tuning))
    network = method.fine_tune(video.frames[0], video.masks[0])
    probability = next(method.probabilities(network, video.frames[:1]))
    assert region_similarity(probability > 0.5, video.masks[0]) > 0.95


def test_gradients_reach_what_must_train_and_nothing_else(parent, video):
    """Stages that are not frozen, side branches and fusion learn; frozen stages and side scores stay."""
    config = replace(TINY, freeze=2)
    tuned = fine_tune(parent, video.frames[0], video.masks[0], config)
    before = parent.state_dict()
    changed = {n for n, p in tuned.named_parameters() if not torch.equal(p, before[n])}
    kept = {n for n, _ in tuned.named_parameters()} - changed
    assert kept == {
        n for n, _ in tuned.named_parameters()
        if n.startswith(("backbone.stages.0.", "backbone.stages.1.", "scores."))
    }  # fmt: skip


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_cpu_and_gpu_agree(parent, video):
    """The same parent gives the same probabilities, and fine-tuning in float32 nearly the same masks."""
    masks = []
    for device in ("cpu", "cuda"):
        fabric = make_fabric(device, "32-true")
        method = OSVOS(parent, OSVOSConfig(TINY), fabric=fabric)
        masks.append(np.stack(list(method.segment(video.frames[:3], video.masks[0]))))
    assert (masks[0] != masks[1]).mean() < 0.02


def test_one_shot_with_the_lite_parent_beats_copying_the_first_mask():
    from vostut.checkpoints import lite_parent

    data = cutouts.load("val")
    ours, copied = [], []
    for video in list(data.values())[:2]:
        method = OSVOS(lite_parent(), OSVOSConfig.quick())
        for t, mask in enumerate(method.segment(video.frames, video.masks[0])):
            if 0 < t < len(video) - 1:
                ours.append(region_similarity(mask, video.masks[t]))
        for t, mask in enumerate(CopyFirstMask().segment(video.frames, video.masks[0])):
            if 0 < t < len(video) - 1:
                copied.append(region_similarity(mask, video.masks[t]))
    assert np.mean(ours) > np.mean(copied) + 0.1


def test_the_vgg_parent_is_small_enough_and_says_how_it_was_made():
    from vostut.training.checkpoints import load_network

    file = Path(__file__).parents[2] / "checkpoints" / "osvos_vgg16.safetensors"
    assert file.stat().st_size <= 30e6
    network, about = load_network(file)
    assert network.backbone.name == about["backbone"] == "vgg16"
    assert about["step"] == about["config"]["steps"]
    truth = np.asarray(cutouts.load("val")["horse-trot"].masks[0])
    with torch.inference_mode():
        image, _ = to_tensors(cutouts.load("val")["horse-trot"].frames[0], truth)
        found = network.eval().segment(image)[0, 0].numpy() > 0
    assert region_similarity(found, truth) > 0.5  # before any fine-tuning: it finds what stands out
