"""The MaskTrack network: four channels in, one logit out, at any size."""

import pytest
import torch

from vostut.errors import DataError
from vostut.learning import lite, vgg16
from vostut.learning.checkpoints import read, save_network, shrink
from vostut.masktrack import MaskTrackNet, load_masktrack
from vostut.osvos import OSVOSNet, load_osvos


@pytest.fixture(scope="module", params=[lite, vgg16], ids=["lite", "vgg16"])
def network(request):
    torch.manual_seed(0)
    return MaskTrackNet(request.param(atrous=True)).eval()


@pytest.mark.parametrize("size", [(64, 96), (61, 83)])
def test_the_logit_has_the_size_of_the_image(network, size):
    with torch.no_grad():
        assert network(torch.rand(2, 4, *size)).shape == (2, 1, *size)


def test_atrous_stages_keep_their_resolution():
    image = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        for backbone in (vgg16(atrous=True), lite(atrous=True)):
            sizes = [f.shape[-2:] for f in backbone(image)]
            assert [(-(-64 // s), -(-96 // s)) for s in backbone.strides] == [tuple(s) for s in sizes]
            assert backbone.strides[-1] == backbone.strides[-2]


@pytest.mark.parametrize("backbone", [lite, vgg16])
def test_a_mask_channel_at_zero_changes_nothing(backbone):
    torch.manual_seed(0)
    three, four = backbone(), backbone()
    four.load_state_dict(three.state_dict())
    four.add_channel(std=0.0)
    three.eval(), four.eval()
    image = torch.rand(1, 4, 48, 64)
    with torch.no_grad():
        for a, b in zip(three(image[:, :3]), four(image), strict=True):
            torch.testing.assert_close(a, b)


def test_the_mask_is_seen_and_without_the_channel_it_is_not(network):
    image = torch.rand(1, 4, 64, 96)
    other = image.clone()
    other[:, 3] = 1 - other[:, 3]
    blind = MaskTrackNet(lite(atrous=True), uses_mask=False).eval()
    with torch.no_grad():
        assert not torch.equal(network(image), network(other))
        assert torch.equal(blind(image), blind(other))


def test_gradients_reach_everything(network):
    network.train()
    network(torch.rand(1, 4, 64, 96)).square().mean().backward()
    missing = [n for n, p in network.named_parameters() if p.grad is None]
    network.zero_grad()
    network.eval()
    assert not missing


def test_the_fourth_filters_start_gaussian():
    torch.manual_seed(0)
    backbone = vgg16(atrous=True)
    backbone.add_channel(std=0.01)
    first = backbone.stages[0][0]
    assert first.weight.shape == (64, 4, 3, 3)
    assert 0.008 < float(first.weight[:, 3].detach().std()) < 0.012


def test_checkpoints_say_which_method_they_belong_to(tmp_path):
    torch.manual_seed(0)
    network = MaskTrackNet(lite(atrous=True)).eval()
    path = tmp_path / "net.safetensors"
    save_network(path, network, {"network": "MaskTrack", "backbone": "lite", "config": {}})
    again, _ = load_masktrack(path)
    image = torch.rand(1, 4, 48, 64)
    with torch.no_grad():
        assert torch.equal(network(image), again(image))
    with pytest.raises(DataError, match=r"holds MaskTrack \(expected a network of OSVOS parent\)"):
        load_osvos(path)
    save_network(path, OSVOSNet(lite()), {"network": "OSVOS parent", "backbone": "lite"})
    with pytest.raises(DataError, match="holds OSVOS parent"):
        load_masktrack(path)


def test_a_checkpoint_at_8_bits_is_a_quarter_and_close(tmp_path):
    torch.manual_seed(0)
    network = MaskTrackNet(vgg16(atrous=True)).eval()
    whole, small = tmp_path / "whole.safetensors", tmp_path / "small.safetensors"
    save_network(whole, network, {"network": "MaskTrack", "backbone": "vgg16", "config": {}})
    shrink(whole, small)
    assert small.stat().st_size < 0.26 * whole.stat().st_size
    before, (after, about) = read(whole)[0], read(small)
    assert about["bits"] == 8
    assert before.keys() == after.keys()
    for name in before:
        most = before[name].abs().amax(dim=(1, 2, 3), keepdim=True) if before[name].dim() == 4 else 1.0
        assert bool(((before[name] - after[name].float()).abs() <= most / 254 + 1e-3).all()), name
    image = torch.rand(1, 4, 64, 64)
    with torch.no_grad():
        difference = network(image) - load_masktrack(small)[0](image)
        assert float(difference.abs().max()) < 0.03 * float(network(image).std() + 1e-3)
