"""Optimisers with the learning rates of each part of the network. Chapter 4."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from vostut.networks.masktrack import MaskTrackNet
from vostut.networks.osvos import OSVOSNet


@dataclass(frozen=True)
class Rates:
    """Which optimiser, and how fast each part of the network learns.

    Attributes:
        optimiser: ``"sgd"`` (momentum 0.9, the paper's) or ``"adamw"``.
        backbone: learning rate of the pretrained stages.
        sides: of what is new: the side branches' 3 x 3 convolutions, or MaskTrack's head.
        scores: of the 1 x 1 convolutions that are supervised directly.
        fuse: of the last 1 x 1 convolution, which fuses the branches or gives MaskTrack's logit.
        bias: factor for biases; Caffe's habit was to let them learn at twice the rate.
        weight_decay: on weights, never on biases.
    """

    optimiser: str
    backbone: float
    sides: float
    scores: float
    fuse: float
    bias: float = 1.0
    weight_decay: float = 2e-4

    @classmethod
    def paper(cls, lr: float = 1e-8) -> Rates:
        """The published factors: 1 for backbone and side branches, 0.1 for scores, 0.01 for the fusion."""
        return cls("sgd", backbone=lr, sides=lr, scores=0.1 * lr, fuse=0.01 * lr, bias=2.0)

    @classmethod
    def adam(cls, backbone: float, heads: float, weight_decay: float = 2e-4) -> Rates:
        """AdamW: what was trained before learns slowly, what is new learns fast."""
        return cls("adamw", backbone, heads, heads, heads, weight_decay=weight_decay)


def make_optimiser(network: OSVOSNet | MaskTrackNet, rates: Rates) -> torch.optim.Optimizer:
    """An optimiser over the parameters that take a gradient; each group remembers its ``base_lr``."""
    modules = [(m, getattr(rates, part)) for part, found in network.parts().items() for m in found]
    groups = []
    for module, lr in modules:
        named = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
        weights = [p for n, p in named if p.ndim > 1]
        others = [p for n, p in named if p.ndim <= 1]  # biases, and the scales of batch normalisation
        if weights:
            groups.append(_group(weights, lr, rates.weight_decay))
        if others:
            groups.append(_group(others, lr * rates.bias, 0.0))
    if rates.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=0.0, momentum=0.9)
    if rates.optimiser == "adamw":
        return torch.optim.AdamW(groups, lr=0.0)
    raise ValueError(f"optimiser {rates.optimiser!r} (expected 'sgd' or 'adamw')")


def _group(parameters: list[torch.nn.Parameter], lr: float, decay: float) -> dict:
    return {"params": parameters, "lr": lr, "base_lr": lr, "weight_decay": decay}
