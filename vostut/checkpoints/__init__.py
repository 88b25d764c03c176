"""Networks that come with the package, so that the book runs without a download. See the model card here."""

from __future__ import annotations

from pathlib import Path

from vostut.networks.masktrack import MaskTrackNet
from vostut.networks.osvos import OSVOSNet
from vostut.training.checkpoints import load_masktrack, load_network

OSVOS_LITE = Path(__file__).parent / "osvos_lite.safetensors"
"""The parent network on EfficientNet-Lite0, trained on DAVIS-2016's training videos."""

MASKTRACK_LITE = Path(__file__).parent / "masktrack_lite.safetensors"
"""The MaskTrack network on EfficientNet-Lite0, trained on still images."""

MASKTRACK_LITE_SPEED = Path(__file__).parent / "masktrack_lite_speed.safetensors"
"""The network of MaskTrack's second stream: the one before, trained further on speed pictures."""


def lite_parent() -> OSVOSNet:
    """The Lite parent network of OSVOS, ready for fine-tuning."""
    return load_network(OSVOS_LITE)[0]


def lite_masktrack() -> MaskTrackNet:
    """The Lite network of MaskTrack, ready for tracking and for fine-tuning."""
    return load_masktrack(MASKTRACK_LITE)[0]


def lite_speed() -> MaskTrackNet:
    """The Lite network of MaskTrack's second stream."""
    return load_masktrack(MASKTRACK_LITE_SPEED)[0]
