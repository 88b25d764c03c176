"""Optimisers with a learning rate for each part of a network, and how the rates fall. Chapter 4."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from torch import nn
from torch.optim import SGD, AdamW, Optimizer


@dataclass(frozen=True)
class Solver:
    """Which optimiser, and how fast each part of the network learns.

    Attributes:
        name: ``"sgd"`` (momentum 0.9, the articles') or ``"adamw"``.
        rates: learning rate of each part, by the name that the network's ``parts()`` gives it.
        bias: factor for biases; Caffe's habit was to let them learn at twice the rate.
        weight_decay: on weights, never on biases.
    """

    name: str
    rates: Mapping[str, float]
    bias: float = 1.0
    weight_decay: float = 2e-4


def make_optimiser(parts: Mapping[str, Sequence[nn.Module]], solver: Solver) -> Optimizer:
    """An optimiser over the parameters that take a gradient; each group remembers its ``base_lr``.

    Args:
        parts: a network's modules by part, such as :meth:`vostut.osvos.OSVOSNet.parts` gives them.
        solver: has a rate for each of them.

    Raises:
        ValueError: no such optimiser, or rates for other parts than there are.
    """
    if solver.rates.keys() != parts.keys():
        raise ValueError(f"rates for {', '.join(solver.rates)} (expected for {', '.join(parts)})")
    groups = []
    for part, modules in parts.items():
        parameters = [p for module in modules for p in module.parameters() if p.requires_grad]
        weights = [p for p in parameters if p.ndim > 1]
        others = [p for p in parameters if p.ndim <= 1]  # biases, and the scales of batch normalisation
        rate = solver.rates[part]
        if weights:
            groups.append({"params": weights, "base_lr": rate, "weight_decay": solver.weight_decay})
        if others:
            groups.append({"params": others, "base_lr": rate * solver.bias, "weight_decay": 0.0})
    if solver.name == "sgd":
        return SGD(groups, lr=0.0, momentum=0.9)
    if solver.name == "adamw":
        return AdamW(groups, lr=0.0, fused=True)
    raise ValueError(f"optimiser {solver.name!r} (expected 'sgd' or 'adamw')")


def set_rates(optimizer: Optimizer, factor: float) -> None:
    """Let each group learn at its ``base_lr`` times a factor."""
    for group in optimizer.param_groups:
        group["lr"] = group["base_lr"] * factor


def polynomial(steps: int, power: float = 0.9) -> Callable[[int], float]:
    """A learning rate that falls from 1 to 0 as ``(1 - step / steps) ** power``.

    >>> [round(polynomial(4)(step), 2) for step in range(5)]
    [1.0, 0.77, 0.54, 0.29, 0.0]
    """
    return lambda step: max(0.0, 1 - step / steps) ** power


def constant(steps: int) -> Callable[[int], float]:
    """A learning rate that stays."""
    return lambda step: 1.0


def stages(steps: int) -> Callable[[int], float]:
    """The schedule of OSVOS's published parent, scaled to a number of steps.

    Three stages of 15k, 15k and 20k steps; within each a tenth of the rate from 10k on.
    """
    unit = steps / 50_000
    ends = (15_000 * unit, 30_000 * unit, 50_000 * unit)

    def rate(step: int) -> float:
        stage = next(i for i, end in enumerate(ends) if step < end)
        return 1.0 if step - (0, *ends)[stage] < 10_000 * unit else 0.1

    return rate


SCHEDULES = {"polynomial": polynomial, "constant": constant, "stages": stages}
"""What a recipe's ``schedule`` may name: number of steps -> step -> factor of the learning rate."""
