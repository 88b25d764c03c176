"""Equal to the public evaluators of several objects, on scenes whose masks err in all ways."""

import shutil

import numpy as np
import pytest
from PIL import Image

from vostut.data import davis2017
from vostut.evaluation import evaluate
from vostut.images import write_mask

# By davis2017-evaluation (github.com/davisvideochallenge/davis2017-evaluation, commit ac7c43f) on the scenes
# below: mean, recall and decay of J and of F, averaged over objects.
DAVIS2017 = {
    "semi-supervised": (
        (0.6298732519114196, 0.8028571428571428, 0.15360182544812606),
        (0.60566293967914, 0.5885714285714285, 0.11439714544628281),
    ),
    "unsupervised": (
        (0.6145029359933742, 0.7666666666666667, 0.11264919943702519),
        (0.5997292449821131, 0.6055555555555555, 0.10165943569923867),
    ),
}


def truth_of(name: str, t: int) -> np.ndarray:
    """Three objects (two in the scene "b") that cross each other, and undecided pixels."""
    ids = np.zeros((60, 80), np.uint8)
    for i, (top, left, down, right) in enumerate(((5, 4, 1, 3), (30, 50, -1, -2), (22, 20, 0, 1)), 1):
        if i == 3 and name == "b":
            continue
        size = 12 + 3 * i + (t % 4)
        ids[
            max(top + down * t, 0) : top + down * t + size, max(left + right * t, 0) : left + right * t + size
        ] = i
    ids[40 + t : 43 + t, 10:70:2] = 255
    return ids


def mask_of(name: str, t: int) -> np.ndarray:
    """The truth, shifted now and then; an object is lost, another one found where nothing is."""
    ids = np.where(truth_of(name, t) == 255, 0, truth_of(name, t))
    ids = np.roll(ids, (t % 3 - 1, 2 * (t % 5) - 4), axis=(0, 1))
    if t in (4, 5):
        ids[ids == 2] = 0
    if t % 3 == 0:
        ids[50:58, 5:20] = 1
    return ids


@pytest.fixture
def scenes(tmp_path):
    """A data set of two scenes, with both annotations, and a method's masks of both kinds."""
    for name, length in (("a", 12), ("b", 9)):
        for t in range(length):
            ids, mask = truth_of(name, t), mask_of(name, t)
            write_mask(tmp_path / f"D/Annotations/480p/{name}/{t:05d}.png", ids)
            write_mask(tmp_path / f"r/{name}/{t:05d}.png", mask)
            write_mask(tmp_path / f"u/{name}/{t:05d}.png", np.array([0, 4, 1, 6], np.uint8)[mask])
            frame = tmp_path / f"D/JPEGImages/480p/{name}/{t:05d}.jpg"
            frame.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.zeros((*ids.shape, 3), np.uint8)).save(frame)
    shutil.copytree(tmp_path / "D/Annotations", tmp_path / "D/Annotations_unsupervised")
    (tmp_path / "D/ImageSets/2017").mkdir(parents=True)
    (tmp_path / "D/ImageSets/2017/val.txt").write_text("a\nb\n")
    return tmp_path


def ours(scenes, task):
    masks, unsupervised = ("u", True) if task == "unsupervised" else ("r", False)
    data = davis2017.load(scenes / "D", unsupervised=unsupervised)
    return evaluate(scenes / masks, data, metrics=("J", "F"), unsupervised=unsupervised)


@pytest.mark.parametrize("task", DAVIS2017)
def test_equal_to_davis2017_evaluation(scenes, task):
    score = ours(scenes, task)
    for metric, expected in zip("JF", DAVIS2017[task], strict=True):
        assert score.statistics(metric) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("task", DAVIS2017)
def test_davis2017_evaluation_says_so(scenes, task):
    """Where the official program is installed: it gives each value that ours gives."""
    peer = pytest.importorskip("davis2017.evaluation", reason="davis2017-evaluation is not installed")
    masks = "u" if task == "unsupervised" else "r"
    found = peer.DAVISEvaluation(str(scenes / "D"), task, "val").evaluate(str(scenes / masks))
    score = ours(scenes, task)
    for metric in "JF":
        values = [s.statistics(metric) for s in score.sequences.values()]
        for letter, statistic in zip("MRD", ("mean", "recall", "decay"), strict=True):
            mine = [getattr(v, statistic) for v in values]
            # Of unsupervised objects it gives the values in the order of the proposals.
            assert sorted(mine) == pytest.approx(sorted(found[metric][letter]), abs=1e-9)
            assert np.mean(mine) == pytest.approx(np.mean(found[metric][letter]), abs=1e-9)
        assert score.statistics(metric) == pytest.approx([np.mean(found[metric][k]) for k in "MRD"], abs=1e-9)


def test_equal_to_vos_benchmark(scenes):
    benchmark = pytest.importorskip(
        "vos_benchmark.benchmark", reason="the peer vos-benchmark is not installed"
    )
    for name, length in (("a", 12), ("b", 9)):  # it takes 255 for an object
        for t in range(length):
            ids = truth_of(name, t)
            write_mask(scenes / f"D/Annotations/480p/{name}/{t:05d}.png", np.where(ids == 255, 0, ids))
    _, j, f, (objects,) = benchmark.benchmark(
        [str(scenes / "D/Annotations/480p")], [str(scenes / "r")], num_processes=1, verbose=False
    )
    score = ours(scenes, "semi-supervised")
    assert score.statistics("J").mean * 100 == pytest.approx(np.ravel(j)[0], abs=1e-9)
    assert score.statistics("F").mean * 100 == pytest.approx(np.ravel(f)[0], abs=1e-9)
    for name, (js, fs) in objects.items():
        for i in js:
            one = score.sequences[f"{name}_{i}"]
            assert one.statistics("J").mean * 100 == pytest.approx(js[i], abs=1e-9)
            assert one.statistics("F").mean * 100 == pytest.approx(fs[i], abs=1e-9)
