"""Deformations stay within the article's bounds, and the spline is the one of the textbooks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RBFInterpolator
from scipy.ndimage import center_of_mass, distance_transform_edt, label

from vostut.masktrack.deform import (
    Deformation,
    affine,
    bend,
    box,
    contour_points,
    deform,
    dilate,
    thin_plate_spline,
)
from vostut.metrics import region_similarity


@pytest.fixture(scope="module")
def ellipse():
    y, x = np.mgrid[:120, :160]
    return ((x - 80) / 40) ** 2 + ((y - 60) / 25) ** 2 < 1


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_the_spline_agrees_with_scipys(seed):
    rng = np.random.default_rng(seed)
    points, values, places = rng.uniform(0, 200, (6, 2)), rng.normal(size=(6, 2)), rng.uniform(0, 200, (9, 2))
    reference = RBFInterpolator(points, values, kernel="thin_plate_spline")(places)
    np.testing.assert_allclose(thin_plate_spline(points, values)(places), reference, atol=1e-6)


def test_the_spline_meets_its_values_and_smoothing_makes_it_affine():
    rng = np.random.default_rng(0)
    points, values = rng.uniform(0, 100, (8, 2)), rng.normal(size=(8, 2))
    np.testing.assert_allclose(thin_plate_spline(points, values)(points), values, atol=1e-9)
    plane = np.column_stack([np.ones(8), points])
    best = plane @ np.linalg.lstsq(plane, values, rcond=None)[0]
    np.testing.assert_allclose(thin_plate_spline(points, values, smoothing=1e5)(points), best, atol=1e-3)


def test_points_on_a_line_do_not_break_it():
    line = np.array([[0.0, 0], [1, 1], [2, 2]])
    assert np.isfinite(thin_plate_spline(line, line)(np.array([[5.0, 1]]))).all()


def test_scaling_changes_the_area_by_its_square(ellipse):
    grown = affine(ellipse, 1.05, 0, 0)
    assert grown.sum() / ellipse.sum() == pytest.approx(1.05**2, rel=0.01)
    np.testing.assert_array_equal(affine(ellipse, 1.0, 0, 0), ellipse)


def test_shifting_moves_the_centre(ellipse):
    (y0, x0), (y1, x1) = center_of_mass(ellipse), center_of_mass(affine(ellipse, 1.0, 7, -4))
    assert (x1 - x0, y1 - y0) == pytest.approx((7, -4), abs=0.05)


def test_bending_by_nothing_is_nothing_and_by_a_common_shift_a_shift(ellipse):
    points = contour_points(ellipse, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(bend(ellipse, points, points), ellipse)
    moved = bend(ellipse, points, np.add(points, (6.0, 3.0)))
    assert region_similarity(moved, affine(ellipse, 1.0, 6, 3)) > 0.995


def test_control_points_stand_around_the_outline(ellipse):
    points = contour_points(ellipse, 5, np.random.default_rng(1))
    outside = distance_transform_edt(~ellipse)
    assert points.shape == (5, 2)
    assert all(0 < outside[int(y), int(x)] < 1.5 for x, y in points)
    angles = np.sort(np.arctan2(points[:, 1] - 60, points[:, 0] - 80))
    assert np.diff(np.append(angles, angles[0] + 2 * np.pi)).max() < np.pi


def test_dilation_adds_what_is_near(ellipse):
    distance = distance_transform_edt(~ellipse)
    np.testing.assert_array_equal(dilate(ellipse, 5), distance <= 5)
    np.testing.assert_array_equal(dilate(ellipse, 0), ellipse)


@settings(max_examples=40)
@given(st.integers(0, 100_000))
def test_a_deformed_mask_is_still_roughly_the_object(seed):
    y, x = np.mgrid[:120, :160]
    mask = ((x - 80) / 40) ** 2 + ((y - 60) / 25) ** 2 < 1
    rough = deform(mask, Deformation(), np.random.default_rng(seed))
    assert 0.6 < rough.sum() / mask.sum() < 2.6
    (y0, x0), (y1, x1) = center_of_mass(mask), center_of_mass(rough)
    assert abs(x1 - x0) < 0.25 * 80
    assert abs(y1 - y0) < 0.25 * 50
    assert label(rough)[1] <= 2  # in one piece, or nearly
    assert region_similarity(rough, mask) > 0.35


def test_each_recipe_field_does_what_it_says(ellipse):
    rng = np.random.default_rng(0)
    still = Deformation(scale=0, shift=0, points=0, radius=0)
    np.testing.assert_array_equal(deform(ellipse, still, rng), ellipse)
    np.testing.assert_array_equal(
        deform(ellipse, Deformation(scale=0, shift=0, points=0, radius=16), rng), dilate(ellipse, 4)
    )
    one, same, other = (deform(ellipse, Deformation(), np.random.default_rng(s)) for s in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_empty_stays_empty_and_one_pixel_survives():
    rng = np.random.default_rng(0)
    empty = np.zeros((30, 40), bool)
    assert not deform(empty, Deformation(), rng).any()
    assert not box(empty).any()
    dot = empty.copy()
    dot[0, 0] = True
    assert deform(dot, Deformation(), rng).any()


def test_a_box_is_the_tightest(ellipse):
    filled = box(ellipse)
    ys, xs = np.nonzero(ellipse)
    assert filled.sum() == (ys.max() - ys.min() + 1) * (xs.max() - xs.min() + 1)
    assert (filled >= ellipse).all()


def test_the_radius_goes_with_the_height_of_the_training_not_of_a_smaller_sample(ellipse):
    """A sample of half the size in a training at 240 lines is dilated as far as a whole one."""
    recipe = Deformation(scale=0, shift=0, points=0, radius=16)
    rough = deform(ellipse, recipe, np.random.default_rng(0), lines=240)
    np.testing.assert_array_equal(rough, dilate(ellipse, 8))
