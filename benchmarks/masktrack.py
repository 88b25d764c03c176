"""One frame of MaskTrack beside one of OSVOS: seconds a frame at equal resolution, and drift.

    python benchmarks/masktrack.py --davis DAVIS --sequence blackswan --heights 240,360,480

All run in this process, on the same frames, in turns, so that a busy machine slows all of them. Drift is the
decay of J, the mean over the first quarter of the video less that over the last, as in the benchmark. With
``--record FILE`` the result is written as JSON, as chapter 5 shows it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vostut.data import davis2016
from vostut.flow import dis_flow
from vostut.learning.devices import make_fabric
from vostut.masktrack import MaskTrack, lite_masktrack, masktrack_recipe
from vostut.metrics import region_similarity, summarise
from vostut.osvos import OSVOS, lite_parent, osvos_recipe
from vostut.reproduction.hardware import describe_hardware
from vostut.video import Video


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--davis", type=Path, required=True)
    parser.add_argument("--sequence", default="blackswan")
    parser.add_argument("--heights", default="240,360,480")
    parser.add_argument("--record", type=Path)
    options = parser.parse_args()
    video = davis2016.load(options.davis, "trainval")[options.sequence]
    found = {height: measure(video, int(height)) for height in options.heights.split(",")}
    print(f"{video.name}, {len(video)} frames, without fine-tuning\n")
    print("| lines | | s a frame, median | J mean | J decay |\n|--:|---|--:|--:|--:|")
    for height, rows in found.items():
        for name, row in rows.items():
            cells = f"{row['seconds a frame']:.3f} | {row['J mean']:.3f} | {row['J decay']:+.3f}"
            print(f"| {height} | {name} | {cells} |")
    if options.record:
        about = {"sequence": video.name, "hardware": describe_hardware(), "lines": found}
        options.record.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def measure(video: Video, height: int) -> dict[str, dict[str, Any]]:
    """Seconds a frame, J and its decay of each contender at one height."""
    first, fabric = np.asarray(video.masks[0]), make_fabric()
    osvos = replace(osvos_recipe("quick", "lite"), steps=0, height=height)  # each frame once, not mirrored
    masktrack = replace(masktrack_recipe("laptop", "lite"), steps=0, height=height)
    tracks: dict[str, Iterator[np.ndarray]] = {
        "OSVOS": OSVOS(lite_parent(), osvos, fabric=fabric).predict(video.frames, first),
        "MaskTrack": MaskTrack(lite_masktrack(), masktrack, fabric=fabric).predict(video.frames, first),
        "MaskTrack, with DIS flow": MaskTrack(lite_masktrack(), masktrack, dis_flow, fabric).predict(
            video.frames, first
        ),
    }
    seconds: dict[str, list[float]] = {name: [] for name in tracks}
    js: dict[str, list[float]] = {name: [] for name in tracks}
    for t in range(1, len(video)):
        truth = np.asarray(video.masks[t])
        for name, track in tracks.items():
            started = time.perf_counter()
            probability = next(track)
            seconds[name].append(time.perf_counter() - started)
            js[name].append(region_similarity(probability > 0.5, truth))
    of_j = {name: summarise(values) for name, values in js.items()}
    return {
        name: {
            "seconds a frame": round(float(np.median(seconds[name])), 4),
            "J mean": round(of_j[name].mean, 4),
            "J decay": round(of_j[name].decay, 4),
        }
        for name in tracks
    }


if __name__ == "__main__":
    main()
