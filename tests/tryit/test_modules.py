"""The page's JavaScript computes what the package computes: held in Node, module by module."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from copy import deepcopy
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from vostut.images import read_mask
from vostut.learning.augment import to_tensors
from vostut.osvos import OSVOSNet, class_balanced_cross_entropy, lite_parent
from vostut.osvos.export import RATE, ZOOMS, LinearHeads, train_heads, variants
from vostut.plot.embed import encode_runs

HERE = Path(__file__).resolve().parent
HEIGHT, WIDTH = 45, 70  # no multiples of a stride


def scene():
    """A bright disk on a gradient."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    mask = (y - 20) ** 2 + (x - 30) ** 2 < 12**2
    ground = np.dstack([3 * x, 4 * y, 200 - 2 * x]).astype(np.uint8)
    frame = np.where(mask[..., None], (230, 160, 30), ground).astype(np.uint8)
    return cv2.GaussianBlur(frame, (5, 5), 1), mask


def numbers(tensor):
    return tensor.detach().flatten().tolist()


def heads_case():
    """Logit, loss and gradient of the parent's heads on a small scene, and twenty steps of training."""
    network: OSVOSNet = lite_parent()
    image, target = to_tensors(*scene())
    with torch.no_grad():
        features = network.backbone(image)
    heads = LinearHeads(network)
    case = {
        "height": HEIGHT,
        "width": WIDTH,
        "strides": list(heads.strides),
        "channels": [w.shape[1] for w in heads.weights],
        "weights": [v for w in heads.weights for v in numbers(w)],
        "bias": heads.bias.item(),
        "shapes": [list(f.shape) for f in features],
        "features": [numbers(f) for f in features],
        "mask": [int(v) for v in numbers(target)],
        "rate": RATE,
    }
    exact = deepcopy(heads).double()  # float32 sums in an order that is each processor's own
    logit = exact([f.double() for f in features], target.shape[-2:])
    loss = class_balanced_cross_entropy(logit, target.double())
    loss.backward()
    case |= {"logit": numbers(logit), "loss": loss.item(), "biasGradient": exact.bias.grad.item()}
    case["gradient"] = [v for w in exact.weights for v in numbers(w.grad)]
    losses: list[float] = []
    train_heads(heads, [(features, target)], steps=20, watch=lambda step, loss: losses.append(loss))
    return case | {"losses": losses}


def variants_case():
    frame, mask = scene()

    def planes(picture):
        return np.moveaxis(picture, 2, 0).ravel().tolist()

    made = list(variants(frame, mask))
    return {
        "height": HEIGHT,
        "width": WIDTH,
        "frame": planes(frame),
        "mask": mask.astype(int).ravel().tolist(),
        "zooms": list(ZOOMS),
        "frames": [planes(f) for f, _ in made],
        "masks": [m.astype(int).ravel().tolist() for _, m in made],
    }


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on the PATH")
def test_modules_in_node(tmp_path):
    rng = np.random.default_rng(0)
    masks = [scene()[1], rng.random((HEIGHT, WIDTH)) < 0.5, np.zeros((HEIGHT, WIDTH), bool)]
    flat = [m.astype(int).ravel().tolist() for m in masks]
    zipped = tmp_path / "clip.zip"
    cases = {
        "heads": heads_case(),
        "variants": variants_case(),
        "runs": [{"mask": f, "runs": encode_runs(m)} for f, m in zip(flat, masks, strict=True)],
        "zip": {"width": WIDTH, "height": HEIGHT, "masks": flat, "path": str(zipped)},
    }
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(cases))
    result = subprocess.run(
        ["node", "--test", str(HERE / "modules.test.mjs")],
        env={**os.environ, "VOSTUT_CASES": str(file)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-5000:]
    with zipfile.ZipFile(zipped) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    for t, mask in enumerate(masks):
        np.testing.assert_array_equal(read_mask(tmp_path / "clip" / f"0000{t}.png"), mask)
