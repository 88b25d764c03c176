"""Boundary snapping: the mask moves to the contours of the image (OSVOS, section 3.4). Chapter 4.

The network's mask is blunt, since its features have strides of up to 16 pixels. A second network finds
*contours*, whatever object they belong to. The contours cut the image into superpixels, and each
superpixel goes to the object or to the background as a whole, by majority.
"""

from __future__ import annotations

import numpy as np

CONTOUR_THRESHOLD = 0.29
"""Contours weaker than this do not separate superpixels (the published ``snap.m``)."""

VOTE_THRESHOLD = 122 / 255
"""A pixel votes for the object if its probability is above this (likewise)."""


def snap(probability: np.ndarray, regions: np.ndarray, threshold: float = VOTE_THRESHOLD) -> np.ndarray:
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


def superpixels(contours: np.ndarray, threshold: float = CONTOUR_THRESHOLD) -> np.ndarray:
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
