"""What each difficulty costs OSVOS and MaskTrack, for chapter 7: the cutouts' knobs, turned one at a time.

    python book/knobs.py book/_data/knobs.json

Five scenes are rendered with all knobs at 0, then with one knob at 1 and all else the same. Both Lite
networks are fine-tuned on frame 0 by their quick presets and segment the rest. A run that was stopped goes
on: the file is written after each video.
"""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np

from vostut import cutouts
from vostut.files import write_atomically
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
)
KNOBS = ("nothing", *(knob.name for knob in fields(cutouts.Knobs)))


def main(out: str) -> None:
    """Run what is missing in the file."""
    path = Path(out)
    found = json.loads(path.read_text()) if path.exists() else {}
    methods = {
        "OSVOS": OSVOS(lite_parent(), osvos_recipe("quick", "lite")),
        "MaskTrack": MaskTrack(lite_masktrack(), masktrack_recipe("quick", "lite")),
    }
    for knob in KNOBS:
        for thing, place, seed in SCENES:
            turned = cutouts.Knobs() if knob == "nothing" else cutouts.Knobs(**{knob: 1.0})
            video = cutouts.render(cutouts.Scene(thing, (thing,), place, 24, knobs=turned, seed=seed))
            for name, method in methods.items():
                values = found.setdefault(knob, {}).setdefault(name, {})
                if thing not in values:
                    values[thing] = mean_j(method, video)
                    write_atomically(path, (json.dumps(found, indent=1) + "\n").encode())
                    print(knob, thing, name, f"{values[thing]:.3f}", flush=True)


def mean_j(method: OSVOS | MaskTrack, video: Video) -> float:
    """Mean J, without the first frame and the last, as in the benchmark."""
    masks = list(method.segment(video.frames, np.asarray(video.masks[0])))
    pairs = zip(masks[1:-1], list(video.masks)[1:-1], strict=True)
    return round(float(np.mean([region_similarity(mask, truth) for mask, truth in pairs])), 4)


if __name__ == "__main__":
    main(*sys.argv[1:])
