"""Flow-magnitude images from photographs: the motion stream's training data, without one video. Chapter 5.

MaskTrack's motion stream looks at how fast things move, with weights that were trained on photographs. The
article shows that it may (Perazzi et al., CVPR 2017, section 3.3): a moving object's speed looks a little
like a grey photograph of it. A small network generalises less. But what a deformed mask is to the mask
channel, a *moved object* is to the flow: cut the object out of the photograph, move it and the background
apart, and let the estimator say what it sees. The picture has the estimator's own blur and errors, and the
photograph's mask is still exact. (Later work synthesises whole videos in this way: Khoreva et al., "Lucid
Data Dreaming", IJCV 2019.)
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vostut.flow import Flow, dis_flow, magnitude_image


@dataclass(frozen=True)
class ObjectMotion:
    """How far things move between two frames; each value is the largest that is drawn.

    In a video most steps are small, and some are none. So all of one sample's values are multiplied by the
    square of a random number from 0 to 1: from a picture in which nothing stands out the network must learn
    to keep to the mask.

    Attributes:
        shift: of the object, as a fraction of its width and height.
        scale: its change of size, as a fraction.
        angle: its rotation, in degrees.
        bend: of its parts against each other, as a fraction of its width and height.
        camera: shift of the background, as a fraction of the image's height.
        zoom: the background's change of size, as a fraction.
        depth: shift of the background's parts against each other, as a fraction of the image's height: near
            and far move differently before a moving camera.
    """

    shift: float = 0.25
    scale: float = 0.1
    angle: float = 10.0
    bend: float = 0.1
    camera: float = 0.06
    zoom: float = 0.04
    depth: float = 0.03


def magnitude_of_still(
    image: np.ndarray,
    mask: np.ndarray,
    motion: ObjectMotion,
    rng: np.random.Generator,
    flow: Flow = dis_flow,
) -> np.ndarray:
    """The flow-magnitude image of a photograph whose object is made to move.

    Args:
        image: H x W x 3, uint8, RGB.
        mask: H x W bool, the object; without one, only the camera moves.
        motion: how far.
        rng: random numbers.
        flow: the estimator.

    Returns:
        H x W x 3, uint8, see :func:`vostut.flow.magnitude_image`; the object stands where ``mask`` says.
    """
    return magnitude_image(flow(image, frame_before(image, mask, motion, rng)))


def frame_before(
    image: np.ndarray, mask: np.ndarray, motion: ObjectMotion, rng: np.random.Generator
) -> np.ndarray:
    """The photograph as it may have looked a moment ago: object and background moved apart.

    Args:
        image: H x W x 3, uint8, RGB.
        mask: H x W bool.
        motion: how far.
        rng: random numbers.

    Returns:
        H x W x 3, uint8. What the object uncovers is painted in from around it.
    """
    height, width = mask.shape
    much = rng.random() ** 2
    camera = much * rng.uniform(-motion.camera, motion.camera, 2) * height
    zoom = 1 + much * rng.uniform(-motion.zoom, motion.zoom)
    depth = much * rng.uniform(-motion.depth, motion.depth, (4, 4, 2)) * height
    behind = _move(without_object(image, mask), (width / 2, height / 2), zoom, 0.0, camera, depth)
    if not mask.any():
        return behind
    ys, xs = np.nonzero(mask)
    extent = np.array([np.ptp(xs) + 1, np.ptp(ys) + 1])
    factor = 1 + much * rng.uniform(-motion.scale, motion.scale)
    angle = much * rng.uniform(-motion.angle, motion.angle)
    # the object rides on the background half of the time, and is followed by the camera otherwise
    shift = much * rng.uniform(-motion.shift, motion.shift, 2) * extent + camera * (rng.random() < 0.5)
    waves = much * rng.uniform(-motion.bend, motion.bend, (4, 4, 2)) * extent
    layer = np.dstack([image, mask.astype(np.uint8) * 255])
    moved = _move(layer, ((xs.min() + xs.max()) / 2, (ys.min() + ys.max()) / 2), factor, angle, shift, waves)
    share = moved[..., 3:].astype(np.float32) / 255
    return np.rint(share * moved[..., :3] + (1 - share) * behind).astype(np.uint8)


def without_object(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The photograph with the object painted over from around it, coarsely (Telea, 2004); H x W x 3."""
    if not mask.any() or mask.all():
        return image.copy()
    height, width = mask.shape
    coarse = (max(width // 4, 1), max(height // 4, 1))
    hidden = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8))
    small = cv2.resize(np.ascontiguousarray(image), coarse, interpolation=cv2.INTER_AREA)
    cover = (cv2.resize(hidden.astype(np.float32), coarse, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    painted = cv2.resize(cv2.inpaint(small, cover, 3, cv2.INPAINT_TELEA), (width, height))
    return np.where(hidden[..., None] > 0, painted, image)


def _move(
    image: np.ndarray,
    centre: tuple[float, float],
    factor: float,
    angle: float,
    shift: np.ndarray,
    waves: np.ndarray | None = None,
) -> np.ndarray:
    """Scale and turn about a centre, shift, and bend by a coarse grid of displacements (in pixels)."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(centre, angle, factor)
    matrix[:, 2] += shift
    inverse = cv2.invertAffineTransform(matrix).astype(np.float32)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    at_x = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2]
    at_y = inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2]
    if waves is not None:
        bend = cv2.resize(waves.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        at_x, at_y = at_x + bend[..., 0], at_y + bend[..., 1]
    border = cv2.BORDER_CONSTANT if image.shape[2] == 4 else cv2.BORDER_REFLECT_101
    return cv2.remap(image, at_x, at_y, cv2.INTER_LINEAR, borderMode=border)
