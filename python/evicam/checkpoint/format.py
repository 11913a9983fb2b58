"""What a checkpoint consists of: a safetensors file whose metadata hold the architecture, the classes and the settings."""

import dataclasses
import os
import zlib
from fractions import Fraction

import numpy as np

from ..augmentation import Augmentation
from ..nn import Layer

FORMAT = "evicam"
VERSION = 1

# What the names of tensors begin with.
PARAMETER = "parameter."
STATE = "training."
NORMALISATION = tuple(f"normalisation.{name}" for name in ("mean", "deviation"))


class CheckpointError(ValueError):
    """A file that is not a checkpoint of this package, or not a whole one."""


def checksum(tensors, metadata):
    """Of everything but itself; safetensors has none."""
    value = 0
    for name in sorted(tensors):
        value = zlib.crc32(np.ascontiguousarray(tensors[name]).data.cast("B"), zlib.crc32(name.encode(), value))
    for name in sorted(set(metadata) - {"checksum"}):
        value = zlib.crc32(f"{name}={metadata[name]}".encode(), value)
    return f"{value:08x}"


def classes_to_json(classes):
    """Classes with their kind, so that they come back as they were."""
    if classes.dtype.kind in "biufU":
        values = classes.astype(np.float64) if classes.dtype.char == "g" else classes  # JSON has no longer floats
        if (values == classes).all():
            return {"dtype": classes.dtype.str, "values": values.tolist()}
    return {"dtype": "object", "values": [_label_to_json(label) for label in classes.tolist()]}


def classes_from_json(value):
    if value["dtype"] != "object":
        return np.asarray(value["values"], dtype=np.dtype(value["dtype"]))
    classes = np.empty(len(value["values"]), dtype=object)
    classes[:] = [_label_from_json(label) for label in value["values"]]
    return classes


def _label_to_json(label):
    if isinstance(label, tuple):
        return {"tuple": [_label_to_json(part) for part in label]}
    if isinstance(label, np.generic):
        label = label.item()
    if isinstance(label, (str, bool, int, float)):
        return label
    raise TypeError(f"class {label!r} is a {type(label).__name__}, but a checkpoint can hold str, bool, int, float and tuples")


def _label_from_json(value):
    return tuple(map(_label_from_json, value["tuple"])) if isinstance(value, dict) else value


def saved_kind(classifier):
    """The class as which a classifier is saved, and comes back: its own, or of a subclass the one that it extends."""
    return next(kind for kind in type(classifier).__mro__ if "_is_saved" in vars(kind))


def params_to_json(params):
    """Constructor arguments; a random generator's state is not kept, and a model of `nn` is kept as its text."""
    plain = {}
    for name, value in params.items():
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, Fraction):
            value = float(value)
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        if isinstance(value, Layer):
            value = value.text()
        if isinstance(value, Augmentation):
            plain[name] = dataclasses.asdict(value)
            continue
        plain[name] = value if isinstance(value, (str, bool, int, float, type(None))) else None
    return plain


def params_from_json(params):
    """Constructor arguments from what `params_to_json` gave, as far as that kept them."""
    changes = params.get("augmentation")
    return params | {"augmentation": Augmentation(**changes)} if isinstance(changes, dict) else params
