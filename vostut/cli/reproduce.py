"""``vostut reproduce``: from data to the tables of the papers, in one call."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vostut.cli.numbers import not_negative, processes
from vostut.cli.options import (
    BASELINES,
    METHODS,
    add_device_options,
    add_motion_option,
    make_contours,
    make_dataset,
    make_motion_network,
    named,
    path,
    set_threads,
)

if TYPE_CHECKING:
    from vostut.reproduction.reproduce import Profile


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    command = commands.add_parser("reproduce", help="train, segment, score and report, in one call")
    add = command.add_argument
    add("--profile", choices=("quick", "laptop", "paper"), default="laptop", help="default: laptop")
    add("--methods", type=_names, default=[*METHODS, *BASELINES], help="default: osvos,masktrack,copy,warp")
    add("--out", type=path, required=True, help="folder of the reproduction; one that exists is resumed")
    add("--davis", type=path, metavar="ROOT", help="the data set's folder (default: the variable DAVIS)")
    add("--dataset", help="as for `run` (default: the profile's: the cutouts, or DAVIS-2016)")
    add("--split", default="val", help="default: val")
    add("--sequences", type=_names, help="only these, comma-separated")
    add("--train", action="store_true", help="train the networks, too (default: those of the package)")
    add(
        "--stills", type=path, action="append", default=[],
        help="with --train: still images for MaskTrack (default: the training videos' frames)",
    )  # fmt: skip
    add("--imagenet", type=path, help="with --train: ImageNet weights")
    add("--osvos", type=path, metavar="FILE", help="OSVOS's parent network")
    add("--masktrack", type=path, metavar="FILE", help="MaskTrack's offline network")
    add("--seed", type=not_negative, default=0, help="of the fine-tuning (default: 0)")
    add("--contours", type=named, help="snap OSVOS to contours: 'hed', or a folder of <sequence>/<frame>.png")
    add("--flow", choices=("dis", "raft"), default="dis", help="of MaskTrack's motion stream (default: dis)")
    add_motion_option(command)
    add("--crf", action="store_true", help="also refine MaskTrack by a dense CRF")
    add("--jobs", type=processes, default=1, help="videos at a time, each in its own process (default: 1)")
    add("--cluster", default="", metavar="ADDRESS", help="a Dask scheduler; its workers do the jobs")
    add_device_options(command)
    command.set_defaults(run=_run)


def _names(text: str) -> list[str]:
    return text.split(",")


def _run(options: argparse.Namespace) -> int:
    from vostut.masktrack import MASKTRACK_LITE
    from vostut.masktrack.crf import require_crf
    from vostut.reproduction.page import write_page
    from vostut.reproduction.reproduce import PROFILES, plan_runs, reproduce, workers

    if options.crf:
        require_crf()
    set_threads(options.threads)
    command = shlex.join(["vostut", *sys.argv[1:]])
    profile = PROFILES[options.profile]
    options.dataset = options.dataset or profile.dataset
    dataset = make_dataset(options)
    given = {"osvos": options.osvos, "masktrack": options.masktrack}
    networks = {name: path for name, path in given.items() if path}
    if options.train:
        networks = _train(options, profile) | networks
    first = networks.get("masktrack", MASKTRACK_LITE)
    if motion := make_motion_network(options, first):
        networks["motion"] = motion
    where = {"device": options.device, "precision": options.precision, "threads": options.threads}
    plans = plan_runs(options.methods, profile, networks, options.flow, options.seed, **where)
    contours = make_contours(options)
    jobs = -1 if options.cluster else options.jobs
    with workers(options.cluster):
        rows, failures = reproduce(plans, dataset, options.out, command, jobs, contours, options.crf)
    for page in write_page(rows, failures, command, options.out):
        print(f"wrote {page}")
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _train(options: argparse.Namespace, profile: Profile) -> dict[str, Path]:
    """The networks that the methods start from, trained in this process."""
    from vostut.data import open_dataset
    from vostut.data.stills import ConcatStills, FramesAsStills, open_stills
    from vostut.learning.devices import make_fabric
    from vostut.reproduction.reproduce import train_networks

    videos = open_dataset(options.dataset, options.davis, "train")
    folders = [open_stills(folder) for folder in options.stills]
    stills = ConcatStills(*folders) if folders else FramesAsStills(videos.values())
    fabric = make_fabric(options.device, options.precision, backbone=profile.backbone)
    return train_networks(options.methods, profile, videos, stills, options.out, fabric, options.imagenet)
