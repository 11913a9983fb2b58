"""Layers that hold layers."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from .layer import Layer


@dataclass(frozen=True, repr=False, init=False)
class Sequential(Layer):
    """Layers one after the other.

    Parameters
    ----------
    *layers : Layer
    name : str, optional
        Stands before the names of what it holds. By default they are named as if they stood here without it.
    """

    layers: tuple[Layer, ...]

    def __init__(self, *layers: Layer, name: str | None = None):
        for number, layer in enumerate(layers):
            _require(layer, f"layer {number}")
        object.__setattr__(self, "layers", layers)
        object.__setattr__(self, "name", name)
        self.__post_init__()

    def write(self, lines, source, prefix):
        for layer in self.layers:
            source = layer.write(lines, source, _within(self, prefix))
        return source

    def _names(self, prefix):
        return set().union(*(layer._names(_within(self, prefix)) for layer in self.layers))

    def __repr__(self):
        if not self.layers:
            return self._call([])
        return self._call([textwrap.indent(repr(layer), "    ") for layer in self.layers], ",\n", "\n", ",\n")


@dataclass(frozen=True, repr=False)
class Residual(Layer):
    """The sum of a branch and what it reads: a residual block (He et al. 2016).

    Parameters
    ----------
    branch : Layer
    shortcut : Layer, optional
        What the input passes on its other way, where the branch changes its shape: often a 1x1 `Convolution` and
        `BatchNormalisation`. By default nothing.
    name : str, optional
        Stands before the names of what it holds, and of the sum: ``"add"`` and a number.
    """

    branch: Layer
    shortcut: Layer | None = None

    def __post_init__(self):
        super().__post_init__()
        _require(self.branch, "branch")
        if self.shortcut is not None:
            _require(self.shortcut, "shortcut")

    def write(self, lines, source, prefix):
        prefix = _within(self, prefix)
        branch = self.branch.write(lines, source, prefix)
        shortcut = source if self.shortcut is None else self.shortcut.write(lines, source, prefix)
        if branch == shortcut:
            raise ValueError("a Residual has no layer on either way")
        return lines.add(_Sum(), [branch, shortcut], prefix)

    def _names(self, prefix):
        prefix = _within(self, prefix)
        return self.branch._names(prefix) | (set() if self.shortcut is None else self.shortcut._names(prefix))


class _Sum(Layer):
    kind, label = "add", "add"


def _within(container, prefix):
    return prefix if container.name is None else f"{prefix}{container.name}."


def _require(layer, name):
    if not isinstance(layer, Layer):
        raise TypeError(f"{name} is {layer!r}, but must be a layer of evicam.nn")
