"""What OSVOS and MaskTrack share: a network fine-tuned on each video's first frame. Chapters 4 and 5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import numpy as np
from lightning_fabric import Fabric

from vostut.errors import DataError
from vostut.networks.masktrack import MaskTrackNet
from vostut.networks.osvos import OSVOSNet
from vostut.training.loop import make_fabric
from vostut.training.oneshot import FineTuning, fine_tune


class Config(Protocol):
    """A recipe that says how to fine-tune, or (None) not to."""

    @property
    def fine_tuning(self) -> FineTuning | None:
        """The recipe on frame 0."""
        ...


Net = TypeVar("Net", OSVOSNet, MaskTrackNet)
Recipe = TypeVar("Recipe", bound=Config)


class FineTuned(Generic[Net, Recipe]):
    """A method that learns one video's object from its first frame.

    Args:
        trained: the network before it has seen the video; left as it is.
        config: the recipe.
        fabric: devices and precision; by default a GPU if there is one.
        watch: called after each fine-tuning step with its number, the network and the loss.
    """

    def __init__(
        self,
        trained: Net,
        config: Recipe,
        fabric: Fabric | None = None,
        watch: Callable[[int, Net, float], None] | None = None,
    ):
        self.trained: Net = trained
        self.config = config
        self.fabric = fabric or make_fabric()
        self.watch: Callable[[int, Net, float], None] | None = watch

    def fine_tune(self, frame: np.ndarray, mask: np.ndarray) -> Net:
        """The network for this object: a copy, fine-tuned on the frame; as trained if the recipe has none.

        Args:
            frame: H x W x 3, uint8, RGB.
            mask: H x W bool.

        Raises:
            DataError: the mask is empty, covers everything, or is of another size than the frame.
        """
        check_first_mask(frame, mask)
        if self.config.fine_tuning is None:
            return self.fabric.to_device(self.trained)
        return fine_tune(self.trained, frame, mask, self.config.fine_tuning, self.fabric, self.watch)


def check_first_mask(frame: np.ndarray, mask: np.ndarray) -> None:
    """Refuse a first mask from which nothing can be learned."""
    if mask.shape != frame.shape[:2]:
        (height, width), (h, w) = frame.shape[:2], mask.shape[:2]
        raise DataError(
            f"the first mask is {w} x {h} pixels, the frames are {width} x {height} (expected the same size)"
        )
    if not mask.any():
        raise DataError("the first mask is empty (expected the object's pixels to be marked in frame 0)")
    if mask.all():
        raise DataError("the first mask covers the whole frame (expected some background in frame 0)")
