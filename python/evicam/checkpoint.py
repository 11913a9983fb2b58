"""Checkpoints: safetensors files whose metadata hold the architecture, the classes and the settings."""

import dataclasses
import json
import math
import os
import zlib
from pathlib import Path

import numpy as np

from . import _native
from .augmentation import Augmentation
from .files import write_file
from .nn import Layer
from .normalisation import read_normalisation

FORMAT = "evicam"
VERSION = 1

_PARAMETER = "parameter."
_STATE = "training."
_NORMALISATION = "normalisation."


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


def by_name(network, flat):
    """All parameters by name, from one flat array in the network's order."""
    shapes = network.parameters()
    ends = np.cumsum([math.prod(shape) for _, shape in shapes])
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes, np.split(flat, ends[:-1]))}


def flat(parameters):
    """The opposite of `by_name`."""
    return np.concatenate([values.ravel() for values in parameters.values()])


def read_flat(network):
    """`flat` of all parameters, without a second copy of them on the way."""
    shapes = [shape for _, shape in network.parameters()]
    values = np.empty(sum(map(math.prod, shapes)), np.float32)
    start = 0
    for index, shape in enumerate(shapes):
        end = start + math.prod(shape)
        network.read_parameter(index, values[start:end].reshape(shape))
        start = end
    return values


def write_parameters(network, parameters, normalisation=None):
    """Set all parameters by name, and the normalisation (mean, deviation) where there is one."""
    for index, (name, _) in enumerate(network.parameters()):
        network.write_parameter(index, np.ascontiguousarray(parameters[name]))
    if normalisation is not None:
        network.set_normalisation(*normalisation)


def restore_network(architecture, image_shape, parameters, normalisation):
    """A network with these weights, and this normalisation or None."""
    network = _native.Network(architecture, *image_shape, 0)
    write_parameters(network, parameters, normalisation)
    return network


# ---- Saving --------------------------------------------------------------------------------------------------------


def save(classifier, path, training_state):
    """Write a fitted classifier; see `EvidentialClassifier.save`."""
    state = getattr(classifier, "_training_state", None) if training_state else None
    write_file(path, to_bytes(classifier, read_parameters(classifier.network_), state))


def to_bytes(classifier, parameters, state):
    """A checkpoint's content.

    Parameters
    ----------
    classifier
        For its class, classes, parameters and history.
    parameters : dict of ndarray
        The weights it predicts with.
    state : tuple (numbers, arrays) or None
        What `Run.state` returned; an array that equals the weights is not stored again.
    """
    from safetensors.numpy import save as to_safetensors

    tensors = {_PARAMETER + name: values for name, values in parameters.items()}
    metadata = {
        "format": FORMAT,
        "version": str(VERSION),
        "class": type(classifier).__name__,
        "architecture": classifier.architecture_,
        "image_shape": json.dumps(classifier.image_shape_),
        "classes": json.dumps(classes_to_json(classifier.classes_)),
        "params": json.dumps(params_to_json(classifier.get_params())),
        "history": json.dumps(classifier.history_),
    }
    normalisation = read_normalisation(classifier.network_, classifier.image_shape_[2])
    if normalisation is not None:
        tensors.update(zip((_NORMALISATION + "mean", _NORMALISATION + "deviation"), normalisation))
    if state is not None:
        numbers, arrays = state
        weights = flat(parameters)
        same = [name for name, values in arrays.items() if np.array_equal(values, weights)]
        metadata["training"] = json.dumps({**numbers, "same_as_weights": same})
        tensors.update({_STATE + name: values for name, values in arrays.items() if name not in same})
    metadata["checksum"] = _checksum(tensors, metadata)
    return to_safetensors(tensors, metadata)


def _checksum(tensors, metadata):
    """Of everything but itself; safetensors has none."""
    value = 0
    for name in sorted(tensors):
        value = zlib.crc32(np.ascontiguousarray(tensors[name]).data.cast("B"), zlib.crc32(name.encode(), value))
    for name in sorted(set(metadata) - {"checksum"}):
        value = zlib.crc32(f"{name}={metadata[name]}".encode(), value)
    return f"{value:08x}"


def classes_to_json(classes):
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


def params_to_json(params):
    """Constructor arguments; a random generator's state is not kept, and a model of `nn` is kept as its text."""
    plain = {}
    for name, value in params.items():
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        if isinstance(value, Layer):
            value = value.text()
        if isinstance(value, Augmentation):
            plain[name] = dataclasses.asdict(value)
            continue
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
    if metadata.get("checksum", "") not in ("", _checksum(tensors, metadata)):
        raise CheckpointError(f"{path} is damaged: its content does not have the checksum that was saved with it")
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
    params = _entry(metadata, "params", dict)
    if isinstance(params.get("augmentation"), dict):
        params["augmentation"] = Augmentation(**params["augmentation"])
    classifier = kinds[metadata["class"]](**params)
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
    count = sum(map(math.prod, wanted.values()))
    numbers = _training_numbers(metadata) if "training" in metadata else None
    if numbers is not None:
        wanted.update({_STATE + name: (count,) for name in _arrays_of(numbers, tensors)})
    pair = [_NORMALISATION + name for name in ("mean", "deviation")]
    if not set(pair).isdisjoint(tensors):
        wanted.update(dict.fromkeys(pair, classifier.image_shape_[2:]))
    check_tensors(tensors, wanted)
    weights = {name: tensors[_PARAMETER + name] for name, _ in network.parameters()}
    write_parameters(network, weights, [tensors[name] for name in pair] if pair[0] in tensors else None)
    classifier.network_ = network
    if numbers is not None:
        arrays = {name[len(_STATE) :]: values for name, values in tensors.items() if name.startswith(_STATE)}
        arrays.update(dict.fromkeys(numbers.pop("same_as_weights", ()), flat(weights)))
        classifier._training_state = (numbers, arrays)
    return classifier


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
    return needed.difference(numbers.get("same_as_weights", ())).union(name for name in known if _STATE + name in tensors)


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


def check_tensors(found, wanted):
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
