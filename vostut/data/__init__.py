"""Chapter 2: the data sets. All are opened by :func:`open_dataset`, on disk in one layout."""

from __future__ import annotations

import os
from pathlib import Path

from vostut import cutouts
from vostut.data import davis2016, davis2017, gygo
from vostut.errors import DataError
from vostut.layout import open_layout
from vostut.video import Dataset

DATASETS = ("davis2016", "davis2017", "gygo", "cutouts", "layout")


def davis_root() -> Path | None:
    """The folder that the environment variable ``DAVIS`` names, or None if it is not set.

    Raises:
        DataError: it is set, but there is no such folder.
    """
    value = os.environ.get("DAVIS")
    if not value:
        return None
    root = Path(value)
    if not (root / "Annotations").is_dir():
        raise DataError(
            f"{root}: no DAVIS-2016 here (the environment variable DAVIS should name the folder"
            " that holds JPEGImages, Annotations and ImageSets)"
        )
    return root


def open_dataset(
    kind: str, root: str | os.PathLike | None = None, split: str = "val", resolution: str | None = None
) -> Dataset:
    """Open a data set by its short name.

    Args:
        kind: one of :data:`DATASETS`; ``"layout"`` is any folder in the DAVIS layout.
        root: where it lies; by default the folder that the environment variable ``DAVIS`` names. The cutouts
            need none.
        split: such as ``"train"`` or ``"val"``.
        resolution: the folder below ``JPEGImages``; by default each data set's usual one.

    Raises:
        DataError: unknown kind, or what the data set's own ``load`` raises.
    """
    if kind == "cutouts":
        return cutouts.load(split, root=root)
    root = root or davis_root()
    loaders = {"davis2016": davis2016.load, "davis2017": davis2017.load, "gygo": gygo.load}
    if kind not in DATASETS:
        raise DataError(f"no data set is called {kind!r} (expected one of {', '.join(DATASETS)})")
    if root is None:
        raise DataError(f"where is {kind}? (expected its folder: --davis ROOT, or the variable DAVIS)")
    if kind == "layout":
        return open_layout(root, split, resolution=resolution or "480p")
    return loaders[kind](root, split, resolution or "480p")


def default_dataset(split: str = "val") -> Dataset:
    """DAVIS-2016 if the environment variable ``DAVIS`` names it, the moving cutouts otherwise.

    The chapters use this, so the same book builds with and without the real data.
    """
    root = davis_root()
    return cutouts.load(split) if root is None else davis2016.load(root, split)


__all__ = [
    "DATASETS",
    "cutouts",
    "davis2016",
    "davis2017",
    "davis_root",
    "default_dataset",
    "gygo",
    "open_dataset",
    "open_layout",
]
