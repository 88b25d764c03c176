"""The moving cutouts: synthetic videos with exact masks and exact optical flow. Explained in chapter 2.

Objects cut out of photographs move before places made from photographs. Every difficulty that DAVIS-2016
marks with an attribute is a knob (:class:`Knobs`) that can be turned while all else stays the same, so
that a chapter can measure what one difficulty costs. The videos are computed from a few kilobytes of
outlines and from images inside scikit-image and Matplotlib; nothing is downloaded.
"""

from __future__ import annotations

from vostut.cutouts.backgrounds import BACKGROUNDS
from vostut.cutouts.knobs import CODES, Knobs
from vostut.cutouts.outlines import OBJECTS
from vostut.cutouts.photographs import CREDITS
from vostut.cutouts.render import render
from vostut.cutouts.scene import CUTOUTS, CUTOUTS_SPLITS, SEVERAL, Scene
from vostut.cutouts.store import cache_root, generate, load

__all__ = [
    "BACKGROUNDS",
    "CODES",
    "CREDITS",
    "CUTOUTS",
    "CUTOUTS_SPLITS",
    "OBJECTS",
    "SEVERAL",
    "Knobs",
    "Scene",
    "cache_root",
    "generate",
    "load",
    "render",
]
