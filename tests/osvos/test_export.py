"""Heads on frozen features: what the page "Try it" trains, and what ``--heads-only`` trains."""

from __future__ import annotations

import argparse

import numpy as np
import pytest
import torch

from vostut import cutouts
from vostut.cli.options import STAGES, add_method_options, make_recipe
from vostut.errors import DataError
from vostut.learning import lite, vgg16
from vostut.metrics import region_similarity
from vostut.osvos import OSVOS, lite_parent
from vostut.osvos.export import LinearHeads, features_of, segment_by_heads, train_heads, variants


def recipe_of(*words, method="osvos"):
    parser = argparse.ArgumentParser()
    add_method_options(parser)
    options = parser.parse_args([*words, "--preset", "quick", "--height", "96", "--steps", "3"])
    options.method = method
    return make_recipe(options)[1]


def test_heads_only_leaves_the_backbone_as_it_is():
    recipe, parent = recipe_of("--heads-only"), lite_parent()
    video = cutouts.load("val")["horse-trot"]
    tuned = OSVOS(parent, recipe).fine_tune(video.frames[0], video.masks[0])
    before, after = parent.state_dict(), tuned.state_dict()
    moved = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"sides", "fuse"}
    assert recipe_of().freeze < STAGES == len(lite().stages) == len(vgg16().stages)


def test_heads_only_is_osvoss():
    with pytest.raises(DataError, match="--heads-only"):
        recipe_of("--heads-only", method="masktrack")


@pytest.mark.parametrize("method", ["osvos", "masktrack"])
def test_a_rate_is_the_backbones_alone(method):
    usual, own = recipe_of(method=method).solver, recipe_of("--rate", "3e-5", method=method).solver
    assert {part for part in own.rates if own.rates[part] != usual.rates[part]} == {"backbone"}
    assert own.rates["backbone"] == 3e-5


def test_training_the_linear_heads_learns_the_object():
    network, video = lite_parent(), cutouts.load("train").subset(["planet-turn"])["planet-turn"]
    frame, mask = video.frames[0], np.asarray(video.masks[0])
    heads, losses = LinearHeads(network), []
    pairs = list(variants(frame, mask))[:2]
    train_heads(
        heads, [features_of(network, *p) for p in pairs], 30, watch=lambda _, loss: losses.append(loss)
    )
    assert losses[-1] < losses[0] / 2
    *_, last = segment_by_heads(network, [frame, video.frames[1]], mask)
    assert region_similarity(last, video.masks[1]) > 0.9
