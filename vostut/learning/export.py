"""Networks as ONNX files, for engines that know nothing of PyTorch: a browser's, say. Chapter 4.

The graph is written layer by layer, because one property of the file is worth it: height and width stay
open. EfficientNet's strided convolutions pad by the size of what they are given, and ONNX has a name for
just that (``SAME_UPPER``), which a trace of the computation would turn into a dozen operations. Weights are
stored as float16, as in the package's own checkpoints, so that nothing is rounded that was not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor, nn

from vostut.errors import DataError
from vostut.learning.backbones import Backbone

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 17
"""Version of ONNX's operations; ONNX Runtime Web knows it in its plain WebAssembly."""


class Graph:
    """An ONNX graph under construction; values go by their names.

    Args:
        name: of the network.
        channels: of the input ``image``, 1 x channels x height x width, float32.

    Raises:
        DataError: the package ``onnx`` is not installed.
    """

    def __init__(self, name: str, channels: int):
        try:
            import onnx
        except ImportError as error:
            raise DataError("exporting needs the package onnx (pip install onnx)") from error
        self.onnx, self.name, self.channels = onnx, name, channels
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def add(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """Append an operation with one output; returns the output's name."""
        output = f"{operation.lower()}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(operation, list(inputs), [output], **attributes))
        return output

    def constant(self, values: Any, kind: type = np.float32) -> str:
        """A constant as it is."""
        name = f"constant_{len(self.weights)}"
        self.weights.append(self.onnx.numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def weight(self, tensor: Tensor) -> str:
        """A weight, stored as float16 and read as float32."""
        stored = self.constant(tensor.detach().cpu().numpy(), np.float16)
        return self.add("Cast", stored, to=self.onnx.TensorProto.FLOAT)

    def layer(self, value: str, module: nn.Module) -> str:
        """Append a module of PyTorch's or timm's, with everything in it.

        Raises:
            DataError: a kind of module that Lite does not have.
        """
        kind = type(module).__name__
        if isinstance(module, nn.Conv2d):
            return self._convolution(value, module, same=kind == "Conv2dSame")
        if kind == "BatchNormAct2d":
            return self.layer(self._normalisation(value, module), module.act)
        if kind in {"DepthwiseSeparableConv", "InvertedResidual"}:
            return self._block(value, module)
        if isinstance(module, nn.Sequential):
            for inner in module:
                value = self.layer(value, inner)
            return value
        if isinstance(module, nn.ReLU6):
            return self.add("Clip", value, self.constant(0.0), self.constant(6.0))
        if isinstance(module, nn.ReLU):
            return self.add("Relu", value)
        if isinstance(module, nn.Identity):
            return value
        raise DataError(f"no way to export a {kind} (expected a network on the backbone 'lite')")

    def backbone(self, value: str, backbone: Backbone) -> list[str]:
        """Append a backbone; returns the names of the features that it hands on."""
        value = self.add("Sub", value, self.constant(backbone.mean.cpu().numpy()))
        value = self.add("Div", value, self.constant(backbone.std.cpu().numpy()))
        given = []
        for i, stage in enumerate(backbone.stages):
            value = self.layer(value, stage)
            if i in backbone.side_stages:
                given.append(value)
        return given

    def resize_like(self, value: str, like: str) -> str:
        """Bilinear interpolation to the height and width of another value."""
        size = self.add("Slice", self.add("Shape", like), *self._indices([2], [4]))
        kept = self.add("Slice", self.add("Shape", value), *self._indices([0], [2]))
        sizes = self.add("Concat", kept, size, axis=0)
        return self.add(
            "Resize", value, "", "", sizes, mode="linear", coordinate_transformation_mode="half_pixel"
        )

    def model(self, outputs: Sequence[tuple[str, str]]) -> ModelProto:
        """The finished, checked model.

        Args:
            outputs: (value, the name that it shall have outside).
        """
        helper, kind = self.onnx.helper, self.onnx.TensorProto.FLOAT
        for value, name in outputs:
            self.nodes.append(helper.make_node("Identity", [value], [name]))
        image = helper.make_tensor_value_info("image", kind, [1, self.channels, "height", "width"])
        given = [helper.make_tensor_value_info(name, kind, [1, None, None, None]) for _, name in outputs]
        graph = helper.make_graph(self.nodes, self.name, [image], given, self.weights)
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], producer_name="vostut", ir_version=9)
        self.onnx.checker.check_model(model)
        return model

    def _indices(self, start: list[int], end: list[int]) -> tuple[str, str]:
        return self.constant(start, np.int64), self.constant(end, np.int64)

    def _convolution(self, value: str, module: nn.Conv2d, same: bool) -> str:
        options: dict[str, Any] = {
            "kernel_shape": list(module.kernel_size),
            "strides": list(module.stride),
            "dilations": list(module.dilation),
            "group": module.groups,
        }
        if same:
            options["auto_pad"] = "SAME_UPPER"
        else:
            high, wide = (int(side) for side in module.padding)
            options["pads"] = [high, wide, high, wide]
        weights = [self.weight(module.weight)]
        if module.bias is not None:
            weights.append(self.weight(module.bias))
        return self.add("Conv", value, *weights, **options)

    def _normalisation(self, value: str, module: nn.Module) -> str:
        tensors = (module.weight, module.bias, module.running_mean, module.running_var)
        return self.add(
            "BatchNormalization", value, *(self.weight(t) for t in tensors), epsilon=float(module.eps)
        )

    def _block(self, value: str, module: nn.Module) -> str:
        """One of timm's blocks: its convolutions, and what came in added to what goes out."""
        start = value
        parts = ["conv_pw", "bn1", "conv_dw", "bn2", "conv_pwl", "bn3"]
        if type(module).__name__ == "DepthwiseSeparableConv":
            parts = ["conv_dw", "bn1", "conv_pw", "bn2"]
        for name in parts:
            value = self.layer(value, getattr(module, name))
        return self.add("Add", start, value) if module.has_skip else value
