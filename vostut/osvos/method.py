"""OSVOS as a method: fine-tune the parent on frame 0, then segment every frame on its own. Chapter 4."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn import functional as F

from vostut.baselines import check_first_mask
from vostut.learning.augment import fit_height, to_tensors
from vostut.learning.devices import make_fabric
from vostut.osvos.contours import Contours
from vostut.osvos.finetune import fine_tune
from vostut.osvos.network import OSVOSNet
from vostut.osvos.online import adapt_online
from vostut.osvos.recipes import OSVOSRecipe, osvos_recipe
from vostut.osvos.snapping import snap, superpixels


class OSVOS:
    """One-shot video object segmentation (Caelles et al., CVPR 2017).

    Args:
        parent: the parent network; left as it is.
        recipe: how; by default the laptop's.
        contours: gives contour maps for boundary snapping; without it, masks are thresholded.
        fabric: devices and precision; by default a GPU if there is one.
        watch: called after each fine-tuning step with its number, the network and the loss.
    """

    name = "OSVOS"

    def __init__(
        self,
        parent: OSVOSNet,
        recipe: OSVOSRecipe | None = None,
        contours: Contours | None = None,
        fabric: Fabric | None = None,
        watch: Callable[[int, OSVOSNet, float], None] | None = None,
    ):
        self.parent = parent
        self.recipe = recipe or osvos_recipe("laptop", parent.backbone.name)
        self.contours, self.watch = contours, watch
        self.fabric = fabric or make_fabric(backbone=parent.backbone.name)

    def segment(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """See :class:`vostut.baselines.Method`.

        Raises:
            DataError: the mask is empty, covers everything, or is of another size than the frames.
        """
        predicted = self.predict(frames, first_mask)  # refuses a bad mask before anything is given
        yield first_mask
        for t, probability in enumerate(predicted, start=1):
            yield self.to_mask(t, frames[t], probability)

    def predict(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """Fine-tune, then give the object's probability in frames 1, 2, ...: H x W float32 in [0, 1]."""
        network = self.fine_tune(frames[0], first_mask)
        if self.recipe.adaptation:
            return adapt_online(self, network, frames, first_mask)
        return self.probabilities(network, frames[1:])

    def fine_tune(self, frame: np.ndarray, mask: np.ndarray) -> OSVOSNet:
        """The network for this object: a copy of the parent, fine-tuned; the parent itself if ``steps`` is 0.

        Args:
            frame: H x W x 3, uint8, RGB.
            mask: H x W bool.

        Raises:
            DataError: the mask is empty, covers everything, or is of another size than the frame.
        """
        check_first_mask(frame, mask)
        if not self.recipe.steps:
            return self.fabric.to_device(self.parent)
        return fine_tune(self.parent, frame, mask, self.recipe, self.fabric, self.watch)

    @torch.inference_mode()
    def probabilities(self, network: OSVOSNet, frames: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
        """How likely each pixel of each frame belongs to the object: H x W float32 in [0, 1]."""
        network = self.fabric.to_device(network.eval())
        recipe = self.recipe
        for start in range(0, len(frames), recipe.batch):
            chosen = [frames[t] for t in range(start, min(start + recipe.batch, len(frames)))]
            height = recipe.height or chosen[0].shape[0]
            logits = [self._logits(network, chosen, round(height * scale)) for scale in recipe.scales]
            yield from torch.sigmoid(torch.stack(logits).mean(dim=0))[:, 0].cpu().numpy()

    def _logits(self, network: OSVOSNet, frames: Sequence[np.ndarray], height: int) -> Tensor:
        """B x 1 x H x W, at the frames' own size, from frames resized to a height."""
        images = torch.cat([to_tensors(*fit_height(f, None, height), self.fabric.device)[0] for f in frames])
        with self.fabric.autocast():
            logits = network.segment(images).float()
            if self.recipe.flip:
                logits = (logits + network.segment(images.flip(-1)).float().flip(-1)) / 2
        size = frames[0].shape[:2]
        if logits.shape[-2:] == size:
            return logits
        return F.interpolate(logits, size, mode="bilinear", align_corners=False)

    def to_mask(self, t: int, frame: np.ndarray, probability: np.ndarray) -> np.ndarray:
        """Threshold a frame's probabilities, or snap them to the contours."""
        if self.contours is None:
            return probability > self.recipe.threshold
        regions = superpixels(self.contours(t, frame), self.recipe.contour_threshold)
        return snap(probability, regions, self.recipe.vote_threshold)
