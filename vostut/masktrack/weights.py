"""MaskTrack's networks on disk, and those that come with the package. Chapter 5."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from vostut.learning.backbones import BACKBONES
from vostut.learning.checkpoints import load_into, read_described
from vostut.masktrack.network import MaskTrackNet

MASKTRACK_LITE = Path(__file__).parent / "lite.safetensors"
"""The network on EfficientNet-Lite0, trained on still images."""

MASKTRACK_LITE_MOTION = Path(__file__).parent / "lite_motion.safetensors"
"""The network of the motion stream: the one before, trained further on flow-magnitude images."""


def lite_masktrack() -> MaskTrackNet:
    """The Lite network, ready for tracking and for fine-tuning."""
    return load_masktrack(MASKTRACK_LITE)[0]


def lite_motion() -> MaskTrackNet:
    """The Lite network of the motion stream."""
    return load_masktrack(MASKTRACK_LITE_MOTION)[0]


def load_masktrack(path: str | os.PathLike) -> tuple[MaskTrackNet, dict[str, Any]]:
    """Build the MaskTrack network that a checkpoint describes, and load its weights.

    Raises:
        DataError: no such file, a broken one, or weights of something else.
    """
    tensors, about = read_described(path, "MaskTrack")
    uses_mask = about.get("config", {}).get("mask_input", True)
    network = MaskTrackNet(BACKBONES[about["backbone"]](atrous=True), uses_mask=uses_mask)
    load_into(network, tensors, path)
    return network.eval(), about
