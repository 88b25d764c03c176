"""``vostut train``, ``vostut run`` and ``vostut segment``: a parent, a data set, a video of one's own."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vostut.cli.scoring import positive
from vostut.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from vostut.methods.osvos import OSVOSConfig
    from vostut.methods.snapping import Contours
    from vostut.video import Dataset, Video

METHODS = ("osvos",)
PRESETS = ("paper", "laptop", "quick")


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the commands to the parser."""
    _add_train(commands)
    _add_run(commands)
    _add_segment(commands)


def _add_train(commands: argparse._SubParsersAction) -> None:
    train = commands.add_parser("train", help="train a parent network")
    train.add_argument("method", choices=METHODS)
    train.add_argument("--backbone", choices=("vgg16", "lite"), default="vgg16")
    train.add_argument("--preset", choices=PRESETS, default="laptop")
    train.add_argument(
        "--imagenet", type=Path, help="ImageNet weights (default: VOSTUT_WEIGHTS, a package, a download)"
    )
    train.add_argument("--steps", type=int, help="optimiser steps (default: the preset's; 0 for no training)")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--devices", type=positive, default=1, help="how many GPUs (default: 1)")
    train.add_argument(
        "--out", type=Path, required=True, help="folder of the training; one that exists is resumed"
    )
    _add_data_options(train, split="train")
    _add_device_options(train)
    train.set_defaults(run=_train)


def _add_run(commands: argparse._SubParsersAction) -> None:
    run = commands.add_parser("run", help="segment and score a whole data set")
    run.add_argument("method", choices=METHODS)
    run.add_argument("--out", type=Path, required=True, help="folder of the run; one that exists is resumed")
    run.add_argument("--no-one-shot", action="store_true", help="segment with the parent as it is")
    run.add_argument(
        "--budgets", type=_numbers, default=(), help="also segment after so many steps, as in 25,50"
    )
    run.add_argument("--jobs", type=positive, default=1, help="videos at a time, each in its own process")
    run.add_argument("--record", type=Path, help="write the ledger's row to this JSON file")
    run.add_argument("--note", default="", help="for the ledger's row")
    _add_method_options(run)
    _add_data_options(run, split="val")
    _add_device_options(run)
    run.set_defaults(run=_run)


def _add_segment(commands: argparse._SubParsersAction) -> None:
    segment = commands.add_parser("segment", help="segment a video of your own")
    segment.add_argument("method", choices=METHODS)
    segment.add_argument("video", type=Path, help="a video file, or a folder of frames")
    segment.add_argument(
        "--mask", type=Path, required=True, help="PNG that marks the object in the first frame"
    )
    segment.add_argument("--out", type=Path, required=True, help="the .mp4 to write, with the object tinted")
    segment.add_argument("--masks", type=Path, help="also write a mask PNG for each frame to this folder")
    segment.add_argument(
        "--fps", type=float, help="frames per second (default: the video's, 24 for a folder)"
    )
    _add_method_options(segment)
    _add_device_options(segment)
    segment.set_defaults(run=_segment)


