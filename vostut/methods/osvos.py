"""OSVOS as a method: fine-tune the parent on frame 0, then segment every frame on its own. Chapter 4."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from lightning_fabric import Fabric
from torch.nn import functional as F

from vostut.errors import DataError
from vostut.methods.snapping import Contours, Snapping, snap, superpixels
from vostut.networks.osvos import OSVOSNet
from vostut.training.augment import fit_height, to_tensors
from vostut.training.loop import make_fabric
from vostut.training.oneshot import FineTuning, fine_tune


@dataclass(frozen=True)
class OSVOSConfig:
    """One-shot fine-tuning and inference.

    Attributes:
        fine_tuning: the recipe on frame 0; None segments with the parent as it is ("without one-shot").
        threshold: a pixel belongs to the object above this probability, where no snapping follows.
        snapping: thresholds of boundary snapping, used if contours are given.
        batch: frames that go through the network together.
    """

    fine_tuning: FineTuning | None = field(default_factory=FineTuning.laptop)
    threshold: float = 0.5
    snapping: Snapping = field(default_factory=Snapping)
    batch: int = 1
    height: int = 0

    @classmethod
    def paper(cls, backbone: str = "vgg16") -> OSVOSConfig:
        """As published: full resolution, SGD, 10 000 passes a video."""
        return cls(FineTuning.paper())

    @classmethod
    def laptop(cls, backbone: str = "vgg16") -> OSVOSConfig:
        """A minute or three a video on two CPU cores."""
        return cls(FineTuning.laptop(backbone))

    @classmethod
    def quick(cls, backbone: str = "lite") -> OSVOSConfig:
        """Seconds a video."""
        return cls(FineTuning.quick(backbone))


PRESETS: dict[str, Callable[[str], OSVOSConfig]] = {
    "paper": OSVOSConfig.paper,
    "laptop": OSVOSConfig.laptop,
    "quick": OSVOSConfig.quick,
}
"""What ``--preset`` may name."""


class OSVOS:
    """One-shot video object segmentation (Caelles et al., CVPR 2017).

    Args:
        parent: the parent network; left as it is.
        config: the recipe.
        contours: gives contour maps for boundary snapping; without it, masks are thresholded.
        fabric: devices and precision; by default a GPU if there is one.
        watch: called after each fine-tuning step with its number, the network and the loss.
    """

    name = "OSVOS"

    def __init__(
        self,
        parent: OSVOSNet,
        config: OSVOSConfig | None = None,
        contours: Contours | None = None,
        fabric: Fabric | None = None,
        watch: Callable[[int, OSVOSNet, float], None] | None = None,
    ):
        self.parent = parent
        self.config = config or OSVOSConfig.laptop(parent.backbone.name)
        self.contours = contours
        self.fabric = fabric or make_fabric()
        self.watch = watch

    def segment(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """See :class:`vostut.methods.base.Method`.

        Raises:
            DataError: the mask is empty, covers everything, or is of another size than the frames.
        """
        network = self.fine_tune(frames[0], first_mask)
        yield first_mask
        for t, probability in enumerate(self.probabilities(network, frames[1:]), start=1):
            yield self.to_mask(t, frames[t], probability)

    def fine_tune(self, frame: np.ndarray, mask: np.ndarray) -> OSVOSNet:
        """The network for this object: a copy of the parent, fine-tuned on the frame."""
        check_first_mask(frame, mask)
        if self.config.fine_tuning is None:
            return self.fabric.to_device(self.parent)
        return fine_tune(self.parent, frame, mask, self.config.fine_tuning, self.fabric, self.watch)

    @torch.inference_mode()
    def probabilities(self, network: OSVOSNet, frames: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
        """How likely each pixel of each frame belongs to the object: H x W float32 in [0, 1]."""
        network.eval()
        tuning = self.config.fine_tuning
        for start in range(0, len(frames), self.config.batch):
            chosen = [frames[t] for t in range(start, min(start + self.config.batch, len(frames)))]
            height = self.config.height or (tuning.height if tuning else chosen[0].shape[0])
            images = torch.cat(
                [to_tensors(*fit_height(f, None, height), self.fabric.device)[0] for f in chosen]
            )
            with self.fabric.autocast():
                logits = network.segment(images).float()
            size = chosen[0].shape[:2]
            if logits.shape[-2:] != size:
                logits = F.interpolate(logits, size, mode="bilinear", align_corners=False)
            yield from torch.sigmoid(logits)[:, 0].cpu().numpy()

    def to_mask(self, t: int, frame: np.ndarray, probability: np.ndarray) -> np.ndarray:
        """Threshold a frame's probabilities, or snap them to the contours."""
        if self.contours is None:
            return probability > self.config.threshold
        regions = superpixels(self.contours(t, frame), self.config.snapping.contour)
        return snap(probability, regions, self.config.snapping.mask)


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
