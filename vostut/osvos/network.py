"""The OSVOS network: side branches on a backbone, fused (Caelles et al., CVPR 2017). Chapter 4."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vostut.learning.backbones import Backbone


class OSVOSNet(nn.Module):
    """A backbone whose stages each vote on every pixel.

    On each of the backbone's features stands a *side branch*: a 3 x 3 convolution to 16 channels. All side
    branches, upsampled to the image, are concatenated and weighed by one 1 x 1 convolution: the *fused*
    logit. While the parent network is trained, each side branch also gives a logit of its own and is
    supervised directly (*deep supervision*, as in HED: Xie & Tu, ICCV 2015).

    Args:
        backbone: see :mod:`vostut.learning.backbones`.
        width: channels of a side branch.
    """

    def __init__(self, backbone: Backbone, width: int = 16):
        super().__init__()
        self.backbone = backbone
        self.sides = nn.ModuleList(nn.Conv2d(c, width, 3, padding=1) for c in backbone.channels)
        self.scores = nn.ModuleList(nn.Conv2d(width, 1, 1) for _ in backbone.channels)
        self.fuse = nn.Conv2d(width * len(backbone.channels), 1, 1)
        for layer in (*self.sides, *self.scores, self.fuse):
            nn.init.normal_(layer.weight, std=0.001)
            nn.init.zeros_(layer.bias)

    def forward(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits of the object.

        Args:
            image: B x 3 x H x W, RGB in [0, 1].

        Returns:
            The fused logit, B x 1 x H x W, and the side branches' logits, each of the same shape.
        """
        branches = [side(f) for side, f in zip(self.sides, self.backbone(image), strict=True)]
        size = image.shape[-2:]
        return self._fused(branches, size), self._scored(branches, size)

    def segment(self, image: Tensor) -> Tensor:
        """The fused logit alone, B x 1 x H x W: what a video is segmented with."""
        branches = [side(f) for side, f in zip(self.sides, self.backbone(image), strict=True)]
        return self._fused(branches, image.shape[-2:])

    def parts(self) -> dict[str, list[nn.Module]]:
        """The modules that learn at a rate of their own, see :class:`vostut.learning.optimisers.Solver`."""
        return {
            "backbone": [self.backbone],
            "sides": [self.sides],
            "scores": [self.scores],
            "fuse": [self.fuse],
        }

    def _scored(self, branches: Sequence[Tensor], size: Sequence[int]) -> list[Tensor]:
        return [
            upsample(score(branch), stride, size)
            for score, branch, stride in zip(self.scores, branches, self.backbone.strides, strict=True)
        ]

    def _fused(self, branches: Sequence[Tensor], size: Sequence[int]) -> Tensor:
        """Weigh first, upsample then: the same numbers as the paper's order at a sixteenth of the memory.

        Upsampling treats every channel alike and a 1 x 1 convolution every pixel alike, so the two may
        change places. One channel is upsampled instead of sixteen.
        """
        weights = self.fuse.weight.split(self.sides[0].out_channels, dim=1)
        votes = [
            upsample(F.conv2d(branch, weight), stride, size)
            for branch, weight, stride in zip(branches, weights, self.backbone.strides, strict=True)
        ]
        return torch.stack(votes).sum(0) + self.fuse.bias.view(1, 1, 1, 1)


def upsample(features: Tensor, stride: int, size: Sequence[int]) -> Tensor:
    """Bilinear upsampling by the stride, then a crop to the image.

    The crop takes the top left: that is where pooling that rounds up started counting. (The published
    code crops the centre, which shifts the stages against each other by up to half a stride when a side
    of the image is not a multiple of 16.)
    """
    if stride > 1:
        features = F.interpolate(features, scale_factor=stride, mode="bilinear", align_corners=False)
    return features[..., : size[0], : size[1]]
