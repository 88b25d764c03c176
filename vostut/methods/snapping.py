"""Boundary snapping: the mask moves to the contours of the image (OSVOS, section 3.4). Chapter 4.

The network's mask is blunt, since its features have strides of up to 16 pixels. A second network finds
*contours*, whatever object they belong to. The contours cut the image into superpixels, and each
superpixel goes to the object or to the background as a whole, by majority.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from vostut.errors import DataError
from vostut.networks.hed import HED
from vostut.training.augment import fit_height, to_tensors

Contours = Callable[[int, np.ndarray], np.ndarray]
"""(frame number, frame) -> H x W float32 in [0, 1]: how likely a contour runs through each pixel."""


@dataclass(frozen=True)
class Snapping:
    """The thresholds of the published code (``snap.m``).

    Attributes:
        contour: contours weaker than this do not separate superpixels.
        mask: a pixel votes for the object if its probability is above this.
    """

    contour: float = 0.29
    mask: float = 122 / 255


def snap(probability: np.ndarray, regions: np.ndarray, threshold: float = Snapping.mask) -> np.ndarray:
    """Give each superpixel to the object or to the background, whichever holds more of its pixels.

    Args:
        probability: H x W float in [0, 1].
        regions: H x W int, the number of each pixel's superpixel, from 0 on.
        threshold: a pixel votes for the object if its probability is above this.

    Returns:
        H x W bool. A tie goes to the background.
    """
    votes = np.bincount(regions.ravel(), weights=(probability > threshold).ravel())
    sizes = np.bincount(regions.ravel())
    return (2 * votes > sizes)[regions]


def superpixels(contours: np.ndarray, threshold: float = Snapping.contour) -> np.ndarray:
    """Cut an image along its contours.

    The watershed of the contour map gives many small regions. Neighbours are merged, those with the
    weakest boundary between them first, where a boundary is as strong as the contours along it are on
    average. What is left at the threshold are the superpixels: a cut through the *ultrametric contour
    map* (Arbelaez et al., TPAMI 2011), computed by Higra.

    Args:
        contours: H x W float in [0, 1].
        threshold: boundaries weaker than this are merged away.

    Returns:
        H x W int, numbered from 0.
    """
    import higra

    graph = higra.get_4_adjacency_graph(contours.shape)
    edges = higra.weight_graph(graph, contours.astype(np.float64), higra.WeightFunction.max)
    tree, altitudes = higra.mean_pb_hierarchy(graph, edges, contours.shape)
    regions = higra.labelisation_horizontal_cut_from_threshold(tree, altitudes, threshold)
    pixels = higra.rag_back_project_vertex_weights(higra.CptHierarchy.get_leaf_graph(tree), regions)
    return np.unique(pixels, return_inverse=True)[1].reshape(contours.shape)


def hed_contours(network: HED, height: int | None = None, device: torch.device | str = "cpu") -> Contours:
    """Contours by HED.

    Args:
        network: see :func:`vostut.networks.weights.load_hed`.
        height: frames are resized to this height first; their own by default.
        device: where it runs.
    """
    network = network.to(device).eval()

    @torch.inference_mode()
    def contours(_: int, frame: np.ndarray) -> np.ndarray:
        small, mask = fit_height(frame, None, height or frame.shape[0])
        image, _target = to_tensors(small, mask, device)
        strength = torch.sigmoid(network(image)).float()[0, 0].cpu().numpy()
        return cv2.resize(strength, frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)

    return contours


def stored_contours(folder: str | os.PathLike) -> Contours:
    """Contours from PNGs of 8 bits, ``00000.png`` and on, of the size of the frames.

    The last frame's may be missing, as in the maps that are published; it is not scored, and the last
    map there is stands in for it.

    Raises:
        DataError: no maps in the folder, or, when asked for, a map that is broken or of another size.
    """
    files = sorted(Path(folder).glob("*.png"))
    if not files:
        raise DataError(f"{folder}: no contour maps (expected 00000.png and on)")

    def contours(t: int, frame: np.ndarray) -> np.ndarray:
        file = files[min(t, len(files) - 1)]
        grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if grey is None or grey.shape != frame.shape[:2]:
            found = "not a readable image" if grey is None else f"{grey.shape[1]} x {grey.shape[0]}"
            height, width = frame.shape[:2]
            raise DataError(f"{file}: {found} (expected a contour map of {width} x {height})")
        return grey.astype(np.float32) / 255

    return contours
