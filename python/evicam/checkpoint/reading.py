"""Reading checkpoints."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np

from .. import _native
from ..files import as_path, open_regular
from ..parameters import check_tensors, flat, write_parameters
from .format import (
    FORMAT,
    NORMALISATION,
    PARAMETER,
    STATE,
    VERSION,
    CheckpointError,
    checksum,
    classes_from_json,
    params_from_json,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Saved:
    """A classifier as a checkpoint has it.

    Attributes
    ----------
    kind : str
        Name of its class.
    params : dict
        What it was made with.
    network : evicam._native.Network
        With its weights, and its normalisation where there is one.
    image_shape : tuple (H, W, C)
    classes : ndarray of shape (K,)
    history : dict of list
    training_state : tuple (numbers, arrays) or None
        What `Run.state` returned.
    """

    kind: str
    params: dict
    network: object
    image_shape: tuple
    classes: np.ndarray
    history: dict
    training_state: tuple | None


def read(path) -> Saved:
    """Read what `save` wrote.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Saved

    Raises
    ------
    OSError, CheckpointError
        As `evicam.load`.
    """
    from safetensors import SafetensorError, safe_open

    path = as_path(path)
    with open_regular(path):
        pass
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise CheckpointError(f"{path} is not a whole safetensors file: {error}") from None
    if metadata.get("format") != FORMAT:
        raise CheckpointError(f"{path} is a safetensors file, but not a checkpoint of EvidentialClassifier or SoftmaxClassifier")
    if metadata.get("version") != str(VERSION):
        raise CheckpointError(
            f"{path} has checkpoint version {metadata.get('version')}, but this evicam reads version {VERSION}: upgrade evicam"
        )
    if metadata.get("checksum") != checksum(tensors, metadata):
        raise CheckpointError(f"{path} is damaged: its content does not have the checksum that was saved with it")
    try:
        return _saved(metadata, tensors)
    except KeyError as error:
        raise CheckpointError(f"{path} lacks the metadata entry {error}") from None
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise CheckpointError(f"{path}: {error}") from None


def _saved(metadata, tensors):
    kind, params = metadata["class"], params_from_json(_entry(metadata, "params", dict))
    image_shape = tuple(_entry(metadata, "image_shape", list))
    classes = classes_from_json(_entry(metadata, "classes", dict))
    history = _history(_entry(metadata, "history", dict))
    if len(set(classes.tolist())) < len(classes):
        raise ValueError(f"it names a class twice: {classes.tolist()!r:.200}")
    network = _native.Network(metadata["architecture"], *image_shape, 0)
    if network.classes != len(classes):
        raise ValueError(f"it names {len(classes)} classes, but its network has {network.classes} logits")
    wanted = {PARAMETER + name: shape for name, shape in network.parameters()}
    count = sum(map(math.prod, wanted.values()))
    numbers = _training_numbers(metadata) if "training" in metadata else None
    if numbers is not None:
        wanted.update({STATE + name: (count,) for name in _arrays_of(numbers, tensors)})
    if not set(NORMALISATION).isdisjoint(tensors):
        wanted.update(dict.fromkeys(NORMALISATION, image_shape[2:]))
    check_tensors(tensors, wanted)
    weights = {name: tensors[PARAMETER + name] for name, _ in network.parameters()}
    normalisation = [tensors[name] for name in NORMALISATION] if NORMALISATION[0] in tensors else None
    write_parameters(network, weights, normalisation)
    state = None
    if numbers is not None:
        arrays = {name.removeprefix(STATE): values for name, values in tensors.items() if name.startswith(STATE)}
        arrays.update(dict.fromkeys(numbers.pop("same_as_weights", ()), flat(weights)))
        state = numbers, arrays
    return Saved(kind, params, network, image_shape, classes, history, state)


def _training_numbers(metadata):
    numbers = _entry(metadata, "training", dict)
    missing = {"progress", "settings", "fingerprint", "epoch_so_far", "dead_since"} - set(numbers)
    if missing:
        raise ValueError(f"its training state lacks {', '.join(sorted(missing))}")
    return numbers


def _arrays_of(numbers, tensors):
    """Names of the training state's arrays that the file must hold: those needed, and what else it has of the known."""
    settings, progress = numbers["settings"], numbers["progress"]
    needed = {"parameters", "first_moment"}
    if settings["optimiser"] != _native.OPTIMISER_SGD:
        needed.add("second_moment")
    if settings.get("average_decay", 0) > 0:
        needed.add("average_parameters")
    if progress["best_epoch"] >= 0:
        needed.add("best_parameters")
    known = ("parameters", "first_moment", "second_moment", "average_parameters", "best_parameters")
    return needed.difference(numbers.get("same_as_weights", ())).union(name for name in known if STATE + name in tensors)


def _entry(metadata, name, kind):
    """A metadata entry that holds JSON, of the type `kind`."""
    value = json.loads(metadata[name])
    if not isinstance(value, kind):
        raise ValueError(f"the metadata entry {name!r} is a {type(value).__name__}, but must be a {kind.__name__}")
    return value


def _history(value):
    """Lists of numbers by name, one number per epoch."""
    if not all(isinstance(column, list) and all(isinstance(x, (int, float)) for x in column) for column in value.values()):
        raise ValueError("the metadata entry 'history' must hold lists of numbers")
    return value
