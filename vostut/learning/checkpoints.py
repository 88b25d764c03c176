"""Checkpoints in safetensors: weights to share, with a description of where they come from. Chapter 4."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from vostut.errors import DataError
from vostut.files import write_atomically
from vostut.learning.backbones import BACKBONES

SCALE = ".scale"
"""Ends the name of the scales that belong to a tensor of 8-bit weights."""


def save_network(
    path: str | os.PathLike, network: nn.Module, about: dict[str, Any], half: bool = False
) -> None:
    """Write a network's weights, and a JSON description of where they come from.

    Args:
        path: the ``.safetensors`` to write; it appears whole or not at all.
        network: whose weights.
        about: JSON-able; ``backbone`` is required to build the network again.
        half: store float16, at half the size. Activations differ in the third digit.
    """
    tensors = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor).detach().cpu().contiguous()
        for name, tensor in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    write_atomically(Path(path), save(tensors, {"about": json.dumps(about)}))


def shrink(source: str | os.PathLike, target: str | os.PathLike) -> None:
    """Copy a checkpoint at 8 bits a weight: a quarter of float32, for networks that travel.

    Each output channel of a large convolution is stored as whole numbers from -127 to 127 and one scale, so
    no weight is off by more than 1/254 of its channel's largest. Everything else is stored as float16.
    Reading it gives floating-point weights again.

    Args:
        source: a ``.safetensors`` of :func:`save_network`.
        target: the ``.safetensors`` to write.
    """
    tensors, about = read(source)
    small: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.dim() < 4 or tensor.numel() < 100_000:
            small[name] = tensor.half() if tensor.is_floating_point() else tensor
            continue
        scale = (tensor.float().abs().amax(dim=(1, 2, 3), keepdim=True) / 127).clamp_min(1e-12)
        small[name] = (tensor.float() / scale).round().to(torch.int8)
        small[name + SCALE] = scale
    write_atomically(Path(target), save(small, {"about": json.dumps({**about, "bits": 8})}))


def read_described(path: str | os.PathLike, method: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the description of a network of a method.

    Raises:
        DataError: no such file, a broken one, or a network of another method or backbone.
    """
    tensors, about = read(path)
    if about.get("backbone") not in BACKBONES:
        raise DataError(
            f"{path}: describes a network on {about.get('backbone')!r} "
            f"(expected one of {', '.join(BACKBONES)})"
        )
    if not about.get("network", method).startswith(method):
        raise DataError(f"{path}: holds {about['network']} (expected a network of {method})")
    return tensors, about


def load_into(network: nn.Module, tensors: dict[str, Tensor], path: str | os.PathLike) -> None:
    """Load tensors into a network; every weight must be there in its shape."""
    try:
        result = network.load_state_dict({n: t.float() for n, t in tensors.items()}, strict=False)
    except RuntimeError as error:
        raise DataError(
            f"{path}: weights of another network ({str(error).splitlines()[-1].strip()})"
        ) from error
    missing = [n for n in result.missing_keys if not n.endswith("num_batches_tracked")]
    if missing or result.unexpected_keys:
        raise DataError(
            f"{path}: weights of another network (missing {missing[:2]}, "
            f"unknown {result.unexpected_keys[:2]})"
        )


def read(path: str | os.PathLike) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """All tensors of a checkpoint and its description; 8-bit weights become floating point again."""
    about = read_description(path)
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError) as error:
        raise DataError(f"{path}: not a readable .safetensors checkpoint ({error})") from error
    for name in [name for name in tensors if name.endswith(SCALE)]:
        scale, whole = tensors.pop(name), name.removesuffix(SCALE)
        tensors[whole] = tensors[whole].float() * scale
    return tensors, about


def backbone_of(path: str | os.PathLike) -> str:
    """The backbone of the network in a checkpoint, by its description; the weights stay on the disk."""
    return read_description(path).get("backbone", "lite")


def read_description(path: str | os.PathLike) -> dict[str, Any]:
    """A checkpoint's description alone; the weights stay on the disk."""
    if not Path(path).is_file():
        raise DataError(f"{path}: no such checkpoint (expected a .safetensors file)")
    try:
        with safe_open(path, "pt") as file:
            return json.loads((file.metadata() or {}).get("about", "{}"))
    except (SafetensorError, OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable .safetensors checkpoint ({error})") from error
