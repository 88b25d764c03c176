"""OSVOS's recipes on one page: how the parent learns, and how a video is segmented. Chapter 4."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vostut.learning.augment import FLIPS, Augmentation
from vostut.learning.optimisers import Solver
from vostut.learning.presets import named_recipe
from vostut.osvos.online import Adaptation
from vostut.osvos.snapping import CONTOUR_THRESHOLD, VOTE_THRESHOLD


@dataclass(frozen=True)
class ParentRecipe:
    """How the parent learns what an object is. Chapter 4, "The parent network".

    Attributes:
        backbone: ``"vgg16"`` or ``"lite"``.
        height: frames are resized to this height; DAVIS's own is 480.
        steps: optimiser steps.
        solver: optimiser and learning rates.
        accumulate: frames whose gradients make one step.
        schedule: of the learning rate, a name in :data:`vostut.learning.optimisers.SCHEDULES`.
        side_weights: weight of the side losses, stepwise over equal parts of the training.
        reduction: of the loss over the pixels, ``"sum"`` or ``"mean"``.
        augmentation: what a training frame goes through.
        freeze: first stages that stay as ImageNet left them.
        seed: of initialisation and sampling.
        save_every: steps between two saved states.
    """

    backbone: str
    height: int
    steps: int
    solver: Solver
    accumulate: int = 1
    schedule: str = "polynomial"
    side_weights: tuple[float, ...] = (0.5, 0.25, 0.1, 0.0)
    reduction: str = "mean"
    augmentation: Augmentation = FLIPS
    freeze: int = 2
    seed: int = 0
    save_every: int = 250


@dataclass(frozen=True)
class OSVOSRecipe:
    """How the parent is fine-tuned on frame 0, and how the other frames are segmented. Chapter 4, "One shot".

    Attributes:
        height: frames are resized to this height, for fine-tuning and on the video; 0 leaves them.
        steps: optimiser steps, at most; 0 segments with the parent as it is ("without one-shot").
        solver: optimiser and learning rates.
        accumulate: samples whose gradients make one step.
        schedule: of the learning rate.
        reduction: of the loss over the pixels.
        augmentation: what the frame goes through before each step.
        freeze: first stages that stay as the parent left them.
        held_out: augmentations that are never trained on and say when to stop; 0 for no early stopping.
        seed: of the augmentations.
        threshold: a pixel belongs to the object above this probability, where no snapping follows.
        contour_threshold: contours weaker than this do not separate superpixels (boundary snapping).
        vote_threshold: a pixel votes for the object above this probability (boundary snapping).
        flip: also segment the mirror image, and average the logits.
        scales: factors of the height at which a frame is segmented; the logits are averaged.
        batch: frames that go through the network together.
        adaptation: how the network goes on learning while the video runs; None lets it be.
    """

    height: int
    steps: int
    solver: Solver
    accumulate: int = 1
    schedule: str = "polynomial"
    reduction: str = "mean"
    augmentation: Augmentation = FLIPS
    freeze: int = 2
    held_out: int = 0
    seed: int = 0
    threshold: float = 0.5
    contour_threshold: float = CONTOUR_THRESHOLD
    vote_threshold: float = VOTE_THRESHOLD
    flip: bool = False
    scales: tuple[float, ...] = (1.0,)
    batch: int = 1
    adaptation: Adaptation | None = None


def _adamw(backbone: float, heads: float) -> Solver:
    """What was trained before learns slowly, what is new learns fast."""
    return Solver("adamw", {"backbone": backbone, "sides": heads, "scores": heads, "fuse": heads})


CAFFE = Solver("sgd", {"backbone": 1e-8, "sides": 1e-8, "scores": 1e-9, "fuse": 1e-10}, bias=2.0)
"""The published solver: SGD on the summed loss, the scores at a tenth and the fusion at a hundredth."""

PUBLISHED_SIZES = Augmentation(sizes=(0.5, 0.8, 1.0))  # flips and three sizes, nothing else
THREE_SIZES = (0.5, 0.75, 1.0)
VGG_SIZES = (0.6, 0.8, 1.0)

# 50 000 steps of 10 frames: about 20 hours on a GPU of 2017. All stages learn, side losses fade in thirds.
_PAPER_PARENT = ParentRecipe(
    "vgg16", height=480, steps=50_000, solver=CAFFE, accumulate=10, schedule="stages",
    side_weights=(1.0, 0.5, 0.0), reduction="sum", augmentation=PUBLISHED_SIZES, freeze=0,
)  # fmt: skip

PARENTS = {
    ("paper", "vgg16"): _PAPER_PARENT,
    ("paper", "lite"): replace(_PAPER_PARENT, backbone="lite"),
    # AdamW, early stages as ImageNet left them. VGG-16: two and a half hours on two CPU cores with AMX
    ("laptop", "vgg16"): ParentRecipe(
        "vgg16", height=480, steps=20_000, solver=_adamw(2e-5, 1e-3),
        augmentation=Augmentation(sizes=THREE_SIZES, angle=15, scale=(0.5, 2.0), colour=0.2),
    ),
    ("laptop", "lite"): ParentRecipe(
        "lite", height=360, steps=10_000, solver=_adamw(1e-4, 1e-3),
        augmentation=Augmentation(sizes=THREE_SIZES, angle=15, scale=(0.7, 1.4), colour=0.2),
    ),
    # seconds, on the embedded cutouts: enough to see every part at work
    ("quick", "vgg16"): ParentRecipe("vgg16", height=120, steps=60, solver=_adamw(2e-5, 1e-3), save_every=20,
        augmentation=Augmentation(sizes=VGG_SIZES, angle=15, scale=(0.7, 1.4), colour=0.2)),
    ("quick", "lite"): ParentRecipe("lite", height=120, steps=60, solver=_adamw(1e-4, 1e-3), save_every=20,
        augmentation=Augmentation(sizes=THREE_SIZES, angle=15, scale=(0.7, 1.4), colour=0.2)),
}  # fmt: skip
"""(preset, backbone) -> how the parent learns."""

_DRAWINGS = Augmentation(angle=15, scale=(1.0, 1.6), colour=0.2)  # no smaller: thin lines would tear

CONTOURS = {
    # half an hour on two CPU cores
    ("laptop", "vgg16"): ParentRecipe(
        "vgg16", height=480, steps=4000, solver=_adamw(2e-5, 1e-3), augmentation=_DRAWINGS
    ),
    ("laptop", "lite"): ParentRecipe(
        "lite", height=480, steps=6000, solver=_adamw(1e-4, 1e-3), augmentation=_DRAWINGS
    ),
    ("quick", "vgg16"): ParentRecipe(
        "vgg16", height=120, steps=60, solver=_adamw(2e-5, 1e-3), augmentation=_DRAWINGS
    ),
    ("quick", "lite"): ParentRecipe(
        "lite", height=120, steps=60, solver=_adamw(1e-4, 1e-3), augmentation=_DRAWINGS
    ),
}
"""(preset, backbone) -> how the contour branch learns."""

# 10 000 passes a video, all stages, constant rate, at full resolution
_PAPER = OSVOSRecipe(
    height=480, steps=2000, accumulate=5, solver=CAFFE, schedule="constant", reduction="sum",
    augmentation=PUBLISHED_SIZES, freeze=0,
)  # fmt: skip
_QUICK = Augmentation(angle=10, scale=(0.8, 1.25), colour=0.1)

RECIPES = {
    ("paper", "vgg16"): _PAPER,
    ("paper", "lite"): _PAPER,
    # One to three minutes a video on two CPU cores. After so short a training the balanced loss still leaves
    # the probabilities high around the object, so thresholds are above one half; the mirror image errs in
    # other places. Learning rate, zoom, steps and threshold of VGG-16: see ledger/choices/osvos-vgg16.json.
    # For Lite, the threshold of the authors' demonstration. All were chosen on training videos.
    ("laptop", "vgg16"): OSVOSRecipe(
        height=480, steps=120, solver=_adamw(5e-5, 5e-4), threshold=0.6, vote_threshold=0.6, flip=True,
        augmentation=Augmentation(sizes=VGG_SIZES, angle=10, scale=(0.7, 1.4), colour=0.2),
    ),
    ("laptop", "lite"): OSVOSRecipe(
        height=480, steps=200, solver=_adamw(2e-4, 7e-4), threshold=0.757, vote_threshold=0.757, flip=True,
        augmentation=Augmentation(sizes=THREE_SIZES, angle=10, scale=(0.7, 1.4), colour=0.2),
    ),
    # seconds a video, on the embedded cutouts
    ("quick", "vgg16"): OSVOSRecipe(height=240, steps=40, solver=_adamw(1e-5, 7e-4), augmentation=_QUICK),
    ("quick", "lite"): OSVOSRecipe(height=240, steps=40, solver=_adamw(2e-4, 7e-4), augmentation=_QUICK),
}  # fmt: skip
"""(preset, backbone) -> how a video is segmented."""


def parent_recipe(preset: str = "laptop", backbone: str = "vgg16") -> ParentRecipe:
    """How the parent learns, by the names of preset and backbone.

    Raises:
        DataError: no such recipe.
    """
    return named_recipe(PARENTS, preset, backbone)


def contour_recipe(preset: str = "laptop", backbone: str = "lite") -> ParentRecipe:
    """How the contour branch learns, by the names of preset and backbone.

    Raises:
        DataError: no such recipe.
    """
    return named_recipe(CONTOURS, preset, backbone)


def osvos_recipe(preset: str = "laptop", backbone: str = "lite") -> OSVOSRecipe:
    """How a video is segmented, by the names of preset and backbone.

    Raises:
        DataError: no such recipe.
    """
    return named_recipe(RECIPES, preset, backbone)
