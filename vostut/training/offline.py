"""Offline training of MaskTrack: still images, deformed masks, and not one video. Chapter 5."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lightning_fabric import Fabric
from torch import Tensor, nn

from vostut.datasets.stills import Still
from vostut.errors import DataError
from vostut.networks.backbones import BACKBONES
from vostut.networks.masktrack import MASK_STD, MaskTrackNet
from vostut.networks.weights import load_imagenet
from vostut.training.augment import Augmentation
from vostut.training.checkpoints import load_masktrack
from vostut.training.deform import Deformation
from vostut.training.loop import make_fabric, polynomial
from vostut.training.losses import cross_entropy
from vostut.training.optimisers import Rates, make_optimiser
from vostut.training.sampling import Sampler, rough_mask_input, speed_input
from vostut.training.session import Session
from vostut.training.speed import Motion


@dataclass(frozen=True)
class OfflineTraining:
    """How MaskTrack learns to repair masks. Explained in chapter 5, "Offline training".

    Attributes:
        backbone: ``"vgg16"`` or ``"lite"``.
        height: images are resized to this height.
        steps: optimiser steps.
        rates: optimiser and learning rates.
        accumulate: images whose gradients make one step.
        augmentation: what an image goes through.
        deformation: what its mask goes through; its radius is in pixels of ``height`` lines.
        mask_std: of the fourth channel's first filters.
        mask_input: False trains without the fourth channel.
        boxes: share of the samples that are fed the box around the mask instead. From them the network
            learns to turn a box, drawn on frame 0, into a mask.
        motion: the network of the second stream: photographs become speed pictures; None leaves them.
        seed: of initialisation and sampling.
        save_every: steps between checkpoints.
    """

    backbone: str
    height: int
    steps: int
    rates: Rates
    accumulate: int = 1
    augmentation: Augmentation = field(default_factory=Augmentation)
    deformation: Deformation = field(default_factory=Deformation)
    mask_std: float = MASK_STD
    mask_input: bool = True
    boxes: float = 0.0
    motion: Motion | None = None
    seed: int = 0
    save_every: int = 250

    @classmethod
    def paper(cls, backbone: str = "vgg16") -> OfflineTraining:
        """The article's solver: 20 000 steps of 10 images, SGD from 1e-3; the last layer ten times that."""
        rates = Rates("sgd", backbone=1e-3, sides=1e-3, scores=0, fuse=1e-2, bias=2.0, weight_decay=5e-4)
        return cls(backbone=backbone, height=321, steps=20_000, accumulate=10, rates=rates)

    @classmethod
    def laptop(cls, backbone: str = "lite") -> OfflineTraining:
        """About an hour on two CPU cores."""
        vgg = backbone == "vgg16"
        return cls(
            backbone=backbone, height=240 if vgg else 360, steps=4000 if vgg else 10_000,
            rates=Rates.adam(backbone=2e-5 if vgg else 2e-4, heads=5e-4 if vgg else 1e-3),
            augmentation=Augmentation(
                sizes=(0.6, 0.8, 1.0) if vgg else (0.5, 0.75, 1.0), angle=15, scale=(0.7, 1.4), colour=0.2
            ),
            boxes=0.1,
        )  # fmt: skip

    @classmethod
    def quick(cls, backbone: str = "lite") -> OfflineTraining:
        """Seconds, on the embedded cutouts: enough to see every part at work."""
        return replace(cls.laptop(backbone).at(120), steps=60, save_every=20)

    def of_speed(self) -> OfflineTraining:
        """The recipe of the second stream's own network: fewer steps, from the first one's weights."""
        return replace(self, steps=max(self.steps * 3 // 10, 1), boxes=0.0, motion=Motion())

    def at(self, height: int) -> OfflineTraining:
        """The same recipe on larger or smaller images, the dilation with them."""
        radius = round(self.deformation.dilate * height / self.height)
        return replace(self, height=height, deformation=replace(self.deformation, dilate=radius))


def train_offline(
    stills: Sequence[Still],
    config: OfflineTraining,
    out: str | os.PathLike,
    fabric: Fabric | None = None,
    imagenet: str | os.PathLike | None = None,
    progress: bool = True,
    start: str | os.PathLike | None = None,
) -> MaskTrackNet:
    """Train MaskTrack on still images, or go on with a training that was interrupted.

    Args:
        stills: images with masks; see :mod:`vostut.datasets.stills`.
        config: the recipe.
        out: a folder for ``state.safetensors`` (to resume from), ``log.jsonl`` (the losses) and, in the
            end, ``offline.safetensors``.
        fabric: devices and precision; by default a GPU if there is one.
        imagenet: ImageNet weights; see :func:`vostut.networks.weights.load_imagenet`.
        progress: show a bar.
        start: a checkpoint of MaskTrack to start from, instead of ImageNet's weights.

    Returns:
        The trained network. The same images, recipe and device give the same network, interrupted or not.

    Raises:
        DataError: ``out`` holds the training of another recipe, or there are no images.
    """
    fabric = fabric or make_fabric()
    fabric.seed_everything(config.seed, verbose=False)
    network = _first_weights(config, imagenet, start)
    session = Session(out, network, make_optimiser(network, config.rates), config, "MaskTrack", fabric)

    def loss(net: nn.Module, image: Tensor, target: Tensor, step: int) -> Tensor:
        return cross_entropy(net(image).float(), target)

    if config.motion:
        to_input = speed_input(config.deformation, config.motion)
    else:
        to_input = rough_mask_input(config.deformation, config.boxes)
    sample = Sampler(stills, config, fabric.device, to_input)
    session.train(sample, loss, polynomial(config.steps), progress)
    session.finish("offline.safetensors")
    return network.eval()


def _first_weights(
    config: OfflineTraining, imagenet: str | os.PathLike | None, start: str | os.PathLike | None
) -> MaskTrackNet:
    """The network before its first step."""
    if start is None:
        backbone = load_imagenet(BACKBONES[config.backbone](atrous=True), imagenet)
        return MaskTrackNet(backbone, config.mask_std, config.mask_input)
    network, about = load_masktrack(start)
    if about["backbone"] != config.backbone:
        raise DataError(f"{start}: a network on {about['backbone']} (expected one on {config.backbone})")
    return network
