"""MaskTrack as a method: carry the mask from frame to frame, repairing it on the way. Chapter 5."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn import functional as F

from vostut.flow import Flow, magnitude_image
from vostut.methods.finetuned import FineTuned, check_first_mask
from vostut.networks.masktrack import MaskTrackNet
from vostut.training.augment import Augmentation, fit_height, to_tensors
from vostut.training.deform import Deformation, dilate
from vostut.training.oneshot import FineTuning
from vostut.training.optimisers import Rates
from vostut.training.sampling import with_mask


@dataclass(frozen=True)
class MaskTrackConfig:
    """Online fine-tuning and propagation.

    Attributes:
        fine_tuning: the recipe on frame 0; None tracks with the network as it was trained offline.
        height: frames are resized to this height; 0 leaves them.
        dilate: radius of the dilation of the previous mask, in pixels at that height.
        threshold: a pixel belongs to the object above this probability.
    """

    fine_tuning: FineTuning | None
    height: int = 0
    dilate: int = 5
    threshold: float = 0.5

    @classmethod
    def paper(cls, backbone: str = "vgg16") -> MaskTrackConfig:
        """As published: full resolution, 200 steps of 10 samples with the offline solver."""
        rates = Rates("sgd", backbone=1e-3, sides=1e-3, scores=0, fuse=1e-2, bias=2.0, weight_decay=5e-4)
        tuning = FineTuning(
            height=480, steps=200, rates=rates, accumulate=10, schedule="polynomial",
            augmentation=Augmentation(flip=0.5, angle=20), loss="plain", deformation=Deformation(),
        )  # fmt: skip
        return cls(tuning)

    @classmethod
    def laptop(cls, backbone: str = "lite") -> MaskTrackConfig:
        """A minute or two a video on two CPU cores."""
        vgg = backbone == "vgg16"
        height = 240 if vgg else 480
        tuning = FineTuning(
            height=height,
            steps=100,
            rates=Rates.adam(backbone=1e-5 if vgg else 1e-4, heads=2e-4 if vgg else 5e-4),
            schedule="polynomial",
            augmentation=Augmentation(sizes=(0.5, 0.75, 1.0), angle=15, scale=(0.7, 1.4), colour=0.2),
            loss="plain",
            deformation=Deformation(dilate=3 if vgg else 5),
        )
        return cls(tuning, height=height, dilate=3 if vgg else 5)

    @classmethod
    def quick(cls, backbone: str = "lite") -> MaskTrackConfig:
        """Seconds a video, on the embedded cutouts."""
        usual = cls.laptop(backbone)
        assert usual.fine_tuning is not None
        deformation = Deformation(dilate=3)
        tuning = replace(usual.fine_tuning, height=240, steps=30, deformation=deformation)
        return replace(usual, fine_tuning=tuning, height=240, dilate=3)

    def fed_as(self, offline: Deformation) -> MaskTrackConfig:
        """This recipe for a network whose offline training deformed masks so.

        What an ablation left out there is left out online and on the video, too; the radius of the dilation
        stays this recipe's, since it goes with the height.
        """
        radius, tuning = (self.dilate if offline.dilate else 0), self.fine_tuning
        if tuning is not None:
            tuning = replace(tuning, deformation=replace(offline, dilate=radius))
        return replace(self, fine_tuning=tuning, dilate=radius)


PRESETS: dict[str, Callable[[str], MaskTrackConfig]] = {
    "paper": MaskTrackConfig.paper,
    "laptop": MaskTrackConfig.laptop,
    "quick": MaskTrackConfig.quick,
}
"""What ``--preset`` may name."""


class MaskTrack(FineTuned[MaskTrackNet, MaskTrackConfig]):
    """Learning video object segmentation from static images (Perazzi et al., CVPR 2017).

    Args:
        offline: the network trained on still images; left as it is.
        config: the recipe; by default the laptop's.
        flow: the estimator for the second stream; without it, the image alone decides.
        fabric: devices and precision; by default a GPU if there is one.
        watch: called after each fine-tuning step with its number, the network and the loss.
        speed: the second stream's own network, trained on speed pictures (:mod:`vostut.training.speed`); by
            default the fine-tuned network reads both pictures, as published.
    """

    name = "MaskTrack"

    def __init__(
        self,
        offline: MaskTrackNet,
        config: MaskTrackConfig | None = None,
        flow: Flow | None = None,
        fabric: Fabric | None = None,
        watch: Callable[[int, MaskTrackNet, float], None] | None = None,
        speed: MaskTrackNet | None = None,
    ):
        super().__init__(offline, config or MaskTrackConfig.laptop(offline.backbone.name), fabric, watch)
        self.flow = flow
        self.speed = self.fabric.to_device(speed.eval()) if speed else None

    def segment(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """See :class:`vostut.methods.base.Method`.

        Raises:
            DataError: the mask is empty, covers everything, or is of another size than the frames.
        """
        track = self.track(frames, first_mask)  # refuses a bad mask before anything is given
        yield first_mask
        for probability in track:
            yield probability > self.config.threshold

    def track(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """Fine-tune, then give the object's probability in frames 1, 2, ...: H x W float32 in [0, 1]."""
        return self.probabilities(self.fine_tune(frames[0], first_mask), frames, first_mask)

    def mask_from_box(self, frame: np.ndarray, box: np.ndarray) -> np.ndarray:
        """The object in a box: a first mask for two clicks instead of an outline.

        The network must have seen boxes in its offline training.

        Args:
            frame: H x W x 3, uint8, RGB.
            box: H x W bool, see :func:`vostut.training.deform.box`.

        Returns:
            H x W bool, inside the box; the box itself if the network finds nothing in it.
        """
        check_first_mask(frame, box)
        small, small_box = fit_height(frame, box, self.config.height or box.shape[0])
        self.trained.eval()
        with torch.inference_mode(), self.fabric.autocast():
            image = with_mask(to_tensors(small, small_box, self.fabric.device)[0], small_box)
            logit = self.fabric.to_device(self.trained)(image).float()
        logit = F.interpolate(logit, box.shape, mode="bilinear", align_corners=False)
        found = (logit[0, 0] > 0).cpu().numpy() & box
        return found if found.any() else box

    def probabilities(
        self, network: MaskTrackNet, frames: Sequence[np.ndarray], first_mask: np.ndarray
    ) -> Iterator[np.ndarray]:
        """How likely each pixel of frames 1, 2, ... belongs to the object: H x W float32 in [0, 1].

        The mask that goes from frame to frame is the thresholded probability at the working height.
        """
        network = self.fabric.to_device(network.eval())
        before, mask = fit_height(frames[0], first_mask, self.config.height or first_mask.shape[0])
        for t in range(1, len(frames)):
            full = frames[t]
            frame, _ = fit_height(full, None, self.config.height or full.shape[0])
            logit = self.step(network, frame, before, mask)
            mask = (torch.sigmoid(logit)[0, 0] > self.config.threshold).cpu().numpy()
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
        rough = dilate(mask, self.config.dilate)
        streams = [(network, frame)]
        if self.flow:
            streams.append((self.speed or network, magnitude_image(self.flow(frame, before))))
        with self.fabric.autocast():
            logits = [
                net(with_mask(to_tensors(picture, mask, self.fabric.device)[0], rough)).float()
                for net, picture in streams
            ]
        return torch.stack(logits).mean(dim=0)
