"""Where DAVIS-2016, DAVIS-2017 and GyGO are published, and how to tell that a copy is right.

Every address and sum stands beside the public source it was read from. Nothing here was tried: links
die, and when one has, ``--mirror`` and ``--archive`` of the download commands help.
"""

from __future__ import annotations

from typing import NamedTuple


class Archive(NamedTuple):
    """A data set as its authors publish it.

    Attributes:
        name: what the command line calls it; also the folder it goes to.
        what: one line that says what is in it.
        urls: the official address first, then mirrors.
        folder: the folder with ``JPEGImages``, ``Annotations`` and ``ImageSets`` after unpacking.
        sequences: how many videos the authors say it has.
        terms: licence or terms of use.
        size: bytes, for the announcement and the check of the disk; None if nobody published it.
        sha256: published SHA-256 sum, or None if there is no such thing.
        md5: published MD5 sum, used when there is no SHA-256.
    """

    name: str
    what: str
    urls: tuple[str, ...]
    folder: str
    sequences: int
    terms: str
    size: int | None = None
    sha256: str | None = None
    md5: str | None = None

    @property
    def filename(self) -> str:
        """Name of the archive file, the last part of its official address."""
        return self.urls[0].rpartition("/")[2]


ARCHIVES: dict[str, Archive] = {
    "davis2016": Archive(
        name="davis2016",
        what="DAVIS-2016: 50 videos at 480p and 1080p, with one object each",
        urls=(
            # https://davischallenge.org/davis2016/code.html (davisvideochallenge.github.io)
            "https://graphics.ethz.ch/Downloads/Data/Davis/DAVIS-data.zip",
            # The same path on the institute's other name; found in public download scripts only.
            "https://cgl.ethz.ch/Downloads/Data/Davis/DAVIS-data.zip",
        ),
        folder="DAVIS",
        sequences=50,
        terms="CC BY-NC 4.0 by the README in the archive; eight videos keep their makers' terms;"
        " cite Perazzi et al., CVPR 2016",
        size=1_900_000_000,  # "1.9GB" in data/get_davis.sh of github.com/fperazzi/davis
        # The same script, since its commit 4fd821b of 31 October 2016 ("Update data checksum"), made by
        # the data set's first author. No published SHA-256 was found.
        md5="0cb3cf9c5617209fa3cc4794e52a2ffa",
    ),
    "davis2017": Archive(
        name="davis2017",
        what="DAVIS-2017: the 90 videos of train and val at 480p, with several objects each",
        urls=(
            # https://davischallenge.org/davis2017/code.html (davisvideochallenge.github.io)
            "https://data.vision.ee.ethz.ch/csergi/share/davis/DAVIS-2017-trainval-480p.zip",
            # data/get_davis.sh of github.com/fperazzi/davis-2017
            "https://data.vision.ee.ethz.ch/jpont/davis/DAVIS-2017-trainval-480p.zip",
        ),
        folder="DAVIS",
        sequences=90,
        terms="CC BY-NC 4.0 in the metadata of davischallenge.org (the challenge rules: annotations"
        " CC BY 4.0); cite Pont-Tuset et al., arXiv:1704.00675",
        # Size and sum: tensorflow_datasets/video/davis/checksums.tsv of github.com/tensorflow/datasets
        size=832_766_765,
        sha256="e3d0b5b77c3d031b000a19e0e25e3e2cac65d183755601bc2cf066df1a2aa492",
    ),
    "gygo": Archive(
        name="gygo",
        what="GyGO: 131 training and 24 validation clips of things to sell, about 5 frames a second",
        urls=(
            # README.md of github.com/ilchemla/gygo-dataset, since its commit ab3639f of March 2018
            "https://gygox-assets.oss-us-east-1.aliyuncs.com/gygo-dataset.tar.gz",
            # The address in that README before; its issue 3 reports "Access Denied" there.
            "https://s3.amazonaws.com/gygox-assets/gygo-dataset.tar.gz",
        ),
        folder="GyGO",
        sequences=155,
        terms="its README names no licence, so ask the authors before you pass it on;"
        " cite Friedman et al., 2017",
    ),
}
"""Every data set that can be fetched, by name."""
