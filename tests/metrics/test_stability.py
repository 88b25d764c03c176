"""Temporal stability: facts that follow from its definition, and the benchmark's own values."""

import csv
import os
import subprocess
import sys
import zipfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise, product
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from vostut.images import decode_mask, read_mask
from vostut.metrics.polygons import polygons, resample
from vostut.metrics.shape_context import chi2_cost, shape_context
from vostut.metrics.stability import (
    _instability,
    dtw_path,
    match,
    mean_stability,
    one_to_one,
    pair_instability,
    temporal_stability,
)

EMPTY = np.zeros((60, 80), bool)
coarse = arrays(bool, (6, 8))
costs = st.tuples(st.integers(1, 7), st.integers(1, 7)).flatmap(
    lambda size: arrays(np.int64, size, elements=st.integers(0, 4))
)


def ellipse(y=30, x=40, b=15, a=25, size=(60, 80)):
    rows, columns = np.indices(size)
    return ((rows - y) / b) ** 2 + ((columns - x) / a) ** 2 <= 1


def blob(grid):
    """A smooth random mask from a coarse grid of booleans."""
    return ndimage.zoom(np.pad(grid, 1).astype(float), 6, order=1) > 0.5


class TestShapeContext:
    @given(arrays(np.int64, st.tuples(st.integers(1, 50), st.just(2)), elements=st.integers(0, 99)))
    def test_one_histogram_of_sum_one_for_each_point(self, points):
        histograms = shape_context(points.astype(float))
        assert histograms.shape == (len(points), 60)
        assert (histograms >= 0).all()
        assert histograms.sum(axis=1) == pytest.approx(1)

    def test_a_point_sees_itself_in_the_nearest_ring(self):
        assert np.flatnonzero(shape_context(np.array([[5.0, 5.0]]))).tolist() == [4]

    def test_what_is_two_mean_distances_away_is_not_seen(self):
        # The mean over all four pairs, two of them at distance 0, is half the distance of the points.
        histograms = shape_context(np.array([[0.0, 0.0], [0.0, 3.0]]))
        assert np.flatnonzero(histograms.sum(axis=0)).tolist() == [4]

    def test_directions_are_counted_from_down_to_right_in_steps_of_30_degrees(self):
        turn = np.radians(30 * np.arange(12) + 15)
        ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        seen = shape_context(np.concatenate([[[0.0, 0.0]], ring]))[0].reshape(12, 5)
        assert seen[1:].sum(axis=1) == pytest.approx(1 / 13)

    def test_tiny_negative_angles_count_as_zero(self):
        points = np.array([[0.0, 0.0], [5.0, -1e-17], [5.0, 5.0], [0.0, 5.0]])
        exact = points.round()
        assert np.array_equal(shape_context(points), shape_context(exact))

    @given(st.integers(-50, 50), st.sampled_from([0.5, 2, 4]))
    def test_place_and_size_do_not_matter(self, shift, scale):
        points = np.array([[0, 0], [0, 9], [4, 12], [8, 9], [8, 0]], float)
        assert np.array_equal(shape_context(points), shape_context(scale * (points + shift)))


class TestCost:
    @given(arrays(np.int64, (5, 12), elements=st.integers(0, 9)))
    def test_it_is_the_chi2_distance(self, counts):
        counts[:, 0] += 1
        histograms = counts / counts.sum(axis=1, keepdims=True)
        a, b = histograms[:, None], histograms[None]
        with np.errstate(invalid="ignore"):
            terms = np.nan_to_num((a - b) ** 2 / (a + b))
        cost = chi2_cost(histograms, histograms)
        assert cost == pytest.approx(terms.sum(axis=2) / 2, abs=1e-12)
        assert (cost.diagonal() == 0).all()

    def test_every_processor_gives_the_same_bits(self):
        """OpenBLAS adds in another order on each kind; this makes it take this machine for two of them."""
        code = (
            "import numpy as np; from vostut.metrics.shape_context import chi2_cost;"
            "a = np.random.default_rng(0).dirichlet(np.ones(60), 90); print(chi2_cost(a, a).tobytes().hex())"
        )
        run = partial(subprocess.run, [sys.executable, "-c", code], capture_output=True, check=True)
        haswell, older = (
            run(env={**os.environ, "OPENBLAS_CORETYPE": kind}).stdout for kind in ("Haswell", "Prescott")
        )
        assert haswell == older

    def test_histograms_without_a_common_bin_cost_one(self):
        assert chi2_cost(np.array([[0.5, 0.5, 0]]), np.array([[0.0, 0, 1]])) == 1


