"""Where a network computes, and in which precision: Lightning Fabric, chosen by name. Chapter 4."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric

from vostut.errors import DataError
from vostut.names import DEVICES, PRECISIONS

FASTER_IN_BF16 = ("vgg16",)
"""Backbones that bfloat16 makes faster on a CPU with AMX; the others have convolutions of single channels."""


def make_fabric(
    device: str = "auto",
    precision: str = "auto",
    devices: int | str = 1,
    nodes: int = 1,
    backbone: str = "",
) -> Fabric:
    """Fabric for a device and a precision.

    Args:
        device: one of :data:`vostut.names.DEVICES`; ``"auto"`` takes a GPU if there is one.
        precision: one of :data:`vostut.names.PRECISIONS`; ``"auto"`` takes bfloat16 where it is faster, else
            float32.
        devices: how many, in each machine.
        nodes: how many machines.
        backbone: what will compute there, ``"vgg16"`` or ``"lite"``: on a CPU ``"auto"`` takes bfloat16 for
            those alone that it makes faster.

    Raises:
        DataError: a GPU is asked for and there is none, or no such device or precision.
    """
    if device not in DEVICES or precision not in PRECISIONS:
        raise DataError(
            f"device {device!r}, precision {precision!r} (expected one of {', '.join(DEVICES)}, and one of "
            f"{', '.join(PRECISIONS)})"
        )
    gpu = device != "cpu" and torch.cuda.is_available()
    if device == "cuda" and not gpu:
        raise DataError("--device cuda: PyTorch finds no GPU here (expected one, or --device cpu)")
    if gpu and isinstance(devices, int) and devices > torch.cuda.device_count():
        raise DataError(f"--devices {devices}: PyTorch finds {torch.cuda.device_count()} here")
    if precision == "auto":
        precision = "bf16-mixed" if has_fast_bf16(gpu, backbone) else "32-true"
    if precision == "16-mixed" and not gpu:
        raise DataError("--precision 16-mixed: for a GPU only (expected bf16-mixed or 32-true on a CPU)")
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it would announce bfloat16 on stderr
    where: dict[str, Any] = {"accelerator": "cuda" if gpu else "cpu", "precision": precision}
    return Fabric(devices=devices, num_nodes=nodes, **where)


def has_fast_bf16(gpu: bool, backbone: str) -> bool:
    """Whether bfloat16 is faster than float32 on this hardware, for this backbone.

    On a CPU that takes AMX's matrix tiles. AVX-512's bfloat16 instructions alone do not pay: with them VGG-16
    took 1.7 times as long a step as in float32 (measured, 480 lines, channels last, two cores). Nor does AMX
    for *Lite*, which took 1.6 times as long (40 steps and 10 frames of 480 lines).
    """
    if gpu:
        return torch.cuda.get_device_capability() >= (8, 0)
    return backbone in FASTER_IN_BF16 and has_amx()


def has_amx() -> bool:
    """Whether this processor multiplies matrices of bfloat16 in AMX's tiles."""
    return bool(getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)())


@contextmanager
def seeded(*key: int) -> Iterator[None]:
    """PyTorch's random numbers within this block depend on the key alone, and those after it do not change.

    Args:
        key: such as seed, rank and step: whatever should make the numbers differ.

    >>> with seeded(0, 1):
    ...     first = torch.rand(1)
    >>> with seeded(0, 1):
    ...     bool(first == torch.rand(1))
    True
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed_of(key))
        yield


def seed_of(key: Sequence[int]) -> int:
    """One seed from several numbers, such that neighbours have nothing in common."""
    return int(np.random.SeedSequence(list(key)).generate_state(1, np.uint64)[0] >> 1)
