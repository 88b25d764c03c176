"""One-shot fine-tuning: from "an object" to "this object", by one annotated frame. Chapter 4."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
from lightning_fabric import Fabric
from torch import Tensor

from vostut.learning.augment import fit_height
from vostut.learning.devices import make_fabric
from vostut.learning.early_stopping import EarlyStopping, held_out_numbers
from vostut.learning.optimisers import SCHEDULES, make_optimiser, set_rates
from vostut.learning.samples import Samples, make_loader, numbers_of
from vostut.osvos.loss import class_balanced_cross_entropy
from vostut.osvos.network import OSVOSNet
from vostut.osvos.recipes import OSVOSRecipe


def fine_tune(
    parent: OSVOSNet,
    frame: np.ndarray,
    mask: np.ndarray,
    recipe: OSVOSRecipe,
    fabric: Fabric | None = None,
    watch: Callable[[int, OSVOSNet, float], None] | None = None,
) -> OSVOSNet:
    """Fine-tune a copy of the parent on one annotated frame.

    Args:
        parent: left as it is.
        frame: H x W x 3, uint8, RGB.
        mask: H x W bool, with object and background in it.
        recipe: how.
        fabric: devices and precision; by default a GPU if there is one.
        watch: called after each step with its number from 1 on, the network and the loss.

    Returns:
        The network after the last step; with ``held_out`` samples, with the weights that did best on them.
    """
    fabric = fabric or make_fabric(backbone=parent.backbone.name)
    network = copy.deepcopy(parent).train()
    network.backbone.freeze(recipe.freeze)
    network.scores.requires_grad_(False)  # only the fused logit is used from here on
    model, optimizer = fabric.setup(network, make_optimiser(network.parts(), recipe.solver))
    still = fit_height(frame, mask, recipe.height or frame.shape[0])
    samples = Samples([still], len(still[1]), recipe.augmentation, recipe.seed, stream=3)
    loader = make_loader(samples, numbers_of(range(recipe.steps), recipe.accumulate))
    batches = iter(fabric.setup_dataloaders(loader))
    rate = SCHEDULES[recipe.schedule](recipe.steps)

    def balanced(image: Tensor, target: Tensor) -> Tensor:
        return class_balanced_cross_entropy(model(image)[0], target, recipe.reduction)

    held_out = [fabric.to_device(samples[number]) for number in held_out_numbers(recipe.held_out)]
    stop = EarlyStopping(network, balanced, held_out)

    for step in range(recipe.steps):
        set_rates(optimizer, rate(step))
        total = 0.0
        for _ in range(recipe.accumulate):
            image, target = next(batches)
            loss = balanced(image, target)
            fabric.backward(loss / recipe.accumulate)
            total += loss.item() / recipe.accumulate
        optimizer.step()
        optimizer.zero_grad()
        if watch:
            watch(step + 1, network, total)
        if stop(step + 1):
            break

    stop.restore()
    return network.eval()
