"""From a mask to simple closed curves along its pixel edges: the first three steps towards T. Chapter 3.

The outline runs along *cracks*, the edges that separate an object pixel from a background pixel, and is
a list of *vertices*, the corners of pixels. At most vertices two cracks meet and the outline has one way
to go on. Where two object pixels touch only diagonally, four cracks meet: such a vertex is a *junction*,
and at a junction the outline is cut into curves that do not cross themselves. Most real masks have some.

Where a curve starts is arbitrary, yet temporal stability depends on it a little, so the order of the walk
below is the order of the DAVIS-2016 evaluation.

Credit: the algorithm is that of polycont (MIT licence), which davis-matlab (MIT
licence) uses. The code here is written anew from a description of the steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

UP, LEFT, DOWN, RIGHT = range(4)
"""The four arms of a vertex, in the order in which a junction's arms are walked."""


class Curve(NamedTuple):
    """A closed curve along pixel edges that does not pass through a point twice.

    Attributes:
        points: (n, 2) integers, (row, column) of pixel corners; the last point repeats the first. Pixel
            (r, c) has the corners (r, c) to (r + 1, c + 1). Consecutive points are 1 apart.
        object_left: whether the object lies to the left of a walker who follows the points.
    """

    points: np.ndarray
    object_left: bool


class _Line(NamedTuple):
    """A stretch of outline between two junctions, seen from one of its ends."""

    number: int
    vertices: list[int]  # both junctions included
    end: tuple[int, int]  # (junction, arm) at the far end
    object_left: bool


class _Grid(NamedTuple):
    """The cracks of a mask. A vertex is numbered row * width + column."""

    width: int  # vertices in a row
    leaving: np.ndarray  # 4 x vertices, bool: does a crack leave by this arm, object on its left?
    step: list[int]  # per vertex, offset of the next one; 0 at a junction and off the outline

    @property
    def arm_steps(self) -> tuple[int, int, int, int]:
        return (-self.width, -1, self.width, 1)


def trace(mask: np.ndarray) -> list[Curve]:
    """All closed curves around an object and around its holes (steps 1 to 3).

    Curves through junctions come first, then the others in raster order of their top left edge.

    Args:
        mask: H x W bool. Outside the image is background.
    """
    if not mask.any():
        return []
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    grid = _grid(np.pad(mask[y : y + height, x : x + width].astype(bool), 1))
    junctions = np.flatnonzero(grid.leaving.sum(axis=0) == 2).tolist()
    lines = _lines(grid, junctions)
    seen = bytearray(len(grid.step))
    for line in lines.values():
        for vertex in line.vertices:
            seen[vertex] = True
    found = [*_curves_through_junctions(lines, junctions), *_loops(grid, seen)]
    return [
        Curve(np.stack(np.divmod(vertices, grid.width), axis=1) + np.array([y, x]), object_left)
        for vertices, object_left in found
    ]


def _grid(mask: np.ndarray) -> _Grid:
    """Step 1, the cracks of a mask that has one pixel of background on each side."""
    nw, ne, sw, se = mask[:-1, :-1], mask[:-1, 1:], mask[1:, :-1], mask[1:, 1:]  # around each vertex
    arms = np.stack([nw & ~ne, sw & ~nw, se & ~sw, ne & ~se])  # up, left, down, right
    leaving = arms.reshape(4, -1)
    width = nw.shape[1]
    steps = np.array([-width, -1, width, 1]) @ leaving
    steps[leaving.sum(axis=0) == 2] = 0
    return _Grid(width, leaving, steps.tolist())


def _follow(grid: _Grid, start: int, first_step: int) -> list[int]:
    """Vertices from ``start`` to the next junction, or back to ``start``."""
    step = grid.step
    vertex = start + first_step
    vertices = [start, vertex]
    while step[vertex] and vertex != start:
        vertex += step[vertex]
        vertices.append(vertex)
    return vertices


def _lines(grid: _Grid, junctions: list[int]) -> dict[tuple[int, int], _Line]:
    """Step 2, the lines between junctions, found at (junction, arm) from both of their ends.

    They are numbered from the last junction to the first, and there up, left, down, right.
    """
    arm_of = {step: arm for arm, step in enumerate(grid.arm_steps)}
    forward = {}
    backward = {}
    for junction in junctions:
        for arm in range(4):
            if grid.leaving[arm, junction]:
                vertices = _follow(grid, junction, grid.arm_steps[arm])
                end = (vertices[-1], arm_of[vertices[-2] - vertices[-1]])
                forward[junction, arm] = (vertices, end)
                backward[end] = (vertices[::-1], (junction, arm))
    numbers: dict[tuple[int, int], int] = {}
    lines = {}
    for junction in reversed(junctions):
        for arm in range(4):
            here = (junction, arm)
            vertices, end = forward[here] if here in forward else backward[here]
            number = numbers[end] if end in numbers else len(numbers)
            numbers[here] = number
            lines[here] = _Line(number, vertices, end, here in forward)
    return lines


def _curves_through_junctions(
    lines: dict[tuple[int, int], _Line], junctions: list[int]
) -> Iterator[tuple[list[int], bool]]:
    """Step 3, cut the outline at junctions into curves that never meet themselves.

    Walk from the last junction along the line with the smallest number. Never go straight on at a
    junction, which keeps the object on one side. When a junction comes up again, the way since then is
    one closed curve: cut it out and walk on from there.
    """
    used: set[int] = set()
    for start in reversed(junctions):
        while line := _next_line(lines, start, range(4), used):
            walk = [(start, [start])]  # junctions passed, each with the vertices that led to it
            while True:
                used.add(line.number)
                junction, arrival = line.end
                passed = [earlier for earlier, _ in walk]
                walk.append((junction, line.vertices[1:]))
                if junction in passed:
                    first = passed.index(junction) + 1
                    yield [junction, *(v for _, way in walk[first:] for v in way)], line.object_left
                    del walk[first:]
                if len(walk) == 1:
                    break  # back at the start
                turns = [(arrival + 1) % 4, (arrival - 1) % 4]
                following = _next_line(lines, junction, turns, used)
                assert following is not None  # an outline that enters a junction leaves it again
                line = following


def _next_line(
    lines: dict[tuple[int, int], _Line], junction: int, arms: range | list[int], used: set[int]
) -> _Line | None:
    """The unused line with the smallest number that starts at one of these arms."""
    candidates = [lines[junction, arm] for arm in arms if lines[junction, arm].number not in used]
    return min(candidates, key=lambda line: line.number, default=None)


def _loops(grid: _Grid, seen: bytearray) -> Iterator[tuple[list[int], bool]]:
    """Curves without a junction, each from the top of its top left vertical crack, going down."""
    goes_down = grid.leaving[DOWN]
    goes_up = np.roll(grid.leaving[UP], -grid.width)  # the crack below this vertex, walked upwards
    for start in np.flatnonzero(goes_down | goes_up).tolist():
        if seen[start]:
            continue
        vertices = _follow(grid, start, grid.step[start])
        for vertex in vertices:
            seen[vertex] = True
        yield (vertices, True) if goes_down[start] else (vertices[::-1], False)
