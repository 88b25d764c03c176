"""A training goes on where it was left, with the same data, recipe, start and processes, or not at all."""

import json
from dataclasses import dataclass, replace

import pytest
import torch
from lightning_fabric import Fabric

from vostut.errors import DataError
from vostut.learning.devices import make_fabric
from vostut.learning.training_folder import TrainingFolder


@dataclass(frozen=True)
class Recipe:
    backbone: str = "none"
    steps: int = 20
    save_every: int = 5
    seed: int = 0


DATA = "9 images, sha256 0123456789abcdef0123456789abcdef"


@pytest.fixture
def fabric():
    return make_fabric("cpu", "32-true")


def begin(path, fabric, recipe=Recipe(), data=DATA, start="ImageNet"):
    torch.manual_seed(0)
    network = torch.nn.Linear(3, 2)
    model, optimizer = fabric.setup(network, torch.optim.Adam(network.parameters()))
    return TrainingFolder(path, recipe, "test", data, start, fabric), model, optimizer


def train(path, fabric, steps=range(10)):
    folder, model, optimizer = begin(path, fabric)
    for step in steps:
        loss = model(torch.ones(1, 3)).sum()
        fabric.backward(loss)
        optimizer.step()
        optimizer.zero_grad()
        folder.keep(step + 1, loss.item(), model, optimizer)
    return model, optimizer


def rewrite(path, fabric, **about):
    """Change what a state says of itself."""
    state = fabric.load(path / "state.ckpt")
    state["about"] = json.dumps(json.loads(state["about"]) | about)
    fabric.save(path / "state.ckpt", state)


def test_the_state_comes_back_and_is_read_once(tmp_path, fabric, monkeypatch):
    model, optimizer = train(tmp_path, fabric)
    folder, again, its_optimizer = begin(tmp_path, fabric)
    read, load = [], Fabric.load
    monkeypatch.setattr(Fabric, "load", lambda *args, **more: (read.append(args), load(*args, **more))[1])
    assert folder.resume(again, its_optimizer) == 10
    assert len(read) == 1
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))
    moments = [o.state_dict()["state"][0]["exp_avg"] for o in (optimizer, its_optimizer)]
    assert torch.equal(*moments)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"recipe": replace(Recipe(), seed=1)}, "another recipe"),
        ({"data": DATA.replace("0123", "3210")}, "other data"),
        ({"start": "elsewhere"}, "another start"),
    ],
)
def test_what_is_not_the_same_is_refused_and_left_alone(other, message, tmp_path, fabric):
    train(tmp_path, fabric)
    before = (tmp_path / "state.ckpt").read_bytes()
    folder, model, optimizer = begin(tmp_path, fabric, **other)
    with pytest.raises(DataError, match=f"state.ckpt: .* with {message}"):
        folder.resume(model, optimizer)
    assert (tmp_path / "state.ckpt").read_bytes() == before


def test_another_number_of_processes_would_take_other_samples(tmp_path, fabric):
    train(tmp_path, fabric)
    rewrite(tmp_path, fabric, processes=2)
    folder, model, optimizer = begin(tmp_path, fabric)
    with pytest.raises(DataError, match="another number of processes"):
        folder.resume(model, optimizer)


def test_a_state_that_knows_three_images_only_is_resumed_with_a_warning(tmp_path, fabric):
    train(tmp_path, fabric)
    rewrite(tmp_path, fabric, data="9 images, 0123456789abcdef")
    folder, model, optimizer = begin(tmp_path, fabric)
    with pytest.warns(UserWarning, match="knows three of its 9 images only"):
        assert folder.resume(model, optimizer) == 10
    folder, model, optimizer = begin(tmp_path, fabric, data=DATA.replace("9", "8", 1))
    with pytest.raises(DataError, match="other data"):
        folder.resume(model, optimizer)


@pytest.mark.parametrize("content", [b"", b"broken", b"PK\x03\x04 cut short"])
def test_a_broken_state_is_named(content, tmp_path, fabric):
    (tmp_path / "state.ckpt").write_bytes(content)
    folder, model, optimizer = begin(tmp_path, fabric)
    with pytest.raises(DataError, match=r"state.ckpt: not a state of this training"):
        folder.resume(model, optimizer)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_the_training(loss, tmp_path, fabric):
    train(tmp_path, fabric)
    before = (tmp_path / "state.ckpt").read_bytes()
    folder, model, optimizer = begin(tmp_path, fabric)
    with pytest.raises(DataError, match=r"the loss of step 15 is (nan|inf)"):
        folder.keep(15, loss, model, optimizer)
    assert (tmp_path / "state.ckpt").read_bytes() == before


def test_a_full_disk_keeps_the_last_state(tmp_path, fabric, monkeypatch):
    train(tmp_path, fabric)
    before = (tmp_path / "state.ckpt").read_bytes()

    def full(self, path, state):
        path.write_bytes(b"half")
        raise RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed")

    monkeypatch.setattr(Fabric, "save", full)
    folder, model, optimizer = begin(tmp_path, fabric)
    with pytest.raises(DataError, match=r"state.ckpt: cannot be written"):
        folder.keep(15, 0.5, model, optimizer)
    assert (tmp_path / "state.ckpt").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["log.jsonl", "state.ckpt"]
