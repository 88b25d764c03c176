"""What segments a video: baselines, saved masks and, from chapter 4 on, OSVOS and MaskTrack."""

from vostut.methods.base import Method
from vostut.methods.baselines import CopyFirstMask, WarpByFlow, dis_flow, warp_backward
from vostut.methods.saved import SavedMasks

__all__ = ["CopyFirstMask", "Method", "SavedMasks", "WarpByFlow", "dis_flow", "warp_backward"]
