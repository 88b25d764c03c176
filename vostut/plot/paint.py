"""Paint a mask and watch J and F follow: in a page without a kernel, or as a widget in a live notebook."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import cv2
import numpy as np

from vostut.metrics import contour_accuracy, region_similarity, tolerance_in_pixels
from vostut.plot.embed import (
    Embedded,
    encode_image,
    encode_runs,
    figure,
    fit_width,
    require_alt,
    script,
    stylesheet,
)
from vostut.plot.pictures import overlay

_PIXELS = 1280
"""Images are not embedded wider than this: enough for the tool's 640 CSS pixels on a fine screen."""


class Paint(Embedded):
    """A painting tool, shown as the output of a notebook cell; made by :func:`paint`."""


def paint(
    image: np.ndarray,
    ground_truth: np.ndarray,
    *,
    start: np.ndarray | None = None,
    caption: str = "",
    alt: str,
    width: int = 640,
    tolerance: int | None = None,
    quality: int = 80,
) -> Paint:
    """An image on which the reader paints a mask, scored at once against the ground truth.

    J and F are computed in the browser at the resolution of the ground truth, and are the same numbers as
    :func:`vostut.metrics.region_similarity` and :func:`vostut.metrics.contour_accuracy` give.

    Args:
        image: H' x W' x 3 uint8 RGB, of the same shape as the ground truth but not of its size, perhaps.
        ground_truth: H x W; every non-zero pixel belongs to the object.
        start: the mask to begin with, H x W; by default an empty one.
        caption: text under the picture.
        alt: what the image shows, in words; must not be empty.
        width: on the page, in CSS pixels, where there is room.
        tolerance: of F, in pixels; by default 0.008 of the diagonal, rounded up.
        quality: of the embedded image, in [0, 100].

    Raises:
        ValueError: no alternative text, or sizes that do not belong together.
    """
    alt = require_alt(alt)
    data = _payload(image, ground_truth, start, alt, tolerance, quality)
    small = cv2.resize(image, ground_truth.shape[::-1], interpolation=cv2.INTER_AREA)
    poster = overlay(small, ground_truth > 0)
    return Paint(figure("paint", data, poster, caption=caption, alt=alt, width=width), alt)


def _payload(
    image: np.ndarray,
    ground_truth: np.ndarray,
    start: np.ndarray | None,
    alt: str,
    tolerance: int | None,
    quality: int,
) -> dict[str, object]:
    """What the script gets."""
    height, width = ground_truth.shape
    if start is None:
        start = np.zeros((height, width), bool)
    if start.shape != (height, width):
        raise ValueError(f"start is {start.shape}, the ground truth {(height, width)} (expected one size)")
    if abs(image.shape[1] / image.shape[0] - width / height) > 0.03 * width / height:
        raise ValueError(f"image {image.shape[:2]} and ground truth {(height, width)} have different shapes")
    return {
        "alt": alt,
        "width": width,
        "height": height,
        "tolerance": tolerance_in_pixels(height, width) if tolerance is None else tolerance,
        "image": encode_image(fit_width(image, _PIXELS), quality),
        "truth": encode_runs(ground_truth > 0),
        "start": encode_runs(start > 0),
    }


class _Painted:
    """What a reader has painted, as Python sees it."""

    ground_truth: np.ndarray
    tolerance: int
    mask_bytes: bytes

    @property
    def mask(self) -> np.ndarray:
        """H x W bool: what is painted now. Setting it repaints the tool."""
        return np.frombuffer(self.mask_bytes, bool).reshape(self.ground_truth.shape).copy()

    @mask.setter
    def mask(self, mask: np.ndarray) -> None:
        if mask.shape != self.ground_truth.shape:
            raise ValueError(f"mask {mask.shape}, ground truth {self.ground_truth.shape} (expected one size)")
        self.mask_bytes = (mask > 0).tobytes()

    @property
    def scores(self) -> dict[str, float]:
        """J and F of the mask painted now, computed by the package."""
        pair = (self.mask, self.ground_truth)
        return {"J": region_similarity(*pair), "F": contour_accuracy(*pair, self.tolerance)}


@cache
def _widget_class() -> type:
    """The notebook widget; anywidget is needed only here."""
    import anywidget
    import traitlets

    class PaintWidget(_Painted, anywidget.AnyWidget):
        """The painting tool in a live notebook: what the reader paints is ``mask``, here in Python.

        Args:
            image, ground_truth: as for :func:`paint`.
            options: ``start``, ``caption``, ``alt``, ``width``, ``tolerance`` and ``quality``, likewise.
        """

        _esm = script("paint.js")
        _css = stylesheet()
        payload = traitlets.Unicode().tag(sync=True)
        caption = traitlets.Unicode().tag(sync=True)
        width = traitlets.Int().tag(sync=True)
        mask_bytes = traitlets.Bytes().tag(
            sync=True, echo_update=False, from_json=lambda value, _: bytes(value)
        )

        def __init__(self, image: np.ndarray, ground_truth: np.ndarray, **options: Any):
            alt = require_alt(options.get("alt", "An image on which to paint the mask of its object."))
            start, tolerance = options.get("start"), options.get("tolerance")
            data = _payload(image, ground_truth, start, alt, tolerance, options.get("quality", 80))
            self.ground_truth = ground_truth > 0
            self.tolerance = tolerance_in_pixels(*ground_truth.shape) if tolerance is None else tolerance
            first = np.zeros(ground_truth.shape, bool) if start is None else start > 0
            super().__init__(
                payload=json.dumps(data),
                caption=options.get("caption", ""),
                width=options.get("width", 640),
                mask_bytes=first.tobytes(),
            )

    return PaintWidget


def __getattr__(name: str) -> Any:
    if name == "PaintWidget":
        return _widget_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
