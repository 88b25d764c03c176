"""From a scene to frames, masks and optical flow.

Layers from back to front: the background, objects 1..n, and a pillar if something occludes. A pixel belongs
to the object whose *visible* coverage (its coverage of the pixel's area times what the layers before it
let through) is at least one half. With motion blur, masks and flow are those of the moment at the
shutter's centre. Shadows and light belong to the appearance: where a shadow falls, the flow is that of
the surface below it.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from vostut.cutouts.layers import background_image, cast_shadow, grid, lit, object_layer, pillar_layer
from vostut.cutouts.motion import Matrix, Motion, Wave, apply, invert
from vostut.cutouts.scene import Scene
from vostut.video import Lazy, Video

SAMPLES = 2
"""Samples of a layer in each direction of a pixel."""
EXPOSURE = 3.0
"""Frame intervals that the shutter is open at ``motion_blur`` = 1."""
STEP = 1.6
"""Reference pixels that anything may move between two moments that are averaged to motion blur."""
MOST_MOMENTS = 21
"""More are not worth their time: 34 reference pixels of smear."""
COARSEST = 4.0
"""Reduction of the resolution at ``low_resolution`` = 1."""
WHOLE = 0.5
"""Visible coverage from which a pixel belongs to a layer."""


def render(scene: Scene) -> Video:
    """The video of a scene: every frame, mask and flow is computed when it is asked for.

    Returns:
        A video with uint8 RGB frames, masks (bool for one object, uint8 ids 1..n for several, in the
        order of ``scene.objects``), attributes, and exact flow.

    >>> video = render(Scene("mine", ("cat",), "meadow", frames=3, size=(60, 107)))
    >>> video, video.frames[2].shape, video.masks[2].dtype, len(video.flow)
    (Video('mine', 3 frames), (60, 107, 3), dtype('bool'), 2)
    """
    motion, n = Motion(scene), scene.frames
    return Video(
        scene.name,
        Lazy(n, lambda t: frame(motion, t)),
        Lazy(n, lambda t: mask(motion, t)),
        scene.knobs.attributes(),
        float(scene.fps),
        flow=flow_of(scene),
    )


def flow_of(scene: Scene) -> Lazy:
    """The exact flow of a scene from each frame to the next: T-1 arrays of H x W x 2 float32 (dx, dy).

    >>> flow_of(Scene("mine", frames=3, size=(60, 107)))[0].shape
    (60, 107, 2)
    """
    motion = Motion(scene)
    return Lazy(scene.frames - 1, lambda t: flow(motion, t))


def frame(motion: Motion, t: int) -> np.ndarray:
    """Frame ``t`` as H x W x 3 uint8.

    >>> picture = frame(Motion(Scene("mine", size=(60, 107))), 0)
    >>> picture.shape, picture.dtype
    ((60, 107, 3), dtype('uint8'))
    """
    times = moments(motion, t)
    total = np.zeros((*motion.scene.size, 3), np.float32)
    for moment in times:  # what is averaged to motion blur needs no fine samples of each moment
        total += _picture(motion, moment, SAMPLES if len(times) == 1 else 1)
    return _record(total / len(times), motion.scene.knobs.low_resolution)


def mask(motion: Motion, t: int) -> np.ndarray:
    """Mask ``t``, H x W: bool for one object, uint8 ids for several.

    >>> two = Scene("two", ("planet", "drachm"), "stars", size=(60, 107))
    >>> np.unique(mask(Motion(two), 0)).tolist()
    [0, 1, 2]
    """
    ids, n = owners(motion, t), len(motion.scene.objects)
    ids[ids > n] = 0
    return ids if n > 1 else ids > 0


def flow(motion: Motion, t: int) -> np.ndarray:
    """Flow from frame ``t`` to ``t + 1``, H x W x 2 float32: each pixel moves with the surface it shows.

    >>> motion = Motion(Scene("mine", size=(60, 107)))
    >>> flow(motion, 0).shape, flow(motion, 0).dtype
    ((60, 107, 2), dtype('float32'))
    """
    size, shown = motion.scene.size, owners(motion, t)
    x, y = np.broadcast_arrays(*grid(slice(0, size[0]), slice(0, size[1]), 1, motion.unit))
    out = np.zeros((*size, 2))
    for owner in np.unique(shown).tolist():
        here = shown == owner
        (matrix, wave), (next_matrix, next_wave) = (_geometry(motion, owner, s) for s in (t, t + 1))
        at = wave.unbend(*apply(invert(matrix), x[here], y[here]))
        there = apply(next_matrix, *next_wave.bend(*at))
        out[here] = np.stack([there[0] - x[here], there[1] - y[here]], -1) * motion.unit
    return out.astype(np.float32)


def owners(motion: Motion, t: float) -> np.ndarray:
    """Which layer each pixel shows, H x W uint8: 0 background, 1..n objects, n + 1 the pillar.

    >>> from vostut.cutouts import Knobs
    >>> hidden = Scene("hidden", size=(60, 107), knobs=Knobs(occlusion=1))
    >>> [np.unique(owners(Motion(hidden), t)).tolist() for t in (0, 12)]
    [[0, 1], [0, 1, 2]]
    """
    n = len(motion.scene.objects)
    ids, let_through = np.zeros(motion.scene.size, np.uint8), np.ones(motion.scene.size, np.float32)
    for layer_id in range(n + 1, 0, -1):  # from front to back
        layer = pillar_layer(motion, t) if layer_id > n else object_layer(motion, layer_id - 1, t, SAMPLES)
        if layer is None:
            continue
        window, coverage = (layer.rows, layer.columns), layer.rgba[..., 3]
        ids[window][coverage * let_through[window] >= WHOLE] = layer_id
        let_through[window] *= 1 - coverage
    return ids


def moments(motion: Motion, t: int) -> list[float]:
    """The times that are averaged to frame ``t``: one, or with motion blur as many as the speed asks for.

    >>> from vostut.cutouts import Knobs
    >>> moments(Motion(Scene("sharp")), 5)
    [5.0]
    >>> len(moments(Motion(Scene("blurred", knobs=Knobs(motion_blur=1))), 5)) > 3
    True
    """
    exposure = EXPOSURE * motion.scene.knobs.motion_blur
    if not exposure:
        return [float(t)]
    begin, end = t - exposure / 2, t + exposure / 2
    layers = range(len(motion.scene.objects) + 1)
    ways = [_way(_geometry(motion, i, begin)[0], _geometry(motion, i, end)[0]) for i in layers]
    count = min(max(math.ceil(max(ways) / STEP), 3), MOST_MOMENTS)
    return [begin + (k + 0.5) / count * exposure for k in range(count)]


def _way(begin: Matrix, end: Matrix) -> float:
    """How far a layer's points near its pivot move, in reference pixels."""
    reach = np.array([[0, 0, 1], [60, 0, 1], [0, 60, 1]]).T
    return float(np.linalg.norm((end - begin) @ reach, axis=0).max())


