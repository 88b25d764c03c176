"""GyGO: short smartphone clips of things to sell, with one object each. Explained in chapter 2.

Source: the data set's own page, https://github.com/ilchemla/gygo-dataset (131 training and 24 validation
sequences of 1 to 10 seconds, thinned to about 5 frames a second).
"""

from __future__ import annotations

import os
from pathlib import Path

from vostut.layout import open_layout
from vostut.video import Dataset

FPS = 5.0


def load(
    root: str | os.PathLike, split: str = "val", resolution: str = "480p", merge: bool = False
) -> Dataset:
    """Open GyGO.

    Args:
        root: the folder with ``JPEGImages``, ``Annotations`` and ``ImageSets`` in it.
        split: ``"train"`` (131 videos), ``"val"`` (24) or ``"trainval"``. The archive spells its
            first split file ``Train.txt``; either spelling is found.
        resolution: ``"480p"`` or ``"original"``.
        merge: take all objects of a mask as one.

    Raises:
        DataError: naming the folder or file that is missing.
    """
    for path in Path(root).glob("ImageSets/*.txt"):
        if path.stem.lower() == split.lower():
            split = path.stem
    return open_layout(root, split, name="GyGO", sets="", resolution=resolution, fps=FPS, merge=merge)
