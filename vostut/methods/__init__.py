"""Chapters 2, 4 and 5: what segments a video. Baselines, saved masks, OSVOS and MaskTrack."""

from typing import Any

from vostut.flow import dis_flow, warp_backward
from vostut.methods.base import Method
from vostut.methods.baselines import CopyFirstMask, WarpByFlow
from vostut.methods.saved import SavedMasks

__all__ = [
    "OSVOS",
    "CopyFirstMask",
    "MaskTrack",
    "MaskTrackConfig",
    "Method",
    "OSVOSConfig",
    "SavedMasks",
    "WarpByFlow",
    "dis_flow",
    "warp_backward",
]


def __getattr__(name: str) -> Any:
    """Load the methods that need PyTorch when they are asked for: scoring masks needs none of it."""
    if name in {"OSVOS", "OSVOSConfig"}:
        from vostut.methods import osvos

        return getattr(osvos, name)
    if name in {"MaskTrack", "MaskTrackConfig"}:
        from vostut.methods import masktrack

        return getattr(masktrack, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
