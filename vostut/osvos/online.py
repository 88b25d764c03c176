"""Online adaptation: the network goes on learning while the video runs, from its surest pixels. Chapter 9.

OSVOS learns one frame by heart, and what the object looks like later it never learns. OnAVOS (Voigtlaender
and Leibe, BMVC 2017) takes two kinds of pixels of each new frame as if they were annotated: those that the
network is almost certain of, and those too far from the last mask to be reached. Between the two nothing is
known, and the loss leaves it out. Most steps still go to frame 0, the only one whose annotation is true:
without it, the article reports, the gain turns into a loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from torch import Tensor

from vostut.learning.augment import fit_height, to_tensors
from vostut.learning.optimisers import make_optimiser, set_rates
from vostut.learning.samples import Samples
from vostut.osvos.loss import class_balanced_cross_entropy
from vostut.osvos.network import OSVOSNet

if TYPE_CHECKING:
    from vostut.osvos.method import OSVOS


@dataclass(frozen=True)
class Adaptation:
    """How the network adapts to each frame; lengths are in pixels of 480 lines. The values are the article's.

    Attributes:
        steps: optimiser steps a frame.
        every: one step in so many is taken on the current frame, the others on frame 0.
        rate: factor of the learning rates of fine-tuning.
        weight: of the current frame's loss.
        positive: a pixel is taken for the object above this probability.
        distance: and for background farther than this from the last mask.
        erosion: radius by which the last mask is eroded before distances are measured.
    """

    steps: int = 15
    every: int = 5
    rate: float = 1.0
    weight: float = 0.05
    positive: float = 0.97
    distance: float = 220.0
    erosion: int = 15


def pseudo_labels(
    probability: np.ndarray, last: np.ndarray, adaptation: Adaptation
) -> tuple[np.ndarray, np.ndarray] | None:
    """The pixels of a frame that may be learned from.

    Args:
        probability: of the object in this frame, H x W in [0, 1].
        last: the mask of the frame before, H x W bool.
        adaptation: what is sure, and what is far.

    Returns:
        Where the object surely is, and where it surely is not, both H x W bool and nowhere both; None if
        nothing is left of the last mask after erosion, for then it says nothing.

    >>> last = np.zeros((480, 480), bool)
    >>> last[:100, :100] = True
    >>> objects, background = pseudo_labels(last.astype(float), last, Adaptation())
    >>> bool(objects[50, 50]), bool(background[50, 300]), bool(background[50, 310])
    (True, False, True)
    """
    lines = last.shape[0] / 480
    radius = round(adaptation.erosion * lines)
    # Beyond the border of the image the object may go on, so it is not eroded from there.
    inside = cv2.distanceTransform(np.pad(last, 1, "edge").view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    core = inside[1:-1, 1:-1] > radius
    if not core.any():
        return None
    away = cv2.distanceTransform((~core).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    background = away > adaptation.distance * lines
    return (probability > adaptation.positive) & ~background, background


def adapt_online(
    method: OSVOS, network: OSVOSNet, frames: Sequence[np.ndarray], first_mask: np.ndarray
) -> Iterator[np.ndarray]:
    """Segment a video with a network that learns on from frame to frame.

    Args:
        method: gives the recipe, with its adaptation, and the device.
        network: fine-tuned on frame 0; it changes.
        frames: all of the video.
        first_mask: H x W bool.

    Returns:
        The object's probability in frames 1, 2, ...: H x W float32 in [0, 1], 0 too far from the last mask.

    Source: Voigtlaender and Leibe, BMVC 2017, algorithm 1.
    """
    recipe, fabric = method.recipe, method.fabric
    how = recipe.adaptation or Adaptation()
    model, optimizer = fabric.setup(network.train(), make_optimiser(network.parts(), recipe.solver))
    set_rates(optimizer, how.rate)
    first = fit_height(frames[0], first_mask, recipe.height or first_mask.shape[0])
    samples = Samples([first], len(first[1]), recipe.augmentation, recipe.seed, stream=4)
    numbers = count()

    def learn(image: Tensor, target: Tensor, known: Tensor | None = None) -> None:
        network.train()
        logit, weight = model(image)[0], 1.0
        if known is not None:
            logit, target, weight = logit[..., known][:, :, None], target[..., known][:, :, None], how.weight
        fabric.backward(weight * class_balanced_cross_entropy(logit, target, recipe.reduction))
        optimizer.step()
        optimizer.zero_grad()

    last = first_mask
    for frame in frames[1:]:
        (probability,) = method.probabilities(network, [frame])
        labels = pseudo_labels(probability, last, how)
        if labels:
            now = _on_this_frame(frame, *labels, len(first[1]))
            for step in range(how.steps):
                if now and step % how.every == 0:
                    learn(*fabric.to_device(now))
                else:
                    learn(*fabric.to_device(samples[next(numbers), 0]))
            (probability,) = method.probabilities(network, [frame])
            probability = np.where(labels[1], np.float32(0), probability)
        last = probability > recipe.threshold
        yield probability


def _on_this_frame(
    frame: np.ndarray, objects: np.ndarray, background: np.ndarray, height: int
) -> tuple[Tensor, Tensor, Tensor] | None:
    """Image, target, and which pixels are known, at the working height; None if those are all alike."""
    image, target = fit_height(frame, objects, height)
    _, known = fit_height(frame, objects | background, height)
    if not target.any() or target[known].all():
        return None  # the balanced loss has no weight for a class whose partner is absent
    return *to_tensors(image, target), torch.from_numpy(known)
