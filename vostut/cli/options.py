"""Options that several commands share, and what becomes of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vostut.cli.numbers import learning_rate, not_negative, positive, processes
from vostut.errors import DataError
from vostut.names import DEVICES, PRECISIONS

if TYPE_CHECKING:
    from vostut.masktrack import MaskTrackRecipe
    from vostut.osvos import OSVOSRecipe
    from vostut.osvos.contours import Contours
    from vostut.video import Dataset, Video

METHODS = ("osvos", "masktrack")
BASELINES = ("copy", "warp")
PRESETS = ("paper", "laptop", "quick")
STAGES = 5
"""Of every backbone."""


def named(text: str) -> str:
    """A name that is not empty."""
    if not text:
        raise argparse.ArgumentTypeError("'' (expected a name)")
    return text


def path(text: str) -> Path:
    """The name of a file or folder; an empty one would be the folder that one stands in."""
    return Path(named(text))


def add_method_options(parser: argparse.ArgumentParser) -> None:
    """Which network, which recipe."""
    add = parser.add_argument
    add("--parent", type=path, help="checkpoint of the trained network (default: the package's, on Lite)")
    add("--preset", choices=PRESETS, default="laptop")
    add("--height", type=positive, help="frames are resized to so many lines (default: the preset's)")
    add("--steps", type=positive, help="fine-tuning steps (default: the preset's)")
    add("--held-out", type=positive, default=0, help="stop fine-tuning early, by so many samples set aside")
    add("--seed", type=not_negative, default=0)
    add("--zoom", type=_range, help="zoom in fine-tuning, as in 0.7,1.4 (default: the preset's)")
    add("--rate", type=learning_rate, help="the backbone's learning rate in it (default: the preset's)")
    add(
        "--contours",
        type=named,
        help="OSVOS: snap to contours: 'hed', the .safetensors of a contour branch, or a folder of "
        "<sequence>/<frame>.png",
    )
    add("--online", action="store_true", help="OSVOS: adapt the network while the video runs, as OnAVOS does")
    add("--heads-only", action="store_true", help="OSVOS: fine-tune side branches and fusion, no backbone")
    add("--flow", choices=("dis", "raft"), help="MaskTrack: a motion stream on this optical flow")
    add_motion_option(parser)


def add_motion_option(parser: argparse.ArgumentParser) -> None:
    """Which network the motion stream has."""
    parser.add_argument(
        "--motion-network", "--speed-network", dest="speed_network", type=named, metavar="FILE",
        help="MaskTrack: the motion stream's own network, or 'shared' for the first one's, as published "
        "(default: with the package's network the package's own, else shared)",
    )  # fmt: skip


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} (expected two numbers with a comma between them)"
        ) from None
    if not 0.1 <= low <= high <= 10:
        raise argparse.ArgumentTypeError(f"{text!r} (expected 0.1 <= low <= high <= 10)")
    return low, high


def add_data_options(parser: argparse.ArgumentParser, split: str) -> None:
    """Which videos."""
    add = parser.add_argument
    add("--davis", type=path, metavar="ROOT", help="the data set's folder (default: the variable DAVIS)")
    add("--dataset", default="davis2016", help="davis2016 (default), davis2017, gygo, cutouts or layout")
    add("--split", default=split, help=f"which split (default: {split})")
    add("--sequences", type=lambda text: text.split(","), help="only these, comma-separated")


def add_joint_option(parser: argparse.ArgumentParser) -> None:
    """More data sets to train on."""
    parser.add_argument(
        "--also", type=_further, action="append", default=[], metavar="NAME[:SPLIT][=ROOT]",
        help="one more data set in the same training, such as cutouts:trainval or gygo=GyGO; may be repeated",
    )  # fmt: skip


def _further(text: str) -> tuple[str, str, Path | None]:
    """(data set, split, root) from NAME[:SPLIT][=ROOT]."""
    data, _, root = text.partition("=")
    name, _, split = data.partition(":")
    if not name:
        raise argparse.ArgumentTypeError(f"{text!r} (expected NAME[:SPLIT][=ROOT])")
    return name, split or "train", Path(root) if root else None


def add_device_options(parser: argparse.ArgumentParser) -> None:
    """Where it is computed, and how exactly."""
    add = parser.add_argument
    add("--device", choices=DEVICES, default="auto", help="default: a GPU if there is one")
    add(
        "--precision",
        choices=PRECISIONS,
        default="auto",
        help="default: bf16-mixed where that is faster, else 32-true",
    )
    add("--threads", type=processes, default=0, help="CPU threads of each process (default: all)")


def make_dataset(options: argparse.Namespace) -> Dataset:
    """The videos that the options name."""
    from vostut.data import open_dataset

    data = open_dataset(options.dataset, options.davis, options.split)
    if options.sequences:
        data = data.subset(options.sequences)
    return data


def make_datasets(options: argparse.Namespace) -> list[Dataset]:
    """The videos that the options name, and those of ``--also``."""
    from vostut.data import open_dataset

    further = [open_dataset(name, root, split) for name, split, root in options.also]
    return [make_dataset(options), *further]


def make_recipe(options: argparse.Namespace) -> tuple[Path, OSVOSRecipe | MaskTrackRecipe]:
    """The trained network's file, and the preset with what the options change.

    Raises:
        DataError: an option of the other method, or no such checkpoint.
    """
    from vostut.osvos import OSVOSRecipe
    from vostut.osvos.online import Adaptation
    from vostut.reproduction.methods import NETWORKS, recipe_for

    if options.method == "osvos" and options.flow:
        raise DataError("--flow: OSVOS sees one frame at a time (expected with masktrack only)")
    if options.speed_network and not options.flow:
        raise DataError("--motion-network: there is no motion stream (expected with --flow)")
    if options.method == "masktrack" and options.contours:
        raise DataError("--contours: MaskTrack has no boundary snapping (expected with osvos only)")
    network = options.parent or NETWORKS[options.method]
    recipe = recipe_for(options.method, options.preset, network)
    recipe = replace(
        recipe,
        height=options.height or recipe.height,
        seed=options.seed,
        steps=options.steps or recipe.steps,
        held_out=options.held_out,
    )
    if options.zoom:
        recipe = replace(recipe, augmentation=replace(recipe.augmentation, scale=options.zoom))
    if options.rate:
        rates = dict(recipe.solver.rates) | {"backbone": options.rate}
        recipe = replace(recipe, solver=replace(recipe.solver, rates=rates))
    if getattr(options, "no_one_shot", False):
        recipe = replace(recipe, steps=0)
    if options.heads_only:
        if not isinstance(recipe, OSVOSRecipe):
            raise DataError("--heads-only: side branches are OSVOS's (expected with osvos only)")
        recipe = replace(recipe, freeze=STAGES)
    if options.online:
        if not isinstance(recipe, OSVOSRecipe):
            raise DataError("--online: changes the network of OSVOS (expected with osvos only)")
        recipe = replace(recipe, adaptation=Adaptation())
    return network, recipe


def make_motion_network(options: argparse.Namespace, first: Path) -> Path | None:
    """The motion stream's network; None if there is no such stream, or it shares the first one's."""
    from vostut.masktrack import MASKTRACK_LITE, MASKTRACK_LITE_MOTION

    given = options.speed_network
    if not options.flow or given == "shared":
        return None
    if given:
        return Path(given)
    return MASKTRACK_LITE_MOTION if first == MASKTRACK_LITE else None


def make_contours(options: argparse.Namespace) -> Callable[[Video], Contours] | None:
    """What gives a video's contour maps, if snapping is asked for."""
    if options.contours is None:
        return None
    from vostut.osvos.contours import load_hed, network_contours, stored_contours
    from vostut.osvos.weights import load_osvos

    if options.contours == "hed" or options.contours.endswith(".safetensors"):
        network = load_hed() if options.contours == "hed" else load_osvos(options.contours, "contours")[0]
        found = network_contours(network)
        return lambda video: found
    folder = Path(options.contours)
    return lambda video: stored_contours(folder / video.name, video.frame_names)


def set_threads(threads: int) -> None:
    """Threads of PyTorch and OpenCV; 0 leaves them."""
    if threads:
        import cv2
        import torch

        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)
