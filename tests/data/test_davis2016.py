"""What is known of DAVIS-2016 without its images, and how its training videos are divided."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from vostut.data import davis2016


def test_the_two_parts_of_the_training_videos_make_the_whole():
    chosen, rest = davis2016.names("train-6"), davis2016.names("train-24")
    assert len(chosen) == 6
    assert sorted(chosen + rest) == davis2016.names("train")


@pytest.mark.data
def test_the_judges_are_like_all_training_videos(davis_root):
    """Of all choices of six, next to none is nearer to the thirty in attributes, size and growth."""
    names = davis2016.names("train")
    codes = sorted(set().union(*(davis2016.SEQUENCES[name].attributes for name in names)))
    videos = davis2016.load(davis_root, "trainval")
    rows = []
    for name in names:
        areas = np.array([mask.mean() for mask in list(videos[name].masks)[::5]])
        areas = areas[areas > 0]
        marks = [code in davis2016.SEQUENCES[name].attributes for code in codes]
        rows.append([*marks, np.log(areas.mean()), np.log(areas.max() / areas.min())])
    features = np.array(rows, float)
    spread = features.std(axis=0)
    features = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    choices = np.array(list(itertools.combinations(range(len(names)), 6)))
    apart = (features[choices].mean(axis=1) ** 2).sum(axis=1)
    judges = tuple(names.index(name) for name in davis2016.JUDGES)
    ours = apart[(choices == judges).all(axis=1)]
    assert (apart < ours).mean() < 1e-4  # 10 of 593,775
