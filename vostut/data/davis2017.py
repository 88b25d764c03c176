"""DAVIS-2017: more videos and several objects in each. Explained in chapter 2.

Source: Pont-Tuset et al., "The 2017 DAVIS challenge on video object segmentation", arXiv:1704.00675.
"""

from __future__ import annotations

import os

from vostut.layout import open_layout
from vostut.video import Dataset

UNSUPERVISED = "Annotations_unsupervised"
"""The folder of the annotation for unsupervised methods, which has more objects, and void pixels."""


def load(
    root: str | os.PathLike,
    split: str = "val",
    resolution: str = "480p",
    merge: bool = False,
    unsupervised: bool = False,
) -> Dataset:
    """Open DAVIS-2017; masks are uint8 object ids, 0 being the background.

    Args:
        root: the folder ``DAVIS`` of the official archive, with ``ImageSets/2017`` in it.
        split: ``"train"`` (60 videos) or ``"val"`` (30); ``"test-dev"`` has first masks only.
        resolution: ``"480p"`` or ``"Full-Resolution"``.
        merge: give masks of bool, in which all objects are one.
        unsupervised: with the masks in :data:`UNSUPERVISED`.

    Raises:
        DataError: naming the folder or file that is missing.
    """
    return open_layout(
        root,
        split,
        name="DAVIS-2017",
        sets="2017",
        resolution=resolution,
        several=not merge,
        fps=24,
        merge=merge,
        annotations=UNSUPERVISED if unsupervised else "Annotations",
    )
