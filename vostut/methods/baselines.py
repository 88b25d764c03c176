"""Two methods that learn nothing. Whatever a network adds, it adds over these. Explained in chapter 2."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np

Flow = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(frame t, frame t+1) -> H x W x 2 float32: the displacement (dx, dy) of each pixel of frame t."""


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


def warp_backward(mask: np.ndarray, flow_to_mask: np.ndarray) -> np.ndarray:
    """Give every pixel the label that stands where the flow says it came from.

    Args:
        mask: H x W bool, the mask of the *other* frame.
        flow_to_mask: H x W x 2 float32, from this frame to the mask's frame, in pixels.

    Returns:
        H x W bool; what comes from outside the image is background.
    """
    height, width = mask.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    source = cv2.remap(
        mask.astype(np.float32), x + flow_to_mask[..., 0], y + flow_to_mask[..., 1], cv2.INTER_LINEAR
    )
    return source >= 0.5


def dis_flow(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Dense optical flow by DIS (Kroeger et al., ECCV 2016), as OpenCV ships it; needs no weights."""
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return estimator.calc(grey[0], grey[1], None)
