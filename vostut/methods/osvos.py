"""OSVOS as a method: fine-tune the parent on frame 0, then segment every frame on its own. Chapter 4."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn import functional as F

from vostut.methods.finetuned import FineTuned
from vostut.methods.snapping import Contours, Snapping, snap, superpixels
from vostut.networks.osvos import OSVOSNet
from vostut.training.augment import fit_height, to_tensors
from vostut.training.oneshot import FineTuning


@dataclass(frozen=True)
class OSVOSConfig:
    """One-shot fine-tuning and inference.

    Attributes:
        fine_tuning: the recipe on frame 0; None segments with the parent as it is ("without one-shot").
        threshold: a pixel belongs to the object above this probability, where no snapping follows.
        snapping: thresholds of boundary snapping, used if contours are given.
        batch: frames that go through the network together.
        height: the frame is resized to this height; 0 takes the fine-tuning's, or leaves it.
        scales: factors of that height at which the network looks; the logits are averaged.
        flip: also look at the mirror image.
    """

    fine_tuning: FineTuning | None = field(default_factory=FineTuning.laptop)
    threshold: float = 0.5
    snapping: Snapping = field(default_factory=Snapping)
    batch: int = 1
    height: int = 0
    scales: tuple[float, ...] = (1.0,)
    flip: bool = False

    @classmethod
    def paper(cls, backbone: str = "vgg16") -> OSVOSConfig:
        """As published: full resolution, SGD, 10 000 passes a video."""
        return cls(FineTuning.paper())

    @classmethod
    def laptop(cls, backbone: str = "vgg16") -> OSVOSConfig:
        """A minute or three a video on two CPU cores.

        The network also looks at the mirror image, where it errs in other places. After so short a training
        the balanced loss still leaves the probabilities high around the object, so the threshold is the one
        of the authors' demonstration, with and without snapping. Both were chosen on training videos.
        """
        snapping = Snapping(mask=0.757)
        return cls(FineTuning.laptop(backbone), threshold=0.757, snapping=snapping, flip=True)

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


class OSVOS(FineTuned[OSVOSNet, OSVOSConfig]):
    """One-shot video object segmentation (Caelles et al., CVPR 2017).

    Args:
        parent: the parent network; left as it is.
        config: the recipe; by default the laptop's.
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
        super().__init__(parent, config or OSVOSConfig.laptop(parent.backbone.name), fabric, watch)
        self.contours = contours

    def segment(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """See :class:`vostut.methods.base.Method`.

        Raises:
            DataError: the mask is empty, covers everything, or is of another size than the frames.
        """
        track = self.track(frames, first_mask)  # refuses a bad mask before anything is given
        yield first_mask
        for t, probability in enumerate(track, start=1):
            yield self.to_mask(t, frames[t], probability)

    def track(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """Fine-tune, then give the object's probability in frames 1, 2, ...: H x W float32 in [0, 1]."""
        return self.probabilities(self.fine_tune(frames[0], first_mask), frames[1:])

    @torch.inference_mode()
    def probabilities(self, network: OSVOSNet, frames: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
        """How likely each pixel of each frame belongs to the object: H x W float32 in [0, 1]."""
        network = self.fabric.to_device(network.eval())
        tuning, batch = self.config.fine_tuning, self.config.batch
        for start in range(0, len(frames), batch):
            chosen = [frames[t] for t in range(start, min(start + batch, len(frames)))]
            height = self.config.height or (tuning.height if tuning else chosen[0].shape[0])
            looks = [self._logits(network, chosen, round(height * scale)) for scale in self.config.scales]
            yield from torch.sigmoid(torch.stack(looks).mean(dim=0))[:, 0].cpu().numpy()

    def _logits(self, network: OSVOSNet, frames: Sequence[np.ndarray], height: int) -> Tensor:
        """B x 1 x H x W, at the frames' own size, from a look at a height."""
        images = torch.cat([to_tensors(*fit_height(f, None, height), self.fabric.device)[0] for f in frames])
        with self.fabric.autocast():
            logits = network.segment(images).float()
            if self.config.flip:
                logits = (logits + network.segment(images.flip(-1)).float().flip(-1)) / 2
        size = frames[0].shape[:2]
        if logits.shape[-2:] == size:
            return logits
        return F.interpolate(logits, size, mode="bilinear", align_corners=False)

    def to_mask(self, t: int, frame: np.ndarray, probability: np.ndarray) -> np.ndarray:
        """Threshold a frame's probabilities, or snap them to the contours."""
        if self.contours is None:
            return probability > self.config.threshold
        regions = superpixels(self.contours(t, frame), self.config.snapping.contour)
        return snap(probability, regions, self.config.snapping.mask)
