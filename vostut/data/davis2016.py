"""DAVIS-2016: 50 videos, one object each, masks accurate to the pixel. Explained in chapter 2.

Source: Perazzi et al., "A benchmark dataset and evaluation methodology for video object segmentation",
CVPR 2016. Attributes and the subset for temporal stability: the database file of the DAVIS toolkits.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from vostut.layout import open_layout
from vostut.video import Dataset

ATTRIBUTES: dict[str, str] = {
    "AC": "appearance change",
    "BC": "background clutter",
    "CS": "camera shake",
    "DB": "dynamic background",
    "DEF": "deformation",
    "EA": "edge ambiguity",
    "FM": "fast motion",
    "HO": "heterogeneous object",
    "IO": "interacting objects",
    "LR": "low resolution",
    "MB": "motion blur",
    "OCC": "occlusion",
    "OV": "out of view",
    "ROT": "rotation",
    "SC": "shape complexity",
    "SV": "scale variation",
}
"""What the codes mean. Fifteen come with the paper; ROT was added in the toolkits' database."""

_TABLE = """\
bear                82 train stable DEF
blackswan           50 val   stable
bmx-bumps           90 train -      CS EA FM HO IO LR MB OCC OV SC SV
bmx-trees           80 val   -      BC CS DEF EA FM HO IO LR MB OCC SC SV
boat                75 train stable BC DB EA SC
breakdance          84 val   -      AC DB DEF FM HO MB OV ROT
breakdance-flare    71 train -      CS DEF FM HO MB ROT
bus                 80 train stable EA HO OCC SC
camel               90 val   stable CS DEF IO ROT
car-roundabout      75 val   stable BC ROT
car-shadow          40 val   stable AC BC EA LR
car-turn            80 train stable BC ROT SV
cows               104 val   stable CS DEF HO IO OCC
dance-jump          60 train stable DB DEF EA HO MB OCC ROT SC
dance-twirl         90 val   -      CS DEF HO IO MB OV ROT SC
dog                 60 val   -      CS DEF EA FM MB ROT
dog-agility         25 train -      AC DEF EA FM HO MB OCC OV
drift-chicane       52 val   -      AC DB EA FM HO LR ROT SV
drift-straight      50 val   stable AC CS EA FM HO LR MB OV ROT SV
drift-turn          64 train stable AC DB FM HO IO OV ROT SV
elephant            80 train stable CS DB DEF EA
flamingo            80 train stable DB DEF HO IO SC
goat                90 val   -      BC CS DEF EA
hike                80 train stable DEF HO LR
hockey              75 train stable DEF HO IO ROT SC
horsejump-high      50 val   -      DEF HO IO OCC SC
horsejump-low       60 train -      DEF EA HO IO OCC SC
kite-surf           50 val   stable DB EA HO IO MB OCC SC SV
kite-walk           80 train stable DB DEF HO IO OCC SC
libby               49 val   -      DEF EA HO MB OCC SC
lucia               70 train -      DEF HO OCC
mallard-fly         70 train -      AC DB DEF EA FM LR MB OV ROT SV
mallard-water       80 train stable DB EA IO LR
motocross-bumps     60 train stable AC BC FM HO IO OV ROT SV
motocross-jump      40 val   -      AC DEF EA FM HO IO MB OV ROT SC SV
motorbike           43 train -      EA FM HO IO LR OCC ROT SC SV
paragliding         70 train -      HO IO LR SC
paragliding-launch  80 val   stable DEF EA HO IO SC
parkour            100 val   -      AC DEF FM HO LR OCC ROT SV
rhino               90 train stable BC DEF OCC
rollerblade         35 train -      CS DEF FM HO LR MB
scooter-black       43 val   stable EA HO IO SV
scooter-gray        75 train -      BC EA FM HO IO OCC ROT SC
soapbox             99 val   stable AC DEF HO IO MB ROT SV
soccerball          48 train -      FM HO LR MB OCC
stroller            91 train stable CS DEF FM HO IO SC
surf                55 train stable CS DB FM HO IO OV SV
swing               60 train -      DEF FM HO IO OCC SC
tennis              70 train -      DEF FM HO IO MB SV
train               80 train stable EA HO SC
"""


class Sequence(NamedTuple):
    """What is known of a DAVIS-2016 sequence without having its images.

    Attributes:
        name: its folder.
        n_frames: how many frames it has.
        split: ``"train"`` or ``"val"``.
        stable: it belongs to the subset on which temporal stability is averaged (``eval_t``): the
            authors left out sequences whose outline really changes fast, through occlusion say.
        attributes: codes from :data:`ATTRIBUTES`.
    """

    name: str
    n_frames: int
    split: str
    stable: bool
    attributes: frozenset[str]


def _parse(line: str) -> Sequence:
    name, n_frames, split, stable, *attributes = line.split()
    return Sequence(name, int(n_frames), split, stable == "stable", frozenset(attributes))


SEQUENCES: dict[str, Sequence] = {s.name: s for s in map(_parse, _TABLE.splitlines())}
"""All 50 sequences in alphabetical order."""

STABLE = tuple(s.name for s in SEQUENCES.values() if s.stable)
"""The sequences over which the benchmark averages T."""


JUDGES = ("car-turn", "dance-jump", "dog-agility", "paragliding", "surf", "swing")
"""Six of the training videos, on which recipes are chosen after a training on the other 24.

In attributes, and in the size and the growth of their objects, they are among the most like all thirty. So
the validation videos are looked at only when nothing is left to choose.
"""


def names(split: str = "trainval") -> list[str]:
    """Names of the sequences of ``"train"``, ``"val"``, ``"trainval"``, ``"train-24"`` or ``"train-6"``."""
    if split == "train-6":
        return list(JUDGES)
    if split == "train-24":
        return [name for name in names("train") if name not in JUDGES]
    return [s.name for s in SEQUENCES.values() if split in (s.split, "trainval")]


def load(
    root: str | os.PathLike, split: str = "val", resolution: str = "480p", merge: bool = False
) -> Dataset:
    """Open DAVIS-2016.

    Args:
        root: the folder ``DAVIS`` of the official archive, with ``JPEGImages`` in it.
        split: ``"train"`` (30 videos), ``"val"`` (20) or ``"trainval"`` (50); ``"train-24"`` and
            ``"train-6"`` are the two parts of ``"train"`` by which recipes are chosen, see :data:`JUDGES`.
        resolution: ``"480p"``, on which all results are reported, or ``"1080p"``.
        merge: take all objects of a mask as one, such as those of DAVIS-2017's masks.

    Raises:
        DataError: naming the folder or file that is missing.
    """
    in_two_parts = split in ("train-24", "train-6")
    data = open_layout(
        root,
        "train" if in_two_parts else split,
        name="DAVIS-2016",
        sets=resolution,
        resolution=resolution,
        fps=24,
        attributes={s.name: s.attributes for s in SEQUENCES.values()},
        stable=frozenset(STABLE),
        merge=merge,
    )
    return data.subset(names(split), split) if in_two_parts else data
