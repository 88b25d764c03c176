"""The parent network: what an object is, learned from DAVIS's training videos. Chapter 4."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from lightning_fabric import Fabric

from vostut.data.stills import FramesAsStills, Still, fingerprint
from vostut.learning.backbones import BACKBONES
from vostut.learning.devices import make_fabric, seeded
from vostut.learning.imagenet import load_imagenet
from vostut.learning.optimisers import SCHEDULES, make_optimiser, set_rates
from vostut.learning.samples import Samples, make_loader, numbers_of
from vostut.learning.training_folder import TrainingFolder
from vostut.osvos.loss import deep_supervision
from vostut.osvos.network import OSVOSNet
from vostut.osvos.recipes import ParentRecipe
from vostut.video import Video


def train_parent(
    videos: Mapping[str, Video] | Sequence[Mapping[str, Video]],
    recipe: ParentRecipe,
    out: str | os.PathLike,
    fabric: Fabric | None = None,
    imagenet: str | os.PathLike | None = None,
    progress: bool = True,
    workers: int = 0,
) -> OSVOSNet:
    """Train a parent network, or go on with a training that was interrupted.

    Args:
        videos: the training videos, such as ``davis2016.load("train")``; or several data sets, whose frames
            are then drawn with equal chances: joint training.
        recipe: how.
        out: a folder for ``state.ckpt`` (to resume from), ``log.jsonl`` (the losses) and, in the end,
            ``parent.safetensors``.
        fabric: devices and precision; by default a GPU if there is one.
        imagenet: ImageNet weights; see :func:`vostut.learning.imagenet.load_imagenet`.
        progress: show a bar.
        workers: processes that make samples ahead of time.

    Returns:
        The trained network. The same videos, recipe and device give the same network, interrupted or not.

    Raises:
        DataError: ``out`` holds a training with another recipe or other videos, or no videos were given.
    """
    datasets = [videos] if isinstance(videos, Mapping) else videos
    frames = FramesAsStills(video for data in datasets for video in data.values())
    return train_on_images(frames, recipe, out, "parent", fabric, imagenet, progress, workers)


def train_on_images(
    images: Sequence[Still],
    recipe: ParentRecipe,
    out: str | os.PathLike,
    name: str,
    fabric: Fabric | None = None,
    imagenet: str | os.PathLike | None = None,
    progress: bool = True,
    workers: int = 0,
) -> OSVOSNet:
    """Train a network of OSVOS's form on images with masks: the parent, or the contour branch.

    Args:
        images: with what the network is to mark in them, objects or contours.
        name: of the network; its weights are written to ``NAME.safetensors``.

    The other arguments, what it returns and raises are those of :func:`train_parent`.
    """
    fabric = fabric or make_fabric(backbone=recipe.backbone)
    with seeded(recipe.seed):
        network = OSVOSNet(load_imagenet(BACKBONES[recipe.backbone](), imagenet))
    network.backbone.freeze(recipe.freeze)
    model, optimizer = fabric.setup(network, make_optimiser(network.parts(), recipe.solver))
    start = str(Path(imagenet).name) if imagenet else "ImageNet"
    folder = TrainingFolder(out, recipe, f"OSVOS {name}", fingerprint(images), start, fabric)
    steps = range(folder.resume(model, optimizer), recipe.steps)
    numbers = numbers_of(steps, recipe.accumulate, fabric.global_rank, fabric.world_size)
    samples = Samples(images, recipe.height, recipe.augmentation, recipe.seed)
    batches = iter(
        fabric.setup_dataloaders(make_loader(samples, numbers, workers), use_distributed_sampler=False)
    )
    rate = SCHEDULES[recipe.schedule](recipe.steps)
    model.train()

    for step in folder.progress(steps, progress):
        set_rates(optimizer, rate(step))
        weight, total = side_weight(recipe, step), 0.0
        for part in range(recipe.accumulate):
            image, target = next(batches)
            with fabric.no_backward_sync(model, enabled=part < recipe.accumulate - 1):
                fused, sides = model(image)
                loss = deep_supervision(fused, sides, target, weight, recipe.reduction)
                fabric.backward(loss / recipe.accumulate)
            total += loss.item() / recipe.accumulate
        optimizer.step()
        optimizer.zero_grad()
        folder.keep(step + 1, total, model, optimizer)

    folder.finish(f"{name}.safetensors", network)
    return network.eval()


def side_weight(recipe: ParentRecipe, step: int) -> float:
    """Weight of the side losses at a step: it falls in equal parts of the training."""
    weights = recipe.side_weights
    return weights[min(len(weights) - 1, step * len(weights) // recipe.steps)]
