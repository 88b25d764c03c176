"""MaskTrack as a method: carry the mask from frame to frame, repairing it on the way. Chapter 5."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn import functional as F

from vostut.baselines import check_first_mask
from vostut.errors import DataError
from vostut.flow import Flow, magnitude_image
from vostut.learning.augment import fit_height, to_tensors
from vostut.learning.devices import make_fabric
from vostut.masktrack.deform import dilate, radius_at
from vostut.masktrack.finetune import fine_tune
from vostut.masktrack.inputs import with_mask
from vostut.masktrack.network import MaskTrackNet
from vostut.masktrack.recipes import MaskTrackRecipe, masktrack_recipe


class MaskTrack:
    """Learning video object segmentation from static images (Perazzi et al., CVPR 2017).

    Args:
        offline: the network trained on still images; left as it is.
        recipe: how; by default the laptop's.
        flow: the estimator for the motion stream; without it, the image alone decides.
        fabric: devices and precision; by default a GPU if there is one.
        watch: called after each fine-tuning step with its number, the network and the loss.
        motion: the motion stream's own network, trained on flow-magnitude images
            (:mod:`vostut.masktrack.flow_images`); by default the fine-tuned network reads both, as published.
            It needs ``flow``.

    Raises:
        DataError: a network for the motion stream without a flow.
    """

    name = "MaskTrack"

    def __init__(
        self,
        offline: MaskTrackNet,
        recipe: MaskTrackRecipe | None = None,
        flow: Flow | None = None,
        fabric: Fabric | None = None,
        watch: Callable[[int, MaskTrackNet, float], None] | None = None,
        motion: MaskTrackNet | None = None,
    ):
        self.offline = offline
        self.recipe = recipe or masktrack_recipe("laptop", offline.backbone.name)
        self.flow, self.watch = flow, watch
        self.fabric = fabric or make_fabric(backbone=offline.backbone.name)
        if motion and not flow:
            raise DataError("motion: a network for a motion stream that there is not (expected with flow=)")
        self.motion = self.fabric.to_device(motion.eval()) if motion else None

    def segment(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """See :class:`vostut.baselines.Method`.

        Raises:
            DataError: the mask is empty, covers everything, or is of another size than the frames.
        """
        predicted = self.predict(frames, first_mask)  # refuses a bad mask before anything is given
        yield first_mask
        for probability in predicted:
            yield probability > self.recipe.threshold

    def predict(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """Fine-tune, then give the object's probability in frames 1, 2, ...: H x W float32 in [0, 1].

        Raises:
            DataError: see :meth:`fine_tune`.
        """
        return self.probabilities(self.fine_tune(frames[0], first_mask), frames, first_mask)

    def fine_tune(self, frame: np.ndarray, mask: np.ndarray) -> MaskTrackNet:
        """The network for this object: a copy, fine-tuned; as trained offline if ``steps`` is 0.

        Args:
            frame: H x W x 3, uint8, RGB.
            mask: H x W bool.

        Raises:
            DataError: the mask is empty, covers everything, or is of another size than the frame.
        """
        check_first_mask(frame, mask)
        if not self.recipe.steps:
            return self.fabric.to_device(self.offline)
        return fine_tune(self.offline, frame, mask, self.recipe, self.fabric, self.watch)

    def mask_from_box(self, frame: np.ndarray, box: np.ndarray) -> np.ndarray:
        """The object in a box: a first mask for two clicks instead of an outline.

        The network must have seen boxes in its offline training.

        Args:
            frame: H x W x 3, uint8, RGB.
            box: H x W bool, see :func:`vostut.masktrack.deform.box`.

        Returns:
            H x W bool, inside the box; the box itself if the network finds nothing in it.
        """
        check_first_mask(frame, box)
        small, small_box = fit_height(frame, box, self.recipe.height or box.shape[0])
        self.offline.eval()
        with torch.inference_mode(), self.fabric.autocast():
            image = with_mask(to_tensors(small, small_box, self.fabric.device)[0], small_box)
            logit = self.fabric.to_device(self.offline)(image).float()
        logit = F.interpolate(logit, box.shape, mode="bilinear", align_corners=False)
        found = (logit[0, 0] > 0).cpu().numpy() & box
        return found if found.any() else box

    def probabilities(
        self, network: MaskTrackNet, frames: Sequence[np.ndarray], first_mask: np.ndarray
    ) -> Iterator[np.ndarray]:
        """How likely each pixel of frames 1, 2, ... belongs to the object: H x W float32 in [0, 1].

        The mask that goes from frame to frame is the thresholded probability at the working height.

        Raises:
            DataError: the network's output is not finite, as after a fine-tuning that diverged.
        """
        network = self.fabric.to_device(network.eval())
        before, mask = fit_height(frames[0], first_mask, self.recipe.height or first_mask.shape[0])
        for t in range(1, len(frames)):
            full = frames[t]
            frame, _ = fit_height(full, None, self.recipe.height or full.shape[0])
            logit = self.step(network, frame, before, mask)
            if not logit.isfinite().all():
                raise DataError(f"frame {t}: the network gives no numbers any more (expected finite weights)")
            mask = (torch.sigmoid(logit)[0, 0] > self.recipe.threshold).cpu().numpy()
            if logit.shape[-2:] != full.shape[:2]:
                logit = F.interpolate(logit, full.shape[:2], mode="bilinear", align_corners=False)
            yield torch.sigmoid(logit)[0, 0].cpu().numpy()
            before = frame

    @torch.inference_mode()
    def step(self, network: MaskTrackNet, frame: np.ndarray, before: np.ndarray, mask: np.ndarray) -> Tensor:
        """One frame: the logit from the previous mask, averaged over the streams.

        Args:
            network: fine-tuned or not.
            frame: h x w x 3, uint8, RGB.
            before: the frame before it.
            mask: h x w bool, the object in the frame before.

        Returns:
            1 x 1 x h x w.
        """
        rough = dilate(np.asarray(mask, bool), radius_at(self.recipe.deformation.radius, mask.shape[0]))
        streams = [(network, frame)]
        if self.flow:
            streams.append((self.motion or network, magnitude_image(self.flow(frame, before))))
        with self.fabric.autocast():
            logits = [
                net(with_mask(to_tensors(picture, mask, self.fabric.device)[0], rough)).float()
                for net, picture in streams
            ]
        return torch.stack(logits).mean(dim=0)
