"""What makes the second stream of MaskTrack help or hurt, when it shares the first one's weights.

    python benchmarks/flow_stream.py --davis DAVIS --split train-6 --record found.json
    python benchmarks/flow_stream.py --davis DAVIS --network checkpoints/masktrack_vgg16.safetensors

The article gives the network that was trained on photographs a picture of the flow's magnitude, and gains 3.6
points. It does not say how the magnitude becomes a picture, whether that stream has the weights from before
or after fine-tuning, or what exactly is averaged. Each variant here changes one of these. A video is
fine-tuned once for all of them. The last variants are controls: a picture that is the true mask, which no
flow can beat, and one that shows nothing.

MaskTrack is trained on photographs, so DAVIS's training videos are as new to it as the others; what is chosen
by this table is chosen on them. A run that was stopped goes on: the file is written after each video.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from vostut.data import davis2016
from vostut.files import read_json, write_json
from vostut.flow import CachedFlow, Flow, dis_flow, magnitude_image
from vostut.learning.augment import fit_height
from vostut.learning.checkpoints import backbone_of
from vostut.masktrack import MASKTRACK_LITE, MaskTrack, MaskTrackNet, load_masktrack, masktrack_recipe
from vostut.masktrack.finetune import fine_tune
from vostut.metrics import region_similarity
from vostut.reproduction.hardware import describe_hardware
from vostut.video import Video

Picture = Callable[[np.ndarray], np.ndarray]
"""From flow, H x W x 2 in pixels, to what the second stream is shown, H x W x 3 uint8."""


def camera_left_in(flow: np.ndarray) -> np.ndarray:
    """The plain norm, as later code of others takes it; the largest hundredth is white."""
    return _grey(np.linalg.norm(flow, axis=-1), None)


def at_one_scale(flow: np.ndarray) -> np.ndarray:
    """White is a fiftieth of the height a frame, in every frame alike: slow frames stay dark."""
    return _grey(_own(flow), flow.shape[0] / 50)


def logarithm(flow: np.ndarray) -> np.ndarray:
    """The logarithm of the magnitude: what moves a little is seen beside what moves a lot."""
    return _grey(np.log1p(_own(flow)), None)


def like_a_photograph(flow: np.ndarray) -> np.ndarray:
    """The usual picture in the range of greys that a photograph has: nothing black, nothing white."""
    return (64 + magnitude_image(flow).astype(float) / 2).astype(np.uint8)


def colours(flow: np.ndarray) -> np.ndarray:
    """Direction as hue, magnitude as brightness: a picture with colours and edges, as photographs have."""
    own = flow - np.median(flow.reshape(-1, 2), axis=0)
    hue = (np.degrees(np.arctan2(own[..., 1], own[..., 0])) % 360 / 2).astype(np.uint8)
    hsv = np.dstack([hue, np.full_like(hue, 160), 64 + magnitude_image(flow)[..., 0] // 4 * 3])
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def _own(flow: np.ndarray) -> np.ndarray:
    return np.linalg.norm(flow - np.median(flow.reshape(-1, 2), axis=0), axis=-1)


def _grey(values: np.ndarray, white: float | None) -> np.ndarray:
    white = white or max(float(np.percentile(values, 99)), 1e-6)
    return np.repeat(np.rint(np.minimum(values / white, 1) * 255).astype(np.uint8)[..., None], 3, axis=-1)


def coarse_flow(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """DIS by its fastest preset: blurred motion, as a weak estimator gives it."""
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST).calc(grey[0], grey[1], None)


@dataclass(frozen=True)
class Variant:
    """One way of the second stream.

    Attributes:
        words: what a table says.
        picture: of the flow.
        flow: the estimator.
        share: of the second stream in the average; 0 leaves it out.
        of_probabilities: average probabilities, not logits.
        weights: ``"tuned"`` on the first frame, ``"offline"``, or tuned on the ``"picture"`` of its flow.
        shown: ``"flow"``, or the controls ``"truth"`` and ``"nothing"``.
    """

    words: str
    picture: Picture = magnitude_image
    flow: Flow = dis_flow
    share: float = 0.5
    of_probabilities: bool = False
    weights: str = "tuned"
    shown: str = "flow"


VARIANTS = (
    Variant("no second stream", share=0),
    Variant("as in the book"),
    Variant("camera left in", picture=camera_left_in),
    Variant("one scale for all frames", picture=at_one_scale),
    Variant("logarithm", picture=logarithm),
    Variant("greys of a photograph", picture=like_a_photograph),
    Variant("direction as colour", picture=colours),
    Variant("a coarser estimator", flow=coarse_flow),
    Variant("probabilities averaged", of_probabilities=True),
    Variant("a quarter of the weight", share=0.25),
    Variant("weights from before fine-tuning", weights="offline"),
    Variant("tuned on the flow picture", weights="picture"),
    Variant("control: the true mask as picture", shown="truth"),
    Variant("control: a grey picture", shown="nothing"),
)


def main() -> None:
    """Run what is missing, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--davis", type=Path, required=True)
    parser.add_argument("--split", default="train-6")
    parser.add_argument("--network", type=Path, default=MASKTRACK_LITE)
    parser.add_argument("--steps", type=int, help="of fine-tuning (default: the laptop's)")
    parser.add_argument("--record", type=Path, help="a JSON file, which is taken up again")
    options = parser.parse_args()
    network, _ = load_masktrack(options.network)
    recipe = masktrack_recipe("laptop", backbone_of(options.network))
    recipe = replace(recipe, steps=options.steps or recipe.steps)
    about = {"network": options.network.name, "split": options.split, "steps": recipe.steps}
    found: dict[str, Any] = about | {"J": {}}
    if options.record and options.record.exists():
        found = read_json(options.record)
        if {key: found[key] for key in about} != about:
            parser.error(f"{options.record}: made with other options (expected a new file, or {about})")
    for video in davis2016.load(options.davis, options.split).values():
        if video.name not in found["J"]:
            found["J"][video.name] = measure(MaskTrack(network, recipe), video)
            found["hardware"] = describe_hardware()
            print(video.name, json.dumps(found["J"][video.name]), flush=True)
            if options.record:
                write_json(options.record, found)
    print("\n| second stream | J |\n|---|--:|")
    for variant in VARIANTS:
        mean = np.mean([values[variant.words] for values in found["J"].values()])
        print(f"| {variant.words} | {100 * mean:.1f} |")