def _add_method_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--parent", type=Path, help="checkpoint of the parent network (default: the package's Lite parent)")
    add("--preset", choices=PRESETS, default="laptop")
    add("--steps", type=positive, help="fine-tuning steps (default: the preset's)")
    add("--seed", type=int, default=0)
    add("--contours", help="snap to contours: 'hed', or a folder of <sequence>/<frame>.png")


def _add_data_options(parser: argparse.ArgumentParser, split: str) -> None:
    add = parser.add_argument
    add("--davis", type=Path, metavar="ROOT", help="the data set's folder (default: the variable DAVIS)")
    add("--dataset", default="davis2016", help="davis2016 (default), davis2017, gygo, cutouts or layout")
    add("--split", default=split, help=f"which split (default: {split})")
    add("--sequences", type=lambda text: text.split(","), help="only these, comma-separated")


def _add_device_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: a GPU if there is one")
    add(
        "--precision",
        default="auto",
        help="default: bf16-mixed where the hardware computes in it, else 32-true",
    )
    add("--threads", type=positive, default=0, help="CPU threads of each process (default: all)")


def _numbers(text: str) -> tuple[int, ...]:
    if not all(part.isdigit() for part in text.split(",")):
        raise argparse.ArgumentTypeError(f"{text!r} (expected numbers with commas between them)")
    return tuple(int(part) for part in text.split(","))


def _dataset(options: argparse.Namespace) -> Dataset:
    from vostut.datasets import davis_root, open_dataset
    from vostut.video import Dataset

    root = options.davis
    if root is None and options.dataset != "cutouts":
        root = davis_root()
    data = open_dataset(options.dataset, root, options.split)
    if options.sequences:
        data = Dataset(data.name, data.split, [data[name] for name in options.sequences])
    return data


def _config(options: argparse.Namespace) -> tuple[Path, OSVOSConfig]:
    """The parent's file, and the preset with what the options change."""
    from vostut.checkpoints import OSVOS_LITE
    from vostut.methods.osvos import PRESETS as configs
    from vostut.training.checkpoints import read

    parent = options.parent or OSVOS_LITE
    _, about = read(parent)
    config = configs[options.preset](about.get("backbone", "lite"))
    tuning = config.fine_tuning
    if tuning is not None:
        tuning = replace(tuning, seed=options.seed, steps=options.steps or tuning.steps)
        config = replace(config, fine_tuning=tuning, height=tuning.height)
    if getattr(options, "no_one_shot", False):
        config = replace(config, fine_tuning=None)
    return parent, config


def _contours(options: argparse.Namespace) -> Callable[[Video], Contours] | None:
    if options.contours is None:
        return None
    from vostut.methods.snapping import hed_contours, stored_contours
    from vostut.networks.weights import load_hed

    if options.contours == "hed":
        found = hed_contours(load_hed())
        return lambda video: found
    folder = Path(options.contours)
    return lambda video: stored_contours(folder / video.name)


def _train(options: argparse.Namespace) -> int:
    from vostut.training import ParentTraining, train_parent
    from vostut.training.loop import make_fabric

    _set_threads(options.threads)
    if options.preset == "paper":
        config = replace(ParentTraining.paper(), backbone=options.backbone)
    else:
        config = getattr(ParentTraining, options.preset)(options.backbone)
    steps = config.steps if options.steps is None else options.steps
    config = replace(config, seed=options.seed, steps=steps)
    fabric = make_fabric(options.device, options.precision, options.devices)
    fabric.launch()
    train_parent(_dataset(options), config, options.out, fabric, options.imagenet)
    print(f"wrote {options.out / 'parent.safetensors'}")
    return 0


def _run(options: argparse.Namespace) -> int:
    from vostut.benchmark import evaluate, score_table
    from vostut.benchmark.ledger import ledger_row, write_row
    from vostut.benchmark.runs import RunPlan, make_masks, run_osvos
    from vostut.datasets import davis2016

    parent, config = _config(options)
    dataset = _dataset(options)
    plan = RunPlan(parent, config, options.budgets, options.device, options.precision, options.threads)
    folder = run_osvos(plan, dataset, options.out, options.jobs)
    contours = _contours(options)
    variants: list[tuple[str, int | None, bool, str]] = [("", None, False, "")]
    if contours:
        variants.append(("-snapped", None, True, ", snapped to contours"))
    variants += [(f"-budget-{n}", n, False, f", {n} steps") for n in options.budgets]
    stable = None
    if options.dataset == "davis2016":
        stable = [s.name for s in davis2016.SEQUENCES.values() if s.stable]
    for suffix, budget, snapped, words in variants:
        source = "probabilities" if budget is None else f"probabilities-after-{budget}"
        find = contours if snapped else None
        masks = make_masks(
            folder, dataset, config.threshold, find, config.snapping, source, jobs=options.jobs
        )
        score = evaluate(masks, dataset, stable=stable, jobs=options.jobs)
        print(f"{folder.name}{suffix}\n{score_table(score)}\n")
        if options.record:
            name = options.record.stem + suffix
            command, note = shlex.join(["vostut", *sys.argv[1:]]), options.note + words
            row = ledger_row(name, folder, dataset, score, command, note, budget)
            print(f"wrote {write_row(row, options.record.with_name(f'{name}.json'))}")
    return 0


def _segment(options: argparse.Namespace) -> int:
    from vostut.images import read_mask
    from vostut.methods.osvos import OSVOS, check_first_mask
    from vostut.training.checkpoints import load_network
    from vostut.training.loop import make_fabric
    from vostut.video import Video, frame_rate, open_frames, write_video

    if options.out.suffix.lower() != ".mp4" or not options.out.parent.is_dir():
        raise DataError(
            f"{options.out}: cannot be written (expected a name ending in .mp4, in a folder that exists)"
        )
    _set_threads(options.threads)
    frames = open_frames(options.video)
    mask = read_mask(options.mask)
    try:
        check_first_mask(frames[0], mask)
    except DataError as error:
        raise DataError(f"{options.mask}: {error}") from error
    parent, config = _config(options)
    find = _contours(options)
    contours = find(Video(options.video.stem, frames, [mask])) if find else None
    steps = config.fine_tuning.steps if config.fine_tuning else 0
    with _progress(steps, "fine-tuning", "step") as watch:
        fabric = make_fabric(options.device, options.precision)
        method = OSVOS(load_network(parent)[0], config, contours, fabric, watch)
        masks = method.segment(frames, mask)
        rate = options.fps or frame_rate(options.video)
        write_video(options.out, _pictures(frames, masks, options.masks), rate)
    print(f"wrote {options.out}: {len(frames)} frames at {rate:g} a second")
    return 0


def _pictures(frames: object, masks: Iterator[np.ndarray], folder: Path | None) -> Iterator[np.ndarray]:
    """Overlays for the video, writing the masks on the way."""
    from tqdm.auto import tqdm

    from vostut.images import write_mask
    from vostut.plot import overlay

    for t, mask in enumerate(tqdm(masks, total=len(frames), desc="segmenting", unit="frame", disable=None)):  # type: ignore[arg-type]
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            write_mask(folder / f"{t:05d}.png", mask)
        yield overlay(frames[t], mask)  # type: ignore[index]


class _progress:
    """A bar over fine-tuning steps, as the function that fine-tuning calls after each."""

    def __init__(self, steps: int, name: str, unit: str):
        from tqdm.auto import tqdm

        self.bar = tqdm(total=steps, desc=name, unit=unit, disable=None)

    def __enter__(self) -> Callable[[int, object, float], None]:
        return lambda step, network, loss: self._show(loss)

    def _show(self, loss: float) -> None:
        self.bar.update()
        self.bar.set_postfix(loss=f"{loss:.4g}")

    def __exit__(self, *_: object) -> None:
        self.bar.close()


def _set_threads(threads: int) -> None:
    if threads:
        import cv2
        import torch

        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)
