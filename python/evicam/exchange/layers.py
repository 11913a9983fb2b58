"""A network's layers as a value: what its architecture text says, and the shapes that the engine found."""

from __future__ import annotations

from dataclasses import dataclass

IMAGE = "image"


@dataclass(frozen=True)
class Layer:
    """One line of architecture text.

    Attributes
    ----------
    inputs : tuple of str
        Names of earlier layers, or "image".
    options : dict of str to str
        As they are written; those at their defaults are missing.
    shape : tuple (h, w, C)
        Of its output; (1, 1, C) for features.
    spatial : bool
        Whether its output is a map.
    """

    name: str
    kind: str
    inputs: tuple
    options: dict
    shape: tuple
    spatial: bool

    def size(self, option, default=None):
        """A size (height, width), written "5x3"."""
        text = self.options.get(option)
        return default if text is None else tuple(int(extent) for extent in text.split("x"))


def layers_of(network):
    """Layers by name, in order; the text is the engine's own, so it is well formed."""
    found = {}
    for line, entry in zip(network.architecture.splitlines(), network.layers(), strict=True):
        name, call = line.split(" = ", 1)
        kind, arguments = call[:-1].split("(", 1)
        parts = arguments.split(", ")
        options = dict(part.split(": ") for part in parts if ": " in part)
        inputs = tuple(part for part in parts if ": " not in part)
        shape = entry["height"], entry["width"], entry["channels"]
        found[name] = Layer(name, kind, inputs, options, shape, entry["spatial"])
    return found