def _geometry(motion: Motion, owner: int, t: float) -> tuple[Matrix, Wave]:
    """From a layer at rest to the frame at time ``t``: first the wave, then the matrix."""
    if owner == 0:
        return motion.background(t), Wave()
    if owner > len(motion.scene.objects):
        return motion.pillar(t)[1], Wave()
    return motion.to_frame(owner - 1, t), motion.wave(owner - 1, t)


def _picture(motion: Motion, t: float, samples: int) -> np.ndarray:
    """The world at one moment: H x W x 3 float32 in 0..1."""
    image = background_image(motion, t)
    for i in range(len(motion.scene.objects)):
        cast_shadow(image, motion, i, t)
        layer = object_layer(motion, i, t, samples)
        if layer is not None:
            lit(layer, motion, i, t).put(image)
    pillar = pillar_layer(motion, t)
    if pillar is not None:
        pillar.put(image)
    return image


def _record(image: np.ndarray, low_resolution: float) -> np.ndarray:
    """What the camera's sensor makes of a picture: uint8, of fewer pixels if the resolution is low."""
    if low_resolution:
        height, width = image.shape[:2]
        factor = 1 + (COARSEST - 1) * low_resolution
        size = (max(1, round(width / factor)), max(1, round(height / factor)))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        image = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)
