"""Chapter 3: region similarity J, contour accuracy F, temporal stability T, and their statistics."""

from vostut.metrics.contour import contour_accuracy, contour_precision_recall, tolerance_in_pixels
from vostut.metrics.region import region_similarity
from vostut.metrics.stability import mean_stability, pair_instability, temporal_stability
from vostut.metrics.statistics import Statistics, decay, mean_of_sequences, recall, summarise

__all__ = [
    "Statistics",
    "contour_accuracy",
    "contour_precision_recall",
    "decay",
    "mean_of_sequences",
    "mean_stability",
    "pair_instability",
    "recall",
    "region_similarity",
    "summarise",
    "temporal_stability",
    "tolerance_in_pixels",
]
