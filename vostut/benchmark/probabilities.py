"""A run's probabilities on disk, and the masks that are made from them. Chapters 4 and 5."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from joblib import Parallel, delayed

from vostut.errors import DataError
from vostut.images import write_atomically, write_mask
from vostut.methods.snapping import Contours, Snapping, snap, superpixels
from vostut.video import Dataset, Video


def write_probabilities(probabilities: Iterator[np.ndarray], video: Video, folder: Path) -> None:
    """Write H x W values in [0, 1] as grey PNGs, one for each frame but the first."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, probability in zip(video.frame_names[1:], probabilities, strict=True):
        ok, data = cv2.imencode(".png", np.rint(probability * 255).astype(np.uint8))
        assert ok
        write_atomically(folder / f"{name}.png", data.tobytes())


def read_probability(path: Path) -> np.ndarray:
    """H x W float32 in [0, 1] from a grey PNG."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise DataError(f"{path}: not a readable probability map (expected a grey PNG of this run)")
    return grey.astype(np.float32) / 255


def make_masks(
    folder: Path,
    dataset: Dataset,
    threshold: float = 0.5,
    contours: Callable[[Video], Contours] | None = None,
    snapping: Snapping | None = None,
    source: str = "probabilities",
    jobs: int = 1,
) -> Path:
    """Turn a run's probabilities into masks, by a threshold or by boundary snapping.

    Args:
        folder: of the run.
        dataset: the videos that it segmented.
        threshold: without snapping.
        contours: gives each video's contour maps; None for no snapping.
        snapping: thresholds of the snapping; by default the published ones.
        source: which probabilities.
        jobs: how many processes.

    Returns:
        The folder of the masks, as :func:`vostut.benchmark.evaluate` takes it.
    """
    suffix = source.removeprefix("probabilities")
    out = folder / (f"masks{suffix}" if contours is None else f"snapped{suffix}")
    Parallel(n_jobs=jobs)(
        delayed(_masks_of_video)(
            folder / source / video.name, video, out / video.name, threshold,
            contours(video) if contours else None, snapping or Snapping(),
        )
        for video in dataset.values()
    )  # fmt: skip
    return out


def _masks_of_video(
    source: Path, video: Video, out: Path, threshold: float, contours: Contours | None, snapping: Snapping
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    write_mask(out / f"{video.frame_names[0]}.png", np.asarray(video.masks[0]))
    for t, name in enumerate(video.frame_names[1:], start=1):
        probability = read_probability(source / f"{name}.png")
        if contours is None:
            mask = probability > threshold
        else:
            regions = superpixels(contours(t, video.frames[t]), snapping.contour)
            mask = snap(probability, regions, snapping.mask)
        write_mask(out / f"{name}.png", mask)
