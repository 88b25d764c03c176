"""The parent network: what an object is, learned from DAVIS's training videos. Chapter 4."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from tqdm.auto import tqdm

from vostut.errors import DataError
from vostut.networks.backbones import BACKBONES
from vostut.networks.osvos import OSVOSNet
from vostut.networks.weights import load_imagenet
from vostut.training.augment import Augmentation, augment, fit_height, to_tensors
from vostut.training.checkpoints import load_state, save_network, save_state
from vostut.training.loop import fit, make_fabric, polynomial
from vostut.training.losses import deep_supervision
from vostut.training.optimisers import Rates, make_optimiser
from vostut.video import Video


@dataclass(frozen=True)
class ParentTraining:
    """How the parent is trained. Explained in chapter 4, "The parent network".

    Attributes:
        backbone: ``"vgg16"`` or ``"lite"``.
        height: frames are resized to this height; DAVIS's own is 480.
        steps: optimiser steps.
        accumulate: frames whose gradients make one step.
        rates: optimiser and learning rates.
        schedule: ``"stages"``, the paper's: a tenth of the rate from 10k on within each of its three stages
            of 15k, 15k and 20k steps (scaled to ``steps``); or ``"polynomial"``, falling to zero.
        side_weights: weight of the side losses, stepwise over equal parts of the training.
        reduction: of the loss, ``"sum"`` or ``"mean"``.
        augmentation: what a training frame goes through.
        freeze: first stages that stay as ImageNet left them.
        seed: of initialisation and sampling.
        save_every: steps between checkpoints.
    """

    backbone: str
    height: int
    steps: int
    rates: Rates
    accumulate: int = 1
    schedule: str = "polynomial"
    side_weights: tuple[float, ...] = (0.5, 0.25, 0.1, 0.0)
    reduction: str = "mean"
    augmentation: Augmentation = field(default_factory=Augmentation)
    freeze: int = 0
    seed: int = 0
    save_every: int = 250

    @classmethod
    def paper(cls) -> ParentTraining:
        """The recipe of the published code: 50 000 steps of 10 frames, about 20 hours on a GPU of 2017."""
        return cls(
            backbone="vgg16", height=480, steps=50_000, accumulate=10, rates=Rates.paper(),
            schedule="stages", side_weights=(1.0, 0.5, 0.0), reduction="sum",
            augmentation=Augmentation(flip=0.5, sizes=(0.5, 0.8, 1.0)),
        )  # fmt: skip

    @classmethod
    def laptop(cls, backbone: str = "vgg16") -> ParentTraining:
        """Minutes to an hour on two CPU cores: small frames, AdamW, early stages kept from ImageNet."""
        vgg = backbone == "vgg16"
        return cls(
            backbone=backbone, height=240 if vgg else 360, steps=4000 if vgg else 10_000,
            rates=Rates.adam(backbone=2e-5 if vgg else 1e-4, heads=1e-3),
            augmentation=Augmentation(
                sizes=(0.6, 0.8, 1.0) if vgg else (0.5, 0.75, 1.0), angle=15, scale=(0.7, 1.4), colour=0.2
            ),
            freeze=2,
        )  # fmt: skip

    @classmethod
    def quick(cls, backbone: str = "lite") -> ParentTraining:
        """Seconds, on the embedded cutouts: enough to see every part at work."""
        return replace(cls.laptop(backbone), height=120, steps=60, save_every=20)


def train_parent(
    videos: Mapping[str, Video],
    config: ParentTraining,
    out: str | os.PathLike,
    fabric: Fabric | None = None,
    imagenet: str | os.PathLike | None = None,
    progress: bool = True,
) -> OSVOSNet:
    """Train a parent network, or go on with a training that was interrupted.

    Args:
        videos: the training videos, such as ``davis2016.load("train")``.
        config: the recipe.
        out: a folder for ``state.safetensors`` (to resume from), ``log.jsonl`` (the losses) and, in the
            end, ``parent.safetensors``.
        fabric: devices and precision; by default a GPU if there is one.
        imagenet: ImageNet weights; see :func:`vostut.networks.weights.load_imagenet`.
        progress: show a bar.

    Returns:
        The trained network. The same videos, recipe and device give the same network, interrupted or not.

    Raises:
        DataError: ``out`` holds the training of another recipe, or no videos were given.
    """
    fabric = fabric or make_fabric()
    fabric.seed_everything(config.seed, verbose=False)
    network = OSVOSNet(load_imagenet(BACKBONES[config.backbone](), imagenet))
    network.backbone.freeze(config.freeze)
    network.train()
    optimizer = make_optimiser(network, config.rates)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    start, spent = _resume(folder, config, network, optimizer)
    model, optim = fabric.setup(network, optimizer)
    began = time.monotonic() - spent
    bar = tqdm(total=config.steps, initial=start, disable=not progress or fabric.global_rank > 0, unit="step")

    def after(step: int, loss: float) -> None:
        bar.update()
        bar.set_postfix(loss=f"{loss:.4g}")
        if fabric.global_rank > 0:
            return
        done = step + 1
        if done % 10 == 0:
            _log(folder, done, loss, time.monotonic() - began)
        if done % config.save_every == 0 or done == config.steps:
            save_state(folder / "state.safetensors", network, optimizer, _about(config, done, began))

    fit(
        fabric, model, optim, FrameSampler(videos, config, fabric.device), _loss(config),
        range(start, config.steps), _rate(config), config.accumulate, after,
    )  # fmt: skip
    bar.close()
    if fabric.global_rank == 0:
        save_network(folder / "parent.safetensors", network, _about(config, config.steps, began), half=True)
    return network.eval()


class FrameSampler:
    """Training frames in a random order that starts anew with each pass over the data."""

    def __init__(self, videos: Mapping[str, Video], config: ParentTraining, device: torch.device):
        self.frames = [(video, t) for video in videos.values() for t in range(len(video))]
        if not self.frames:
            raise DataError("no training videos (expected at least one)")
        self.config = config
        self.device = device

    def __call__(self, number: int) -> tuple[Tensor, Tensor]:
        """Sample ``number`` of the run; the same number gives the same sample."""
        seed, (epoch, place) = self.config.seed, divmod(number, len(self.frames))
        order = np.random.default_rng([seed, 1, epoch]).permutation(len(self.frames))
        video, t = self.frames[order[place]]
        frame, mask = fit_height(video.frames[t], video.masks[t], self.config.height)
        rng = np.random.default_rng([seed, 2, number])
        return to_tensors(*augment(frame, mask, self.config.augmentation, rng), self.device)


def _loss(config: ParentTraining) -> Any:
    weights = config.side_weights

    def loss(network: nn.Module, image: Tensor, target: Tensor, step: int) -> Tensor:
        fused, sides = network(image)
        weight = weights[min(len(weights) - 1, step * len(weights) // config.steps)]
        return deep_supervision(fused.float(), [s.float() for s in sides], target, weight, config.reduction)

    return loss


def _rate(config: ParentTraining) -> Any:
    if config.schedule == "polynomial":
        return polynomial(config.steps)
    unit = config.steps / 50_000
    ends = (15_000 * unit, 30_000 * unit, 50_000 * unit)

    def stages(step: int) -> float:
        stage = next(i for i, end in enumerate(ends) if step < end)
        return 1.0 if step - (0, *ends)[stage] < 10_000 * unit else 0.1

    return stages


def _resume(
    folder: Path, config: ParentTraining, network: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[int, float]:
    """(steps done, seconds spent) of the run in a folder; zeros for a new one."""
    path = folder / "state.safetensors"
    if not path.exists():
        return 0, 0.0
    about = load_state(path, network, optimizer)
    if about["config"] != json.loads(json.dumps(asdict(config))):
        raise DataError(f"{path}: the state of a training with another recipe (expected a new folder)")
    log = folder / "log.jsonl"
    if log.exists():
        kept = [line for line in log.read_text().splitlines() if json.loads(line)["step"] <= about["step"]]
        log.write_text("".join(line + "\n" for line in kept))
    return about["step"], about["seconds"]


def _about(config: ParentTraining, step: int, began: float) -> dict[str, Any]:
    return {
        "network": "OSVOS parent",
        "backbone": config.backbone,
        "step": step,
        "seconds": round(time.monotonic() - began, 1),
        "config": asdict(config),
        "torch": torch.__version__,
    }


def _log(folder: Path, step: int, loss: float, seconds: float) -> None:
    with (folder / "log.jsonl").open("a") as file:
        file.write(json.dumps({"step": step, "loss": round(loss, 6), "seconds": round(seconds, 1)}) + "\n")
