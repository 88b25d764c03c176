"""Chapters 4 and 5: losses, augmentation, deformation, the training loop, and what is trained with them."""

from vostut.training.augment import Augmentation, augment, fit_height
from vostut.training.deform import Deformation, deform
from vostut.training.losses import (
    class_balanced_cross_entropy,
    cross_entropy,
    deep_supervision,
    lr_on_mean,
)
from vostut.training.offline import OfflineTraining, train_offline
from vostut.training.oneshot import FineTuning, fine_tune
from vostut.training.parent import ParentTraining, train_parent

__all__ = [
    "Augmentation",
    "Deformation",
    "FineTuning",
    "OfflineTraining",
    "ParentTraining",
    "augment",
    "class_balanced_cross_entropy",
    "cross_entropy",
    "deep_supervision",
    "deform",
    "fine_tune",
    "fit_height",
    "lr_on_mean",
    "train_offline",
    "train_parent",
]
