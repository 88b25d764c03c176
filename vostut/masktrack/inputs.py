"""What MaskTrack is fed: an image, and a rough mask as its fourth channel. Chapter 5."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor

from vostut.learning.augment import to_tensors
from vostut.learning.samples import Prepare
from vostut.masktrack.deform import Deformation, box, deform
from vostut.masktrack.flow_images import ObjectMotion, magnitude_of_still


def with_mask(image: Tensor, mask: np.ndarray) -> Tensor:
    """Append a mask (H x W, bool) to an image (1 x 3 x H x W) as its fourth channel."""
    channel = torch.from_numpy(np.ascontiguousarray(mask)).to(image.device, image.dtype)
    return torch.cat([image, channel[None, None]], dim=1)


def rough_mask_input(
    deformation: Deformation,
    boxes: float = 0.0,
    motion: ObjectMotion | None = None,
    height: int | None = None,
) -> Prepare:
    """Makes the network's input, 1 x 4 x H x W, and the target.

    Args:
        deformation: how the true mask becomes a rough one.
        boxes: share of the samples that are fed the box around the true mask instead.
        motion: for the motion stream: the photograph becomes a flow-magnitude image.
        height: of the images of this training, see :func:`vostut.masktrack.deform.deform`.
    """
    return partial(_prepare, deformation, boxes, motion, height)


def _prepare(
    deformation: Deformation,
    boxes: float,
    motion: ObjectMotion | None,
    height: int | None,
    image: np.ndarray,
    mask: np.ndarray,
    rng: np.random.Generator,
) -> tuple[Tensor, Tensor]:
    """One sample; no closure, so that it can be sent to a process that begins anew."""
    if motion:
        image = magnitude_of_still(image, mask, motion, rng)
    boxed = boxes and rng.random() < boxes
    rough = box(mask) if boxed else deform(mask, deformation, rng, height)
    tensor, target = to_tensors(image, mask)
    return with_mask(tensor, rough), target
