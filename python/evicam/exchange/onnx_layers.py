"""The layers of a network as ONNX nodes, channels first."""

from __future__ import annotations

import numpy as np

from .layers import IMAGE
from .layouts import Layouts
from .weights import get_weights


def write_layers(graph, network, image_shape, source):
    """Add all layers; the name of the logits.

    Parameters
    ----------
    graph : Graph
    network : evicam._native.Network
    image_shape : tuple (H, W, C)
    source : str
        The value that the layers see as their image, [N, C, H, W].
    """
    layouts, weights = Layouts(network, image_shape), get_weights(network, image_shape)
    values = {IMAGE: source}
    for layer in layouts.layers.values():
        inputs = [values[name] for name in layer.inputs]
        values[layer.name] = _WRITERS[layer.kind](graph, layer, inputs, f"{layer.name}.output", weights)
    order = layouts.order(layer.name)
    if order is None:
        return values[layer.name]
    # Logits that are a flattened map, back from [C, h, w] to the engine's order.
    places = np.arange(np.prod(order)).reshape(order[2], *order[:2]).transpose(1, 2, 0).ravel()
    return graph.add("Gather", [values[layer.name], graph.constant("head/order", places)], "head/ordered", axis=1)


def _parameters(graph, layer, weights, kinds):
    names = (f"{layer.name}.{kind}" for kind in kinds)
    return [graph.constant(name, weights[name]) for name in names if name in weights]


def _window(layer):
    """Attributes of a layer that moves a window. Nothing is rounded up: windows that do not fit are left out."""
    kernel = layer.size("kernel")
    padding = layer.size("padding", (0, 0))
    return dict(kernel_shape=kernel, strides=layer.size("stride", (1, 1)), pads=[*padding, *padding])


def _convolution(graph, layer, inputs, output, weights):
    read = [*inputs, *_parameters(graph, layer, weights, ("weight", "bias"))]
    return graph.add("Conv", read, output, dilations=layer.size("dilation", (1, 1)), **_window(layer))


def _max_pooling(graph, layer, inputs, output, weights):
    return graph.add("MaxPool", inputs, output, **_window(layer))


def _average_pooling(graph, layer, inputs, output, weights):
    return graph.add("AveragePool", inputs, output, count_include_pad=1, **_window(layer))


def _global_average_pooling(graph, layer, inputs, output, weights):
    return graph.add("Flatten", [graph.add("GlobalAveragePool", inputs, f"{output}/map")], output, axis=1)


def _linear(graph, layer, inputs, output, weights):
    return graph.add("Gemm", [*inputs, *_parameters(graph, layer, weights, ("weight", "bias"))], output, transB=1)


def _batch_normalisation(graph, layer, inputs, output, weights):
    read = [*inputs, *_parameters(graph, layer, weights, ("weight", "bias", "running_mean", "running_var"))]
    return graph.add("BatchNormalization", read, output, epsilon=float(layer.options.get("epsilon", 1e-5)))


def _relu(graph, layer, inputs, output, weights):
    return graph.add("Relu", inputs, output)


def _dropout(graph, layer, inputs, output, weights):
    """Nothing is dropped outside of training."""
    return inputs[0]


def _flatten(graph, layer, inputs, output, weights):
    return graph.add("Flatten", inputs, output, axis=1)


def _add(graph, layer, inputs, output, weights):
    return graph.add("Sum", inputs, output)


_WRITERS = {
    "convolution": _convolution,
    "maxPooling": _max_pooling,
    "averagePooling": _average_pooling,
    "globalAveragePooling": _global_average_pooling,
    "linear": _linear,
    "batchNormalisation": _batch_normalisation,
    "relu": _relu,
    "dropout": _dropout,
    "flatten": _flatten,
    "add": _add,
}
