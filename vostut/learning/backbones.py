"""Backbones: ImageNet classifiers without their classifier, giving features at several strides. Chapter 4.

A classifier answers "what is in the image?" once for the whole image. With its fully connected layers
taken off, what is left is convolutions, and they take an image of any size: the network is *fully
convolutional* (Long et al., CVPR 2015). Its stages give features at strides 1, 2, 4, 8 and 16.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

VGG16_STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Output channels of the 3 x 3 convolutions of each stage (Simonyan & Zisserman, 2015, configuration D)."""


class Backbone(nn.Module):
    """Stages run one after the other; the features of some of them are handed on.

    Args:
        name: what checkpoints and the command line call it.
        stages: the stages, in order.
        sides: indices of the stages whose features are handed on.
        channels: channels of each of those.
        strides: image pixels per feature pixel of each of those.
        mean: of the images it was trained on, per channel, for RGB in [0, 1].
        std: likewise; features are computed from ``(image - mean) / std``.
        memory_format: the layout in which it trains fastest on a CPU (measured in ``benchmarks/osvos.py``).

    Attributes:
        frozen: how many of the first stages take no gradient; see :meth:`freeze`.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        name: str,
        stages: Sequence[nn.Module],
        sides: Sequence[int],
        channels: Sequence[int],
        strides: Sequence[int],
        mean: Sequence[float],
        std: Sequence[float],
        memory_format: torch.memory_format = torch.contiguous_format,
    ):
        super().__init__()
        self.name = name
        self.stages = nn.ModuleList(stages)
        self.side_stages = tuple(sides)
        self.channels = tuple(channels)
        self.strides = tuple(strides)
        self.memory_format = memory_format
        self.frozen = 0
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)
        self.to(memory_format=memory_format)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Features of an image.

        Args:
            image: B x 3 x H x W, RGB in [0, 1]; with the channel of :meth:`add_channel`, B x 4 x H x W.

        Returns:
            One B x C x ceil(H / stride) x ceil(W / stride) for each of ``channels`` and ``strides``.
        """
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            features = ((image - self.mean) / self.std).contiguous(memory_format=self.memory_format)
        outputs = []
        for i, stage in enumerate(self.stages):
            with torch.set_grad_enabled(torch.is_grad_enabled() and i >= self.frozen):
                features = stage(features)
            if i in self.side_stages:
                outputs.append(features)
        return outputs

    def add_channel(self, std: float = 0.0) -> None:
        """Let the first convolution take a fourth channel: in MaskTrack, the previous mask. Chapter 5.

        The channel is in [0, 1] and is normalised like a colour of mean one half.

        Args:
            std: of the new filters' Gaussian; 0 starts them at zero, so that at first nothing changes.
        """
        first = next(m for m in self.modules() if isinstance(m, nn.Conv2d))
        extra = torch.randn_like(first.weight[:, :1]) * std
        first.weight = nn.Parameter(torch.cat([first.weight.detach(), extra], dim=1))
        first.in_channels += 1
        half = torch.full_like(self.mean[:, :1], 0.5)
        self.mean = torch.cat([self.mean, half], dim=1)
        self.std = torch.cat([self.std, self.std.mean(dim=1, keepdim=True)], dim=1)

    def freeze(self, stages: int) -> None:
        """Keep the first stages as they are: no gradient flows into them and none is computed."""
        self.frozen = stages
        for i, stage in enumerate(self.stages):
            stage.requires_grad_(i >= stages)

    def train(self, mode: bool = True) -> Backbone:
        """Switch to training; batch normalisation keeps its ImageNet statistics.

        A batch of one image has no statistics worth the name, so they are never updated.
        """
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        return self

    def trainable(self) -> Iterator[nn.Parameter]:
        """The parameters that are not frozen."""
        return (p for p in self.parameters() if p.requires_grad)


def vgg16(atrous: bool = False) -> Backbone:
    """VGG-16 without its classifier: 13 convolutions in 5 stages, the last four handed on.

    Max-pooling rounds up, as in Caffe, so that a pixel at the border is never dropped. The last pooling
    goes with the classifier: it would only halve the resolution once more.

    Args:
        atrous: as in DeepLab (Chen et al., ICLR 2015), the fourth pooling keeps the resolution and the fifth
            stage's convolutions look twice as far apart instead: stride 8 with the weights of stride 16.
    """
    stages, before = [], 3
    for i, widths in enumerate(VGG16_STAGES):
        spread = 2 if atrous and i == 4 else 1
        layers: list[nn.Module] = [nn.MaxPool2d(2, stride=2, ceil_mode=True)] if i else []
        if spread == 2:
            layers = [nn.MaxPool2d(3, stride=1, padding=1)]
        for width in widths:
            layers += [nn.Conv2d(before, width, 3, padding=spread, dilation=spread), nn.ReLU(inplace=True)]
            before = width
        stages.append(nn.Sequential(*layers))
    return Backbone(
        "vgg16",
        stages,
        sides=(1, 2, 3, 4),
        channels=(128, 256, 512, 512),
        strides=(2, 4, 8, 8) if atrous else (2, 4, 8, 16),
        mean=(122.67891434 / 255, 116.66876762 / 255, 104.00698793 / 255),
        std=(1 / 255, 1 / 255, 1 / 255),
        memory_format=torch.channels_last,
    )


def lite(atrous: bool = False) -> Backbone:
    """EfficientNet-Lite0 without its classifier (Tan & Le, 2019, without squeeze-and-excitation).

    3 million weights against VGG-16's 15 million, and about a fortieth of its arithmetic; a better
    ImageNet classifier nevertheless. The layers are timm's.

    Args:
        atrous: the last stage keeps stride 16 and looks twice as far apart.
    """
    import timm

    net = timm.create_model(
        "tf_efficientnet_lite0", features_only=True, out_indices=(0, 1, 2, 3, 4),
        output_stride=16 if atrous else 32,
    )  # fmt: skip
    stem = nn.Sequential(net.conv_stem, net.bn1)
    blocks = list(net.blocks)
    stages = [
        nn.Sequential(stem, blocks[0]),  # stride 2
        blocks[1],  # stride 4
        blocks[2],  # stride 8
        nn.Sequential(blocks[3], blocks[4]),  # stride 16
        nn.Sequential(blocks[5], blocks[6]),  # stride 32
    ]
    return Backbone(
        "lite",
        stages,
        sides=(0, 1, 2, 3, 4),
        channels=(16, 24, 40, 112, 320),
        strides=(2, 4, 8, 16, 16) if atrous else (2, 4, 8, 16, 32),
        mean=(127 / 255,) * 3,
        std=(128 / 255,) * 3,
        memory_format=torch.channels_last,
    )


BACKBONES = {"vgg16": vgg16, "lite": lite}
"""What ``--backbone`` may name."""
