"""Parameters between the engine's layout and PyTorch's.

Images and activations are channels last here and channels first there, so

- convolution weights are [kernel height, kernel width, in, out] here and [out, in, kernel height, kernel width] there;
- linear weights are [in, out] here and [out, in] there;
- a map [h, w, C] is flattened in that order here and as [C, h, w] there: what reads or follows flattened maps has its features
  reordered.
"""

from __future__ import annotations

import math

import numpy as np

from .layers import IMAGE, layers_of
from .pickles import WeightsError


class Layouts:
    """The layouts of all parameters of a network, batch normalisation's running statistics among them.

    Parameters
    ----------
    network : evicam._native.Network
    image_shape : tuple (H, W, C)

    Attributes
    ----------
    shapes : dict of str to tuple
        PyTorch's shape of each parameter, by name.

    Raises
    ------
    WeightsError
        If the network adds flattened maps to other features, whose order PyTorch cannot have.
    """

    def __init__(self, network, image_shape):
        self.layers = layers_of(network)
        self._image_shape = tuple(image_shape)
        self._orders = {}
        self._own = dict(network.parameters())
        self.shapes = {name: self._shape(name) for name in self._own}

    @property
    def head(self):
        """The last layer with weights: it gives the logits, or the map whose mean they are."""
        return next(reversed(self.shapes)).rsplit(".", 1)[0]

    def to_torch(self, name, values):
        """A parameter in PyTorch's layout, C-contiguous, from the engine's."""
        axes = self._axes(name)
        return np.ascontiguousarray(values.reshape(axes).transpose(_FORWARD[len(axes)]).reshape(self.shapes[name]))

    def from_torch(self, name, values):
        """A parameter in the engine's layout, C-contiguous, from PyTorch's."""
        axes, order = self._axes(name), _FORWARD[len(self._axes(name))]
        there = values.reshape([axes[axis] for axis in order])
        return np.ascontiguousarray(there.transpose(np.argsort(order)).reshape(self._own[name]))

    def _axes(self, name):
        """The engine's axes with maps unfolded: [h, w, in, out] of weights, [h, w, C] of vectors."""
        layer, shape = self.layers[name.rsplit(".", 1)[0]], self._own[name]
        if len(shape) == 4:
            return shape
        order = self.order(layer.inputs[0] if len(shape) == 2 else layer.name)
        if len(shape) == 2:
            return (*order, shape[1]) if order else (1, 1, *shape)
        return order or (1, 1, *shape)

    def _shape(self, name):
        shape, axes = self._own[name], self._axes(name)
        if len(shape) == 1:
            return tuple(shape)
        return (axes[3], axes[2], axes[0], axes[1]) if len(shape) == 4 else (axes[3], math.prod(axes[:3]))

    def order(self, name):
        """The map (h, w, C) whose order a layer's features have, or None where they have none."""
        if name not in self._orders:
            self._orders[name] = self._find_order(name)
        return self._orders[name]

    def _find_order(self, name):
        layer = self.layers.get(name)
        if layer is None or layer.spatial or layer.kind in ("linear", "globalAveragePooling"):
            return None
        source = self.layers.get(layer.inputs[0])
        if layer.kind == "flatten" and (source is None or source.spatial):
            shape = self._image_shape if layer.inputs[0] == IMAGE else source.shape
            return shape if shape[0] * shape[1] > 1 and shape[2] > 1 else None
        orders = {self.order(read) for read in layer.inputs}
        if len(orders) > 1:
            raise WeightsError(
                f"layer {name!r} adds a flattened map to other features: PyTorch's order of features has no such sum"
            )
        return orders.pop()


# Axes of the engine's, in PyTorch's order.
_FORWARD = {4: (3, 2, 0, 1), 3: (2, 0, 1)}
