"""``vostut train``: a network to start from, on DAVIS's training videos or on still images."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vostut.cli.numbers import not_negative, positive, processes, workers
from vostut.cli.options import (
    METHODS,
    PRESETS,
    add_data_options,
    add_device_options,
    add_joint_option,
    make_datasets,
    path,
    set_threads,
)
from vostut.errors import DataError

if TYPE_CHECKING:
    from vostut.data.stills import Still

LAUNCHERS = ("RANK", "NODE_RANK", "SLURM_NTASKS")
"""Variables of which torchrun, Lightning or Slurm sets one where it starts several machines."""


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    train = commands.add_parser("train", help="train the network that fine-tuning starts from")
    train.add_argument(
        "method", choices=(*METHODS, "contours"), help="contours: the branch for OSVOS's boundary snapping"
    )
    train.add_argument("--backbone", choices=("vgg16", "lite"), help="default: vgg16 for osvos, else lite")
    train.add_argument("--preset", choices=PRESETS, default="laptop")
    train.add_argument(
        "--imagenet", type=path, help="ImageNet weights (default: VOSTUT_WEIGHTS, a package, a download)"
    )
    train.add_argument(
        "--steps", type=not_negative, help="optimiser steps (default: the preset's; 0 for no training)"
    )
    train.add_argument("--height", type=positive, help="of the images, in lines (default: the preset's)")
    train.add_argument("--seed", type=not_negative, default=0)
    train.add_argument("--workers", type=workers, default=0, help="processes that make samples ahead")
    train.add_argument("--devices", type=processes, default=1, help="GPUs of each machine (default: 1)")
    train.add_argument(
        "--nodes", type=processes, default=1, help="machines, started by torchrun (default: 1)"
    )
    train.add_argument(
        "--out", type=path, required=True, help="folder of the training; one that exists is resumed"
    )
    train.add_argument(
        "--drawings", type=path, help="contours: BSDS500's folder with images and groundTruth in it"
    )
    _add_masktrack_options(train)
    add_data_options(train, split="train")
    add_joint_option(train)
    add_device_options(train)
    train.set_defaults(run=_train)


def _add_masktrack_options(train: argparse.ArgumentParser) -> None:
    train.add_argument(
        "--stills", type=path, action="append", default=[],
        help="masktrack: a folder of images and masks; may be given several times",
    )  # fmt: skip
    train.add_argument(
        "--frames", action="store_true", help="masktrack: also take the videos' frames for still images"
    )
    train.add_argument("--start", type=path, help="masktrack: a network to start from (default: ImageNet's)")
    train.add_argument(
        "--motion", "--speed", dest="speed", action="store_true",
        help="masktrack: the motion stream's own network, on flow-magnitude images of the photographs",
    )  # fmt: skip
    for name, words in (
        ("no-deformation", "feed the true mask"),
        ("no-bending", "deform by affine maps only"),
        ("no-dilation", "do not dilate"),
        ("no-mask", "leave the mask channel out"),
        ("zero-mask", "start the mask channel's filters at zero"),
    ):
        train.add_argument(f"--{name}", action="store_true", help=f"masktrack, ablation: {words}")


def _train(options: argparse.Namespace) -> int:
    from vostut.learning.devices import make_fabric

    if options.nodes > 1 and not any(name in os.environ for name in LAUNCHERS):
        raise DataError(
            f"--nodes {options.nodes}: nothing has started the other machines (expected torchrun)"
        )
    set_threads(options.threads)
    options.backbone = options.backbone or ("vgg16" if options.method == "osvos" else "lite")
    fabric = make_fabric(options.device, options.precision, options.devices, options.nodes, options.backbone)
    fabric.launch()
    train = {"osvos": _train_osvos, "masktrack": _train_masktrack, "contours": _train_contours}[
        options.method
    ]
    print(f"wrote {train(options, fabric)}")
    return 0


def _changed(recipe: Any, options: argparse.Namespace) -> Any:
    """A recipe with the height, the seed and the steps of the options."""
    steps = recipe.steps if options.steps is None else options.steps
    return replace(recipe, height=options.height or recipe.height, seed=options.seed, steps=steps)


def _train_osvos(options: argparse.Namespace, fabric: Any) -> Path:
    from vostut.osvos import parent_recipe, train_parent

    recipe = _changed(parent_recipe(options.preset, options.backbone), options)
    data = make_datasets(options)
    train_parent(data, recipe, options.out, fabric, options.imagenet, workers=options.workers)
    return options.out / "parent.safetensors"


def _train_contours(options: argparse.Namespace, fabric: Any) -> Path:
    from vostut.data.bsds import DrawnContours
    from vostut.osvos.parent import train_on_images
    from vostut.osvos.recipes import contour_recipe

    if options.drawings is None:
        raise DataError("--drawings: not given (expected BSDS500's folder with images and groundTruth in it)")
    recipe = _changed(contour_recipe(options.preset, options.backbone), options)
    drawn = DrawnContours(options.drawings)
    train_on_images(drawn, recipe, options.out, "contours", fabric, options.imagenet, workers=options.workers)
    return options.out / "contours.safetensors"


def _train_masktrack(options: argparse.Namespace, fabric: Any) -> Path:
    from vostut.data.stills import ConcatStills, FramesAsStills, open_stills
    from vostut.masktrack import Deformation, offline_recipe, train_offline

    recipe = offline_recipe(options.preset, options.backbone)
    if options.speed:
        recipe = recipe.of_motion()
    deformation = Deformation.nothing() if options.no_deformation else recipe.deformation
    if options.no_bending:
        deformation = replace(deformation, points=0)
    if options.no_dilation:
        deformation = replace(deformation, radius=0.0)
    recipe = replace(
        _changed(recipe, options),
        deformation=deformation,
        boxes=0.0 if options.no_deformation else recipe.boxes,
        mask_input=not options.no_mask,
        mask_std=0.0 if options.zero_mask else recipe.mask_std,
    )
    collections: list[Sequence[Still]] = [open_stills(folder) for folder in options.stills]
    if options.frames or not collections:
        collections += [FramesAsStills(data.values()) for data in make_datasets(options)]
    stills = ConcatStills(*collections)
    train_offline(
        stills, recipe, options.out, fabric, options.imagenet, start=options.start, workers=options.workers
    )
    return options.out / "offline.safetensors"
