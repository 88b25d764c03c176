"""The network computes what the paper draws."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vostut.learning import lite, vgg16
from vostut.osvos import OSVOSNet
from vostut.osvos.network import upsample


@pytest.fixture(scope="module", params=["vgg16", "lite"])
def network(request):
    torch.manual_seed(0)
    net = OSVOSNet({"vgg16": vgg16, "lite": lite}[request.param]()).eval()
    for layer in (*net.sides, *net.scores, net.fuse):  # larger than their start, so that differences show
        torch.nn.init.normal_(layer.weight, std=0.1)
    return net


def test_vgg16_has_13_convolutions_and_no_classifier():
    layers = [m for m in vgg16().modules() if isinstance(m, torch.nn.Conv2d)]
    assert [layer.out_channels for layer in layers] == [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6
    assert sum(p.numel() for p in vgg16().parameters()) == 14_714_688


@pytest.mark.parametrize("size", [(64, 96), (61, 93), (48, 33)])
def test_logits_have_the_size_of_the_image(network, size):
    image = torch.rand(1, 3, *size)
    fused, sides = network(image)
    assert fused.shape == (1, 1, *size)
    assert [side.shape for side in sides] == [fused.shape] * len(network.backbone.channels)


def test_features_have_the_strides_that_are_promised(network):
    height, width = 61, 93
    for features, channels, stride in zip(
        network.backbone(torch.rand(1, 3, height, width)), network.backbone.channels,
        network.backbone.strides, strict=True,
    ):  # fmt: skip
        assert features.shape == (1, channels, -(-height // stride), -(-width // stride))


def test_weighing_before_upsampling_is_the_papers_order(network):
    """Upsample 16 channels of each branch, concatenate, weigh: the same logit, at 16 times the memory."""
    image = torch.rand(1, 3, 61, 93)
    branches = [side(f) for side, f in zip(network.sides, network.backbone(image), strict=True)]
    full = [
        upsample(branch, stride, image.shape[-2:])
        for branch, stride in zip(branches, network.backbone.strides, strict=True)
    ]
    papers = network.fuse(torch.cat(full, dim=1))
    torch.testing.assert_close(network.segment(image), papers, atol=1e-4, rtol=1e-4)


def test_segment_is_the_fused_logit(network):
    image = torch.rand(1, 3, 48, 64)
    torch.testing.assert_close(network.segment(image), network(image)[0])


def test_images_of_a_batch_do_not_see_each_other(network):
    images = torch.rand(3, 3, 48, 64)
    one_by_one = torch.cat([network.segment(image[None]) for image in images])
    torch.testing.assert_close(network.segment(images), one_by_one, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("stride", [2, 4, 8])
def test_upsampling_is_the_papers_bilinear_deconvolution(stride):
    """A transposed convolution with the bilinear kernel of 2 x stride, away from the border."""
    features = torch.rand(1, 1, 9, 11)
    line = 1 - (torch.arange(2 * stride) - stride + 0.5).abs() / stride
    deconvolved = F.conv_transpose2d(features, (line[:, None] * line)[None, None], stride=stride)
    half = stride // 2
    deconvolved = deconvolved[..., half : half + 9 * stride, half : half + 11 * stride]
    ours = upsample(features, stride, (9 * stride, 11 * stride))
    inside = (..., slice(stride, -stride), slice(stride, -stride))
    torch.testing.assert_close(ours[inside], deconvolved[inside], atol=1e-6, rtol=1e-5)


def test_frozen_stages_take_no_gradient(network):
    network.backbone.freeze(2)
    network.segment(torch.rand(1, 3, 48, 64)).sum().backward()
    frozen = [p for stage in network.backbone.stages[:2] for p in stage.parameters()]
    learning = list(network.backbone.trainable())
    assert all(p.grad is None for p in frozen)
    assert all(p.grad is not None for p in learning)
    network.zero_grad(set_to_none=True)
    network.backbone.freeze(0)
    assert len(list(network.backbone.trainable())) == len(frozen) + len(learning)


def test_batch_statistics_never_change():
    net = OSVOSNet(lite()).train()
    before = {n: t.clone() for n, t in net.state_dict().items() if "running" in n}
    net(torch.rand(1, 3, 64, 64))
    after = net.state_dict()
    assert before
    assert all(torch.equal(t, after[n]) for n, t in before.items())


def test_a_shifted_image_gives_a_shifted_logit():
    """Fully convolutional: 16 pixels to the side, and so is the answer, away from the border."""
    torch.manual_seed(1)
    net = OSVOSNet(vgg16()).eval()
    for layer in (*net.sides, net.fuse):
        torch.nn.init.normal_(layer.weight, std=0.1)
    image = torch.from_numpy(np.random.default_rng(0).random((1, 3, 240, 512), np.float32))
    with torch.inference_mode():
        here, there = net.segment(image[..., :-16]), net.segment(image[..., 16:])
    centre = slice(112, 128)
    gap = (here[..., centre, 240 + 16 : 256 + 16] - there[..., centre, 240:256]).abs().max()
    assert gap < 1e-4 * here.abs().max() + 1e-6
