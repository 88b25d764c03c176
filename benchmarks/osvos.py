"""Fine-tuning one video: seconds a step, seconds a frame, and J over time, beside the reference recipe.

    python benchmarks/osvos.py --davis DAVIS --sequence blackswan --minutes 4 \
        --vgg checkpoints/osvos_vgg16.safetensors --peer path/to/OSVOS-PyTorch

The reference recipe is that of the published PyTorch code: float32, 854 x 480, SGD on the summed loss, 2000
steps of 5 samples. ``--peer`` runs that code's own network (a checkout of kmaninis/OSVOS-PyTorch) with it;
without, ours stands in. Both VGG networks start from the same parent. All contenders run one after the
other in this process, each for the same time. What the reference recipe would take for all of its 10 000
passes is its time a pass times 10 000.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from vostut.data import davis2016
from vostut.learning import Augmentation
from vostut.learning.devices import make_fabric
from vostut.metrics import region_similarity
from vostut.osvos import OSVOS, OSVOS_LITE, OSVOSNet, OSVOSRecipe, load_osvos, osvos_recipe
from vostut.reproduction.hardware import describe_hardware


class Stop(Exception):
    """The time is over."""


class Peer(nn.Module):
    """The network of a checkout of OSVOS-PyTorch, with the weights of one of ours, behind our interface."""

    def __init__(self, folder: Path, ours: OSVOSNet):
        super().__init__()
        sys.path.insert(0, str(folder))
        from networks.vgg_osvos import OSVOS as TheirOSVOS

        self.backbone = copy.deepcopy(ours.backbone)  # for the normalisation of images, and its name
        self.net = TheirOSVOS(pretrained=0)
        state = {
            **{f"stages.{n.removeprefix('backbone.stages.')}": t for n, t in ours.state_dict().items()
               if n.startswith("backbone.stages.")},
            **{n.replace("sides.", "side_prep.").replace("scores.", "score_dsn."): t
               for n, t in ours.state_dict().items() if n.startswith(("sides.", "scores.", "fuse."))},
        }  # fmt: skip
        missing = self.net.load_state_dict(state, strict=False)
        assert not missing.unexpected_keys, missing
        self.backbone.stages = self.net.stages
        self.sides, self.scores, self.fuse = self.net.side_prep, self.net.score_dsn, self.net.fuse

    parts = OSVOSNet.parts

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        *sides, fused = self.net((image - self.backbone.mean) / self.backbone.std)
        return fused, sides

    def segment(self, image: torch.Tensor) -> torch.Tensor:
        return self(image)[0]


def reference() -> OSVOSRecipe:
    """The published PyTorch recipe: mirror images, rotation by up to 30 degrees, zoom by up to a quarter."""
    changes = Augmentation(flip=0.5, angle=30, scale=(0.75, 1.25))
    return replace(osvos_recipe("paper", "vgg16"), augmentation=changes)


def run(name: str, network: nn.Module, recipe: OSVOSRecipe, video, seconds: float, every: int) -> dict:
    """Fine-tune for some seconds; J on every so many frames at growing intervals of time."""
    times = list(range(1, len(video) - 1, every))
    curve: list[tuple[float, int, float]] = []
    steps: list[float] = []
    aside, next_look, last = 0.0, 5.0, None
    precision = "32-true" if recipe == reference() else "auto"
    fabric = make_fabric("auto", precision, backbone=network.backbone.name)
    method = OSVOS(network, replace(recipe, flip=False), fabric=fabric)  # each frame once, not mirrored

    def j(net: nn.Module) -> float:
        frames = [video.frames[t] for t in times]
        masks = (p > 0.5 for p in method.probabilities(net, frames))
        value = float(
            np.mean([region_similarity(m, video.masks[t]) for m, t in zip(masks, times, strict=True)])
        )
        net.train()
        return value

    def watch(step: int, net: nn.Module, loss: float) -> None:
        nonlocal aside, next_look, last
        now = time.perf_counter()
        spent = now - began - aside
        steps.append(spent - (last or 0.0))
        last = spent
        if spent >= next_look or step == recipe.steps:
            curve.append((round(spent, 1), step, round(j(net), 4)))
            next_look = max(next_look * 1.6, spent * 1.3)
            aside += time.perf_counter() - now
        if spent > seconds:
            if curve[-1:] and curve[-1][1] != step:
                curve.append((round(spent, 1), step, round(j(net), 4)))
            raise Stop

    method.watch = watch
    began = time.perf_counter()
    with contextlib.suppress(Stop):
        method.fine_tune(video.frames[0], np.asarray(video.masks[0]))
    started = time.perf_counter()
    list(method.probabilities(network, video.frames[1:6]))
    return {
        "name": name,
        "seconds a pass": round(float(np.median(steps)) / recipe.accumulate, 3),
        "passes in all": recipe.steps * recipe.accumulate,
        "seconds a frame": round((time.perf_counter() - started) / 5, 3),
        "J over time": curve,
    }


def main() -> None:
    """Run all contenders on one sequence and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--davis", type=Path, required=True)
    parser.add_argument("--sequence", default="blackswan")
    parser.add_argument("--minutes", type=float, default=4.0, help="of fine-tuning for each contender")
    parser.add_argument("--every", type=int, default=5, help="J is measured on every so many frames")
    parser.add_argument("--vgg", type=Path, help="parent on VGG-16; without it, Lite alone is measured")
    parser.add_argument("--peer", type=Path, help="a checkout of kmaninis/OSVOS-PyTorch")
    parser.add_argument("--out", type=Path, help="also write the numbers to this JSON file")
    options = parser.parse_args()
    video = davis2016.load(options.davis, "trainval")[options.sequence]
    contenders: list[tuple[str, nn.Module, OSVOSRecipe]] = []
    if options.vgg:
        vgg = load_osvos(options.vgg)[0]
        theirs = Peer(options.peer, vgg) if options.peer else vgg
        contenders.append(
            (f"reference recipe, {'its own code' if options.peer else 'our code'}", theirs, reference())
        )
        contenders.append(("laptop, VGG-16", vgg, osvos_recipe("laptop", "vgg16")))
    contenders.append(("laptop, Lite", load_osvos(OSVOS_LITE)[0], osvos_recipe("laptop", "lite")))
    rows = [run(n, net, recipe, video, 60 * options.minutes, options.every) for n, net, recipe in contenders]
    print(f"{video.name}, {json.dumps(describe_hardware())}\n")
    print("| | s a pass | passes | hours in all | s a frame | J (after s) |\n|---|--:|--:|--:|--:|---|")
    for r in rows:
        hours = r["seconds a pass"] * r["passes in all"] / 3600
        curve = ", ".join(f"{j:.3f} ({s:.0f})" for s, _, j in r["J over time"])
        cells = [
            r["name"],
            r["seconds a pass"],
            r["passes in all"],
            f"{hours:.2f}",
            r["seconds a frame"],
            curve,
        ]
        print("| " + " | ".join(map(str, cells)) + " |")
    if options.out:
        about = {"sequence": video.name, "hardware": describe_hardware(), "contenders": rows}
        options.out.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
