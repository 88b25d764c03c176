"""Which mask belongs to which frame: found where it is plain, refused where numbers would be shifted."""

import pytest

from vostut.errors import DataError
from vostut.evaluation.names import match_names

FRAMES = [f"{t:05d}" for t in range(6)]


@pytest.mark.parametrize(
    "pattern", ["{:05d}", "{:06d}", "{}", "frame_{:05d}", "bear-{}-mask", "v2_{:03d}", "480p.{:05d}"]
)
def test_one_number_counts(pattern):
    masks = [pattern.format(t) for t in range(6)]
    assert match_names(masks, FRAMES, "r/bear") == dict(zip(FRAMES, masks, strict=True))
    # The first and the last frame are not scored, so they need no mask.
    assert match_names(masks[1:-1], FRAMES, "r/bear") == dict(zip(FRAMES[1:-1], masks[1:-1], strict=True))


@pytest.mark.parametrize("pattern", ["{:05d}", "{:06d}", "frame_{}"])
@pytest.mark.parametrize(("masks", "frames"), [(range(1, 7), range(6)), (range(6), range(1, 7))])
def test_another_beginning_is_refused(pattern, masks, frames):
    names = [f"{t:05d}" for t in frames]
    with pytest.raises(DataError, match=r"r/bear: .*\.png is the mask of no frame: .*count from the same"):
        match_names([pattern.format(t) for t in masks], names, "r/bear")


def test_frames_at_a_step():
    every_fifth = [f"{t:05d}" for t in range(0, 26, 5)]
    dense = [f"{t:05d}" for t in range(30)]
    assert list(match_names(dense, every_fifth, "r")) == every_fifth
    assert list(match_names(every_fifth, every_fifth, "r")) == every_fifth
    with pytest.raises(DataError, match="the mask of no frame"):
        match_names([f"{t:05d}" for t in range(1, 30)], every_fifth, "r")


def test_other_pictures_are_passed_over():
    masks = [*FRAMES, "overlay", "00001_overlay", "legend-2"]
    assert match_names(masks, FRAMES, "r") == dict(zip(FRAMES, FRAMES, strict=True))
    assert match_names(["overlay", "frame_1", "left-2"], FRAMES, "r") == {}


def test_two_with_one_number():
    with pytest.raises(DataError, match=r"r/bear: 00001\.png and 1\.png .expected one"):
        match_names(["1", "00001"], FRAMES, "r/bear")


def test_names_without_numbers_have_to_be_the_same():
    assert match_names(["a", "c"], ["a", "b"], "r") == {"a": "a"}
    assert match_names(["3_4", "4_5"], FRAMES, "r") == {}  # two numbers count
