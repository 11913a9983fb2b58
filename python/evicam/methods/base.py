"""What all methods share."""

from dataclasses import fields
from typing import ClassVar

import numpy as np


class Method:
    """What all methods share."""

    name: ClassVar[str]
    # Whether the map is drawn from one layer's activations; in pixels otherwise.
    reads_layer: ClassVar[bool]

    def _values(self) -> tuple:
        return tuple(_comparable(getattr(self, field.name)) for field in fields(self))

    def __eq__(self, other) -> bool:
        return self._values() == other._values() if type(self) is type(other) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        settings = ((field.name, getattr(self, field.name), field.default) for field in fields(self))
        changed = (f"{name}={value!r}" for name, value, default in settings if _comparable(value) != default)
        return f"{type(self).__name__}({', '.join(changed)})"


def _comparable(value):
    """A setting as what can be compared and hashed: an array-like by its shape and numbers, anything else as it is."""
    if not isinstance(value, (list, tuple)) and not hasattr(value, "__array__"):
        return value
    array = np.asarray(value)
    return (array.shape, *array.ravel().tolist()) if array.ndim else array.item()