class TestMatching:
    @given(costs)
    def test_the_path_moves_step_by_step_and_no_path_is_cheaper(self, cost):
        path = dtw_path(cost.astype(float))
        n, m = cost.shape
        assert path[0].tolist() == [0, 0]
        assert path[-1].tolist() == [n - 1, m - 1]
        assert {*map(tuple, np.diff(path, axis=0))} <= {(0, 1), (1, 0), (1, 1)}
        paid = cost[path[1:, 0], path[1:, 1]].sum()
        best = np.full((n + 1, m + 1), np.inf)
        best[1, 1] = 0
        for i in range(n):
            for j in range(m):
                if i or j:
                    best[i + 1, j + 1] = cost[i, j] + min(best[i, j], best[i, j + 1], best[i + 1, j])
        assert paid == best[n, m]

    @pytest.mark.parametrize("turn", [0, 1, 5, 20])
    def test_where_an_outline_starts_does_not_matter(self, turn):
        i = np.arange(24)
        cost = abs((i[:, None] + turn - i + 12) % 24 - 12.0)  # point i belongs to point i + turn
        pairs = one_to_one(match(cost), cost)
        assert (cost[tuple(pairs.T)] == 0).all()
        assert len(pairs) >= 23

    @given(costs)
    def test_no_point_is_matched_twice(self, cost):
        pairs = one_to_one(match(cost.astype(float)), cost)
        assert len(pairs) > 0
        for side in pairs.T:
            assert len(np.unique(side)) == len(side)

    def test_of_several_matches_the_cheapest_stays(self):
        cost = np.array([[3.0, 1.0, 2.0], [9.0, 5.0, 0.5]])
        pairs = np.array([[0, 0], [0, 1], [1, 1], [1, 2]])
        assert one_to_one(pairs, cost).tolist() == [[0, 1], [1, 2]]


class TestPair:
    @settings(max_examples=50)
    @given(coarse)
    def test_a_mask_that_stays_is_stable(self, grid):
        mask = blob(grid)
        value = pair_instability(mask, mask)
        assert value == 0 if mask.any() else np.isnan(value)

    @settings(max_examples=100)
    @given(coarse, coarse)
    def test_values_are_between_0_and_1(self, first, second):
        a, b = blob(first), blob(second)
        value = pair_instability(a, b)
        assert np.isnan(value) if not (a.any() and b.any()) else 0 <= value <= 1

    @settings(max_examples=50)
    @given(arrays(bool, (9, 9)), arrays(bool, (9, 9)))
    def test_specks_and_pixels_that_touch_diagonally_are_no_problem(self, a, b):
        value = pair_instability(a, b)
        assert np.isnan(value) or 0 <= value <= 1

    @pytest.mark.parametrize("shift", [(1, 0), (0, 1), (7, -9)])
    def test_moving_without_bending_is_stable(self, shift):
        mask = ellipse()
        assert pair_instability(mask, np.roll(mask, shift, axis=(0, 1))) < 0.002

    def test_the_more_an_outline_bends_the_less_stable(self):
        values = [pair_instability(ellipse(), ellipse(a=a)) for a in (25, 23, 20, 15)]
        assert values == sorted(values)
        assert values[-1] > 10 * values[0]

    def test_the_order_of_the_two_masks_hardly_matters(self):
        a, b = ellipse(), ellipse(a=20)
        assert pair_instability(a, b) == pytest.approx(pair_instability(b, a), rel=0.1)

    def test_a_mask_without_polygon_has_no_value(self):
        pixel = EMPTY.copy()
        pixel[30, 40] = True
        for nothing in (EMPTY, pixel):
            assert np.isnan(pair_instability(nothing, ellipse()))
            assert np.isnan(pair_instability(ellipse(), nothing))
            assert np.isnan(pair_instability(nothing, nothing))


