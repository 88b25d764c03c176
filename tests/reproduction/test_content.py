"""A run and a network know the content of their data, not its name."""

import json

import numpy as np
import pytest
from PIL import Image
from small_data import write_davis

from vostut.data import open_layout
from vostut.data.stills import FramesAsStills
from vostut.errors import DataError
from vostut.learning import lite
from vostut.learning.checkpoints import save_network
from vostut.osvos import OSVOSNet
from vostut.reproduction.reproduce import PROFILES, train_networks
from vostut.reproduction.runs import RunPlan, run_method


@pytest.fixture
def root(tmp_path):
    return write_davis(tmp_path / "DAVIS", {"left": 4, "right": 3})


def load(root):
    return open_layout(root, "val", resolution="480p")


@pytest.mark.parametrize(
    ("file", "refused"),
    [
        ("JPEGImages/480p/left/00002.jpg", True),
        ("Annotations/480p/left/00000.png", True),
        ("Annotations/480p/left/00002.png", False),  # a run never sees it; scores are computed anew
    ],
)
def test_a_run_of_other_data_is_refused(file, refused, root, tmp_path):
    run_method(RunPlan("copy"), load(root), tmp_path / "run", progress=False)
    run_method(RunPlan("copy"), load(root), tmp_path / "run", progress=False)
    Image.fromarray(np.roll(np.array(Image.open(root / file)), 5, axis=1)).save(root / file)
    if not refused:
        run_method(RunPlan("copy"), load(root), tmp_path / "run", progress=False)
        return
    with pytest.raises(DataError, match=r"left.json: of other frames, or another first mask"):
        run_method(RunPlan("copy"), load(root), tmp_path / "run", progress=False)


def test_a_run_of_an_earlier_version_goes_on(root, tmp_path):
    run_method(RunPlan("copy"), load(root), tmp_path / "run", progress=False)
    done = tmp_path / "run" / "sequences" / "left.json"
    row = json.loads(done.read_text())
    del row["content"]
    done.write_text(json.dumps(row))
    run_method(RunPlan("copy"), load(root), tmp_path / "run", progress=False)


def test_a_network_trained_on_other_data_is_not_taken(root, tmp_path):
    out = tmp_path / "out"
    network = out / "networks" / "osvos" / "parent.safetensors"
    save_network(network, OSVOSNet(lite()), {"backbone": "lite", "data": "7 images, sha256 0"})
    with pytest.raises(DataError, match=r"parent.safetensors: trained on other data"):
        train_networks(["osvos"], PROFILES["quick"], load(root), FramesAsStills([]), out, None)
