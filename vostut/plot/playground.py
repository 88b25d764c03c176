"""The deformation playground: sliders over what MaskTrack's training does to a mask, without a kernel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vostut.plot.embed import (
    Embedded,
    encode_image,
    encode_runs,
    figure,
    fit_width,
    require_alt,
    resize_ids,
)
from vostut.plot.pictures import overlay


class Playground(Embedded):
    """A deformation playground, shown as the output of a notebook cell; made by :func:`playground`."""


def playground(
    image: np.ndarray,
    mask: np.ndarray,
    candidates: Sequence[np.ndarray],
    *,
    caption: str = "",
    alt: str,
    width: int = 640,
    quality: int = 80,
) -> Playground:
    """An object whose mask the reader scales, shifts, bends and dilates.

    The browser computes what :mod:`vostut.masktrack.deform` computes, to the pixel almost. It bends no
    further than the spline can without folding over the object, which would tear the mask.

    Args:
        image: H x W x 3 uint8 RGB.
        mask: H x W bool, of the same size; the object must be there.
        candidates: for each control point of the spline, N x 2 places (x, y) from which one is drawn.
        caption: text under the picture.
        alt: what the picture shows, in words; must not be empty.
        width: of the picture, in pixels; smaller images stay as they are.
        quality: of the picture, in [0, 100].

    Raises:
        ValueError: no alternative text, an empty mask, or sizes that do not belong together.
    """
    alt = require_alt(alt)
    if image.shape[:2] != mask.shape or not mask.any():
        raise ValueError("expected an image and a mask of its size that holds an object")
    small = fit_width(image, width)
    scale = small.shape[1] / image.shape[1]
    reduced = resize_ids(mask.astype(np.uint8), small.shape[:2]) > 0
    ys, xs = np.nonzero(reduced)
    data = {
        "alt": alt,
        "width": small.shape[1],
        "height": small.shape[0],
        "image": encode_image(small, quality),
        "mask": encode_runs(reduced),
        "box": [int(xs.min()), int(ys.min()), int(xs.max()), int(ys.max())],
        "candidates": [np.round(np.asarray(part) * scale, 1).tolist() for part in candidates],
    }
    return Playground(
        figure("deform", data, overlay(small, reduced), caption=caption, alt=alt, width=width), alt
    )
