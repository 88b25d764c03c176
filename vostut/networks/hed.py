"""HED, the contour network (Xie & Tu, ICCV 2015): OSVOS's second branch, and its ancestor. Chapter 4."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vostut.networks.backbones import Backbone, vgg16
from vostut.networks.osvos import upsample


class HED(nn.Module):
    """Contours from all five stages of VGG-16, each scored by one 1 x 1 convolution, then fused.

    OSVOS has the same shape with wider side branches; what differs is what it was trained on.
    """

    def __init__(self) -> None:
        super().__init__()
        plain = vgg16()
        self.backbone = Backbone(
            "hed", list(plain.stages), (0, 1, 2, 3, 4), (64, 128, 256, 512, 512), (1, 2, 4, 8, 16),
            plain.mean.flatten().tolist(), plain.std.flatten().tolist(),
        )  # fmt: skip
        self.scores = nn.ModuleList(nn.Conv2d(c, 1, 1) for c in self.backbone.channels)
        self.fuse = nn.Conv2d(5, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Contour logits, B x 1 x H x W, of B x 3 x H x W RGB in [0, 1]."""
        size: Sequence[int] = image.shape[-2:]
        votes = [
            upsample(score(f), stride, size)
            for score, f, stride in zip(self.scores, self.backbone(image), self.backbone.strides, strict=True)
        ]
        return self.fuse(torch.cat(votes, dim=1))
