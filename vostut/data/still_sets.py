"""The still images that MaskTrack is trained on: where they are, on which terms, and whether a copy is right.

Nobody offers them in one archive, and some of their pages come and go. So a copy may come from anywhere, and
:func:`check_stills` says whether it is the right one. Chapter 5 says what they are for.
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from vostut.data.pairs import find_pairs
from vostut.data.stills import Stills, fingerprint
from vostut.errors import DataError


class StillSet(NamedTuple):
    """A data set of photographs with one mask each.

    Attributes:
        name: also the folder it goes to.
        page: where its authors publish it.
        copy: a repository on GitHub that holds it, and the folders there.
        layout: what the folder should hold.
        terms: licence or terms of use.
        content: its :func:`vostut.data.stills.fingerprint`.
    """

    name: str
    page: str
    copy: str
    layout: str
    terms: str
    content: str


STILL_SETS = (
    StillSet(
        "ECSSD",
        "http://www.cse.cuhk.edu.hk/leojia/projects/hsaliency/dataset.html",
        "total-black/U2Net-ECSSD-Evaluation: data/ECSSD",
        "images/0001.jpg and ground_truth_mask/0001.png, ...",
        "we found no licence; cite Shi et al., PAMI 2016",
        "1000 images, sha256 e26c29fba7368ce8c81614e9fce8d05d",
    ),
    StillSet(
        "PASCAL-S",
        "http://cbs.ic.gatech.edu/salobj",
        "frankLeo123/Saliency_Matlab: config/pascal, config/mask",
        "images/1.jpg and masks/1.png, ...",
        "photographs of PASCAL VOC 2010, from Flickr; we found no licence for the masks;"
        " cite Li et al., CVPR 2014",
        "850 images, sha256 03e4a58c94f828cf13353775905c7549",
    ),
    StillSet(
        "SOD",
        "https://www.elderlab.yorku.ca/resources/salient-objects-dataset-sod",
        "ArcherFMY/sal_eval_toolbox: tools/GroundTruth/SOD; photographs BIDS/BSDS500: BSDS500/data/images",
        "masks/100075.png, ...; images/100075.jpg and so on are copied from a folder BSDS500 beside it",
        "photographs for non-commercial research and education (Berkeley); we found no licence for the masks;"
        " cite Movahedi and Elder, CVPR Workshops 2010, and Arbelaez et al., PAMI 2011",
        "300 images, sha256 61496aa855157c2fbb7ed33bc0c56425",
    ),
    StillSet(
        "DUTS-TR",
        "http://saliencydetection.net/duts",
        "DengPingFan/DAVSOD at d44e2f3: Training-Datasets/DUTS-train/img/part_000, gt/part_000",
        "img/NAME.jpg and gt/NAME.png: of its 10,553 pairs the 499 of that copy",
        "photographs of ImageNet, for non-commercial research; the authors reserve the rights to the masks;"
        " cite Wang et al., CVPR 2017",
        "499 images, sha256 4b7e9dcd85b72daaea948de57bf09dd5",
    ),
)
"""MaskTrack's 2649 still images. The content of each set is that of its copy."""


def check_stills(root: str | os.PathLike) -> Iterator[tuple[StillSet, str]]:
    """Look for each set in a folder, and compare its content.

    Args:
        root: holds a folder for each set. For SOD, the photographs are copied from ``BSDS500`` if they are
            missing.

    Yields:
        Each of :data:`STILL_SETS`, with what is wrong with it: empty if nothing is.
    """
    for wanted in STILL_SETS:
        folder = Path(root) / wanted.name
        if wanted.name == "SOD":
            _add_photographs(folder, folder.with_name("BSDS500"))
        if not folder.is_dir():
            yield wanted, "not there"
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # strays are no fault of a copy
                found = fingerprint(Stills(find_pairs(folder)))
        except DataError as error:
            found = str(error)
        yield wanted, "" if found == wanted.content else f"found {found} (expected {wanted.content})"


def _add_photographs(folder: Path, source: Path) -> None:
    """Copy the photographs that masks belong to, unless there are some already."""
    masks = {path.stem for path in folder.rglob("*.png")}
    photographs = [path for path in source.rglob("*.jpg") if path.stem in masks]
    if not photographs or any(folder.rglob("*.jpg")):
        return
    (folder / "images").mkdir(exist_ok=True)
    for path in photographs:
        shutil.copyfile(path, folder / "images" / path.name)
