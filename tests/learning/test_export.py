"""Networks as ONNX: another engine gives the numbers that PyTorch gives, whatever the size of the image."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
import torch

from vostut.cli import main
from vostut.masktrack import lite_masktrack
from vostut.masktrack.export import export_network
from vostut.osvos import lite_parent
from vostut.osvos.export import LinearHeads, export_backbone

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
SIZES = [(240, 428), (101, 77), (96, 160)]
MOST_BYTES = 7_000_000


def image_of(channels, size):
    image = torch.rand(1, channels, *size, generator=torch.Generator().manual_seed(3))
    if channels == 4:
        image[:, 3] = (image[:, 3] > 0.5).float()
    return image


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """What ``vostut export`` writes."""
    folder = tmp_path_factory.mktemp("export")
    assert main(["export", str(folder)]) == 0
    return folder


def session_of(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def test_the_backbone_gives_pytorchs_features(exported):
    session, network = session_of(exported / "osvos.onnx"), lite_parent()
    assert [o.name for o in session.get_outputs()] == [f"features_{i}" for i in range(5)]
    for size in SIZES:
        image = image_of(3, size)
        with torch.inference_mode():
            expected = network.backbone(image)
        for theirs, ours in zip(session.run(None, {"image": image.numpy()}), expected, strict=True):
            np.testing.assert_allclose(theirs, ours.numpy(), atol=1e-3)


def test_masktrack_gives_pytorchs_logits(exported):
    session, network = session_of(exported / "masktrack.onnx"), lite_masktrack()
    for size in SIZES:
        image = image_of(4, size)
        with torch.inference_mode():
            expected = network(image).numpy()
        (logit,) = session.run(None, {"image": image.numpy()})
        np.testing.assert_allclose(logit, expected, atol=1e-3)


def test_files_are_small(exported):
    assert {path.name for path in exported.iterdir()} == {"osvos.onnx", "osvos_heads.json", "masktrack.onnx"}
    for path in exported.iterdir():
        assert path.stat().st_size < MOST_BYTES, path.name


def test_the_linear_heads_are_the_network_multiplied_out(exported):
    network = lite_parent()
    heads, image = LinearHeads(network), image_of(3, (101, 77))
    with torch.inference_mode():
        expected = network.segment(image)
        ours = heads(network.backbone(image), image.shape[-2:])
    torch.testing.assert_close(ours, expected, atol=1e-4, rtol=0)
    written = json.loads((exported / "osvos_heads.json").read_text())
    flat = np.frombuffer(base64.b64decode(written["weights"]), "<f4")
    assert flat.size == 9 * sum(written["channels"])
    np.testing.assert_array_equal(flat[: 9 * 16], heads.weights[0].detach().numpy().ravel())


def test_networks_that_cannot_be_exported_are_refused():
    from vostut.errors import DataError
    from vostut.learning.backbones import lite, vgg16
    from vostut.masktrack import MaskTrackNet
    from vostut.osvos import OSVOSNet

    with pytest.raises(DataError, match="MaskTrack on 'lite'"):
        export_network(MaskTrackNet(lite(atrous=True), uses_mask=False))
    with pytest.raises(DataError, match="MaxPool2d"):
        export_backbone(OSVOSNet(vgg16()))
