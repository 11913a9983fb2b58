"""An ONNX graph as it is put together, and the file that it becomes."""

from __future__ import annotations

import numpy as np


def require_onnx():
    """The package onnx; ImportError that says how to get it."""
    try:
        import onnx
    except ImportError:
        raise ImportError("to_onnx needs the package onnx: pip install 'evicam[onnx]'") from None
    return onnx


class Graph:
    """Nodes in order, and the constants they read.

    Values are named after layers (``conv1.output``) or after what the head makes of them (``head/strength``), constants after
    parameters (``conv1.weight``): no layer's name can make two of them the same.
    """

    def __init__(self):
        self._onnx = require_onnx()
        self._nodes, self._constants, self._outputs = [], [], []

    def add(self, operator, inputs, output, **attributes):
        """Add a node; the name of its output."""
        self._nodes.append(self._onnx.helper.make_node(operator, inputs, [output], name=f"{output}/{operator}", **attributes))
        return output

    def constant(self, name, values):
        """Add a constant; its name."""
        self._constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def output(self, name, *extents):
        """Tell that a value, float32 [N, *extents], is an output."""
        self._outputs.append(self._onnx.helper.make_tensor_value_info(name, self._onnx.TensorProto.FLOAT, ["N", *extents]))

    def to_bytes(self, image_shape, opset, metadata):
        """The checked model; `metadata` are texts by name."""
        onnx, (height, width, channels) = self._onnx, image_shape
        image = onnx.helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, ["N", channels, height, width])
        graph = onnx.helper.make_graph(self._nodes, "evicam", [image], self._outputs, self._constants)
        imports = [onnx.helper.make_opsetid("", opset)]
        model = onnx.helper.make_model(
            graph, opset_imports=imports, ir_version=onnx.helper.find_min_ir_version_for(imports), producer_name="evicam"
        )
        onnx.helper.set_model_props(model, metadata)
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString()
