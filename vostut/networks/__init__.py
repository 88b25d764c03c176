"""Chapters 4 and 5: the networks, tensors in and tensors out."""

from vostut.networks.backbones import Backbone, lite, vgg16
from vostut.networks.hed import HED
from vostut.networks.masktrack import MaskTrackNet
from vostut.networks.osvos import OSVOSNet

__all__ = ["HED", "Backbone", "MaskTrackNet", "OSVOSNet", "lite", "vgg16"]