class TestSequence:
    masks = tuple(ellipse(a=a) for a in (25, 24, 22, 22))

    def test_a_value_for_each_pair_of_neighbours(self):
        values = temporal_stability(self.masks)
        assert values.tolist() == [pair_instability(*self.masks[t : t + 2]) for t in range(3)]

    def test_the_first_mask_adds_a_pair(self):
        values = temporal_stability(self.masks, first_mask=ellipse(a=27))
        assert len(values) == 4
        assert values[1:].tolist() == temporal_stability(self.masks).tolist()
        assert values[0] == pair_instability(ellipse(a=27), self.masks[0])

    def test_masks_are_read_one_at_a_time_and_once(self):
        assert len(temporal_stability(iter(self.masks))) == 3

    @pytest.mark.parametrize("count", [0, 1])
    def test_without_a_pair_there_are_no_values(self, count):
        values = temporal_stability(self.masks[:count])
        assert values.shape == (0,)
        assert np.isnan(mean_stability(values))

    def test_pairs_with_an_empty_mask_are_left_out_of_the_mean(self):
        values = temporal_stability([*self.masks, EMPTY, *self.masks])
        assert np.isnan(values).tolist() == [False] * 3 + [True] * 2 + [False] * 3
        assert mean_stability(values) == pytest.approx(mean_stability(temporal_stability(self.masks)))

    def test_the_mean_is_scaled_by_five(self):
        assert mean_stability(np.array([0.1, np.nan, 0.3])) == pytest.approx(1.0)
        assert np.isnan(mean_stability(np.array([np.nan, np.nan])))


STABLE = (
    "blackswan",
    "camel",
    "car-roundabout",
    "car-shadow",
    "cows",
    "drift-straight",
    "kite-surf",
    "paragliding-launch",
    "scooter-black",
    "soapbox",
)


TIES = {
    ("osvos", "libby"): {21: "first"},
    ("osvos", "scooter-black"): {33: "last"},
    ("osvos", "soapbox"): {91: "first"},
    ("cut", "breakdance"): {82: "last"},
    ("cut", "drift-chicane"): {7: "first"},
    ("cut", "libby"): {2: "last", 5: "last", 7: "last"},
    ("cut", "parkour"): {34: "last", 49: "last"},
}
"""(method, sequence) -> frame -> which of the polygons with most vertices gives the official value."""


def largest(mask):
    """The polygons with most vertices, in the order of tracing; none, one, or several that tie."""
    found = polygons(mask)
    return [polygon for polygon in found if len(polygon) == max(map(len, found))]


def masks_of(davis, archive, sequence):
    """The evaluated masks of one sequence in the matlab convention: frame 0 is the given mask."""
    truth = sorted((davis / "Annotations" / "480p" / sequence).glob("*.png"))
    with zipfile.ZipFile(archive) as members:
        names = sorted(n for n in members.namelist() if n.endswith(".png") and f"{sequence}/" in n)
        masks = [decode_mask(members.read(n), n) != 0 for n in names if "__MACOSX" not in n]
    return [read_mask(truth[0]) != 0, *masks[1:-1]]


def measure(job):
    """Values of one sequence in the matlab convention, in a process of its own."""
    davis, archive, sequence = job
    if archive is None:
        truth = sorted((davis / "Annotations" / "480p" / sequence).glob("*.png"))
        first, *others, _ = (read_mask(path) != 0 for path in truth)
    else:
        first, *others = masks_of(davis, archive, sequence)
    return temporal_stability(others, first_mask=first)


def measure_all(jobs):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        return list(pool.map(measure, jobs))


