"""One-shot fine-tuning: from "an object" to "this object", by one annotated frame. Chapter 4."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from vostut.networks.masktrack import MaskTrackNet
from vostut.networks.osvos import OSVOSNet
from vostut.training.augment import Augmentation, augment, fit_height
from vostut.training.deform import Deformation
from vostut.training.loop import fit, make_fabric, polynomial
from vostut.training.losses import LOSSES
from vostut.training.optimisers import Rates, make_optimiser
from vostut.training.sampling import rgb_input, rough_mask_input

Net = TypeVar("Net", OSVOSNet, MaskTrackNet)


@dataclass(frozen=True)
class FineTuning:
    """How the parent is fine-tuned on the first frame. Explained in chapter 4, "One shot".

    Attributes:
        height: the frame is resized to this height, here and for inference.
        steps: optimiser steps, at most.
        rates: optimiser and learning rates.
        accumulate: samples whose gradients make one step.
        schedule: ``"constant"`` or ``"polynomial"``, falling to zero.
        reduction: of the loss.
        augmentation: what the frame goes through before each step.
        freeze: first stages that stay as the parent left them.
        held_out: number of augmentations that are never trained on and say when to stop; 0 for no
            early stopping.
        check_every: steps between two looks at them.
        patience: looks without a gain after which training stops.
        seed: of the augmentations.
        loss: ``"balanced"`` (OSVOS) or ``"plain"`` (MaskTrack).
        deformation: of the mask that MaskTrack is fed; None for OSVOS, which is fed none.
    """

    height: int
    steps: int
    rates: Rates
    accumulate: int = 1
    schedule: str = "constant"
    reduction: str = "mean"
    augmentation: Augmentation = field(default_factory=Augmentation)
    freeze: int = 0
    held_out: int = 0
    check_every: int = 25
    patience: int = 4
    seed: int = 0
    loss: str = "balanced"
    deformation: Deformation | None = None

    @classmethod
    def paper(cls) -> FineTuning:
        """The published recipe: 2000 steps of 5 samples, flips and three sizes, at full resolution."""
        return cls(
            height=480, steps=2000, rates=Rates.paper(), accumulate=5, reduction="sum",
            augmentation=Augmentation(flip=0.5, sizes=(0.5, 0.8, 1.0)),
        )  # fmt: skip

    @classmethod
    def laptop(cls, backbone: str = "vgg16") -> FineTuning:
        """One to three minutes a video on two CPU cores."""
        vgg = backbone == "vgg16"
        return cls(
            height=240 if vgg else 480,
            steps=120 if vgg else 200,
            schedule="polynomial",
            rates=Rates.adam(backbone=1e-5 if vgg else 2e-4, heads=5e-4 if vgg else 7e-4),
            augmentation=Augmentation(
                sizes=(0.6, 0.8, 1.0) if vgg else (0.5, 0.75, 1.0), angle=10, scale=(0.7, 1.4), colour=0.2
            ),
            freeze=2,
        )

    @classmethod
    def quick(cls, backbone: str = "lite") -> FineTuning:
        """Seconds a video, on the embedded cutouts."""
        return cls(
            height=240,
            steps=40,
            schedule="polynomial",
            rates=Rates.adam(backbone=1e-5 if backbone == "vgg16" else 2e-4, heads=7e-4),
            augmentation=Augmentation(angle=10, scale=(0.8, 1.25), colour=0.1),
            freeze=2,
        )


def fine_tune(
    parent: Net,
    frame: np.ndarray,
    mask: np.ndarray,
    config: FineTuning,
    fabric: Fabric | None = None,
    watch: Callable[[int, Net, float], None] | None = None,
) -> Net:
    """Fine-tune a copy of the parent on one annotated frame.

    Args:
        parent: left as it is.
        frame: H x W x 3, uint8, RGB.
        mask: H x W bool, with object and background in it.
        config: the recipe.
        fabric: devices and precision; by default a GPU if there is one.
        watch: called after each step with its number from 1 on, the network and the loss.

    Returns:
        The network after the last step; with ``held_out`` samples, after the look with their least loss.
    """
    fabric = fabric or make_fabric()
    fabric.seed_everything(config.seed, verbose=False)
    network = copy.deepcopy(parent)
    network.backbone.freeze(config.freeze)
    if isinstance(network, OSVOSNet):
        network.scores.requires_grad_(False)  # only the fused logit is used from here on
    network.train()
    model, optimizer = fabric.setup(network, make_optimiser(network, config.rates))
    small, small_mask = fit_height(frame, mask, config.height)
    to_input = rgb_input if config.deformation is None else rough_mask_input(config.deformation)

    def sample(number: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng([config.seed, 3, number])
        return to_input(*augment(small, small_mask, config.augmentation, rng), rng, fabric.device)

    def segment(image: Tensor) -> Tensor:
        with fabric.autocast():  # on one device Fabric's own precision covers forward() and no other method
            return network.segment(image)

    def loss(net: nn.Module, image: Tensor, target: Tensor, step: int) -> Tensor:
        return LOSSES[config.loss](segment(image).float(), target, config.reduction)

    stop = EarlyStopping(network, segment, sample, config)

    def after(step: int, value: float) -> bool:
        if watch:
            watch(step + 1, network, value)
        return stop(step + 1)

    rate = polynomial(config.steps) if config.schedule == "polynomial" else lambda step: 1.0
    fit(fabric, model, optimizer, sample, loss, range(config.steps), rate, config.accumulate, after)
    stop.restore()
    return network.eval()


class EarlyStopping:
    """Keep the weights with which augmentations that are never trained on are segmented best."""

    def __init__(
        self,
        network: OSVOSNet | MaskTrackNet,
        segment: Callable[[Tensor], Tensor],
        sample: Callable[[int], tuple[Tensor, Tensor]],
        config: FineTuning,
    ):
        self.network, self.segment = network, segment
        self.config = config
        self.samples = [sample(-1 - i & 0x7FFFFFFF) for i in range(config.held_out)]
        self.best = float("inf")
        self.weights: dict[str, Tensor] | None = None
        self.looks = 0

    def __call__(self, done: int) -> bool:
        """Look, if it is time; True if ``patience`` looks brought no gain."""
        if not self.samples or done % self.config.check_every:
            return False
        value = self.loss()
        self.looks += 1
        if value < self.best:
            self.best, self.looks = value, 0
            self.weights = {n: t.detach().clone() for n, t in self.network.state_dict().items()}
        return self.looks >= self.config.patience

    def loss(self) -> float:
        """Mean loss over the held-out samples."""
        self.network.eval()
        with torch.no_grad():
            losses = [
                LOSSES[self.config.loss](self.segment(image).float(), target)
                for image, target in self.samples
            ]
        self.network.train()
        return float(torch.stack(losses).mean())

    def restore(self) -> None:
        """Go back to the best weights."""
        if self.weights is not None:
            self.network.load_state_dict(self.weights)
