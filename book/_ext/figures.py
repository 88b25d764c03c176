"""Figures on any ground: as drawn on light pages, recoloured on dark ones, on white in epub and PDF.

The book's kernels draw figures without a ground (``measure.py``), so it is known where a figure is empty.
What fills an area, photographs above all, stays as it is; lines and letters change from dark to light.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

EMPTY = 0.02
"""The share of pixels without ink from which on a picture counts as a figure without a ground."""
SOLID = 15
"""Pixels: what is at least so wide and high fills an area, what is thinner is a line or a letter."""
SQUARE = np.ones((SOLID, SOLID), np.uint8)
BAND, PALE = 0.005, (200, 250)
"""A band of one grey covers so much of the figure; white is not meant, a mask's objects are white."""
LIGHTEST, DARKEST = 235, 24
"""What black and white ink become on a dark page."""
FIGURE = re.compile(r'<img [^>]*class="for-(?:light|dark)" loading="lazy" src="[^"]*?([^"/]+)"')
SIZES: dict[str, tuple[int, int]] = {}
"""Width and height of each figure of this build, by the name of its file."""


def on_dark(picture: np.ndarray) -> np.ndarray:
    """A figure for a dark page: grey lines and letters inverted, dark colours lighter, areas as they are.

    Args:
        picture: H x W x 4 uint8 RGBA, transparent where nothing is drawn.
    """
    colour, cover = picture[..., :3].astype(np.float32), picture[..., 3]
    filled = (cover > 250) & ~_bands(picture)
    areas = cv2.morphologyEx(filled.astype(np.uint8), cv2.MORPH_OPEN, SQUARE)
    edges = cv2.dilate(areas, np.ones((3, 3), np.uint8)).astype(bool) & (cover <= 250)
    areas = areas.astype(bool) | edges
    light = (colour @ np.array([0.213, 0.715, 0.072], np.float32))[..., None]
    tone = DARKEST + (LIGHTEST - DARKEST) * (1 - light / 255) ** 0.7  # the power: a pale grid is seen
    inverted = tone + colour - light
    lift = np.clip((130 - light) / 130, 0, 0.45)
    lighter = colour + lift * (255 - colour)
    chroma = np.ptp(colour, axis=2)
    grey = np.clip((90 - chroma) / 40, 0, 1)[..., None]
    ink = grey * inverted + (1 - grey) * lighter
    result = np.where(areas[..., None], colour, ink).clip(0, 255).round().astype(np.uint8)
    return np.dstack([result, cover])


def _bands(picture: np.ndarray) -> np.ndarray:
    """Where a figure has wide bands or boxes of one pale grey, with what is drawn on them: H x W bool."""
    packed = np.ascontiguousarray(picture).view(np.uint32)[..., 0]
    colours, first, counts = np.unique(packed, return_index=True, return_counts=True)
    bands = np.zeros(packed.shape, np.uint8)
    for k in np.flatnonzero(counts > BAND * packed.size):
        *grey, cover = picture.reshape(-1, 4)[first[k]].tolist()
        low, high = min(grey), max(grey)
        if cover == 255 and PALE[0] <= low and high <= PALE[1] and high - low < 16:
            one = (packed == colours[k]).astype(np.uint8)
            wide = cv2.morphologyEx(one, cv2.MORPH_OPEN, SQUARE)
            whole = cv2.morphologyEx(one, cv2.MORPH_CLOSE, np.ones((2 * SOLID + 1, 2 * SOLID + 1), np.uint8))
            parts = cv2.connectedComponents(whole)[1]
            bands |= whole & np.isin(parts, np.unique(parts[wide > 0])).astype(np.uint8)
    return bands.astype(bool)


def on_white(picture: np.ndarray) -> np.ndarray:
    """A figure with a white ground: H x W x 3 from H x W x 4."""
    cover = picture[..., 3:].astype(np.float32) / 255
    return (cover * picture[..., :3] + (1 - cover) * 255).round().astype(np.uint8)


class Grounds(SphinxPostTransform):
    """Give each figure that was drawn without a ground one that suits the page."""

    default_priority = 600  # after MyST-NB has chosen among an output's formats

    def run(self, **options: Any) -> None:
        """Look through one page."""
        for image in list(self.document.findall(nodes.image)):
            path = Path(self.env.srcdir, image.get("uri", ""))
            if path.suffix != ".png" or not path.is_file() or "for-dark" in image["classes"]:
                continue
            with Image.open(path) as opened:
                picture = np.asarray(opened.convert("RGBA"))
            if (picture[..., 3] == 0).mean() < EMPTY:
                continue
            if self.app.builder.name == "html":
                dark = image.deepcopy()
                image["classes"].append("for-light")
                dark["classes"].append("for-dark")
                dark["ids"], dark["names"] = [], []
                self._point(dark, f"{path.stem}-dark.png", on_dark(picture))
                image.parent.insert(image.parent.index(image) + 1, dark)
                image["loading"] = dark["loading"] = "lazy"  # only the one that is seen is fetched
                for name in (path.name, f"{path.stem}-dark.png"):
                    SIZES[name] = picture.shape[1], picture.shape[0]
            else:
                self._point(image, f"{path.stem}-white.png", on_white(picture))

    def _point(self, image: nodes.image, file: str, picture: np.ndarray) -> None:
        """Write a picture beside the pages' trees, and have an image show it."""
        path = Path(self.app.doctreedir, "figures", file)
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(picture).save(path)
        name = path.as_posix()
        image["uri"], image["candidates"] = name, {"*": name}
        self.env.images.add_file(self.env.docname, name)


def measure(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Write the size of each figure into the page, so that nothing jumps when it is fetched."""
    if "body" not in context:
        return

    def with_size(found: re.Match[str]) -> str:
        width, height = SIZES.get(found[1], (0, 0))
        return f'{found[0]} width="{width}" height="{height}"' if width else found[0]

    context["body"] = FIGURE.sub(with_size, context["body"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_post_transform(Grounds)
    app.connect("html-page-context", measure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
