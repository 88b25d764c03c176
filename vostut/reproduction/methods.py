"""Methods by name: the recipe that goes with a network, and the method that goes with a recipe. Chapter 7."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric

from vostut.errors import DataError
from vostut.flow import Flow
from vostut.learning.checkpoints import backbone_of, read_description
from vostut.masktrack import MASKTRACK_LITE, MaskTrack, MaskTrackRecipe, load_masktrack, masktrack_recipe
from vostut.osvos import OSVOS, OSVOS_LITE, OSVOSRecipe, load_osvos, osvos_recipe
from vostut.osvos.contours import Contours

NETWORKS = {"osvos": OSVOS_LITE, "masktrack": MASKTRACK_LITE}
"""The network that comes with the package, by method."""

TITLES = {
    "osvos": "OSVOS",
    "masktrack": "MaskTrack",
    "copy": "copy the first mask",
    "warp": "warp the last mask by flow",
}
"""What tables call a method."""


def recipe_for(method: str, preset: str, network: str | os.PathLike) -> OSVOSRecipe | MaskTrackRecipe:
    """How to fine-tune a network, and how to segment with it.

    MaskTrack's masks are deformed as in the network's own training: what an ablation left out there is left
    out here.

    Args:
        method: ``"osvos"`` or ``"masktrack"``.
        preset: ``"paper"``, ``"laptop"`` or ``"quick"``.
        network: a checkpoint; its description names the backbone and the training.

    Raises:
        DataError: no such checkpoint, or a broken one; no such recipe.
    """
    about, backbone = read_description(network), backbone_of(network)
    if method == "osvos":
        return osvos_recipe(preset, backbone)
    if method == "masktrack":
        return masktrack_recipe(preset, backbone).matching_offline_training(about)
    raise DataError(f"no method is called {method!r} (expected one of {', '.join(NETWORKS)})")


def make_method(
    network: Path,
    recipe: OSVOSRecipe | MaskTrackRecipe,
    fabric: Fabric,
    watch: Callable[[int, Any, float], None] | None = None,
    flow: Flow | None = None,
    motion: Path | None = None,
    contours: Contours | None = None,
) -> OSVOS | MaskTrack:
    """The method that a recipe is for.

    Args:
        network: checkpoint of OSVOS's parent, or of MaskTrack's offline network.
        recipe: how; it decides which method.
        fabric: devices and precision.
        watch: see the methods.
        flow: MaskTrack: of the motion stream.
        motion: MaskTrack: checkpoint of the motion stream's own network.
        contours: OSVOS: for boundary snapping.

    Raises:
        DataError: a checkpoint is missing, broken, or of another method.
    """
    if isinstance(recipe, OSVOSRecipe):
        return OSVOS(load_osvos(network)[0], recipe, contours, fabric, watch)
    own = load_masktrack(motion)[0] if motion else None
    return MaskTrack(load_masktrack(network)[0], recipe, flow, fabric, watch, own)
