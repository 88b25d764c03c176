"""Offline training of MaskTrack: still images, deformed masks, and not one video. Chapter 5."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from lightning_fabric import Fabric
from torch.nn.functional import binary_cross_entropy_with_logits

from vostut.data.stills import Still, fingerprint
from vostut.errors import DataError
from vostut.learning.backbones import BACKBONES
from vostut.learning.devices import make_fabric, seeded
from vostut.learning.imagenet import load_imagenet
from vostut.learning.optimisers import make_optimiser, polynomial, set_rates
from vostut.learning.samples import Samples, make_loader, numbers_of
from vostut.learning.training_folder import TrainingFolder
from vostut.masktrack.inputs import rough_mask_input
from vostut.masktrack.network import MaskTrackNet
from vostut.masktrack.recipes import OfflineRecipe
from vostut.masktrack.weights import load_masktrack


def train_offline(
    stills: Sequence[Still],
    recipe: OfflineRecipe,
    out: str | os.PathLike,
    fabric: Fabric | None = None,
    imagenet: str | os.PathLike | None = None,
    progress: bool = True,
    start: str | os.PathLike | None = None,
    workers: int = 0,
) -> MaskTrackNet:
    """Train MaskTrack on still images, or go on with a training that was interrupted.

    Args:
        stills: images with masks; see :mod:`vostut.data.stills`.
        recipe: how.
        out: a folder for ``state.ckpt`` (to resume from), ``log.jsonl`` (the losses) and, in the end,
            ``offline.safetensors``.
        fabric: devices and precision; by default a GPU if there is one.
        imagenet: ImageNet weights; see :func:`vostut.learning.imagenet.load_imagenet`.
        progress: show a bar.
        start: a checkpoint of MaskTrack to start from, instead of ImageNet's weights.
        workers: processes that make samples ahead of time.

    Returns:
        The trained network. The same images, recipe and device give the same network, interrupted or not.

    Raises:
        DataError: ``out`` holds a training with another recipe, other images or another start; there are no
            images; or ``start`` is a network of another backbone or input.
    """
    fabric = fabric or make_fabric(backbone=recipe.backbone)
    with seeded(recipe.seed):
        network, began = _first_weights(recipe, imagenet, start)
    model, optimizer = fabric.setup(network, make_optimiser(network.parts(), recipe.solver))
    folder = TrainingFolder(out, recipe, "MaskTrack", fingerprint(stills), began, fabric)
    steps = range(folder.resume(model, optimizer), recipe.steps)
    numbers = numbers_of(steps, recipe.accumulate, fabric.global_rank, fabric.world_size)
    prepare = rough_mask_input(recipe.deformation, recipe.boxes, recipe.motion, recipe.height)
    samples = Samples(stills, recipe.height, recipe.augmentation, recipe.seed, prepare)
    batches = iter(
        fabric.setup_dataloaders(make_loader(samples, numbers, workers), use_distributed_sampler=False)
    )
    rate = polynomial(recipe.steps)
    model.train()

    for step in folder.progress(steps, progress):
        set_rates(optimizer, rate(step))
        total = 0.0
        for part in range(recipe.accumulate):
            image, target = next(batches)
            more = part < recipe.accumulate - 1
            dropout = seeded(recipe.seed, fabric.global_rank, step, part)
            with dropout, fabric.no_backward_sync(model, enabled=more):
                loss = binary_cross_entropy_with_logits(model(image), target)
                fabric.backward(loss / recipe.accumulate)
            total += loss.item() / recipe.accumulate
        optimizer.step()
        optimizer.zero_grad()
        folder.keep(step + 1, total, model, optimizer)

    folder.finish("offline.safetensors", network)
    return network.eval()


def _first_weights(
    recipe: OfflineRecipe, imagenet: str | os.PathLike | None, start: str | os.PathLike | None
) -> tuple[MaskTrackNet, str]:
    """The network before its first step, and what it starts from."""
    if start is None:
        backbone = load_imagenet(BACKBONES[recipe.backbone](atrous=True), imagenet)
        began = Path(imagenet).name if imagenet else "ImageNet"
        return MaskTrackNet(backbone, recipe.mask_std, recipe.mask_input), began
    network, about = load_masktrack(start)
    if about["backbone"] != recipe.backbone:
        raise DataError(f"{start}: a network on {about['backbone']} (expected one on {recipe.backbone})")
    if network.uses_mask != recipe.mask_input:
        has = {True: "with", False: "without"}
        raise DataError(
            f"{start}: a network {has[network.uses_mask]} the mask channel (expected one "
            f"{has[recipe.mask_input]} it)"
        )
    return network, hashlib.sha256(Path(start).read_bytes()).hexdigest()[:16]
