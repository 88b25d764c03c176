"""What a row of the ledger is, in the same words for every backbone; its seeds and its command. Chapter 7."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from vostut.reproduction.ledger import whole_runs

PARTS = ("-flow-crf", "-flow", "-snapped", "-crf", "")
"""How the names of rows end, by what was added to the plain method; in the order of tables."""

LARGE, SMALL = "VGG-16", "Lite"
"""The articles' backbone, and this book's own."""

ADDRESSES = {
    "57edcf26": "checkpoints/osvos_vgg16.safetensors",
    "270164f0": "checkpoints/masktrack_vgg16.safetensors",
}
"""Where the repository has a network that does not come with the package, by how its checksum begins."""

PUBLISHED = {
    "OSVOS": ("osvos", "VGG-16, snapped to contours"),
    "MaskTrack": ("msk", "VGG-16, EpicFlow, one network for both streams, dense CRF"),
}
"""A method's key in the official table, and what is in the published number."""

STORED = "stored contour maps"
"""What a folder of contour maps is called; where they come from, tables say below."""


class Result(NamedTuple):
    """A line of a table of results: one recipe, run with one seed or with several.

    Attributes:
        label: what was run, in words.
        backbone: of its networks.
        rows: of the ledger, one a seed.
    """

    label: str
    backbone: str
    rows: tuple[dict[str, Any], ...]

    def mean(self, metric: str) -> float:
        """The mean over seeds, in percent."""
        return float(np.mean(self.each(metric)))

    def deviation(self, metric: str) -> float | None:
        """The standard deviation over seeds, in percent points; None of a single one."""
        each = self.each(metric)
        return float(np.std(each, ddof=1)) if len(each) > 1 else None

    def each(self, metric: str) -> list[float]:
        """The value of each seed, in percent."""
        return [100 * row["score"][metric]["mean"] for row in self.rows]

    def cell(self, metric: str) -> str:
        """Mean and deviation as a table shows them, in one piece."""
        spread = self.deviation(metric)
        return f"{self.mean(metric):.1f}" + ("" if spread is None else f"\u00a0±\u00a0{spread:.1f}")

    @property
    def seeds(self) -> str:
        """How many seeds, in words."""
        words = ("no seed", "one seed", "mean of two seeds", "mean of three seeds")
        return words[len(self.rows)] if len(self.rows) < len(words) else f"mean of {len(self.rows)} seeds"


def backbone_of_row(row: Mapping[str, Any]) -> str:
    """``"VGG-16"``, ``"Lite"``, or "" for a baseline that has no network."""
    if not row.get("plan", {}).get("parent"):
        return ""
    return LARGE if "vgg16" in row["name"] else SMALL


def lines_of(row: Mapping[str, Any]) -> int:
    """The height of the frames that the network was fine-tuned on."""
    return tuning_of(row)["height"]


