"""OSVOS as the page *Try it* runs it: frozen features, and heads that are one linear layer each. Chapter 4.

A side branch is a linear 3 x 3 convolution to 16 channels, the fusion a linear 1 x 1 convolution on top. Two
linear layers in a row are one: a 3 x 3 convolution from a stage's features to a single number, upsampled and
added up over the stages. On features that stay as they are this is *logistic regression*, some 4600 weights,
and a browser trains it in seconds.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from vostut.learning.augment import rotate_and_zoom, to_tensors
from vostut.learning.export import Graph
from vostut.osvos.loss import class_balanced_cross_entropy
from vostut.osvos.network import OSVOSNet, upsample

if TYPE_CHECKING:
    from onnx import ModelProto

STEPS, RATE, THRESHOLD = 100, 1e-3, 0.757
"""Of the training; above which probability a pixel is the object's. Chosen on the training cutouts."""

ZOOMS = (1.0, 0.8, 1.25)
"""Frame 0 is seen at these zooms, each as it is and mirrored."""


class LinearHeads(nn.Module):
    """The side branches and the fusion of an OSVOS network, multiplied out.

    Args:
        network: whose heads; left as it is.

    Attributes:
        weights: for each stage 1 x C x 3 x 3.
        bias: one number.
    """

    def __init__(self, network: OSVOSNet):
        super().__init__()
        fuse = network.fuse.weight.detach().split(network.sides[0].out_channels, dim=1)
        sides = [
            (f[0, :, 0, 0], s.weight.detach(), s.bias.detach())
            for f, s in zip(fuse, network.sides, strict=True)
        ]
        self.weights = nn.ParameterList(torch.einsum("o,ocyx->cyx", f, w)[None] for f, w, _ in sides)
        offsets = torch.stack([f @ b for f, _, b in sides]).sum()
        self.bias = nn.Parameter(network.fuse.bias.detach().clone() + offsets)
        self.strides = network.backbone.strides

    def forward(self, features: Sequence[Tensor], size: Sequence[int]) -> Tensor:
        """The logit, 1 x 1 x H x W, from the features of each stage."""
        logit = self.bias.view(1, 1, 1, 1)
        for feature, weight, stride in zip(features, self.weights, self.strides, strict=True):
            logit = logit + upsample(conv2d(feature, weight, padding=1), stride, size)
        return logit


def train_heads(
    heads: LinearHeads,
    samples: Sequence[tuple[Sequence[Tensor], Tensor]],
    steps: int = STEPS,
    rate: float = RATE,
    watch: Callable[[int, float], None] | None = None,
) -> None:
    """Train the heads on features that were computed once.

    Args:
        heads: changed in place.
        samples: (features, target of 1 x 1 x H x W) of each variant of frame 0; they take turns.
        steps: of Adam.
        rate: it falls to zero.
        watch: called after each step with its number, from 1 on, and the loss.
    """
    adam = torch.optim.Adam(heads.parameters(), lr=rate)
    for step in range(steps):
        features, target = samples[step % len(samples)]
        loss = class_balanced_cross_entropy(heads(features, target.shape[-2:]), target)
        loss.backward()
        for group in adam.param_groups:
            group["lr"] = rate * (1 - step / steps) ** 0.9
        adam.step()
        adam.zero_grad()
        if watch:
            watch(step + 1, loss.item())


def variants(frame: np.ndarray, mask: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Frame 0 and its mask at each zoom, as it is and mirrored."""
    for zoom in ZOOMS:
        near, rough = (frame, mask) if zoom == 1 else rotate_and_zoom(frame, mask, 0, zoom)
        yield near, rough
        yield near[:, ::-1], rough[:, ::-1]


@torch.no_grad()
def features_of(network: OSVOSNet, frame: np.ndarray, mask: np.ndarray) -> tuple[list[Tensor], Tensor]:
    """What the heads learn from: the backbone's features, and the target."""
    image, target = to_tensors(frame, mask)
    return network.backbone(image), target


def segment_by_heads(
    network: OSVOSNet, frames: Sequence[np.ndarray], first_mask: np.ndarray
) -> Iterator[np.ndarray]:
    """The page's OSVOS, in PyTorch: train the heads on frame 0, then segment every frame; H x W bool."""
    heads = LinearHeads(network)
    train_heads(heads, [features_of(network, *pair) for pair in variants(frames[0], first_mask)])
    yield first_mask
    for frame in frames[1:]:
        features, target = features_of(network, frame, first_mask)
        with torch.no_grad():
            probability = torch.sigmoid(heads(features, target.shape[-2:]))
        yield (probability[0, 0] > THRESHOLD).numpy()


def export_backbone(network: OSVOSNet) -> ModelProto:
    """The backbone as ONNX: ``image`` (1 x 3 x H x W in [0, 1]) to ``features_0``, ``features_1``, ..."""
    graph = Graph("OSVOS backbone", 3)
    features = graph.backbone("image", network.backbone)
    return graph.model([(value, f"features_{i}") for i, value in enumerate(features)])


def export_heads(network: OSVOSNet) -> dict[str, Any]:
    """The parent's heads for the page: JSON-able, with the weights as base64 of float32 in order."""
    heads = LinearHeads(network)
    flat = torch.cat([w.detach().flatten() for w in heads.weights]).numpy().astype("<f4")
    return {
        "strides": list(heads.strides),
        "channels": [w.shape[1] for w in heads.weights],
        "weights": base64.b64encode(flat.tobytes()).decode(),
        "bias": heads.bias.item(),
        "steps": STEPS,
        "rate": RATE,
        "threshold": THRESHOLD,
        "zooms": list(ZOOMS),
    }
