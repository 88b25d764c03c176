"""Chapter 4: OSVOS, from the loss to the method."""

from vostut.osvos.finetune import fine_tune
from vostut.osvos.loss import class_balanced_cross_entropy, deep_supervision, lr_on_mean
from vostut.osvos.method import OSVOS
from vostut.osvos.network import OSVOSNet
from vostut.osvos.parent import train_parent
from vostut.osvos.recipes import OSVOSRecipe, ParentRecipe, osvos_recipe, parent_recipe
from vostut.osvos.weights import OSVOS_LITE, lite_parent, load_osvos

__all__ = [
    "OSVOS",
    "OSVOS_LITE",
    "OSVOSNet",
    "OSVOSRecipe",
    "ParentRecipe",
    "class_balanced_cross_entropy",
    "deep_supervision",
    "fine_tune",
    "lite_parent",
    "load_osvos",
    "lr_on_mean",
    "osvos_recipe",
    "parent_recipe",
    "train_parent",
]
