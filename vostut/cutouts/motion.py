"""Where everything is at any time: pure geometry, with time in frames as a real number.

Lengths are reference pixels, of which a frame is 240 high; (0, 0) is the frame's upper left corner. A
point of an object goes through three steps: ``wave`` (deformation, exactly invertible), ``place``
(scale, rotation, path) and ``shake`` (the trembling camera). Time may be fractional and lie a little
outside the video, which motion blur needs.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np

from vostut.cutouts.outlines import OBJECTS, Cutout, cutout
from vostut.cutouts.scene import HEIGHT, Scene

PERIOD = 76.0
"""Frames in which an easy object swings to and fro once: 6 pixels a frame at most, for a reach of 70."""
FASTER = 4.0
"""Speed at ``fast_motion`` = 1, relative to 0."""
SMALLEST = 0.42
"""Size at the start at ``scale_variation`` = 1."""
WAVES = (0.09, 0.05)
"""Amplitudes of the two shearing waves at ``deformation`` = 1, as shares of the object's height."""
TREMBLE = (13.0, 2.4)
"""Camera shake at 1: reference pixels and degrees, at most."""
PAN = 20.0
"""How far the background moves to and fro, in reference pixels."""
PILLAR = 0.8
"""Width of the occluding pillar at ``occlusion`` = 1, as a share of the object's width."""
BELOW = 26.0
"""How far below the frame the lower end of a portrait stays: more than the camera shakes."""

DUSK = (0.40, 0.48, 0.72)
"""Gains of the light at the darkest moment at ``appearance_change`` = 1."""
ROOM = 0.8
"""Size of each of several floating objects, so that there is room for all of them."""

Matrix = np.ndarray  # 2 x 3 float64


