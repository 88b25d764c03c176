"""One frame of MaskTrack beside one of OSVOS: seconds a frame at equal resolution, and drift.

    python benchmarks/masktrack.py --davis DAVIS --sequence blackswan --height 480

Both run in this process, on the same frames, in turns, so that a busy machine slows both. Drift is the
decay of J, the mean over the first quarter of the video less that over the last, as in the benchmark.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from vostut.checkpoints import lite_masktrack, lite_parent
from vostut.datasets import davis2016
from vostut.flow import dis_flow
from vostut.methods import OSVOS, MaskTrack, MaskTrackConfig, OSVOSConfig
from vostut.metrics import region_similarity, summarise
from vostut.training.loop import make_fabric


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--davis", type=Path, required=True)
    parser.add_argument("--sequence", default="blackswan")
    parser.add_argument("--height", type=int, default=480)
    options = parser.parse_args()
    video = davis2016.load(options.davis, "trainval")[options.sequence]
    first, fabric = np.asarray(video.masks[0]), make_fabric()
    osvos = OSVOSConfig(fine_tuning=None, height=options.height)
    masktrack = replace(MaskTrackConfig.laptop("lite"), fine_tuning=None, height=options.height)
    tracks: dict[str, Iterator[np.ndarray]] = {
        "OSVOS": OSVOS(lite_parent(), osvos, fabric=fabric).track(video.frames, first),
        "MaskTrack": MaskTrack(lite_masktrack(), masktrack, fabric=fabric).track(video.frames, first),
        "MaskTrack, with DIS flow": MaskTrack(lite_masktrack(), masktrack, dis_flow, fabric).track(
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
    print(f"{video.name}, {len(video)} frames, {options.height} lines, without fine-tuning\n")
    print("| | s a frame, median | J mean | J decay |\n|---|--:|--:|--:|")
    for name in tracks:
        of_j = summarise(js[name])
        print(f"| {name} | {np.median(seconds[name]):.3f} | {of_j.mean:.3f} | {of_j.decay:+.3f} |")


if __name__ == "__main__":
    main()
