"""Chapter 2: the data sets. All are opened by :func:`open_dataset`, on disk in one layout."""

from __future__ import annotations

import os
from pathlib import Path

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
    kind: str,
    root: str | os.PathLike | None = None,
    split: str = "val",
    resolution: str | None = None,
    *,
    several: bool = False,
    merge: bool = False,
    unsupervised: bool = False,
) -> Dataset:
    """Open a data set by its short name.

    Args:
        kind: one of :data:`DATASETS`; ``"layout"`` is any folder in the DAVIS layout.
        root: where it lies; by default the folder that the environment variable ``DAVIS`` names. The cutouts
            need none.
        split: such as ``"train"`` or ``"val"``.
        resolution: the folder below ``JPEGImages``; by default each data set's usual one, and for
            ``"layout"`` 480p if there is such a folder, else none.
        several: masks hold object ids, in a data set that does not say so itself.
        merge: all objects of a mask are one.
        unsupervised: with the annotation for unsupervised methods, ``Annotations_unsupervised``.

    Raises:
        DataError: unknown kind, options that do not fit it, or what the data set's own ``load`` raises.
    """
    if kind not in DATASETS:
        raise DataError(f"no data set is called {kind!r} (expected one of {', '.join(DATASETS)})")
    if several and kind in ("davis2016", "gygo"):
        raise DataError(f"{kind} has one object in each video (expected several with davis2017 or layout)")
    if unsupervised and kind not in ("davis2017", "layout"):
        raise DataError(f"{kind} has no annotation for unsupervised methods (expected davis2017 or layout)")
    if kind == "cutouts":
        from vostut import cutouts

        return cutouts.load(split, several, root)
    root = root or davis_root()
    if root is None:
        raise DataError(f"where is {kind}? (expected its folder: --davis ROOT, or the variable DAVIS)")
    if kind == "davis2017":
        return davis2017.load(root, split, resolution or "480p", merge, unsupervised)
    if kind != "layout":
        load = davis2016.load if kind == "davis2016" else gygo.load
        return load(root, split, resolution or "480p", merge)
    apart = unsupervised and (Path(root) / davis2017.UNSUPERVISED).is_dir()
    annotations = davis2017.UNSUPERVISED if apart else "Annotations"
    usual = "480p" if (Path(root) / annotations / "480p").is_dir() else ""
    return open_layout(
        root,
        split,
        resolution=usual if resolution is None else resolution,
        several=several or unsupervised,
        merge=merge,
        annotations=annotations,
    )


def default_dataset(split: str = "val") -> Dataset:
    """DAVIS-2016 if the environment variable ``DAVIS`` names it, the moving cutouts otherwise.

    The chapters use this, so the same book builds with and without the real data.
    """
    root = davis_root()
    if root is not None:
        return davis2016.load(root, split)
    from vostut import cutouts

    return cutouts.load(split)


__all__ = [
    "DATASETS",
    "davis2016",
    "davis2017",
    "davis_root",
    "default_dataset",
    "gygo",
    "open_dataset",
    "open_layout",
]
