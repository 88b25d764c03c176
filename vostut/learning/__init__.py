"""Chapters 4 and 5: what both methods share, from backbones to checkpoints."""

from vostut.learning.augment import Augmentation, augment, fit_height
from vostut.learning.backbones import Backbone, lite, vgg16

__all__ = ["Augmentation", "Backbone", "augment", "fit_height", "lite", "vgg16"]
