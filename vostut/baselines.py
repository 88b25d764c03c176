"""What a method is, and two that learn nothing: whatever a network adds, it adds over these. Chapter 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from vostut.errors import DataError
from vostut.flow import Flow, dis_flow, warp_backward


class Method(Protocol):
    """Anything that segments a video, from "copy the first mask" to a fine-tuned network."""

    name: str

    def segment(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """Yield one mask for each frame, the first mask itself for the first.

        Args:
            frames: T arrays of H x W x 3, uint8, RGB; read one at a time.
            first_mask: H x W bool, the ground truth of frame 0 (the semi-supervised protocol).

        Yields:
            T masks of H x W, bool.
        """
        ...


class CopyFirstMask:
    """The object is where it was in the first frame."""

    name = "copy the first mask"

    def segment(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """See :class:`vostut.baselines.Method`."""
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
        """See :class:`vostut.baselines.Method`."""
        mask = first_mask
        yield mask
        last = frames[0]
        for t in range(1, len(frames)):
            frame = frames[t]
            mask = warp_backward(mask, self._flow(frame, last))
            yield mask
            last = frame


BASELINES: dict[str, Callable[[Flow], Method]] = {"copy": lambda flow: CopyFirstMask(), "warp": WarpByFlow}
"""What ``--method`` may name beside the networks: name -> (flow) -> method."""


def check_first_mask(frame: np.ndarray, mask: np.ndarray) -> None:
    """Refuse a first mask from which nothing can be learned.

    Raises:
        DataError: it is empty, covers everything, or is of another size than the frame.
    """
    if mask.shape != frame.shape[:2]:
        (height, width), (h, w) = frame.shape[:2], mask.shape[:2]
        raise DataError(
            f"the first mask is {w} x {h} pixels, the frames are {width} x {height} (expected the same size)"
        )
    if not mask.any():
        raise DataError("the first mask is empty (expected the object's pixels to be marked in frame 0)")
    if mask.all():
        raise DataError("the first mask covers the whole frame (expected some background in frame 0)")