def measure(method: MaskTrack, video: Video) -> dict[str, float]:
    """Mean J of each variant on one video, by the words of the variant."""
    first, recipe = np.asarray(video.masks[0]), method.recipe
    tuned = method.fine_tune(video.frames[0], first)
    with tempfile.TemporaryDirectory() as folder:
        flows: dict[Flow, Flow] = {
            f: CachedFlow(f, Path(folder) / f.__name__) for f in (dis_flow, coarse_flow)
        }
        small, small_mask = fit_height(video.frames[0], first, recipe.height)
        after, _ = fit_height(video.frames[1], None, recipe.height)
        picture = magnitude_image(dis_flow(small, after))
        networks = {
            "tuned": tuned,
            "offline": method.fabric.to_device(method.offline.eval()),
            "picture": fine_tune(method.offline, picture, small_mask, recipe, method.fabric),
        }
        return {v.words: round(_mean_j(method, v, networks, flows, video), 4) for v in VARIANTS}


def _mean_j(
    method: MaskTrack,
    variant: Variant,
    networks: Mapping[str, MaskTrackNet],
    flows: Mapping[Flow, Flow],
    video: Video,
) -> float:
    """Follow the object by one variant; J over the frames that DAVIS counts."""
    height = method.recipe.height
    before, mask = fit_height(video.frames[0], np.asarray(video.masks[0]), height)
    js = []
    for t in range(1, len(video) - 1):
        frame, truth = fit_height(video.frames[t], np.asarray(video.masks[t]), height)
        logit = method.step(
            networks["tuned"], frame, before, mask
        )  # the method has no flow: one stream alone
        if variant.share:
            shown = np.full_like(frame, 128)
            if variant.shown == "truth":
                shown[:] = truth[..., None] * np.uint8(255)
            elif variant.shown == "flow":
                shown = variant.picture(flows[variant.flow](frame, before))
            second = method.step(networks[variant.weights], shown, before, mask)
            if variant.of_probabilities:
                logit, second = logit.sigmoid(), second.sigmoid()
            logit = (1 - variant.share) * logit + variant.share * second
            if variant.of_probabilities:
                logit = torch.logit(logit, eps=1e-6)
        mask = (logit.sigmoid()[0, 0] > method.recipe.threshold).cpu().numpy()
        js.append(region_similarity(mask, truth))
        before = frame
    return float(np.mean(js))


if __name__ == "__main__":
    main()
