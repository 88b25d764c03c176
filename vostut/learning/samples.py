"""From images with masks to what a network is fed, in an order that can be taken up again. Chapter 4.

A sample has a *number*, and everything about it depends on the seed and that number alone: which image it
shows, how the image is changed, what its mask goes through. So workers may make samples ahead of time, a
training that was stopped goes on with the very sample it would have taken, and several processes share the
numbers among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils import data

from vostut.data.stills import Still
from vostut.errors import DataError
from vostut.learning.augment import Augmentation, augment, fit_height, to_tensors

Prepare = Callable[[np.ndarray, np.ndarray, np.random.Generator], tuple[Tensor, Tensor]]
"""(image, mask, random numbers) -> the network's input, B x C x H x W, and the target, B x 1 x H x W."""


def image_alone(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """OSVOS's input: the image, 1 x 3 x H x W, and the target."""
    return to_tensors(image, mask)


class ShuffledSampler(data.Sampler[tuple[int, int]]):
    """The samples of one process, as (number, index of its image), shuffled anew in each pass.

    Args:
        images: how many there are.
        numbers: of the samples to take; :func:`numbers_of` gives those of one process.
        seed: of the order.

    >>> [index for _, index in ShuffledSampler(4, range(8), seed=0)]
    [3, 0, 2, 1, 0, 3, 1, 2]
    >>> list(ShuffledSampler(4, range(6, 8), seed=0))  # taken up again at sample 6
    [(6, 1), (7, 2)]
    """

    def __init__(self, images: int, numbers: range, seed: int):
        if not images:
            raise DataError("no training images (expected at least one)")
        self.images, self.numbers, self.seed = images, numbers, seed

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        shuffled, order = -1, np.empty(0, int)
        for number in self.numbers:
            epoch, place = divmod(number, self.images)
            if epoch != shuffled:
                shuffled = epoch
                order = np.random.default_rng([self.seed, 1, epoch]).permutation(self.images)
            yield number, int(order[place])


class Samples(data.Dataset):
    """Images with masks, resized, augmented and made into tensors when they are asked for.

    Args:
        stills: images with masks, such as :class:`vostut.data.stills.FramesAsStills`.
        height: they are resized to this height.
        augmentation: what they go through.
        seed: of the random numbers, with the sample's own number.
        prepare: makes the tensors; by default RGB and the mask.
        stream: keeps the random numbers of one use apart from those of another.
    """

    def __init__(
        self,
        stills: Sequence[Still],
        height: int,
        augmentation: Augmentation,
        seed: int,
        prepare: Prepare = image_alone,
        stream: int = 2,
    ):
        self.stills, self.height, self.augmentation = stills, height, augmentation
        self.seed, self.prepare, self.stream = seed, prepare, stream

    def __len__(self) -> int:
        return len(self.stills)

    def __getitem__(self, sample: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Sample (number, index of the image): input and target; the same number gives the same sample.

        Raises:
            DataError: image and mask differ in size.
        """
        number, index = sample
        image, mask = self.stills[index]
        if mask.shape != image.shape[:2]:
            raise DataError(
                f"training image {index}: {image.shape[:2]} pixels, but its mask has {mask.shape} "
                "(expected the same size)"
            )
        image, mask = fit_height(image, mask, self.height)
        rng = np.random.default_rng([self.seed, self.stream, number])
        return self.prepare(*augment(image, mask, self.augmentation, rng), rng)


def numbers_of(steps: range, accumulate: int, rank: int = 0, processes: int = 1) -> range:
    """Numbers of the samples that one of several processes takes in some steps.

    >>> list(numbers_of(range(2), accumulate=2, rank=1, processes=3))
    [1, 4, 7, 10]
    """
    each = accumulate * processes
    return range(steps.start * each + rank, steps.stop * each, processes)


def make_loader(samples: Samples, numbers: range, workers: int = 0) -> data.DataLoader:
    """The samples of these numbers, in order; made ahead of time by ``workers`` processes.

    The loader has a generator of its own, so a reader's random numbers are left alone.
    """
    sampler = ShuffledSampler(len(samples), numbers, samples.seed)
    own = torch.Generator().manual_seed(samples.seed)
    return data.DataLoader(samples, None, sampler=sampler, num_workers=workers, generator=own)
