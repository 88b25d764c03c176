"""A dense conditional random field: neighbours and look-alikes should agree. Chapter 5.

Krähenbühl & Koltun, "Efficient Inference in Fully Connected CRFs with Gaussian Edge Potentials", NIPS 2011,
by the package ``pydensecrf2``, which is optional: it is compiled when it is installed.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from vostut.errors import DataError


def require_crf() -> ModuleType:
    """The package that does the inference; asked for before a long run, so that none ends for want of it.

    Raises:
        DataError: it is not installed.
    """
    try:
        from pydensecrf import densecrf
    except ImportError as error:
        raise DataError("the dense CRF needs pydensecrf2 (pip install pydensecrf2)") from error
    return densecrf


def dense_crf(
    probability: np.ndarray,
    frame: np.ndarray,
    *,
    smooth: float = 3.0,
    near: float = 3.0,
    alike: float = 4.0,
    far: float = 67.0,
    colour: float = 3.0,
    rounds: int = 10,
) -> np.ndarray:
    """Let the pixels of a frame settle their differences; the defaults are DeepLab's.

    Args:
        probability: H x W float in [0, 1], of the object.
        frame: H x W x 3, uint8, RGB.
        smooth: weight with which near pixels pull each other.
        near: how near that is, in pixels.
        alike: weight with which near pixels of like colour pull each other.
        far: how near that is, in pixels.
        colour: how alike, in grey levels.
        rounds: of mean-field inference.

    Returns:
        H x W float32 in [0, 1].

    Raises:
        DataError: the package is not installed.
    """
    densecrf = require_crf()
    height, width = probability.shape
    both = np.clip(np.stack([1 - probability, probability]), 1e-5, 1).astype(np.float32)
    crf = densecrf.DenseCRF2D(width, height, 2)
    crf.setUnaryEnergy(np.ascontiguousarray(-np.log(both).reshape(2, -1)))
    crf.addPairwiseGaussian(sxy=near, compat=smooth)
    crf.addPairwiseBilateral(sxy=far, srgb=colour, rgbim=np.ascontiguousarray(frame), compat=alike)
    return np.array(crf.inference(rounds), np.float32)[1].reshape(height, width)
