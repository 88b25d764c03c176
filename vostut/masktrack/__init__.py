"""Chapter 5: MaskTrack, from a deformed mask to the method."""

from vostut.masktrack.deform import Deformation, deform
from vostut.masktrack.finetune import fine_tune
from vostut.masktrack.method import MaskTrack
from vostut.masktrack.network import MaskTrackNet
from vostut.masktrack.offline import train_offline
from vostut.masktrack.recipes import (
    MaskTrackRecipe,
    OfflineRecipe,
    masktrack_recipe,
    offline_recipe,
)
from vostut.masktrack.weights import (
    MASKTRACK_LITE,
    MASKTRACK_LITE_MOTION,
    lite_masktrack,
    lite_motion,
    load_masktrack,
)

__all__ = [
    "MASKTRACK_LITE",
    "MASKTRACK_LITE_MOTION",
    "Deformation",
    "MaskTrack",
    "MaskTrackNet",
    "MaskTrackRecipe",
    "OfflineRecipe",
    "deform",
    "fine_tune",
    "lite_masktrack",
    "lite_motion",
    "load_masktrack",
    "masktrack_recipe",
    "offline_recipe",
    "train_offline",
]