@pytest.fixture(scope="module")
def osvos(davis_root, results_root):
    values = measure_all([(davis_root, results_root / "osvos.zip", sequence) for sequence in STABLE])
    return dict(zip(STABLE, values, strict=True))


@pytest.fixture(scope="module")
def official_pairs(official_root):
    """(method, sequence) -> the benchmark's values of all pairs."""
    values = {}
    with (official_root / "davis2016_val_per_frame_T_official.csv").open() as file:
        for row in csv.DictReader(file):
            values.setdefault((row["method"], row["sequence"]), []).append(
                float(row["T_raw_unscaled"] or "nan")
            )
    return {key: np.array(value) for key, value in values.items()}


@pytest.mark.data
class TestOfficialValues:
    def test_mean_of_osvos_in_both_conventions(self, osvos, official_root):
        with (official_root / "davis2016_val_T_two_conventions.csv").open() as file:
            (official,) = (row for row in csv.DictReader(file) if row["method"] == "osvos")
        matlab = np.mean([mean_stability(values) for values in osvos.values()])
        paper = np.mean([mean_stability(values[1:]) for values in osvos.values()])
        assert matlab == pytest.approx(float(official["T_matlab_with_gt_first_pair"]), abs=0.001)
        assert paper == pytest.approx(float(official["T_without_first_pair"]), abs=0.001)

    def test_pairs_of_osvos(self, osvos, official_pairs):
        ours = np.concatenate(list(osvos.values()))
        official = np.concatenate([official_pairs["osvos", sequence] for sequence in osvos])
        error = abs(ours - official)
        assert len(error) == 661
        assert np.mean(error < 1e-4) > 0.97
        assert np.mean(error < 1e-5) > 0.8

    @pytest.mark.parametrize("sequence", ["blackswan", "car-shadow", "drift-chicane"])
    def test_pairs_of_the_ground_truth(self, sequence, davis_root, official_pairs):
        error = abs(measure((davis_root, None, sequence)) - official_pairs["gt", sequence])
        assert np.mean(error < 1e-4) > 0.9

    @pytest.mark.parametrize("sequence", ["car-shadow", "scooter-black"])
    def test_sequences_of_cut(self, sequence, davis_root, results_root, official_root):
        with (official_root / "davis2016_val_per_sequence_T.csv").open() as file:
            official = {row["sequence"]: float(row["cut"]) for row in csv.DictReader(file)}
        values = measure((davis_root, results_root / "cut.zip", sequence))
        assert mean_stability(values) == pytest.approx(official[sequence], abs=0.002)

    @pytest.mark.slow
    @pytest.mark.parametrize(("method", "sequence"), TIES)
    def test_ties_between_polygons(self, method, sequence, davis_root, results_root, official_root):
        """Chapter 3 counts them: of ten, seven go with the last polygon, and three with the first."""
        with (official_root / "davis2016_val_per_sequence_T.csv").open() as file:
            official = {row["sequence"]: float(row[method]) for row in csv.DictReader(file)}[sequence]
        masks = masks_of(davis_root, results_root / f"{method}.zip", sequence)
        outlines = [[shape_context(resample(p)) for p in largest(mask)] for mask in masks]
        tied = [t for t, found in enumerate(outlines) if len(found) > 1]
        assert tied == list(TIES[method, sequence])
        described = [found[-1] if found else None for found in outlines]
        error = {}
        for choice in product(("first", "last"), repeat=len(tied)):
            for t, which in zip(tied, choice, strict=True):
                described[t] = outlines[t][0 if which == "first" else -1]
            values = np.array([_instability(a, b) for a, b in pairwise(described)], float)
            error[choice] = abs(mean_stability(values) - official)
        assert min(error, key=error.get) == tuple(TIES[method, sequence].values())
        assert min(error.values()) < 0.001

    def test_how_many_ties_go_which_way(self):
        chosen = [which for frames in TIES.values() for which in frames.values()]
        assert (chosen.count("last"), chosen.count("first")) == (7, 3)
