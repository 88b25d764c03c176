"""MaskTrack as an ONNX file. Chapter 5."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vostut.errors import DataError
from vostut.learning.export import Graph
from vostut.masktrack.network import MaskTrackNet

if TYPE_CHECKING:
    from onnx import ModelProto


def export_network(network: MaskTrackNet) -> ModelProto:
    """The whole network as ONNX: ``image`` (1 x 4 x H x W in [0, 1]) to ``logit`` (1 x 1 x H x W).

    Raises:
        DataError: the network is not on *Lite*, or does not look at the mask.
    """
    if network.decoder is None or not network.uses_mask:
        raise DataError("no way to export this network (expected MaskTrack on 'lite', with its mask input)")
    graph = Graph("MaskTrack", 4)
    features = graph.backbone("image", network.backbone)
    deep = graph.layer(graph.layer(features[-1], network.head), network.decoder.reduce)
    both = graph.add("Concat", features[1], graph.resize_like(deep, features[1]), axis=1)
    joined = graph.add("Relu", graph.layer(both, network.decoder.join))
    logit = graph.resize_like(graph.layer(joined, network.score), "image")
    return graph.model([(logit, "logit")])
