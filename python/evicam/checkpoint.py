"""Checkpoints: safetensors files whose metadata hold the architecture, the classes and the settings."""

import json
import math
from pathlib import Path

import numpy as np

from . import _native
from .files import write_file

FORMAT = "evicam"
VERSION = 1

_PARAMETER = "parameter."
_STATE = "training."


class CheckpointError(ValueError):
    """A file that is not a checkpoint of this package, or not a whole one."""


# ---- Parameters ----------------------------------------------------------------------------------------------------


def read_parameters(network):
    """All parameters by name: dict of float32 arrays."""
    parameters = {}
    for index, (name, shape) in enumerate(network.parameters()):
        parameters[name] = np.empty(shape, np.float32)
        network.read_parameter(index, parameters[name])
    return parameters


def write_parameters(network, flat):
    """Set all parameters from one flat array, in the network's order."""
    first = 0
    for index, (_, shape) in enumerate(network.parameters()):
        last = first + math.prod(shape)
        network.write_parameter(index, np.ascontiguousarray(flat[first:last]))
        first = last


def restore_network(architecture, image_shape, parameters):
    """A network with these weights."""
    network = _native.Network(architecture, *image_shape, 0)
    for index, (name, _) in enumerate(network.parameters()):
        network.write_parameter(index, np.ascontiguousarray(parameters[name]))
    return network


# ---- Saving --------------------------------------------------------------------------------------------------------


def save(classifier, path, training_state):
    """Write a fitted classifier; see `EvidentialClassifier.save`."""
    from safetensors.numpy import save as to_bytes

    tensors = {_PARAMETER + name: values for name, values in read_parameters(classifier.network_).items()}
    metadata = {
        "format": FORMAT,
        "version": str(VERSION),
        "class": type(classifier).__name__,
        "architecture": classifier.architecture_,
        "image_shape": json.dumps(classifier.image_shape_),
        "classes": json.dumps(_classes_to_json(classifier.classes_)),
        "params": json.dumps(_params_to_json(classifier.get_params())),
        "history": json.dumps(classifier.history_),
    }
    if training_state and getattr(classifier, "_training_state", None) is not None:
        numbers, arrays = classifier._training_state
        metadata["training"] = json.dumps(numbers)
        tensors.update({_STATE + name: values for name, values in arrays.items()})
    write_file(path, to_bytes(tensors, metadata))


def _classes_to_json(classes):
    """Classes with their kind, so that they come back as they were."""
    if classes.dtype != object:
        return {"dtype": classes.dtype.str, "values": classes.tolist()}
    return {"dtype": "object", "values": [_label_to_json(label) for label in classes.tolist()]}


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


def _classes_from_json(value):
    if value["dtype"] != "object":
        return np.asarray(value["values"], dtype=np.dtype(value["dtype"]))
    classes = np.empty(len(value["values"]), dtype=object)
    classes[:] = [_label_from_json(label) for label in value["values"]]
    return classes


def _params_to_json(params):
    """Constructor arguments; a random generator's state is not kept."""
    plain = {}
    for name, value in params.items():
        if isinstance(value, np.generic):
            value = value.item()
        plain[name] = value if isinstance(value, (str, bool, int, float, type(None))) else None
    return plain


# ---- Loading -------------------------------------------------------------------------------------------------------


def load(path):
    """Load a classifier from a file that `save` wrote.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    EvidentialClassifier or SoftmaxClassifier

    Raises
    ------
    OSError
        If the file cannot be read.
    CheckpointError
        If it is truncated, foreign, of a newer version, or lacks tensors; the message says which.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    with open(path, "rb"):
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
    try:
        return _build(metadata, tensors)
    except KeyError as error:
        raise CheckpointError(f"{path} lacks the metadata entry {error}") from None
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"{path}: {error}") from None


def _build(metadata, tensors):
    from . import classifiers

    kinds = {"EvidentialClassifier": classifiers.EvidentialClassifier, "SoftmaxClassifier": classifiers.SoftmaxClassifier}
    if metadata["class"] not in kinds:
        raise ValueError(f"it holds a {metadata['class']!r}, which this evicam does not know")
    classifier = kinds[metadata["class"]](**_entry(metadata, "params", dict))
    classifier.architecture_ = metadata["architecture"]
    classifier.image_shape_ = tuple(_entry(metadata, "image_shape", list))
    classifier.classes_ = _classes_from_json(_entry(metadata, "classes", dict))
    classifier.history_ = _history(_entry(metadata, "history", dict))
    classifier.interrupted_ = False
    network = _native.Network(classifier.architecture_, *classifier.image_shape_, 0)
    if network.classes != len(classifier.classes_):
        raise ValueError(f"it names {len(classifier.classes_)} classes, but its network has {network.classes} logits")
    classifier.n_features_in_ = math.prod(classifier.image_shape_)
    wanted = {_PARAMETER + name: shape for name, shape in network.parameters()}
    if "training" in metadata:
        count = sum(map(math.prod, wanted.values()))
        states = ("first_moment", "second_moment", "best_parameters", "parameters")
        wanted.update({_STATE + name: (count,) for name in states})
    _check_tensors(tensors, wanted)
    for index, (name, _) in enumerate(network.parameters()):
        network.write_parameter(index, np.ascontiguousarray(tensors[_PARAMETER + name]))
    classifier.network_ = network
    if "training" in metadata:
        numbers = _entry(metadata, "training", dict)
        missing = {"progress", "settings", "fingerprint", "epoch_so_far", "dead_since"} - set(numbers)
        if missing:
            raise ValueError(f"its training state lacks {', '.join(sorted(missing))}")
        state = {name[len(_STATE) :]: values for name, values in tensors.items() if name.startswith(_STATE)}
        classifier._training_state = (numbers, state)
    return classifier


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


def _check_tensors(found, wanted):
    """ValueError that lists what is missing, not known, or of another shape or dtype."""
    problems = []
    missing = sorted(set(wanted) - set(found))
    extra = sorted(set(found) - set(wanted))
    if missing:
        problems.append(f"it lacks {', '.join(missing)}")
    if extra:
        problems.append(f"it has unknown tensors {', '.join(extra)}")
    for name in sorted(set(wanted) & set(found)):
        if found[name].shape != tuple(wanted[name]):
            problems.append(f"{name} has shape {found[name].shape}, but must have {tuple(wanted[name])}")
        elif found[name].dtype != np.float32:
            problems.append(f"{name} is {found[name].dtype}, but must be float32")
        elif not np.isfinite(found[name]).all():
            problems.append(f"{name} holds NaN or infinity")
    if problems:
        raise ValueError("; ".join(problems))
