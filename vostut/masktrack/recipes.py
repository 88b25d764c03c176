"""MaskTrack's recipes on one page: how it learns from still images, is fine-tuned, and tracks. Chapter 5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vostut.learning.augment import FLIPS, Augmentation
from vostut.learning.optimisers import Solver
from vostut.learning.presets import named_recipe
from vostut.masktrack.deform import AS_PUBLISHED, Deformation
from vostut.masktrack.flow_images import ObjectMotion
from vostut.masktrack.network import MASK_STD


@dataclass(frozen=True)
class OfflineRecipe:
    """How MaskTrack learns to repair masks. Chapter 5, "Offline training".

    Attributes:
        backbone: ``"vgg16"`` or ``"lite"``.
        height: images are resized to this height.
        steps: optimiser steps.
        solver: optimiser and learning rates.
        accumulate: images whose gradients make one step.
        augmentation: what an image goes through.
        deformation: what its mask goes through.
        mask_std: of the fourth channel's first filters.
        mask_input: False trains without the fourth channel.
        boxes: share of the samples that are fed the box around the mask instead. From them the network
            learns to turn a box, drawn on frame 0, into a mask.
        motion: the network of the motion stream: photographs become flow-magnitude images; None leaves them.
        seed: of initialisation and sampling.
        save_every: steps between two saved states.
    """

    backbone: str
    height: int
    steps: int
    solver: Solver
    accumulate: int = 1
    augmentation: Augmentation = FLIPS
    deformation: Deformation = AS_PUBLISHED
    mask_std: float = MASK_STD
    mask_input: bool = True
    boxes: float = 0.0
    motion: ObjectMotion | None = None
    seed: int = 0
    save_every: int = 250

    def of_motion(self) -> OfflineRecipe:
        """The recipe of the motion stream's own network: fewer steps, from the first one's weights."""
        return replace(self, steps=max(self.steps * 3 // 10, 1), boxes=0.0, motion=ObjectMotion())


@dataclass(frozen=True)
class MaskTrackRecipe:
    """How MaskTrack is fine-tuned on frame 0, and how it carries the mask on. Chapter 5.

    Attributes:
        height: frames are resized to this height, for fine-tuning and on the video; 0 leaves them.
        steps: optimiser steps, at most; 0 tracks with the network as it was trained offline.
        solver: optimiser and learning rates.
        accumulate: samples whose gradients make one step.
        augmentation: what the frame goes through before each step.
        deformation: what its mask goes through; on the video the previous mask is dilated by its radius.
        freeze: first stages that stay as they were trained offline.
        held_out: augmentations that are never trained on and say when to stop; 0 for no early stopping.
        seed: of the augmentations.
        threshold: a pixel belongs to the object above this probability.
    """

    height: int
    steps: int
    solver: Solver
    accumulate: int = 1
    augmentation: Augmentation = FLIPS
    deformation: Deformation = AS_PUBLISHED
    freeze: int = 0
    held_out: int = 0
    seed: int = 0
    threshold: float = 0.5

    def matching_offline_training(self, about: Mapping[str, Any]) -> MaskTrackRecipe:
        """This recipe for a network whose description says how masks were deformed in its offline training.

        What an ablation left out there is left out here, too; how far to dilate stays this recipe's.
        """
        given = dict(about.get("config", {}).get("deformation", {}))
        radius = given.pop("radius", given.pop("dilate", None))  # "dilate" in checkpoints of version 0.1
        kept = 0.0 if radius == 0 else self.deformation.radius
        return replace(self, deformation=Deformation(**given, radius=kept))


def _adamw(backbone: float, heads: float) -> Solver:
    """What was trained before learns slowly, what is new learns fast."""
    return Solver("adamw", {"backbone": backbone, "head": heads, "score": heads})


DEEPLAB = Solver("sgd", {"backbone": 1e-3, "head": 1e-3, "score": 1e-2}, bias=2.0, weight_decay=5e-4)
"""The article's solver: SGD from 1e-3, the last layer at ten times that."""

THREE_SIZES = Augmentation(sizes=(0.5, 0.75, 1.0), angle=15, scale=(0.7, 1.4), colour=0.2)
VGG_240 = Augmentation(sizes=(0.6, 0.8, 1.0), angle=15, scale=(0.7, 1.4), colour=0.2)

OFFLINE = {
    # 20 000 steps of 10 images of DeepLab's size; a radius of 7 at 480 lines is the article's 5 at 321
    ("paper", "vgg16"): OfflineRecipe("vgg16", height=321, steps=20_000, accumulate=10, solver=DEEPLAB,
        deformation=Deformation(radius=7)),
    ("paper", "lite"): OfflineRecipe("lite", height=321, steps=20_000, accumulate=10, solver=DEEPLAB,
        deformation=Deformation(radius=7)),
    # about an hour on two CPU cores
    ("laptop", "vgg16"): OfflineRecipe(
        "vgg16", height=240, steps=4000, solver=_adamw(2e-5, 5e-4), augmentation=VGG_240, boxes=0.1
    ),
    ("laptop", "lite"): OfflineRecipe(
        "lite", height=360, steps=10_000, solver=_adamw(2e-4, 1e-3), augmentation=THREE_SIZES, boxes=0.1
    ),
    # seconds, on the embedded cutouts: enough to see every part at work
    ("quick", "vgg16"): OfflineRecipe("vgg16", height=120, steps=60, solver=_adamw(2e-5, 5e-4),
        augmentation=VGG_240, boxes=0.1, save_every=20),
    ("quick", "lite"): OfflineRecipe("lite", height=120, steps=60, solver=_adamw(2e-4, 1e-3),
        augmentation=THREE_SIZES, boxes=0.1, save_every=20),
}  # fmt: skip
"""(preset, backbone) -> how the network learns from still images."""

# 200 steps of 10 samples with the offline solver, at full resolution
_PAPER = MaskTrackRecipe(
    height=0, steps=200, accumulate=10, solver=DEEPLAB, augmentation=Augmentation(angle=20)
)

RECIPES = {
    ("paper", "vgg16"): _PAPER,
    ("paper", "lite"): _PAPER,
    # a minute or two a video on two CPU cores
    ("laptop", "vgg16"): MaskTrackRecipe(
        height=240, steps=100, solver=_adamw(1e-5, 2e-4), augmentation=THREE_SIZES
    ),
    ("laptop", "lite"): MaskTrackRecipe(
        height=480, steps=100, solver=_adamw(1e-4, 5e-4), augmentation=THREE_SIZES
    ),
    # seconds a video, on the embedded cutouts
    ("quick", "vgg16"): MaskTrackRecipe(
        height=240, steps=30, solver=_adamw(1e-5, 2e-4), augmentation=THREE_SIZES
    ),
    ("quick", "lite"): MaskTrackRecipe(
        height=240, steps=30, solver=_adamw(1e-4, 5e-4), augmentation=THREE_SIZES
    ),
}
"""(preset, backbone) -> how a video is segmented."""


def offline_recipe(preset: str = "laptop", backbone: str = "lite") -> OfflineRecipe:
    """How the network learns from still images, by the names of preset and backbone.

    Raises:
        DataError: no such recipe.
    """
    return named_recipe(OFFLINE, preset, backbone)


def masktrack_recipe(preset: str = "laptop", backbone: str = "lite") -> MaskTrackRecipe:
    """How a video is segmented, by the names of preset and backbone.

    Raises:
        DataError: no such recipe.
    """
    return named_recipe(RECIPES, preset, backbone)
