"""Online fine-tuning of MaskTrack: the first frame, its mask deformed in many ways. Chapter 5."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from vostut.learning.augment import fit_height
from vostut.learning.devices import make_fabric, seeded
from vostut.learning.early_stopping import EarlyStopping, held_out_numbers
from vostut.learning.optimisers import make_optimiser, polynomial, set_rates
from vostut.learning.samples import Samples, make_loader, numbers_of
from vostut.masktrack.inputs import rough_mask_input
from vostut.masktrack.network import MaskTrackNet
from vostut.masktrack.recipes import MaskTrackRecipe


def fine_tune(
    offline: MaskTrackNet,
    frame: np.ndarray,
    mask: np.ndarray,
    recipe: MaskTrackRecipe,
    fabric: Fabric | None = None,
    watch: Callable[[int, MaskTrackNet, float], None] | None = None,
) -> MaskTrackNet:
    """Fine-tune a copy of the network on one annotated frame.

    Args:
        offline: the network trained on still images; left as it is.
        frame: H x W x 3, uint8, RGB.
        mask: H x W bool, with object and background in it.
        recipe: how.
        fabric: devices and precision; by default a GPU if there is one.
        watch: called after each step with its number from 1 on, the network and the loss.

    Returns:
        The network after the last step; with ``held_out`` samples, with the weights that did best on them.
    """
    fabric = fabric or make_fabric(backbone=offline.backbone.name)
    network = copy.deepcopy(offline).train()
    network.backbone.freeze(recipe.freeze)
    model, optimizer = fabric.setup(network, make_optimiser(network.parts(), recipe.solver))
    still = fit_height(frame, mask, recipe.height or frame.shape[0])
    prepare = rough_mask_input(recipe.deformation, height=len(still[1]))
    samples = Samples([still], len(still[1]), recipe.augmentation, recipe.seed, prepare, stream=3)
    loader = make_loader(samples, numbers_of(range(recipe.steps), recipe.accumulate))
    batches = iter(fabric.setup_dataloaders(loader))
    rate = polynomial(recipe.steps)

    def plain(image: Tensor, target: Tensor) -> Tensor:
        return binary_cross_entropy_with_logits(model(image), target)

    held_out = [fabric.to_device(samples[number]) for number in held_out_numbers(recipe.held_out)]
    stop = EarlyStopping(network, plain, held_out)

    for step in range(recipe.steps):
        set_rates(optimizer, rate(step))
        total = 0.0
        for part in range(recipe.accumulate):
            image, target = next(batches)
            with seeded(recipe.seed, step, part):  # dropout, too, is the same every time
                loss = plain(image, target)
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
