"""Weights into a network and out of it, under PyTorch's names and in its layouts."""

from __future__ import annotations

import numpy as np

from ..parameters import check_tensors, read_parameters, write_parameters
from .layouts import Layouts
from .pickles import WeightsError
from .states import shortened

# A counter in PyTorch's batch normalisation, which only matters to one without momentum.
_COUNTER = ".num_batches_tracked"
# Running statistics, which a file of parameters alone lacks.
_STATISTICS = (".running_mean", ".running_var")


def set_weights(network, image_shape, state, strict=True):
    """Set a network's parameters; all of them, or none if anything does not fit.

    Parameters
    ----------
    network : evicam._native.Network
    image_shape : tuple (H, W, C)
    state : dict of str to ndarray
        In PyTorch's names and layouts.
    strict : bool
        Whether all names must be there and no others. Otherwise those that are missing keep what they have.

    Returns
    -------
    missing, unknown : list of str
        The network's names that `state` lacks, and those of `state` that were passed over.

    Raises
    ------
    WeightsError
        That lists all names that are missing, not known or of another shape; if no name is the network's.
    """
    layouts = Layouts(network, image_shape)
    state = {name: as_weights(name, values) for name, values in state.items() if not name.endswith(_COUNTER)}
    wanted = layouts.shapes
    missing, unknown = ([name for name in one if name not in other] for one, other in ((wanted, state), (state, wanted)))
    if not strict:
        if len(unknown) == len(state):
            raise WeightsError(
                f"no name of state is one of the network's: it has {shortened(unknown) or 'none'}, and the network "
                f"{shortened(missing)}"
            )
        state = {name: values for name, values in state.items() if name in wanted}
        wanted = {name: shape for name, shape in wanted.items() if name in state}
    try:
        check_weights(state, wanted)
    except WeightsError as error:
        head = f"{layouts.head}.weight"
        given = len(state[head]) if head in state and state[head].ndim else layouts.shapes[head][0]
        if given == layouts.shapes[head][0]:
            raise
        raise WeightsError(
            f"{error}. They are for {given} classes and the network for {layouts.shapes[head][0]}: the parameter pretrained of a "
            "classifier begins from them with a new head"
        ) from None
    parameters = read_parameters(network)
    parameters.update((name, layouts.from_torch(name, values)) for name, values in state.items())
    write_parameters(network, parameters)
    return missing, unknown


def get_weights(network, image_shape):
    """A network's parameters in PyTorch's names and layouts: dict of float32 arrays, and the counters, int64."""
    layouts = Layouts(network, image_shape)
    state = {}
    for name, values in read_parameters(network).items():
        state[name] = layouts.to_torch(name, values)
        if name.endswith(_STATISTICS[1]):
            state[name.removesuffix(_STATISTICS[1]) + _COUNTER] = np.array(0, np.int64)
    return state


def as_weights(name, values):
    """Numbers of any dtype as float32."""
    if values.dtype.kind not in "fiub":
        raise WeightsError(f"{name} has dtype {values.dtype}, but weights must be real numbers")
    with np.errstate(over="ignore"):  # infinity is told of with the names
        return values.astype(np.float32)


def check_weights(state, wanted):
    """WeightsError with everything that does not fit; `wanted` has shapes by name."""
    try:
        check_tensors(state, wanted)
        for name, values in state.items():
            if name.endswith(_STATISTICS[1]) and (values < 0).any():
                raise ValueError(f"{name} holds a negative variance")
    except ValueError as error:
        raise WeightsError(f"these weights do not fit the network: {error}") from None
