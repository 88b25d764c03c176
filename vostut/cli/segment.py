"""``vostut segment``: a video of one's own."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vostut.cli.numbers import frames_per_second
from vostut.cli.options import (
    METHODS,
    add_device_options,
    add_method_options,
    make_contours,
    make_motion_network,
    make_recipe,
    path,
    set_threads,
)
from vostut.errors import DataError

if TYPE_CHECKING:
    from vostut.masktrack import MaskTrackRecipe
    from vostut.osvos import OSVOSRecipe
    from vostut.video import Lazy


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    segment = commands.add_parser("segment", help="segment a video of your own")
    segment.add_argument("method", choices=METHODS)
    segment.add_argument("video", type=path, help="a video file, or a folder of frames")
    first = segment.add_mutually_exclusive_group(required=True)
    first.add_argument("--mask", type=path, help="PNG that marks the object in the first frame")
    first.add_argument(
        "--box", type=_box, help="MaskTrack: a box around it instead, as LEFT,TOP,RIGHT,BOTTOM"
    )
    segment.add_argument(
        "--several", action="store_true", help="the mask holds object ids 1, 2, ...; each is tracked"
    )
    segment.add_argument("--out", type=path, required=True, help="the .mp4 to write, with the object tinted")
    segment.add_argument("--masks", type=path, help="also write a mask PNG for each frame to this folder")
    segment.add_argument(
        "--fps", type=frames_per_second, help="frames per second (default: the video's, 24 for a folder)"
    )
    add_method_options(segment)
    add_device_options(segment)
    segment.set_defaults(run=_segment)


def _box(text: str) -> tuple[int, int, int, int]:
    parts = text.split(",")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} (expected four numbers of pixels: left,top,right,bottom)")
    left, top, right, bottom = map(int, parts)
    if left >= right or top >= bottom:
        raise argparse.ArgumentTypeError(f"{text!r} (expected left < right and top < bottom)")
    return left, top, right, bottom


def _segment(options: argparse.Namespace) -> int:
    from vostut.learning.checkpoints import backbone_of
    from vostut.learning.devices import make_fabric
    from vostut.learning.several import SeveralObjects
    from vostut.video import check_video_name, frame_rate, open_frames, write_video

    check_video_name(options.out)
    set_threads(options.threads)
    network, recipe = make_recipe(options)
    fabric = make_fabric(options.device, options.precision, backbone=backbone_of(network))
    frames = open_frames(options.video, without=[options.mask] if options.mask else [])
    _check_outputs(options, network, frames.names)
    first = _first_mask(options, frames[0])
    if options.masks:
        options.masks.mkdir(parents=True, exist_ok=True)
    with _progress(recipe.steps, "fine-tuning", "step") as watch:
        make = partial(_method, options, network, recipe, fabric, frames, first, watch)
        masks: Iterator[np.ndarray]
        if options.several:
            masks = SeveralObjects(make, recipe.threshold).segment(frames, first)
        else:
            method = make()
            if options.box:
                first = method.mask_from_box(frames[0], first)
            masks = method.segment(frames, first)
        rate = options.fps or frame_rate(options.video)
        write_video(options.out, _pictures(frames, masks, options.masks), rate)
    print(f"wrote {options.out}: {len(frames)} frames at {rate:g} a second")
    return 0


def _check_outputs(options: argparse.Namespace, network: Path, names: Sequence[str]) -> None:
    """Refuse to write over what is read, or to mix masks with those of another video."""
    from vostut.files import check_no_input

    frames = list(options.video.iterdir()) if options.video.is_dir() else []
    others = [Path(given) for given in (options.mask, options.speed_network) if given]
    masks = [options.masks / f"{name}.png" for name in names] if options.masks else []
    check_no_input([options.out, *masks], [options.video, network, *others, *frames])
    if not options.masks or not options.masks.exists():
        return
    if not options.masks.is_dir() or options.masks.resolve() == options.video.resolve():
        raise DataError(f"--masks {options.masks}: not a folder for masks alone (expected another one)")
    found = {there for there in options.masks.iterdir() if there.suffix.lower() == ".png"}
    if strangers := sorted(there.name for there in found - set(masks) if not there.name.startswith(".")):
        raise DataError(
            f"--masks {options.masks}: holds {strangers[0]} already (expected a new folder, or an empty one)"
        )


def _first_mask(options: argparse.Namespace, frame: np.ndarray) -> np.ndarray:
    """From the PNG (H x W bool, or ids) or the box; refused if nothing can be learned from it."""
    from vostut.baselines import check_first_mask
    from vostut.images import VOID, read_mask

    if options.box and (options.method != "masktrack" or options.several):
        raise DataError("--box: a box holds one object, for MaskTrack (expected with masktrack only)")
    if options.several and options.contours:
        raise DataError("--contours: cannot be used with --several (expected for one object)")
    if options.box:
        left, top, right, bottom = options.box
        mask = np.zeros(frame.shape[:2], bool)
        mask[top:bottom, left:right] = True
    else:
        mask = read_mask(options.mask, options.several)
    try:
        check_first_mask(frame, mask if mask.dtype == bool else (mask > 0) & (mask != VOID))
    except DataError as error:
        raise DataError(f"{options.mask or '--box'}: {error}") from error
    return mask


def _method(
    options: argparse.Namespace,
    network: Path,
    recipe: OSVOSRecipe | MaskTrackRecipe,
    fabric: Any,
    frames: Sequence[np.ndarray],
    mask: np.ndarray,
    watch: Callable[[int, object, float], None],
) -> Any:
    from vostut.flow import make_flow
    from vostut.reproduction.methods import make_method
    from vostut.video import Video

    flow = make_flow(options.flow, str(fabric.device)) if options.flow else None
    find = make_contours(options)
    contours = find(Video(options.video.stem, frames, [mask])) if find else None
    motion = make_motion_network(options, network)
    return make_method(network, recipe, fabric, watch, flow, motion, contours)


def _pictures(frames: Lazy, masks: Iterator[np.ndarray], folder: Path | None) -> Iterator[np.ndarray]:
    """Overlays for the video, writing the masks on the way."""
    from tqdm.auto import tqdm

    from vostut.images import write_mask
    from vostut.plot import overlay

    for t, mask in enumerate(tqdm(masks, total=len(frames), desc="segmenting", unit="frame", disable=None)):
        if folder:
            if not t:
                _clear(folder, frames.names)
            write_mask(folder / f"{frames.names[t]}.png", mask)
        yield overlay(frames[t], mask)


def _clear(folder: Path, names: Sequence[str]) -> None:
    """Remove the masks of an earlier call: if this one fails, its masks do not stand among those."""
    for name in names:
        (folder / f"{name}.png").unlink(missing_ok=True)


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
