"""J and F: properties that hold for all masks, and facts that can be worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from vostut.metrics import (
    contour_accuracy,
    contour_precision_recall,
    region_similarity,
    tolerance_in_pixels,
)
from vostut.metrics.contour import contour, dilate

sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))
masks = sizes.flatmap(lambda size: arrays(bool, size))
pairs = sizes.flatmap(lambda size: st.tuples(arrays(bool, size), arrays(bool, size)))


def disk(radius):
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return x**2 + y**2 <= radius**2


def plain_contour_scores(m, g, radius):
    """Precision and recall written down as the definition reads, on whole images."""
    m, g = plain_contour(m), plain_contour(g)
    near_m, near_g = (ndimage.binary_dilation(c, disk(radius)) for c in (m, g))
    if not m.any() or not g.any():
        return float(not m.any()), float(not g.any())
    return (m & near_g).sum() / m.sum(), (g & near_m).sum() / g.sum()


def plain_contour(mask):
    """A pixel is contour if an existing right, lower or lower right neighbour differs."""
    h, w = mask.shape
    result = np.zeros_like(mask)
    for y in range(h):
        for x in range(w):
            if y == h - 1:  # the last row looks right only, the last column down only
                neighbours = [(y, x + 1)]
            elif x == w - 1:
                neighbours = [(y + 1, x)]
            else:
                neighbours = [(y, x + 1), (y + 1, x), (y + 1, x + 1)]
            result[y, x] = any(mask[a, b] != mask[y, x] for a, b in neighbours if a < h and b < w)
    return result


@given(pairs)
def test_region_range_symmetry_and_encoding(pair):
    m, g = pair
    j = region_similarity(m, g)
    assert 0 <= j <= 1
    assert j == region_similarity(g, m)
    assert j == region_similarity(m * np.uint8(255), g.astype(np.uint8))


@given(masks)
def test_identity_is_perfect(mask):
    assert region_similarity(mask, mask) == 1
    assert contour_accuracy(mask, mask) == 1


@given(pairs)
def test_contour_range_symmetry_and_encoding(pair):
    m, g = pair
    f = contour_accuracy(m, g)
    assert 0 <= f <= 1
    assert f == pytest.approx(contour_accuracy(g, m))
    assert contour_precision_recall(m, g) == contour_precision_recall(g, m)[::-1]
    assert f == contour_accuracy(m * np.uint8(255), g.astype(np.uint8))


@given(pairs, st.integers(0, 9))
def test_contour_equals_the_plain_definition(pair, radius):
    m, g = pair
    assert contour_precision_recall(m, g, radius) == plain_contour_scores(m, g, radius)


@given(masks)
def test_contour_rule(mask):
    np.testing.assert_array_equal(contour(mask), plain_contour(mask))


@given(masks, st.integers(0, 12))
def test_dilation_is_by_a_disk(mask, radius):
    np.testing.assert_array_equal(dilate(mask, radius), ndimage.binary_dilation(mask, disk(radius)))


def square(shift=0, size=(100, 120)):
    mask = np.zeros(size, bool)
    mask[30:70, 30 + shift : 70 + shift] = True
    return mask


@given(st.integers(1, 2))
def test_within_the_tolerance_band_f_is_one(shift):
    assert tolerance_in_pixels(100, 120) == 2
    assert contour_accuracy(square(shift), square()) == 1
    assert region_similarity(square(shift), square()) == (40 - shift) / (40 + shift)


def test_beyond_the_tolerance_band_f_falls():
    values = [contour_accuracy(square(shift), square()) for shift in range(2, 30, 3)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.6


def test_same_j_different_f():
    g = square()
    whole, comb = g.copy(), g.copy()
    whole[60:70] = False  # a quarter of the square is gone, in one piece ...
    comb[30:70:4] = False  # ... or as ten thin slits
    assert region_similarity(whole[:, 30:70], g[:, 30:70]) == pytest.approx(0.75)
    assert region_similarity(comb, g) == region_similarity(whole, g)
    assert contour_accuracy(whole, g) > contour_accuracy(comb, g) + 0.1


@pytest.mark.parametrize("size", [(480, 854), (240, 428), (1080, 1920)])
def test_tolerance_is_a_fraction_of_the_diagonal(size):
    assert tolerance_in_pixels(*size) == math.ceil(0.008 * math.hypot(*size))


def test_tolerance_at_the_resolution_of_the_benchmark():
    assert tolerance_in_pixels(480, 854) == 8
    assert dilate(np.pad([[True]], 20), 8).sum() == 197


def test_empty_and_full_masks():
    empty, full = np.zeros((50, 60), bool), np.ones((50, 60), bool)
    some = np.zeros((50, 60), bool)
    some[20:30, 20:40] = True
    assert region_similarity(empty, empty) == 1
    assert region_similarity(empty, some) == region_similarity(some, empty) == 0
    assert contour_accuracy(empty, empty) == 1
    assert contour_precision_recall(empty, some) == (1, 0)
    assert contour_precision_recall(some, empty) == (0, 1)
    assert contour_accuracy(empty, some) == contour_accuracy(some, empty) == 0
    # The border of the image is not contour: an object that fills the image has none, as an empty one.
    assert not contour(full).any()
    assert contour_accuracy(full, empty) == 1
    assert region_similarity(full, empty) == 0
    assert region_similarity(full, full) == 1


def test_one_pixel():
    one = np.zeros((9, 9), bool)
    one[4, 4] = True
    assert np.argwhere(contour(one)).tolist() == [[3, 3], [3, 4], [4, 3], [4, 4]]
    corner = np.zeros((9, 9), bool)
    corner[8, 8] = True
    assert np.argwhere(contour(corner)).tolist() == [[7, 7], [7, 8], [8, 7]]


def test_diagonal_neighbours_touch():
    diagonal = np.eye(6, dtype=bool)
    assert contour(diagonal)[:5, :5].diagonal().all()
    assert contour_accuracy(diagonal, diagonal) == 1


def test_border_touching_object_has_an_open_contour():
    mask = np.zeros((40, 40), bool)
    mask[:, :20] = True
    edges = contour(mask)
    assert edges[:, 19].all()
    assert edges.sum() == 40


@given(st.integers(0, 2**32 - 1))
def test_a_random_mask_does_not_score_one(seed):
    # Pitfall 9: an evaluator that compares an image with itself gives 1.0 to everything.
    random = np.random.default_rng(seed).random((100, 120)) < 0.5
    assert region_similarity(random, square()) < 0.3
    assert contour_accuracy(random, square()) < 0.5


def test_sizes_must_agree():
    for metric in (region_similarity, contour_accuracy):
        with pytest.raises(ValueError, match=r"different sizes: prediction \(3, 4\), ground truth \(4, 3\)"):
            metric(np.zeros((3, 4)), np.zeros((4, 3)))
        with pytest.raises(ValueError, match="expected two H x W arrays"):
            metric(np.zeros((3, 4, 3)), np.zeros((3, 4, 3)))
