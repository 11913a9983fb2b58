"""What all methods share."""

from dataclasses import fields
from typing import ClassVar

import numpy as np


class Method:
    """What all methods share."""

    name: ClassVar[str]
    # Whether the map is drawn from one layer's activations; in pixels otherwise.
    reads_layer: ClassVar[bool]

    def __repr__(self) -> str:
        settings = ((field.name, getattr(self, field.name), field.default) for field in fields(self))
        changed = (f"{name}={value!r}" for name, value, default in settings if value is not default and _differ(value, default))
        return f"{type(self).__name__}({', '.join(changed)})"


def _differ(value, default) -> bool:
    return isinstance(value, np.ndarray) or value != default
