"""What each difficulty costs OSVOS and MaskTrack, for chapter 8: the cutouts' knobs, turned one at a time.

    python book/knobs.py book/_data/knobs.json book/_data/returns.json

Twelve scenes are rendered with all knobs at 0, then with one knob at 1 and all else the same. Both Lite
networks are fine-tuned on frame 0 by their quick presets and segment the rest; the first file holds their
mean J. For the second file the object of each scene leaves the frame and comes back, in a longer video, and J
is kept frame by frame; there MaskTrack runs without fine-tuning, too. Most of an hour on one core.
A run that was stopped goes on: the files are written after each video.
"""

from __future__ import annotations

import json
import sys
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from vostut import cutouts
from vostut.files import write_json
from vostut.masktrack import MaskTrack, lite_masktrack, masktrack_recipe
from vostut.metrics import region_similarity
from vostut.osvos import OSVOS, lite_parent, osvos_recipe
from vostut.video import Video

SCENES = (
    ("cat", "garden", 5),
    ("horse", "meadow", 8),
    ("coffee", "tiles", 2),
    ("astronaut", "moon", 6),
    ("stater", "gravel", 3),
    ("shuttle", "clouds", 7),
    ("planet", "stars", 1),
    ("asteroid", "desert", 10),
    ("admiral", "brick-wall", 4),
    ("cameraman", "launch-pad", 9),
    ("gorgon", "lawn", 11),
    ("tetradrachm", "garden", 12),
)
"""(object, place, seed). Each has another object, and the seeds are 1 to 12: none was chosen."""
KNOBS = ("nothing", *(knob.name for knob in fields(cutouts.Knobs)))
FRAMES, LONGER = 24, 40
METHODS = ("OSVOS", "MaskTrack")
UNTUNED = "MaskTrack, no fine-tuning"


def main(knobs: str, returns: str) -> None:
    """Run what is missing in the files."""
    for scene in SCENES:
        _returns(Path(returns), scene)
        for knob in KNOBS:
            _turn(Path(knobs), scene, knob)


def title(scene: tuple[str, str, int]) -> str:
    """What the files call a scene."""
    return f"{scene[0]}, {scene[1]}"


def render(scene: tuple[str, str, int], knob: str = "nothing", frames: int = FRAMES) -> Video:
    """A scene with one knob at 1, or with none."""
    thing, place, seed = scene
    turned = cutouts.Knobs() if knob == "nothing" else cutouts.Knobs(**{knob: 1.0})
    return cutouts.render(cutouts.Scene(thing, (thing,), place, frames, knobs=turned, seed=seed))


def segment(method: str, video: Video) -> list[np.ndarray]:
    """The masks of frames 0, 1, ...; a network that was tuned on the very same frame 0 is used again."""
    frame, mask = video.frames[0], np.asarray(video.masks[0], bool)
    network = _tuned(method, frame.tobytes(), mask.tobytes(), mask.shape)
    runner = _methods()[method]
    if isinstance(runner, OSVOS):
        found = runner.probabilities(network, video.frames[1:])
    else:
        found = runner.probabilities(network, video.frames, mask)
    return [mask, *(probability > 0.5 for probability in found)]


def scores(masks: list[np.ndarray], video: Video) -> list[float]:
    """J of each frame."""
    return [
        region_similarity(mask, np.asarray(truth)) for mask, truth in zip(masks, video.masks, strict=True)
    ]


def _turn(path: Path, scene: tuple[str, str, int], knob: str) -> None:
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name in METHODS:
        values = found.setdefault(knob, {}).setdefault(name, {})
        if title(scene) not in values:
            video = render(scene, knob)
            counted = scores(segment(name, video), video)[1:-1]  # as in the benchmark
            values[title(scene)] = round(float(np.mean(counted)), 4)
            write_json(path, found)
            print(knob, title(scene), name, f"{values[title(scene)]:.3f}", flush=True)


def _returns(path: Path, scene: tuple[str, str, int]) -> None:
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept = found.setdefault(title(scene), {})
    missing = [name for name in (*METHODS, UNTUNED) if name not in kept]
    if not missing:
        return
    video = render(scene, "out_of_view", LONGER)
    kept["visible"] = [int(np.asarray(mask).sum()) for mask in video.masks]
    for name in missing:
        masks = segment(name, video)
        kept[name] = {
            "J": [round(value, 3) for value in scores(masks, video)],
            "marked": [int(mask.sum()) for mask in masks],
        }
    write_json(path, found)
    print("out of view and back", title(scene), flush=True)


@lru_cache(maxsize=1)
def _methods() -> dict[str, OSVOS | MaskTrack]:
    recipe = masktrack_recipe("quick", "lite")
    return {
        "OSVOS": OSVOS(lite_parent(), osvos_recipe("quick", "lite")),
        "MaskTrack": MaskTrack(lite_masktrack(), recipe),
        UNTUNED: MaskTrack(lite_masktrack(), replace(recipe, steps=0)),
    }


@lru_cache(maxsize=4)
def _tuned(name: str, frame: bytes, mask: bytes, size: tuple[int, int]) -> torch.nn.Module:
    picture = np.frombuffer(frame, np.uint8).reshape(*size, 3)
    return _methods()[name].fine_tune(picture, np.frombuffer(mask, bool).reshape(size))


if __name__ == "__main__":
    main(*sys.argv[1:])
