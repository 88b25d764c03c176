"""Options that several commands share, and what becomes of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vostut.cli.scoring import positive
from vostut.errors import DataError

if TYPE_CHECKING:
    from vostut.methods.masktrack import MaskTrackConfig
    from vostut.methods.osvos import OSVOSConfig
    from vostut.methods.snapping import Contours
    from vostut.video import Dataset, Video

METHODS = ("osvos", "masktrack")
BASELINES = ("copy", "warp")
PRESETS = ("paper", "laptop", "quick")


def add_method_options(parser: argparse.ArgumentParser) -> None:
    """Which network, which recipe."""
    add = parser.add_argument
    add("--parent", type=Path, help="checkpoint of the trained network (default: the package's, on Lite)")
    add("--preset", choices=PRESETS, default="laptop")
    add("--steps", type=positive, help="fine-tuning steps (default: the preset's)")
    add("--held-out", type=positive, default=0, help="stop fine-tuning early, by so many samples set aside")
    add("--seed", type=int, default=0)
    add("--zoom", type=_range, help="zoom in fine-tuning, as in 0.7,1.4 (default: the preset's)")
    add("--contours", help="OSVOS: snap to contours: 'hed', or a folder of <sequence>/<frame>.png")
    add("--flow", choices=("dis", "raft"), help="MaskTrack: a second stream on this optical flow")
    add_speed_option(parser)


def add_speed_option(parser: argparse.ArgumentParser) -> None:
    """Which network the second stream has."""
    parser.add_argument(
        "--speed-network", metavar="FILE",
        help="MaskTrack: the second stream's own network, or 'shared' for the first one's, as published "
        "(default: with the package's network the package's own, else shared)",
    )  # fmt: skip


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} (expected two numbers with a comma between them)"
        ) from None
    if not 0 < low <= high:
        raise argparse.ArgumentTypeError(f"{text!r} (expected 0 < low <= high)")
    return low, high


def add_data_options(parser: argparse.ArgumentParser, split: str) -> None:
    """Which videos."""
    add = parser.add_argument
    add("--davis", type=Path, metavar="ROOT", help="the data set's folder (default: the variable DAVIS)")
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
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: a GPU if there is one")
    add(
        "--precision",
        default="auto",
        help="default: bf16-mixed where the hardware computes in it, else 32-true",
    )
    add("--threads", type=positive, default=0, help="CPU threads of each process (default: all)")


def make_dataset(options: argparse.Namespace) -> Dataset:
    """The videos that the options name."""
    from vostut.datasets import open_dataset
    from vostut.video import Dataset

    data = open_dataset(options.dataset, options.davis, options.split)
    if options.sequences:
        data = Dataset(data.name, data.split, [data[name] for name in options.sequences])
    return data


def make_datasets(options: argparse.Namespace) -> list[Dataset]:
    """The videos that the options name, and those of ``--also``."""
    from vostut.datasets import open_dataset

    further = [open_dataset(name, root, split) for name, split, root in options.also]
    return [make_dataset(options), *further]


def make_config(options: argparse.Namespace) -> tuple[Path, OSVOSConfig | MaskTrackConfig]:
    """The trained network's file, and the preset with what the options change.

    Raises:
        DataError: an option of the other method, or no such checkpoint.
    """
    from vostut.checkpoints import MASKTRACK_LITE, OSVOS_LITE
    from vostut.methods.recipes import recipe_for

    if options.method == "osvos" and options.flow:
        raise DataError("--flow: OSVOS sees one frame at a time (expected with masktrack only)")
    if options.speed_network and not options.flow:
        raise DataError("--speed-network: there is no second stream (expected with --flow)")
    if options.method == "masktrack" and options.contours:
        raise DataError("--contours: MaskTrack has no boundary snapping (expected with osvos only)")
    parent = options.parent or (OSVOS_LITE if options.method == "osvos" else MASKTRACK_LITE)
    config = recipe_for(options.method, options.preset, parent)
    tuning = config.fine_tuning
    if tuning is not None:
        tuning = replace(tuning, seed=options.seed, steps=options.steps or tuning.steps)
        tuning = replace(tuning, held_out=options.held_out)
        if options.zoom:
            tuning = replace(tuning, augmentation=replace(tuning.augmentation, scale=options.zoom))
        config = replace(config, fine_tuning=tuning, height=tuning.height)
    if getattr(options, "no_one_shot", False):
        config = replace(config, fine_tuning=None)
    return parent, config


def make_speed_network(options: argparse.Namespace, first: Path) -> Path | None:
    """The second stream's network; None if there is no such stream, or it shares the first one's."""
    from vostut.checkpoints import MASKTRACK_LITE, MASKTRACK_LITE_SPEED

    given = options.speed_network
    if not options.flow or given == "shared":
        return None
    if given:
        return Path(given)
    return MASKTRACK_LITE_SPEED if first == MASKTRACK_LITE else None


def make_contours(options: argparse.Namespace) -> Callable[[Video], Contours] | None:
    """What gives a video's contour maps, if snapping is asked for."""
    if options.contours is None:
        return None
    from vostut.methods.snapping import hed_contours, stored_contours
    from vostut.networks.weights import load_hed

    if options.contours == "hed":
        found = hed_contours(load_hed())
        return lambda video: found
    folder = Path(options.contours)
    return lambda video: stored_contours(folder / video.name)


def set_threads(threads: int) -> None:
    """Threads of PyTorch and OpenCV; 0 leaves them."""
    if threads:
        import cv2
        import torch

        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)
