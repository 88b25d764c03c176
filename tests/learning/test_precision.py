"""The precision that was asked for is the one in which the convolutions ran."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from vostut.learning import lite, vgg16
from vostut.learning.devices import make_fabric
from vostut.masktrack import MaskTrack, MaskTrackNet, masktrack_recipe
from vostut.osvos import OSVOS, OSVOSNet, osvos_recipe

FRAME = np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.uint8)
MASK = np.zeros((48, 64), bool)
MASK[10:30, 20:40] = True


def watched(network):
    """The network, and the set of types that its convolutions will have given."""
    seen = set()
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda module, given, found: seen.add(found.dtype))
    return network, seen


@pytest.mark.parametrize(
    ("precision", "expected"), [("bf16-mixed", torch.bfloat16), ("32-true", torch.float32)]
)
@pytest.mark.parametrize("make", [vgg16, lite])
@pytest.mark.parametrize("method", ["osvos", "masktrack"])
def test_fine_tuning_and_inference_run_in_the_precision_that_is_asked_for(method, make, precision, expected):
    fabric = make_fabric("cpu", precision)
    if method == "osvos":
        network, seen = watched(OSVOSNet(make()))
        recipe = replace(osvos_recipe("quick"), height=48, steps=2, held_out=1)
        segment = OSVOS(network, recipe, fabric=fabric)
    else:
        network, seen = watched(MaskTrackNet(make(atrous=True)))
        recipe = replace(masktrack_recipe("quick"), height=48, steps=2, held_out=1)
        segment = MaskTrack(network, recipe, fabric=fabric)
    list(segment.segment([FRAME] * 2, MASK))
    assert seen == {expected}