def tuning_of(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """How a row's network was fine-tuned, in the words of today's recipes; version 0.1 had others."""
    config = row["plan"]["config"]
    found = config.get("fine_tuning") or config
    if "rates" not in found:
        return found
    rates = dict(found["rates"])
    solver = {"name": rates.pop("optimiser")} | {key: rates.pop(key) for key in ("bias", "weight_decay")}
    return {k: v for k, v in found.items() if k != "rates"} | {"solver": solver | {"rates": rates}}


def zoom_of(tuning: Mapping[str, Any]) -> str:
    """The range of zoom in a fine-tuning, as ``--zoom`` takes it."""
    return ",".join(map(str, tuning["augmentation"]["scale"]))


def label_of(row: Mapping[str, Any]) -> str:
    """What was run: backbone, size, and each part that is in the masks, always in the same words."""
    words = [backbone_of_row(row), f"{lines_of(row)} lines"]
    part = part_of(row["name"])
    if part == "-snapped":
        words.append(f"snapped to {_contours(row)}")
    if "flow" in part:
        network = "own second network" if row["plan"].get("speed") else "one network for both streams"
        words.append(f"{row['plan']['flow'].upper()} flow, {network}")
    if "crf" in part:
        words.append("dense CRF")
    return ", ".join(words)


def part_of(name: str) -> str:
    """The end of a row's name that says what was added; one of :data:`PARTS`."""
    return next(part for part in PARTS if name.endswith(part))


def _contours(row: Mapping[str, Any]) -> str:
    """Where the contour maps of a snapped row come from."""
    given = _given_contours(row)
    if given == "hed":
        return "HED's contours"
    return "contours of our own branch" if given.endswith(".safetensors") else STORED


def _given_contours(row: Mapping[str, Any]) -> str:
    """What a row's command has for ``--contours``; "" if it has nothing."""
    words = shlex.split(row["command"])
    return words[words.index("--contours") + 1] if "--contours" in words else ""


def seeds_of(rows: Mapping[str, dict[str, Any]], name: str) -> tuple[dict[str, Any], ...]:
    """The same recipe with other seeds: ``NAME-seed-0-flow`` and so on for ``NAME-flow``; may be empty."""
    part = part_of(name)
    pattern = re.compile(f"{re.escape(name.removesuffix(part))}-seed-([0-9]+){part}")
    found = {int(match[1]): rows[key] for key in rows if (match := pattern.fullmatch(key))}
    return tuple(found[seed] for seed in sorted(found))


def results(rows: Mapping[str, dict[str, Any]], method: str) -> list[Result]:
    """The lines of a table, the article's own configuration first: VGG-16, one network, all parts.

    Then come smaller frames and fewer parts, then our own networks. The order does not look at scores. Where
    a recipe was run with several seeds, the line holds those runs, and the mean is over all of them.

    Args:
        rows: by name, see :func:`vostut.reproduction.ledger.read_ledger`.
        method: such as ``"OSVOS"`` or ``"MaskTrack"``.
    """
    ordered = sorted(whole_runs(dict(rows), method), key=_place)
    found = []
    for row in ordered:
        same = seeds_of(rows, row["name"])
        found.append(Result(label_of(row), backbone_of_row(row), same if len(same) > 1 else (row,)))
    return found


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    own = bool(row["plan"].get("speed")) and "flow" in part_of(row["name"])
    place = PARTS.index(part_of(row["name"]))
    return backbone_of_row(row) != LARGE, -lines_of(row), own, place, row["name"]


def headline(found: list[Result]) -> list[Result]:
    """Two lines for a first page: the article's configuration, and ours with the most seeds and parts."""
    faithful = [line for line in found if line.backbone == LARGE][:1]
    ours = sorted((line for line in found if line.backbone == SMALL), key=_fewest)[:1]
    return [*faithful, *ours]


def _fewest(line: Result) -> tuple[int, int]:
    return -len(line.rows), PARTS.index(part_of(line.rows[0]["name"]))


def command_of(row: Mapping[str, Any], contours: str = "CONTOURS") -> str:
    """What to type to make a row again, with the networks that the package and the repository bring.

    Args:
        row: of the ledger.
        contours: the folder of stored contour maps.
    """
    plan, tuning = row["plan"], tuning_of(row)
    words = ["vostut", "run", plan["method"].lower()]
    if address := ADDRESSES.get(plan["parent"]["sha256"][:8]):
        words += ["--parent", address]
    if backbone_of_row(row) == LARGE:  # what its preset gave when the row was made
        words += ["--height", str(tuning["height"]), "--steps", str(tuning["steps"])]
        words += ["--zoom", zoom_of(tuning), "--rate", f"{tuning['solver']['rates']['backbone']:g}"]
    if tuning["seed"]:
        words += ["--seed", str(tuning["seed"])]
    part = part_of(row["name"])
    if part == "-snapped":
        words += ["--contours", contours if _contours(row) == STORED else _given_contours(row)]
    if plan["flow"] and "flow" in part:
        words += ["--flow", plan["flow"]]
        if not plan.get("speed") and backbone_of_row(row) == SMALL:
            words += ["--motion-network", "shared"]
    return " ".join([*words, *(["--crf"] if "crf" in part else [])])
