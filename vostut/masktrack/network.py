"""The MaskTrack network: DeepLab with a fourth input, the previous mask. Chapter 5.

Perazzi et al., "Learning Video Object Segmentation from Static Images", CVPR 2017.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vostut.learning.backbones import Backbone

MASK_STD = 0.01
"""Standard deviation of the fourth channel's first filters. The article says Gaussian and gives no width."""


class MaskTrackNet(nn.Module):
    """A network that repairs a mask: RGB and a rough mask in, the object's logit out.

    On the backbone's last feature stands DeepLab's *large field of view* (Chen et al., 2015): a 3 x 3
    convolution whose taps lie 12 pixels of stride 8 apart, so that each output pixel sees 200 pixels of the
    image, and two 1 x 1 convolutions. Its logit is upsampled to the image.

    *Lite* ends at stride 16, at which an outline is lost. There a *decoder* (DeepLabv3+: Chen et al., ECCV
    2018) joins the features of stride 4 before the logit is made.

    Args:
        backbone: atrous, without the fourth channel; this takes it over and adds the channel.
        mask_std: see :meth:`vostut.learning.backbones.Backbone.add_channel`.
        uses_mask: False leaves the channel out: the ablation "no mask input".
    """

    def __init__(self, backbone: Backbone, mask_std: float = MASK_STD, uses_mask: bool = True):
        super().__init__()
        self.uses_mask = uses_mask
        if uses_mask:
            backbone.add_channel(mask_std)
        self.backbone = backbone
        vgg = backbone.name == "vgg16"
        width, spread = (1024, 12) if vgg else (128, 6)
        self.head = nn.Sequential(
            nn.Conv2d(backbone.channels[-1], width, 3, padding=spread, dilation=spread),
            nn.ReLU(inplace=True),
            *([nn.Dropout2d(0.5)] if vgg else []),
            nn.Conv2d(width, width, 1),
            nn.ReLU(inplace=True),
            *([nn.Dropout2d(0.5)] if vgg else []),
        )
        self.decoder = None if vgg else Decoder(backbone.channels[1], width, 48)
        self.score = nn.Conv2d(width if vgg else 48, 1, 1)
        nn.init.normal_(self.score.weight, std=0.01)
        nn.init.zeros_(self.score.bias)

    def forward(self, image: Tensor) -> Tensor:
        """The object's logit.

        Args:
            image: B x 4 x H x W: RGB in [0, 1] and the previous mask in [0, 1]. Without ``uses_mask`` the
                mask is not looked at.

        Returns:
            B x 1 x H x W.
        """
        features = self.backbone(image if self.uses_mask else image[:, :3])
        deep = self.head(features[-1])
        if self.decoder is not None:
            deep = self.decoder(features[1], deep)
        return F.interpolate(self.score(deep), image.shape[-2:], mode="bilinear", align_corners=False)

    def parts(self) -> dict[str, list[nn.Module]]:
        """The modules that learn at a rate of their own, see :class:`vostut.learning.optimisers.Solver`."""
        new = [self.head] if self.decoder is None else [self.head, self.decoder]
        return {"backbone": [self.backbone], "head": new, "score": [self.score]}


class Decoder(nn.Module):
    """Coarse features, upsampled, beside fine ones; a 3 x 3 convolution looks at both.

    Args:
        fine: channels of the fine features.
        coarse: channels of the coarse ones.
        width: channels given.
    """

    def __init__(self, fine: int, coarse: int, width: int):
        super().__init__()
        self.reduce = nn.Conv2d(coarse, width, 1)
        self.join = nn.Conv2d(fine + width, width, 3, padding=1)

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """B x width x h x w, at the size of the fine features."""
        up = F.interpolate(self.reduce(coarse), fine.shape[-2:], mode="bilinear", align_corners=False)
        return F.relu(self.join(torch.cat([fine, up], dim=1)))
