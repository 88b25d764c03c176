"""The recipe that goes with a method, a preset and a trained network. Chapters 4 to 6."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from vostut.methods import masktrack, osvos
from vostut.training.checkpoints import read_description
from vostut.training.deform import Deformation

PRESETS: dict[str, Mapping[str, Callable]] = {"osvos": osvos.PRESETS, "masktrack": masktrack.PRESETS}
"""Method -> preset -> (backbone) -> recipe."""


def recipe_for(
    method: str, preset: str, network: str | os.PathLike
) -> osvos.OSVOSConfig | masktrack.MaskTrackConfig:
    """How to fine-tune a network, and how to segment with it.

    MaskTrack's masks are deformed as in the network's own training: what an ablation left out there is left
    out here.

    Args:
        method: ``"osvos"`` or ``"masktrack"``.
        preset: ``"paper"``, ``"laptop"`` or ``"quick"``.
        network: a checkpoint; its description names the backbone and the training.

    Raises:
        DataError: no such checkpoint, or a broken one.
    """
    about = read_description(network)
    config = PRESETS[method][preset](about.get("backbone", "lite"))
    if isinstance(config, masktrack.MaskTrackConfig):
        config = config.fed_as(Deformation(**about.get("config", {}).get("deformation", {})))
    return config
