"""Architectures put together from layers, instead of written as text.

>>> from evicam import nn
>>> model = nn.Sequential(
...     nn.Convolution(16, 3, padding=1, bias=False),
...     nn.BatchNormalisation(),
...     nn.ReLU(),
...     nn.Residual(nn.Sequential(nn.Convolution(16, 3, padding=1, bias=False), nn.BatchNormalisation())),
...     nn.ReLU(),
...     nn.GlobalAveragePooling(),
...     nn.Linear(10),
... )
>>> print(model.text(), end="")
conv1 = convolution(image, channels: 16, kernel: 3x3, padding: 1x1, bias: false)
bn1 = batchNormalisation(conv1)
relu1 = relu(bn1)
conv2 = convolution(relu1, channels: 16, kernel: 3x3, padding: 1x1, bias: false)
bn2 = batchNormalisation(conv2)
add1 = add(bn2, relu1)
relu2 = relu(add1)
pool1 = globalAveragePooling(relu2)
fc1 = linear(pool1, features: 10)

A classifier takes a model as its `architecture`. A model says what is computed and holds no weights; it can be compared and
printed, and a layer that stands in it twice gets two sets of weights. Numbers that are out of range are refused when a
network is made, with the layer's name.
"""

from .containers import Residual, Sequential
from .layer import Layer
from .layers import (
    AveragePooling,
    BatchNormalisation,
    Convolution,
    Dropout,
    Flatten,
    GlobalAveragePooling,
    Linear,
    MaxPooling,
    ReLU,
)

__all__ = [
    "AveragePooling", "BatchNormalisation", "Convolution", "Dropout", "Flatten", "GlobalAveragePooling", "Layer", "Linear",
    "MaxPooling", "ReLU", "Residual", "Sequential",
]  # fmt: skip
