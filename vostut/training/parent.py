"""The parent network: what an object is, learned from DAVIS's training videos. Chapter 4."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lightning_fabric import Fabric
from torch import Tensor, nn

from vostut.datasets.stills import FramesAsStills
from vostut.networks.backbones import BACKBONES
from vostut.networks.osvos import OSVOSNet
from vostut.networks.weights import load_imagenet
from vostut.training.augment import Augmentation
from vostut.training.loop import make_fabric, polynomial
from vostut.training.losses import deep_supervision
from vostut.training.optimisers import Rates, make_optimiser
from vostut.training.sampling import Sampler
from vostut.training.session import Session
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
    def paper(cls, backbone: str = "vgg16") -> ParentTraining:
        """The recipe of the published code: 50 000 steps of 10 frames, about 20 hours on a GPU of 2017."""
        return cls(
            backbone=backbone, height=480, steps=50_000, accumulate=10, rates=Rates.paper(),
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

    def at(self, height: int) -> ParentTraining:
        """The same recipe on larger or smaller frames."""
        return replace(self, height=height)


def train_parent(
    videos: Mapping[str, Video] | Sequence[Mapping[str, Video]],
    config: ParentTraining,
    out: str | os.PathLike,
    fabric: Fabric | None = None,
    imagenet: str | os.PathLike | None = None,
    progress: bool = True,
) -> OSVOSNet:
    """Train a parent network, or go on with a training that was interrupted.

    Args:
        videos: the training videos, such as ``davis2016.load("train")``; or several data sets, whose frames
            are then drawn with equal chances: joint training.
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
    session = Session(out, network, make_optimiser(network, config.rates), config, "OSVOS parent", fabric)
    rate = polynomial(config.steps) if config.schedule == "polynomial" else _stages(config.steps)
    together = [videos] if isinstance(videos, Mapping) else videos
    frames = FramesAsStills(video for data in together for video in data.values())
    sample = Sampler(frames, config, fabric.device)
    session.train(sample, _loss(config), rate, progress)
    session.finish("parent.safetensors")
    return network.eval()


def _loss(config: ParentTraining) -> Any:
    weights = config.side_weights

    def loss(network: nn.Module, image: Tensor, target: Tensor, step: int) -> Tensor:
        fused, sides = network(image)
        weight = weights[min(len(weights) - 1, step * len(weights) // config.steps)]
        return deep_supervision(fused.float(), [s.float() for s in sides], target, weight, config.reduction)

    return loss


def _stages(steps: int) -> Callable[[int], float]:
    """The paper's schedule, scaled to a number of steps: see :class:`ParentTraining`."""
    unit = steps / 50_000
    ends = (15_000 * unit, 30_000 * unit, 50_000 * unit)

    def rate(step: int) -> float:
        stage = next(i for i, end in enumerate(ends) if step < end)
        return 1.0 if step - (0, *ends)[stage] < 10_000 * unit else 0.1

    return rate
