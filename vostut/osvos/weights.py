"""OSVOS's networks on disk, and the one that comes with the package. Chapter 4."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from vostut.learning.backbones import BACKBONES
from vostut.learning.checkpoints import load_into, read_described
from vostut.osvos.network import OSVOSNet

OSVOS_LITE = Path(__file__).parent / "lite.safetensors"
"""The parent network on EfficientNet-Lite0, trained on DAVIS-2016's training videos."""


def lite_parent() -> OSVOSNet:
    """The Lite parent network, ready for fine-tuning."""
    return load_osvos(OSVOS_LITE)[0]


def load_osvos(path: str | os.PathLike, name: str = "parent") -> tuple[OSVOSNet, dict[str, Any]]:
    """Build the OSVOS network that a checkpoint describes, and load its weights.

    Args:
        path: the checkpoint.
        name: ``"parent"``, or ``"contours"`` for the contour branch.

    Raises:
        DataError: no such file, a broken one, or weights of something else.
    """
    tensors, about = read_described(path, f"OSVOS {name}")
    network = OSVOSNet(BACKBONES[about["backbone"]]())
    load_into(network, tensors, path)
    return network.eval(), about
