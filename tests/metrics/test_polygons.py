"""Masks as polygons: what can be said of a shape on squared paper, and what holds for all masks."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vostut.metrics.outline import trace
from vostut.metrics.polygons import contour_points, polygons, resample, simplify

sizes = st.tuples(st.integers(1, 14), st.integers(1, 14))
masks = sizes.flatmap(lambda size: arrays(bool, size))


def rectangle(top, left, bottom, right, size=(40, 60)):
    mask = np.zeros(size, bool)
    mask[top:bottom, left:right] = True
    return mask


def diamond(radius, size=(40, 60)):
    y, x = np.indices(size)
    return abs(y - size[0] // 2) + abs(x - size[1] // 2) <= radius


def signed_area(points):
    """Positive if the points run clockwise on the screen, where rows grow downwards."""
    (y, x), (next_y, next_x) = points[:-1].T, points[1:].T
    return (x * next_y - next_x * y).sum() / 2


def number_of_cracks(mask):
    padded = np.pad(mask, 1)
    return (padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum()


class TestTrace:
    @given(masks)
    @example(np.eye(5, dtype=bool))
    @example(np.indices((6, 7)).sum(axis=0) % 2 == 0)
    def test_curves_walk_every_crack_once_and_enclose_the_object(self, mask):
        curves = trace(mask)
        assert sum(len(curve.points) - 1 for curve in curves) == number_of_cracks(mask)
        areas = [signed_area(c.points) * (-1 if c.object_left else 1) for c in curves]
        assert sum(areas) == mask.sum()  # holes count negative

    @given(masks)
    def test_curves_are_closed_and_simple(self, mask):
        for curve in trace(mask):
            points = curve.points
            assert (points[0] == points[-1]).all()
            assert len(np.unique(points[:-1], axis=0)) == len(points) - 1
            assert (abs(np.diff(points, axis=0)).sum(axis=1) == 1).all()

    def test_pixels_that_touch_diagonally_are_two_curves(self):
        curves = trace(np.array([[1, 0], [0, 1]], bool))
        assert [len(curve.points) for curve in curves] == [5, 5]
        assert all((1, 1) in map(tuple, curve.points.tolist()) for curve in curves)

    def test_holes_that_touch_diagonally_are_two_curves(self):
        mask = ~np.pad(np.eye(2, dtype=bool), 1)
        lengths = sorted(len(curve.points) - 1 for curve in trace(mask))
        assert lengths == [4, 4, 16]

    def test_a_loop_starts_at_its_top_left_corner(self):
        (curve,) = trace(rectangle(5, 7, 9, 12))
        assert curve.points[:2].tolist() == [[5, 7], [6, 7]]  # and goes down first
        assert curve.object_left

    def test_a_curve_through_junctions_starts_at_the_last_one(self):
        first, second = trace(rectangle(2, 2, 6, 6) | rectangle(6, 6, 9, 9))
        assert first.points[0].tolist() == second.points[0].tolist() == [6, 6]


class TestPolygons:
    def test_a_rectangle_has_its_four_corners_clockwise(self):
        (polygon,) = polygons(rectangle(5, 7, 15, 27))
        assert polygon.tolist() == [[5, 7], [5, 27], [15, 27], [15, 7], [5, 7]]

    def test_an_object_that_fills_the_image_has_the_corners_of_the_image(self):
        (polygon,) = polygons(np.ones((30, 50), bool))
        assert {*map(tuple, polygon)} == {(0, 0), (0, 50), (30, 50), (30, 0)}

    @pytest.mark.parametrize("corner", [(0, 0), (0, 40), (25, 0), (25, 40)])
    def test_the_border_of_the_image_is_outline(self, corner):
        y, x = corner
        (polygon,) = polygons(rectangle(y, x, y + 15, x + 20))
        assert {*map(tuple, polygon)} == {(y, x), (y, x + 20), (y + 15, x), (y + 15, x + 20)}

    def test_a_diamond_loses_its_staircase(self):
        (polygon,) = polygons(diamond(15))
        assert len(polygon) <= 10  # of more than 100 corners
        assert abs(signed_area(polygon)) == pytest.approx(diamond(15).sum(), rel=0.1)

    @pytest.mark.parametrize(("side", "count"), [(1, 0), (2, 0), (3, 1)])
    def test_three_pixels_are_the_smallest_square(self, side, count):
        # A corner of a square is side / sqrt(2) from the diagonal: 2.1 pixels for 3, 1.4 < 1.5 for 2.
        assert len(polygons(rectangle(5, 5, 5 + side, 5 + side))) == count

    def test_a_hole_runs_the_other_way(self):
        outline, hole = polygons(rectangle(5, 5, 35, 55) & ~rectangle(10, 20, 20, 40))
        assert signed_area(outline) == 30 * 50
        assert signed_area(hole) == -10 * 20

    def test_squares_that_touch_diagonally_are_two_polygons(self):
        found = polygons(rectangle(5, 5, 15, 15) | rectangle(15, 15, 25, 25))
        assert sorted(map(signed_area, found)) == [100, 100]
        assert all((polygon[0] == (15, 15)).all() for polygon in found)

    @pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 5), (480, 854)])
    def test_an_empty_mask_has_none(self, size):
        assert polygons(np.zeros(size, bool)) == []
        assert contour_points(np.zeros(size, bool)) is None

    @given(masks)
    def test_polygons_are_closed_and_stand_on_pixel_corners(self, mask):
        for polygon in polygons(mask):
            assert len(polygon) >= 4
            assert (polygon[0] == polygon[-1]).all()
            assert (polygon == polygon.round()).all()
            assert (polygon >= 0).all()
            assert (polygon <= mask.shape).all()

    @given(masks, st.integers(0, 9), st.integers(0, 9))
    def test_moving_the_object_moves_the_polygons(self, mask, down, right):
        moved = np.pad(mask, [(down, 2), (right, 3)])
        for polygon, other in zip(polygons(mask), polygons(moved), strict=True):
            assert (polygon + np.array([down, right]) == other).all()


class TestSimplify:
    def test_points_close_to_the_last_one_kept_are_dropped_first(self):
        # A spike of height 9, whose tip is only 2 from the point before it: it is gone before
        # Douglas-Peucker could see it.
        line = np.array([[0, 0], [0, 10], [7, 10], [9, 10], [7, 11], [0, 11], [0, 20]], float)
        (result,) = simplify([line], 3.0)
        assert [9, 10] not in result.tolist()
        assert [7, 10] in result.tolist()

    def test_a_point_exactly_at_the_tolerance_is_dropped(self):
        line = np.array([[0, 0], [3, 10], [0, 20]], float)
        assert len(simplify([line], 3.0)[0]) == 2
        assert len(simplify([line], 2.9)[0]) == 3

    @given(
        st.lists(arrays(np.int64, st.tuples(st.integers(2, 30), st.just(2)), elements=st.integers(-20, 20))),
        st.sampled_from([0.1, 1.0, 3.0]),
    )
    def test_all_at_once_equals_one_by_one_and_recursion(self, lines, tolerance):
        lines = [line.astype(float) for line in lines]
        if not lines:
            return
        for line, result in zip(lines, simplify(lines, tolerance), strict=True):
            assert np.array_equal(result, plain_simplify(line, tolerance))


def plain_simplify(line, tolerance):
    thin = [line[0]]
    for point in line[1:-1]:
        if ((point - thin[-1]) ** 2).sum() >= tolerance**2:
            thin.append(point)
    return np.array(recurse([*thin, line[-1]], tolerance))


def recurse(points, tolerance):
    if len(points) < 3:
        return points
    start, end = points[0], points[-1]
    distances = []
    for point in points[1:-1]:
        length = ((end - start) ** 2).sum()
        fraction = ((point - start) * (end - start)).sum() / length if length else 0
        nearest = start + float(np.float32(min(max(fraction, 0), 1))) * (end - start)
        distances.append(((point - nearest) ** 2).sum())
    largest = max(distances)
    if largest <= tolerance**2:
        return [start, end]
    split = max(k for k, distance in enumerate(distances, start=1) if distance == largest)
    return [*recurse(points[: split + 1], tolerance)[:-1], *recurse(points[split:], tolerance)]


class TestContourPoints:
    def test_long_edges_are_cut_into_equal_pieces_of_three_pixels_at_most(self):
        points = resample(np.array([[0, 0], [0, 7], [3, 7], [0, 0]], float))
        steps = np.hypot(*np.diff(points, axis=0).T)
        assert steps == pytest.approx([7 / 3] * 3 + [3] + [58**0.5 / 3] * 3)

    @given(masks)
    def test_points_follow_a_polygon_without_gaps(self, mask):
        points = contour_points(mask)
        if points is None:
            assert polygons(mask) == []
            return
        steps = np.hypot(*np.diff(points, axis=0).T)
        assert steps.max() <= 3 + 1e-9
        length = max(len(polygon) for polygon in polygons(mask))
        assert len(points) >= length
        assert (points[0] == points[-1]).all()

    def test_the_polygon_with_most_vertices_is_taken_even_if_it_is_a_hole(self):
        mask = np.ones((40, 60), bool) & ~diamond(12)
        points = contour_points(mask)
        assert points.min() > 0  # not the outline, which lies on the border of the image

    def test_of_two_equals_the_last_is_taken(self):
        points = contour_points(rectangle(2, 2, 12, 12) | rectangle(20, 20, 38, 58))
        assert points.min() >= 20
