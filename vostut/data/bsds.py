"""BSDS500: photographs, and the contours that several people drew on each. Explained in chapter 4.

Source: Arbelaez, Maire, Fowlkes and Malik, "Contour detection and hierarchical image
segmentation", PAMI 2011.
The archive holds ``data/images/<split>/<number>.jpg`` and ``data/groundTruth/<split>/<number>.mat``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from scipy.io import loadmat

from vostut.data.stills import Still
from vostut.errors import DataError
from vostut.images import read_rgb

NEAR = 2
"""Two people draw the same contour up to this many pixels apart."""


class DrawnContours(Sequence[Still]):
    """Photographs with their contours, read when they are asked for.

    A pixel is on a contour if one person marked it, and at least half of the people marked one within
    :data:`NEAR` pixels.

    Args:
        root: the folder with ``images`` and ``groundTruth`` in it (the archive's ``BSDS500/data``).
        splits: some of ``"train"`` (200 photographs), ``"val"`` (100) and ``"test"`` (200).

    Raises:
        DataError: a folder is missing or empty, or a photograph has no drawings.
    """

    def __init__(self, root: str | os.PathLike, splits: Sequence[str] = ("train", "val")):
        self.pairs: list[tuple[Path, Path]] = []
        for split in splits:
            folder = Path(root) / "images" / split
            photographs = sorted(folder.glob("*.jpg"))
            if not photographs:
                raise DataError(f"{folder}: no photographs (expected BSDS500's, as NUMBER.jpg)")
            self.pairs += [(p, Path(root) / "groundTruth" / split / f"{p.stem}.mat") for p in photographs]
        for _, drawings in self.pairs:
            if not drawings.is_file():
                raise DataError(f"{drawings}: no such file (expected the drawings of one photograph)")

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Still:  # type: ignore[override]
        photograph, drawings = self.pairs[index]
        return read_rgb(photograph), agreed(read_drawings(drawings))

    def files(self, index: int) -> Sequence[Path]:
        """The files that photograph ``index`` and its drawings are read from."""
        return self.pairs[index]


def read_drawings(path: str | os.PathLike) -> np.ndarray:
    """The contours that each person drew, N x H x W bool, from one of the archive's ``.mat`` files.

    Raises:
        DataError: the file is missing, broken or of another kind.
    """
    try:
        drawn = loadmat(path)["groundTruth"][0]
        return np.stack([person["Boundaries"][0, 0] for person in drawn]) > 0
    except Exception as error:  # SciPy raises half a dozen types for a broken file
        raise DataError(f"{path}: not BSDS500's drawings of one photograph ({error})") from error


def agreed(drawings: np.ndarray) -> np.ndarray:
    """What at least half of the people drew, N x H x W bool: H x W bool.

    >>> drawings = np.zeros((3, 1, 9), bool)
    >>> drawings[0, 0, 2] = drawings[1, 0, 4] = drawings[2, 0, 8] = True  # two near each other, one apart
    >>> agreed(drawings).astype(int)
    array([[0, 0, 1, 0, 1, 0, 0, 0, 0]])
    """
    square = np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8)
    near = sum(cv2.dilate(drawing.view(np.uint8), square).astype(int) for drawing in drawings)
    return drawings.any(axis=0) & (2 * near >= len(drawings))
