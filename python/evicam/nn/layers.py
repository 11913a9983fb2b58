"""The layers that compute something."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import ClassVar

from ..checks import check_flag
from .layer import Layer


@dataclass(frozen=True, repr=False)
class Convolution(Layer):
    """2-d convolution, padded with zeros.

    Parameters
    ----------
    channels : int
        Of its output.
    kernel, stride, padding, dilation : int or (height, width)
    bias : bool
        Not needed before `BatchNormalisation`, which has one.
    name : str, optional
        By default ``"conv"`` and a number.
    """

    channels: int
    kernel: int | tuple[int, int]
    stride: int | tuple[int, int] = 1
    padding: int | tuple[int, int] = 0
    dilation: int | tuple[int, int] = 1
    bias: bool = True

    kind: ClassVar[str] = "convolution"
    label: ClassVar[str] = "conv"

    def __post_init__(self):
        super().__post_init__()
        _check_count(self, "channels")
        check_flag(self.bias, "bias")
        _check_sizes(self, "kernel", "stride", "padding", "dilation")

    def options(self):
        shown = [("channels", self.channels), ("kernel", _size(self.kernel))]
        for name, standard in (("stride", "1x1"), ("padding", "0x0"), ("dilation", "1x1")):
            if (size := _size(getattr(self, name))) != standard:
                shown.append((name, size))
        return shown + ([] if self.bias else [("bias", "false")])


@dataclass(frozen=True, repr=False)
class _Pooling(Layer):
    kernel: int | tuple[int, int]
    stride: int | tuple[int, int] | None = None
    padding: int | tuple[int, int] = 0

    label: ClassVar[str] = "pool"

    def __post_init__(self):
        super().__post_init__()
        _check_sizes(self, "kernel", *(["stride"] if self.stride is not None else []), "padding")

    def options(self):
        shown = [("kernel", _size(self.kernel))]
        if self.stride is not None:
            shown.append(("stride", _size(self.stride)))
        return shown + ([("padding", _size(self.padding))] if _size(self.padding) != "0x0" else [])


class MaxPooling(_Pooling):
    """Largest value of each window; padding never wins.

    Parameters
    ----------
    kernel, padding : int or (height, width)
    stride : int or (height, width), optional
        By default the kernel: windows side by side.
    name : str, optional
        By default ``"pool"`` and a number.
    """

    kind = "maxPooling"


class AveragePooling(_Pooling):
    """Mean of each window; padding counts as zeros. Parameters as of `MaxPooling`."""

    kind = "averagePooling"


class GlobalAveragePooling(Layer):
    """Mean over the whole map, (N, H, W, C) to (N, C); by default named ``"pool"`` and a number."""

    kind, label = "globalAveragePooling", "pool"


class Flatten(Layer):
    """(N, H, W, C) to (N, H W C); by default named ``"flatten"`` and a number."""

    kind = label = "flatten"


class ReLU(Layer):
    """max(x, 0); by default named ``"relu"`` and a number."""

    kind = label = "relu"


@dataclass(frozen=True, repr=False)
class BatchNormalisation(Layer):
    """Each channel less its mean, divided by its deviation; then times a weight, plus a bias (Ioffe & Szegedy 2015).

    While training, mean and variance are the batch's; else running ones, which follow the batches'.

    Parameters
    ----------
    epsilon : float
        Added to the variance.
    momentum : float
        Share of each batch's statistics in the running ones, 0..1.
    name : str, optional
        By default ``"bn"`` and a number.
    """

    epsilon: float = 1e-5
    momentum: float = 0.1

    kind: ClassVar[str] = "batchNormalisation"
    label: ClassVar[str] = "bn"

    def __post_init__(self):
        super().__post_init__()
        _check_real(self, "epsilon", "momentum")

    def options(self):
        return [
            (name, float(value))
            for name, value, standard in (("epsilon", self.epsilon, 1e-5), ("momentum", self.momentum, 0.1))
            if value != standard
        ]


@dataclass(frozen=True, repr=False)
class Dropout(Layer):
    """While training, each element is 0 with probability `rate`, and divided by 1 - rate otherwise.

    Parameters
    ----------
    rate : float
        At least 0, below 1.
    name : str, optional
        By default ``"dropout"`` and a number.
    """

    rate: float

    kind: ClassVar[str] = "dropout"
    label: ClassVar[str] = "dropout"

    def __post_init__(self):
        super().__post_init__()
        _check_real(self, "rate")

    def options(self):
        return [("rate", float(self.rate))]


@dataclass(frozen=True, repr=False)
class Linear(Layer):
    """(N, inputs) to (N, features); the last one's features are the classes.

    Parameters
    ----------
    features : int
    bias : bool
    name : str, optional
        By default ``"fc"`` and a number.
    """

    features: int
    bias: bool = True

    kind: ClassVar[str] = "linear"
    label: ClassVar[str] = "fc"

    def __post_init__(self):
        super().__post_init__()
        _check_count(self, "features")
        check_flag(self.bias, "bias")

    def options(self):
        return [("features", self.features)] + ([] if self.bias else [("bias", "false")])


# ---- Checks of types; the engine knows the ranges ------------------------------------------------------------------


def _is_count(value):
    return isinstance(value, Integral) and not isinstance(value, bool)


def _check_count(layer, name):
    if not _is_count(value := getattr(layer, name)):
        raise TypeError(f"{name} is {value!r}, but must be a whole number")


def _check_sizes(layer, *names):
    for name in names:
        value = getattr(layer, name)
        pair = isinstance(value, (tuple, list)) and len(value) == 2 and all(map(_is_count, value))
        if not pair and not _is_count(value):
            raise TypeError(f"{name} is {value!r}, but must be a whole number or a pair (height, width)")


def _check_real(layer, *names):
    for name in names:
        value = getattr(layer, name)
        if not isinstance(value, Real) or isinstance(value, bool):
            raise TypeError(f"{name} is {value!r}, but must be a number")


def _size(value):
    height, width = value if isinstance(value, (tuple, list)) else (value, value)
    return f"{int(height)}x{int(width)}"
