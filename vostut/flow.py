"""Optical flow: where each pixel went. One signature, several estimators, a cache. Chapters 2 and 5."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vostut.errors import DataError
from vostut.files import write_atomically

Flow = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(from, to) -> H x W x 2 float32: the displacement (dx, dy), in pixels, of each pixel of the first image."""


def dis_flow(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Dense optical flow by DIS (Kroeger et al., ECCV 2016), as OpenCV ships it; needs no weights."""
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return estimator.calc(grey[0], grey[1], None)


def raft_flow(first: np.ndarray, second: np.ndarray, *, device: str = "cpu") -> np.ndarray:
    """Dense optical flow by RAFT (Teed & Deng, ECCV 2020), torchvision's small model with its weights.

    Args:
        first: H x W x 3, uint8, RGB.
        second: likewise.
        device: where the network runs, such as ``"cuda:0"``.

    Raises:
        DataError: the weights are neither in torchvision's cache nor can they be downloaded.
    """
    import torch
    from torch.nn import functional as F

    height, width = first.shape[:2]
    padding = (0, -width % 8, 0, -height % 8)
    tensors = [torch.from_numpy(np.ascontiguousarray(i)).to(device) for i in (first, second)]
    images = [F.pad(t.permute(2, 0, 1)[None] / 127.5 - 1, padding, "replicate") for t in tensors]
    with torch.inference_mode():
        flow = _raft(device)(*images)[-1][0, :, :height, :width]
    return np.ascontiguousarray(flow.permute(1, 2, 0).cpu().numpy())


@lru_cache(maxsize=2)
def _raft(device: str) -> Any:
    from torchvision.models.optical_flow import Raft_Small_Weights, raft_small

    try:
        return raft_small(weights=Raft_Small_Weights.DEFAULT).eval().to(device)
    except OSError as error:
        raise DataError(
            f"RAFT's weights cannot be downloaded ({error}); 'dis' needs no weights (expected a network, "
            "or the file in torchvision's cache)"
        ) from error


FLOWS: dict[str, Flow] = {"dis": dis_flow, "raft": raft_flow}
"""What ``--flow`` may name."""


def make_flow(name: str, device: str = "cpu") -> Flow:
    """A flow estimator that runs on a device.

    Args:
        name: one of :data:`FLOWS`.
        device: where a network runs; DIS has none, and always runs on the CPU.

    Raises:
        DataError: no estimator has that name.

    >>> make_flow("dis", "cuda:0") is dis_flow
    True
    """
    if name not in FLOWS:
        raise DataError(f"no optical flow is called {name!r} (expected one of {', '.join(FLOWS)})")
    return partial(raft_flow, device=device) if name == "raft" else FLOWS[name]


def warp_backward(mask: np.ndarray, flow_to_mask: np.ndarray) -> np.ndarray:
    """Give every pixel the label that stands where the flow says it came from.

    Args:
        mask: H x W bool, the mask of the *other* frame.
        flow_to_mask: H x W x 2 float32, from this frame to the mask's frame, in pixels.

    Returns:
        H x W bool; what comes from outside the image is background.

    >>> mask = np.array([[False, True, False, False]])
    >>> one_to_the_left = np.full((1, 4, 2), (-1, 0), np.float32)
    >>> warp_backward(mask, one_to_the_left).tolist()
    [[False, False, True, False]]
    """
    height, width = mask.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    source = cv2.remap(
        mask.astype(np.float32), x + flow_to_mask[..., 0], y + flow_to_mask[..., 1], cv2.INTER_LINEAR
    )
    return source >= 0.5


def end_point_error(flow: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """H x W float32: how far, in pixels, each arrow's tip is from where it should be.

    >>> still = np.zeros((1, 2, 2), np.float32)
    >>> end_point_error(still, still + (3, 4)).tolist()
    [[5.0, 5.0]]
    """
    return np.linalg.norm(np.asarray(flow) - np.asarray(truth), axis=-1)


def magnitude_image(flow: np.ndarray) -> np.ndarray:
    """The flow-magnitude image: how far each pixel moves, in grey. MaskTrack's motion stream looks at it.

    The motion of the camera is taken out first, as the median over the image: else a moving camera lights
    up everything but the object that it follows. The largest hundredth is white.

    Args:
        flow: H x W x 2, in pixels.

    Returns:
        H x W x 3, uint8, the same in the three channels.

    >>> flow = np.zeros((20, 20, 2))
    >>> flow[:5, :5] = (3, 4)
    >>> picture = magnitude_image(flow)
    >>> picture[0, 0].tolist(), picture[9, 9].tolist()
    ([255, 255, 255], [0, 0, 0])
    """
    own = flow - np.median(flow.reshape(-1, 2), axis=0)
    magnitude = np.linalg.norm(own, axis=-1)
    white = max(float(np.percentile(magnitude, 99)), 1.0)  # below a pixel a frame, nothing moves
    grey = np.rint(np.minimum(magnitude / white, 1) * 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


class CachedFlow:
    """Keep flow on disk: estimated once, read from then on. It is a flow estimator itself.

    A file is named by the content of the two images, so it cannot go stale.

    Args:
        flow: the estimator.
        folder: for the files, which hold float16 and appear whole or not at all. Take another folder for
            another estimator.
    """

    def __init__(self, flow: Flow, folder: str | os.PathLike):
        self.flow = flow
        self.folder = Path(folder)

    def __call__(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The flow from one image to another.

        Raises:
            DataError: a file in the cache is not readable.
        """
        import hashlib  # which loads OpenSSL

        key = hashlib.blake2b(np.ascontiguousarray([first, second]).tobytes(), digest_size=16).hexdigest()
        path = self.folder / f"{key}.npy"
        if not path.exists():
            buffer = io.BytesIO()
            np.save(buffer, self.flow(first, second).astype(np.float16))
            write_atomically(path, buffer.getvalue())
        try:
            return np.load(path).astype(np.float32)
        except (ValueError, OSError, EOFError) as error:
            raise DataError(f"{path}: not readable as cached flow ({error}); delete it") from error
