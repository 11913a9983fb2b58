"""A network's parameters as arrays: by name, or all in one."""

import math

import numpy as np

from . import _native


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
