"""One-shot segmentation on moving cutouts, with the parent that the package carries."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from vostut import cutouts
from vostut.baselines import CopyFirstMask
from vostut.errors import DataError
from vostut.learning import Augmentation, lite
from vostut.learning.augment import to_tensors
from vostut.learning.devices import make_fabric
from vostut.learning.early_stopping import EarlyStopping, held_out_numbers
from vostut.learning.optimisers import Solver
from vostut.metrics import region_similarity
from vostut.osvos import OSVOS, OSVOSNet, OSVOSRecipe, fine_tune, osvos_recipe

HEADS = {"sides": 1e-3, "scores": 1e-3, "fuse": 1e-3}
TINY = OSVOSRecipe(
    height=60, steps=8, solver=Solver("adamw", {"backbone": 1e-4, **HEADS}), freeze=0, schedule="constant",
    augmentation=Augmentation(angle=10),
)  # fmt: skip


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
        list(OSVOS(parent, TINY, fabric=fabric).segment(frames, video.masks[0])) for _ in range(2)
    )
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_it_is_a_method(parent, video):
    masks = list(OSVOS(parent, TINY).segment(video.frames[:4], video.masks[0]))
    assert len(masks) == 4
    assert all(m.dtype == bool and m.shape == video.size for m in masks)
    np.testing.assert_array_equal(masks[0], video.masks[0])


def test_batches_change_nothing(parent, video):
    one = list(OSVOS(parent, TINY).probabilities(parent, video.frames[:5]))
    three = list(OSVOS(parent, replace(TINY, batch=3)).probabilities(parent, video.frames[:5]))
    np.testing.assert_allclose(one, three, atol=1e-4)


def test_without_one_shot_the_parent_segments(parent, video):
    method = OSVOS(parent, replace(TINY, steps=0))
    assert method.fine_tune(video.frames[0], video.masks[0]) is parent
    assert next(method.probabilities(parent, video.frames[:1])).shape == video.size


def test_contours_decide_where_the_mask_ends(parent, video):
    """With one superpixel for the whole frame, all of it goes with the majority."""
    method = OSVOS(parent, TINY, contours=lambda t, frame: np.zeros(frame.shape[:2], np.float32))
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
        next(OSVOS(parent, TINY).segment(video.frames, mask))


def test_early_stopping_keeps_the_best_weights():
    """Losses 3, 1, 2, 2, ... : the weights of the second evaluation come back, and patience ends the run."""
    network = torch.nn.Linear(1, 1)
    losses = iter([3.0, 1.0, 2.0, 2.0])
    held_out = [(torch.zeros(1), torch.zeros(1))]
    stop = EarlyStopping(network, lambda *_: torch.tensor(next(losses)), held_out, check_every=1, patience=2)
    ended = []
    for step in range(1, 5):
        torch.nn.init.constant_(network.weight, float(step))
        ended.append(stop(step))
    assert ended == [False, False, False, True]
    stop.restore()
    assert network.weight.item() == 2.0


def test_early_stopping_never_trains_on_what_it_is_judged_by():
    numbers = [number for number, _ in held_out_numbers(3)]
    assert min(numbers) >= 10_000_000
    assert len(set(numbers)) == 3


def test_fine_tuning_reports_each_step(parent, video):
    seen = []
    fine_tune(
        parent, video.frames[0], video.masks[0], TINY, watch=lambda step, net, loss: seen.append((step, loss))
    )
    assert [step for step, _ in seen] == list(range(1, TINY.steps + 1))
    assert all(np.isfinite(loss) for _, loss in seen)


def test_one_frame_is_learned_by_heart_in_seconds(video):
    """Without augmentation, frame 0 itself must reach J 0.95: the gradient arrives, the loss is right."""
    from vostut.osvos import lite_parent

    solver = Solver("adamw", {"backbone": 3e-4, **HEADS})
    recipe = replace(TINY, height=120, steps=60, solver=solver, augmentation=Augmentation(flip=0))
    method = OSVOS(lite_parent(), recipe)
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
        method = OSVOS(parent, TINY, fabric=fabric)
        masks.append(np.stack(list(method.segment(video.frames[:3], video.masks[0]))))
    assert (masks[0] != masks[1]).mean() < 0.02


def test_one_shot_with_the_lite_parent_beats_copying_the_first_mask():
    from vostut.osvos import lite_parent

    data = cutouts.load("val")
    ours, copied = [], []
    for video in list(data.values())[:2]:
        method = OSVOS(lite_parent(), osvos_recipe("quick"))
        for t, mask in enumerate(method.segment(video.frames, video.masks[0])):
            if 0 < t < len(video) - 1:
                ours.append(region_similarity(mask, video.masks[t]))
        for t, mask in enumerate(CopyFirstMask().segment(video.frames, video.masks[0])):
            if 0 < t < len(video) - 1:
                copied.append(region_similarity(mask, video.masks[t]))
    assert np.mean(ours) > np.mean(copied) + 0.1


def test_the_vgg_parent_is_small_enough_and_says_how_it_was_made():
    from vostut.osvos import load_osvos

    file = Path(__file__).parents[2] / "checkpoints" / "osvos_vgg16.safetensors"
    assert file.stat().st_size <= 30e6
    network, about = load_osvos(file)
    assert network.backbone.name == about["backbone"] == "vgg16"
    assert about["step"] == about["config"]["steps"]
    truth = np.asarray(cutouts.load("val")["horse-trot"].masks[0])
    with torch.inference_mode():
        image, _ = to_tensors(cutouts.load("val")["horse-trot"].frames[0], truth)
        found = network.eval().segment(image)[0, 0].numpy() > 0
    assert region_similarity(found, truth) > 0.5  # before any fine-tuning: it finds what stands out
