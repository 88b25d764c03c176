"""Chapters 4 and 5: losses, augmentation, the training loop, parent network and one-shot fine-tuning."""

from vostut.training.augment import Augmentation, augment, fit_height
from vostut.training.losses import (
    class_balanced_cross_entropy,
    deep_supervision,
    lr_on_mean,
)
from vostut.training.oneshot import FineTuning, fine_tune
from vostut.training.parent import ParentTraining, train_parent

__all__ = [
    "Augmentation",
    "FineTuning",
    "ParentTraining",
    "augment",
    "class_balanced_cross_entropy",
    "deep_supervision",
    "fine_tune",
    "fit_height",
    "lr_on_mean",
    "train_parent",
]
