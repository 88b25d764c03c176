"""The experiment on the second stream: its variants differ in what they say, and agree with the method."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vostut import cutouts
from vostut.flow import dis_flow, magnitude_image
from vostut.masktrack import MaskTrack, lite_masktrack, masktrack_recipe
from vostut.metrics import region_similarity

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "flow_stream.py"


@pytest.fixture(scope="module")
def experiment():
    spec = importlib.util.spec_from_file_location("flow_stream", FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclasses look for their names
    spec.loader.exec_module(module)
    return module


def test_pictures_of_a_moving_square(experiment):
    """A square moves over a background that a camera moves along."""
    flow = np.zeros((100, 120, 2), np.float32)
    flow[..., 0] = 2
    flow[20:40, 20:40] = (2, 6)
    inside, outside = (slice(22, 38), slice(22, 38)), (slice(60, 80), slice(60, 80))
    for picture in (magnitude_image, experiment.at_one_scale, experiment.logarithm):
        assert picture(flow)[inside].min() == 255
        assert picture(flow)[outside].max() == 0
    left_in = experiment.camera_left_in(flow)
    assert 0 < left_in[outside].min() < left_in[inside].min() == 255
    photograph = experiment.like_a_photograph(flow)
    assert 64 <= photograph.min() < photograph.max() <= 191
    turned = flow.copy()
    turned[20:40, 20:40] = (2, -6)
    assert (experiment.colours(flow)[inside] != experiment.colours(turned)[inside]).any()
    slow = flow.copy()
    slow[20:40, 20:40] = (2, 1)
    assert experiment.at_one_scale(slow)[inside].max() == round(255 / 2)


def test_the_usual_variants_are_the_method_itself(experiment):
    video = next(iter(cutouts.load("val").values()))
    video = replace(
        video, **{k: getattr(video, k)[:5] for k in ("frames", "masks", "frame_names")}, flow=None
    )
    recipe = replace(masktrack_recipe("quick", "lite"), height=video.masks[0].shape[0], steps=2)
    found = experiment.measure(MaskTrack(lite_masktrack(), recipe), video)
    assert found.keys() == {v.words for v in experiment.VARIANTS}
    for words, flow in (("no second stream", None), ("as in the book", dis_flow)):
        masks = list(
            MaskTrack(lite_masktrack(), recipe, flow).segment(video.frames, np.asarray(video.masks[0]))
        )
        js = [region_similarity(masks[t], video.masks[t]) for t in range(1, 4)]
        assert found[words] == pytest.approx(np.mean(js), abs=2e-3), words
