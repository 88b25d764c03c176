"""What segments a video: baselines, saved masks, and OSVOS."""

from typing import Any

from vostut.methods.base import Method
from vostut.methods.baselines import CopyFirstMask, WarpByFlow, dis_flow, warp_backward
from vostut.methods.saved import SavedMasks

__all__ = [
    "OSVOS",
    "CopyFirstMask",
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
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
