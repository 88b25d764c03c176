"""Which image a training step sees: a random order, the same for the same seed. Chapters 4 and 5."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from vostut.datasets.stills import Still
from vostut.errors import DataError
from vostut.training.augment import Augmentation, augment, fit_height, to_tensors
from vostut.training.deform import Deformation, box, deform
from vostut.training.speed import Motion, speed_picture


class SamplingRecipe(Protocol):
    """The part of a recipe that says how an image becomes a sample."""

    @property
    def height(self) -> int:
        """The image is resized to this height."""

    @property
    def augmentation(self) -> Augmentation:
        """What it goes through."""

    @property
    def seed(self) -> int:
        """Of all random numbers."""


ToInput = Callable[[np.ndarray, np.ndarray, np.random.Generator, torch.device], tuple[Tensor, Tensor]]
"""(frame, mask, random numbers, device) -> the network's input and the target."""


class Sampler:
    """Images with masks in a random order that starts anew with each pass over the data.

    Args:
        stills: images with masks, such as :class:`vostut.datasets.stills.FramesAsStills`.
        config: the height to which they are resized, the augmentation, the seed.
        device: of the tensors.
        to_input: makes the tensors; by default RGB and the mask.

    Raises:
        DataError: there is nothing to draw from.
    """

    def __init__(
        self,
        stills: Sequence[Still],
        config: SamplingRecipe,
        device: torch.device,
        to_input: ToInput | None = None,
    ):
        if not len(stills):
            raise DataError("no training images (expected at least one)")
        self.stills, self.config, self.device = stills, config, device
        self.to_input = to_input or rgb_input

    def __call__(self, number: int) -> tuple[Tensor, Tensor]:
        """Sample ``number`` of the run; the same number gives the same sample."""
        seed, (epoch, place) = self.config.seed, divmod(number, len(self.stills))
        order = np.random.default_rng([seed, 1, epoch]).permutation(len(self.stills))
        frame, mask = fit_height(*self.stills[int(order[place])], self.config.height)
        rng = np.random.default_rng([seed, 2, number])
        return self.to_input(*augment(frame, mask, self.config.augmentation, rng), rng, self.device)


def rgb_input(
    frame: np.ndarray, mask: np.ndarray, rng: np.random.Generator, device: torch.device
) -> tuple[Tensor, Tensor]:
    """OSVOS's input: the image alone, 1 x 3 x H x W."""
    return to_tensors(frame, mask, device)


def rough_mask_input(recipe: Deformation, boxes: float = 0.0) -> ToInput:
    """MaskTrack's input: the image and a deformed mask, 1 x 4 x H x W.

    Args:
        recipe: of the deformation.
        boxes: share of the samples that are fed the box around the true mask instead.
    """

    def to_input(
        frame: np.ndarray, mask: np.ndarray, rng: np.random.Generator, device: torch.device
    ) -> tuple[Tensor, Tensor]:
        boxed = boxes and rng.random() < boxes
        rough = box(mask) if boxed else deform(mask, recipe, rng)
        image, target = to_tensors(frame, mask, device)
        return with_mask(image, rough), target

    return to_input


def speed_input(recipe: Deformation, motion: Motion) -> ToInput:
    """The second stream's input: a speed picture made from the photograph, and a deformed mask."""
    to_input = rough_mask_input(recipe)

    def to_speed(
        frame: np.ndarray, mask: np.ndarray, rng: np.random.Generator, device: torch.device
    ) -> tuple[Tensor, Tensor]:
        return to_input(speed_picture(frame, mask, motion, rng), mask, rng, device)

    return to_speed


def with_mask(image: Tensor, mask: np.ndarray) -> Tensor:
    """Append a mask (H x W, bool) to an image (1 x 3 x H x W) as its fourth channel."""
    channel = torch.from_numpy(np.ascontiguousarray(mask)).to(image.device, image.dtype)
    return torch.cat([image, channel[None, None]], dim=1)
