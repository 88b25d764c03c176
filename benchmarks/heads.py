"""Which stages' features OSVOS's heads need: J on the cutouts with each stage alone, and with each left out.

Run ``python benchmarks/heads.py book/_data/heads.json``. The backbone stays as the parent left it, and the
heads are trained on frame 0 as the page *Try it* trains them, on features of which some stages are zero.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vostut import cutouts
from vostut.evaluation.scoring import score_video
from vostut.osvos import OSVOSNet, lite_parent
from vostut.osvos.export import THRESHOLD, LinearHeads, features_of, train_heads, variants
from vostut.reproduction.hardware import describe_hardware
from vostut.video import Video


def ways(stages: int) -> Iterator[tuple[str, list[int]]]:
    """Each choice of stages: all, one alone, all but one; stages are counted from 1, as in the chapter."""
    everything = list(range(stages))
    yield "all", everything
    for stage in everything:
        yield f"only {stage + 1}", [stage]
    for stage in everything:
        yield f"without {stage + 1}", [s for s in everything if s != stage]


def kept(features: list[Tensor], stages: list[int]) -> list[Tensor]:
    """The features, with zeros instead of the stages that are left out."""
    return [f if s in stages else torch.zeros_like(f) for s, f in enumerate(features)]


def measure(network: OSVOSNet, video: Video) -> dict[str, float]:
    """J of a video by choice of stages."""
    first = np.asarray(video.masks[0])
    learned = [features_of(network, *pair) for pair in variants(video.frames[0], first)]
    later = [features_of(network, frame, first)[0] for frame in video.frames[1:]]
    found = {}
    for name, stages in ways(len(network.sides)):
        heads = LinearHeads(network)
        train_heads(heads, [(kept(features, stages), target) for features, target in learned])
        with torch.no_grad():
            logits = [heads(kept(features, stages), first.shape) for features in later]
        masks = [(torch.sigmoid(logit)[0, 0] > THRESHOLD).numpy() for logit in logits]
        (score,) = score_video(video, [first, *masks], ("J",))
        found[name] = score.statistics("J").mean
    return found


def main() -> int:
    """Measure clip by clip, and write."""
    parser = argparse.ArgumentParser(description="Leave out stages from the heads of OSVOS.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--clips", type=lambda text: text.split(","), default=list(cutouts.load("val")))
    options = parser.parse_args()
    network, videos = lite_parent(), cutouts.load("val")
    found: dict[str, Any] = {}
    for name in options.clips:
        found[name] = measure(network, videos[name])
        print(name, json.dumps(found[name]), flush=True)
    text = {"hardware": describe_hardware(), "date": time.strftime("%Y-%m-%d"), "videos": found}
    options.out.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
