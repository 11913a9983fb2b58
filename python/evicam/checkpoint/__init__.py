"""Checkpoints: classifiers in safetensors files."""

from .format import FORMAT, CheckpointError, classes_to_json, params_to_json, saved_kind
from .reading import Saved, read
from .writing import save, to_bytes

__all__ = [
    "FORMAT",
    "CheckpointError",
    "Saved",
    "classes_to_json",
    "params_to_json",
    "read",
    "save",
    "saved_kind",
    "to_bytes",
]
