"""Several objects: each tracked on its own, pixels given to the likeliest."""

import numpy as np
import pytest

from vostut.errors import DataError
from vostut.learning.several import SeveralObjects, merge, object_ids, one_by_one
from vostut.video import Dataset, Video


class Oracle:
    """Knows that every object moves one pixel to the right a frame."""

    def predict(self, frames, first_mask):
        for t in range(1, len(frames)):
            yield np.roll(first_mask, t, axis=1) * 0.9


def test_objects_keep_their_ids():
    ids = np.zeros((6, 12), np.uint8)
    ids[1:3, 1:3], ids[4:6, 6:9] = 2, 5
    tracked = list(SeveralObjects(Oracle).segment([None] * 3, ids))
    np.testing.assert_array_equal(tracked, [ids, np.roll(ids, 1, axis=1), np.roll(ids, 2, axis=1)])
    assert tracked[1].dtype == np.uint8


def test_the_likeliest_wins_and_the_unlikely_is_background():
    probabilities = np.array([[[0.9, 0.6, 0.3, 0.7]], [[0.2, 0.8, 0.4, 0.7]]])
    assert merge(probabilities, [1, 3]).tolist() == [[1, 3, 0, 1]]


def test_one_object_is_the_threshold():
    values = np.random.default_rng(0).random((1, 5, 7))
    np.testing.assert_array_equal(merge(values, [1]), values[0] > 0.5)


def test_no_objects_are_an_error():
    with pytest.raises(DataError, match="no object|is empty"):
        next(SeveralObjects(Oracle).segment([None], np.zeros((4, 4), np.uint8)))


def test_undecided_pixels_are_no_object():
    assert object_ids(np.array([[0, 3, 255], [1, 1, 0]], np.uint8)) == [1, 3]


def test_a_video_without_an_object_in_its_first_frame_is_not_left_out_in_silence():
    void = np.array([[0, 255]], np.uint8)
    data = Dataset("two", "val", [Video("late", [None, None], [void, void + 1])])
    with pytest.raises(DataError, match="late: its first mask is empty"):
        one_by_one(data)


def test_each_object_is_a_video_of_its_own():
    ids = np.array([[0, 1, 2]], np.uint8)
    data = Dataset("two", "val", [Video("pair", [None, None], [ids, ids[:, ::-1]], fps=24)])
    parts = one_by_one(data)
    assert list(parts) == ["pair_1", "pair_2"]
    np.testing.assert_array_equal(parts["pair_2"].masks[1], [[True, False, False]])
    assert parts["pair_2"].masks[0].dtype == bool
    assert parts["pair_1"].frame_names == data["pair"].frame_names