class Wave(NamedTuple):
    """Two shears: x moves with y, then y with the new x. Each is undone exactly by subtracting it."""

    size: tuple[float, float] = (0.0, 0.0)
    number: tuple[float, float] = (0.0, 0.0)
    phase: tuple[float, float] = (0.0, 0.0)

    def bend(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """From the object at rest to the deformed object."""
        if not any(self.size):
            return x, y
        x = x + self.size[0] * np.sin(self.number[0] * y + self.phase[0])
        return x, y + self.size[1] * np.sin(self.number[1] * x + self.phase[1])

    def unbend(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """From the deformed object to the object at rest."""
        if not any(self.size):
            return x, y
        y = y - self.size[1] * np.sin(self.number[1] * x + self.phase[1])
        return x - self.size[0] * np.sin(self.number[0] * y + self.phase[0]), y


def similarity(scale: float, degrees: float, x: float, y: float) -> Matrix:
    """Scale and rotate about (0, 0), then move to (x, y).

    >>> similarity(2, 90, 10, 0).round().tolist()
    [[0.0, -2.0, 10.0], [2.0, 0.0, 0.0]]
    """
    a = math.radians(degrees)
    c, s = scale * math.cos(a), scale * math.sin(a)
    return np.array([[c, -s, x], [s, c, y]])


def chain(second: Matrix, first: Matrix) -> Matrix:
    """The transform that does ``first``, then ``second``.

    >>> chain(similarity(1, 0, 5, 0), similarity(2, 0, 1, 1)).tolist()
    [[2.0, 0.0, 6.0], [0.0, 2.0, 1.0]]
    """
    return second[:, :2] @ first + np.array([[0, 0, second[0, 2]], [0, 0, second[1, 2]]])


def invert(matrix: Matrix) -> Matrix:
    """The inverse of an affine transform.

    >>> invert(similarity(2, 0, 6, 4)).tolist()
    [[0.5, 0.0, -3.0], [0.0, 0.5, -2.0]]
    """
    linear = np.linalg.inv(matrix[:, :2])
    return np.hstack([linear, -linear @ matrix[:, 2:]])


def apply(matrix: Matrix, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Transform points.

    >>> x, y = apply(similarity(2, 0, 6, 4), np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    >>> x.tolist(), y.tolist()
    ([6.0, 8.0], [4.0, 6.0])
    """
    (a, b, p), (c, d, q) = matrix.tolist()
    return a * x + b * y + p, c * x + d * y + q


def smooth(x: float) -> float:
    """0 below 0, 1 above 1, and a smooth step between.

    >>> [smooth(x) for x in (-1, 0.25, 0.5, 2)]
    [0.0, 0.15625, 0.5, 1.0]
    """
    x = min(max(x, 0.0), 1.0)
    return x * x * (3 - 2 * x)


class Motion:
    """All the motion in a scene.

    >>> Motion(Scene("small", size=(120, 214))).unit  # half as large as a frame of reference
    0.5
    """

    def __init__(self, scene: Scene):
        self.scene = scene

    @property
    def width(self) -> float:
        """Width of the frame in reference pixels."""
        return HEIGHT * self.scene.size[1] / self.scene.size[0]

    @property
    def unit(self) -> float:
        """Pixels per reference pixel."""
        return self.scene.size[0] / HEIGHT

    @cached_property
    def _draws(self) -> np.ndarray:
        """Random numbers in 0..1, one row for each object and one for the camera. No knob changes them."""
        return np.random.default_rng(self.scene.seed).random((len(self.scene.objects) + 1, 12))

    def cutout(self, i: int) -> Cutout:
        """The texture of object ``i`` (from 0)."""
        return cutout(self.scene.objects[i])

    def shake(self, t: float) -> Matrix:
        """From the steady frame to the frame of the trembling camera: a turn about its centre and a shift."""
        knob, phase = self.scene.knobs.camera_shake, 2 * math.pi * self._draws[-1]
        # Frequencies without a common period, in cycles per frame: about 2 to 5 Hz at 12 frames a second.
        x = 0.6 * math.sin(1.35 * t + phase[0]) + 0.4 * math.sin(2.41 * t + phase[1])
        y = 0.6 * math.sin(1.57 * t + phase[2]) + 0.4 * math.sin(2.13 * t + phase[3])
        turn = 0.6 * math.sin(1.09 * t + phase[4]) + 0.4 * math.sin(1.93 * t + phase[5])
        centre = self.width / 2, HEIGHT / 2
        matrix = similarity(1, knob * TREMBLE[1] * turn, *centre)
        away = np.array([[1.0, 0, -centre[0]], [0, 1, -centre[1]]])
        matrix = chain(matrix, away)
        matrix[:, 2] += knob * TREMBLE[0] * np.array([x, y])
        return matrix

    def background(self, t: float) -> Matrix:
        """From the background, as a steady camera that looks ahead shows it, to the frame."""
        phase = 2 * math.pi * self._draws[-1, 6]
        x = PAN * math.sin(2 * math.pi * t / (1.25 * PERIOD) + phase)
        return chain(self.shake(t), np.array([[1.0, 0, x], [0, 1, 0.2 * x]]))

    def wave(self, i: int, t: float) -> Wave:
        """The deformation of object ``i``."""
        knob, height = self.scene.knobs.deformation, OBJECTS[self.scene.objects[i]].height
        phase = 2 * math.pi * self._draws[i, 5:7]
        # Waves longer than the object bend it; shorter ones would look like heat haze.
        return Wave(
            (knob * WAVES[0] * height, knob * WAVES[1] * height),
            (2 * math.pi / (1.05 * height), 2 * math.pi / (1.2 * height)),
            (phase[0] - 0.42 * t, phase[1] + 0.33 * t),
        )

    def scale(self, t: float) -> float:
        """Size of an object relative to its size at rest.

        >>> from vostut.cutouts import Knobs
        >>> motion = Motion(Scene("near", knobs=Knobs(scale_variation=1)))
        >>> motion.scale(0), motion.scale(24)
        (0.42, 1.0)
        """
        near = smooth(t / (0.7 * self.scene.frames))
        return SMALLEST ** (self.scene.knobs.scale_variation * (1 - near))

    def place(self, i: int, t: float) -> Matrix:
        """From the deformed object to the steady frame."""
        knobs, what, draw = self.scene.knobs, OBJECTS[self.scene.objects[i]], self._draws[i]
        pace = t * (1 + (FASTER - 1) * knobs.fast_motion)
        sign = 1 if draw[0] < 0.5 else -1
        swing = 2 * math.pi * pace / PERIOD - math.pi / 2 * (0.55 + 0.35 * draw[1])
        x0, y0, crowd = self._home(i)
        x = x0 + crowd * sign * what.reach[0] * math.sin(swing)
        y = y0 + crowd * what.reach[1] * math.sin(1.3 * swing + 2 * math.pi * draw[2])
        turn = what.sway * math.sin(0.8 * swing + 2 * math.pi * draw[3]) + sign * what.spin * pace
        several = len(self.scene.objects) > 1 and what.stance == "float"
        scale = self.scale(t) * (ROOM if several else 1.0)
        x += self._out(t) * (self._gone(i, sign, scale) - x)
        return similarity(scale, turn, x, y)

    def to_frame(self, i: int, t: float) -> Matrix:
        """From the deformed object to the frame."""
        return chain(self.shake(t), self.place(i, t))

    def _home(self, i: int) -> tuple[float, float, float]:
        """Middle of an object's path, and how much of its reach is left when there are several."""
        what, n = OBJECTS[self.scene.objects[i]], len(self.scene.objects)
        x = self.width * (0.5 if n == 1 else (i + 0.75) / (n + 0.5))
        y = {"float": HEIGHT / 2, "stand": HEIGHT + BELOW, "ground": 0.86 * HEIGHT}[what.stance]
        if n > 1 and what.stance == "float":
            y += HEIGHT * 0.12 * (-1) ** i
        return x, y, 1.0 if n == 1 else 0.5

    def _out(self, t: float) -> float:
        """Share of the way out of the frame: there, a pause, and half the way back."""
        u = t / self.scene.frames
        return self.scene.knobs.out_of_view * (smooth((u - 0.12) / 0.42) - 0.6 * smooth((u - 0.7) / 0.36))

    def _gone(self, i: int, sign: int, scale: float) -> float:
        """Where an object is just out of the frame, with room for deformation, rotation and shake."""
        left, top, right, bottom = self.cutout(i).box
        half = scale * math.hypot(max(-left, right), 0.35 * (bottom - top)) + 1.3 * TREMBLE[0]
        return self.width + half if sign > 0 else -half

    def pillar(self, t: float) -> tuple[float, Matrix]:
        """The occluding pillar: its width, and from the pillar (axis at x = 0) to the frame."""
        left, _, right, _ = self.cutout(0).box
        width = PILLAR * self.scene.knobs.occlusion * (right - left)
        margin = 0.75 * (right - left) * PILLAR + 24  # out of sight at the first frame, at any width
        u = (t + 1) / self.scene.frames
        x = self.width + margin - u * (self.width + 2 * margin)
        return width, chain(self.shake(t), np.array([[1.0, 0.06, x], [0, 1, 0]]))

    def light(self, t: float) -> tuple[np.ndarray, float]:
        """Colour of the light on the objects (3 gains), and how far the shadow has moved over them (0..1)."""
        dusk = 0.5 - 0.5 * math.cos(1.5 * math.pi * max(t, 0) / self.scene.frames)
        depth = self.scene.knobs.appearance_change * dusk
        return np.array(DUSK) ** depth, depth
