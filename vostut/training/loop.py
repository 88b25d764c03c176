"""The training loop, in sight: plain PyTorch, with Lightning Fabric for devices and precision. Chapter 4."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

Sample = Callable[[int], tuple[Tensor, Tensor]]
"""Sample ``i`` of a run: image and target. The same ``i`` gives the same sample, so a run can resume."""

Loss = Callable[[nn.Module, Tensor, Tensor, int], Tensor]
"""(network, image, target, step) -> the loss."""


def fit(
    fabric: Fabric,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    sample: Sample,
    loss: Loss,
    steps: Iterable[int],
    rate: Callable[[int], float],
    accumulate: int = 1,
    after: Callable[[int, float], bool | None] = lambda step, loss: None,
) -> None:
    """Train for some steps.

    Args:
        fabric: places the network and the gradient; on several devices each takes its own samples.
        network: set up by ``fabric.setup``.
        optimizer: likewise; its groups' ``base_lr`` times ``rate(step)`` is the learning rate.
        sample: gives image and target.
        loss: what to minimise.
        steps: the numbers of the steps to take, such as ``range(done, total)``.
        rate: factor of the learning rate at a step.
        accumulate: samples whose gradients are averaged into one step.
        after: called after each step with its number and its loss; True ends the training.
    """
    for step in steps:
        for group in optimizer.param_groups:
            group["lr"] = group["base_lr"] * rate(step)
        torch.manual_seed(step)  # dropout, too, is the same after an interruption
        total = 0.0
        for part in range(accumulate):
            number = (step * accumulate + part) * fabric.world_size + fabric.global_rank
            image, target = sample(number)
            with fabric.no_backward_sync(network, enabled=part < accumulate - 1):
                value = loss(network, image, target, step) / accumulate
                fabric.backward(value)
            total += float(value.detach())
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if after(step, total):
            return


def polynomial(steps: int, power: float = 0.9) -> Callable[[int], float]:
    """A learning rate that falls from 1 to 0 as ``(1 - step / steps) ** power``."""
    return lambda step: max(0.0, 1 - step / steps) ** power


def make_fabric(
    device: str = "auto", precision: str = "auto", devices: int | str = 1, nodes: int = 1
) -> Fabric:
    """Fabric for a device and a precision.

    Args:
        device: ``"auto"`` takes a GPU if there is one.
        precision: ``"auto"`` takes bfloat16 where the hardware computes in it, else float32.
        devices: how many, in each machine.
        nodes: how many machines.
    """
    gpu = device in {"auto", "cuda", "gpu"} and torch.cuda.is_available()
    if precision == "auto":
        precision = "bf16-mixed" if has_bf16(gpu) else "32-true"
    options: dict[str, Any] = {"accelerator": "cuda" if gpu else "cpu", "precision": precision}
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it would announce bfloat16 on stderr
    return Fabric(devices=devices, num_nodes=nodes, **options)


def has_bf16(gpu: bool) -> bool:
    """Whether bfloat16 is faster than float32 on this hardware.

    On a CPU that takes AMX's matrix tiles. AVX-512's bfloat16 instructions alone do not pay: with them VGG-16
    took 1.7 times as long a step as in float32 (measured, 480 lines, channels last, two cores).
    """
    if gpu:
        return torch.cuda.get_device_capability() >= (8, 0)
    return bool(getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)())
