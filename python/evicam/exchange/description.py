"""What a file of weights says of the network beside them: its architecture, classes, image shape, normalisation of pixels."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np

from ..normalisation import read_normalisation


class Description(NamedTuple):
    """What `read_description` found.

    Attributes
    ----------
    classes : list of str
        What the logits stand for.
    image_shape : tuple (H, W, C)
    normalisation : list [mean, deviation] or None
        Of each channel, float32 arrays of shape (C,), for pixels 0..1.
    """

    classes: list[str]
    image_shape: tuple[int, int, int]
    normalisation: list[np.ndarray] | None


def describe(classifier) -> dict[str, str]:
    """Of a fitted classifier, texts by name, as they go into the metadata of safetensors and ONNX files."""
    found = {
        "architecture": classifier.architecture_,
        "classes": json.dumps([str(label) for label in classifier.classes_.tolist()]),
        "image_shape": json.dumps(classifier.image_shape_),
    }
    normalisation = read_normalisation(classifier.network_, classifier.image_shape_[2])
    if normalisation is not None:
        mean, deviation = (values.tolist() for values in normalisation)
        found["normalisation"] = json.dumps({"mean": mean, "deviation": deviation})
    return found


def read_description(metadata) -> Description | None:
    """What `describe` wrote; None where others wrote the file."""
    try:
        shape, pair = tuple(json.loads(metadata["image_shape"])), json.loads(metadata.get("normalisation", "null"))
        normalisation = None if pair is None else check_normalisation((pair["mean"], pair["deviation"]), shape[2])
        return Description(json.loads(metadata["classes"]), shape, normalisation)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return None


def check_normalisation(normalisation, channels):
    """A pair (mean, deviation) as float32 arrays of shape (C,); ValueError or TypeError if it is none."""
    if not isinstance(normalisation, (tuple, list)) or len(normalisation) != 2:
        raise ValueError(f"normalisation is {normalisation!r:.200}, but must be a tuple (mean, deviation)")
    pair = []
    # A deviation's reciprocal is to be finite.
    for name, lowest, values in zip(("mean", "deviation"), (-np.inf, np.finfo(np.float32).tiny), normalisation):
        try:
            values = np.ascontiguousarray(values, np.float32)
        except (TypeError, ValueError):
            raise TypeError(f"normalisation's {name} is {values!r:.200}, but must be numbers") from None
        if values.shape != (channels,) or not (np.isfinite(values) & (values >= lowest)).all():
            above = " above 0" if name == "deviation" else ""
            raise ValueError(f"normalisation's {name} is {values.tolist()!r:.200}, but must be {channels} finite numbers{above}")
        pair.append(values)
    return pair
