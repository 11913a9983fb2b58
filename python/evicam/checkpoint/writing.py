"""Writing checkpoints."""

import json

import numpy as np

from ..files import write_file
from ..normalisation import read_normalisation
from ..parameters import flat, read_parameters
from .format import FORMAT, NORMALISATION, PARAMETER, STATE, VERSION, checksum, classes_to_json, params_to_json, saved_kind


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

    kind = saved_kind(classifier)
    tensors = {PARAMETER + name: values for name, values in parameters.items()}
    metadata = {
        "format": FORMAT,
        "version": str(VERSION),
        "class": kind.__name__,
        "architecture": classifier.architecture_,
        "image_shape": json.dumps(classifier.image_shape_),
        "classes": json.dumps(classes_to_json(classifier.classes_)),
        "params": json.dumps(params_to_json({name: getattr(classifier, name) for name in kind().get_params()})),
        "history": json.dumps(classifier.history_),
    }
    normalisation = read_normalisation(classifier.network_, classifier.image_shape_[2])
    if normalisation is not None:
        tensors.update(zip(NORMALISATION, normalisation))
    if state is not None:
        numbers, arrays = state
        weights = flat(parameters)
        same = [name for name, values in arrays.items() if np.array_equal(values, weights)]
        metadata["training"] = json.dumps({**numbers, "same_as_weights": same})
        tensors.update({STATE + name: values for name, values in arrays.items() if name not in same})
    metadata["checksum"] = checksum(tensors, metadata)
    return to_safetensors(tensors, metadata)
