"""Two methods that learn nothing. Whatever a network adds, it adds over these. Explained in chapter 2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vostut.flow import FLOWS, Flow, dis_flow, warp_backward


class CopyFirstMask:
    """The object is where it was in the first frame."""

    name = "copy the first mask"

    def segment(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """See :class:`vostut.methods.base.Method`."""
        for _ in range(len(frames)):
            yield first_mask


class WarpByFlow:
    """The object is where the optical flow carries the last mask.

    Args:
        flow: estimates the flow *from* its first *to* its second image; OpenCV's DIS by default.
    """

    name = "warp the last mask by flow"

    def __init__(self, flow: Flow | None = None):
        self._flow = flow or dis_flow

    def segment(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """See :class:`vostut.methods.base.Method`."""
        mask = first_mask
        yield mask
        last = frames[0]
        for t in range(1, len(frames)):
            frame = frames[t]
            mask = warp_backward(mask, self._flow(frame, last))
            yield mask
            last = frame


@dataclass(frozen=True)
class Baseline:
    """Which of the two, as a recipe that can be recorded beside those of the networks.

    Attributes:
        name: ``"copy"`` or ``"warp"``.
        flow: that carries the mask, a name in ``vostut.flow.FLOWS``.
    """

    name: str
    flow: str = "dis"

    def make(self) -> CopyFirstMask | WarpByFlow:
        """The method."""
        return CopyFirstMask() if self.name == "copy" else WarpByFlow(FLOWS[self.flow])
