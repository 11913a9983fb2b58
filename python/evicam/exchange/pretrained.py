"""Starting a network from weights that were trained on other images and other classes."""

from __future__ import annotations

import numpy as np

from ..checkpoint import read
from ..files import open_regular
from ..normalisation import read_normalisation
from .description import Description
from .download import fetch
from .layers import IMAGE
from .layouts import Layouts
from .pickles import WeightsError
from .states import is_checkpoint, read_state
from .weights import as_weights, get_weights, set_weights


def start_from(network, image_shape, place, sha256=None, *, normalised=False):
    """Set a new network's weights from a file or an address, with the changes that its head and stem need.

    - The head, the last layer with weights, keeps its fresh weights where the file's has another number of outputs.
    - The stem, the convolution that reads the image: of a larger kernel the middle is taken; the kernels of three colours are
      added up for grey images, and those of grey images divided among three colours, so that grey gives what it gave.
    - The normalisation of pixels, where evicam wrote the file and the network is to have none of its own.

    Parameters
    ----------
    network : evicam._native.Network
    image_shape : tuple (H, W, C)
    place : path-like or str
        A file that `load_torch_state` reads, a checkpoint of evicam, or the http(s) address of either.
    sha256 : str, optional
        The first 8 digits of its SHA-256, or more.
    normalised : bool
        Whether the network gets a normalisation of pixels from its training images.

    Returns
    -------
    list of str
        What was changed, in sentences.

    Raises
    ------
    OSError
        If there is no such file, or it could not be downloaded.
    WeightsError
        If the file cannot be read, has another checksum, or does not fit.
    """
    state, described = _read(fetch(place, sha256))
    layouts, fresh = Layouts(network, image_shape), get_weights(network, image_shape)
    notes = _adapt_stem(state, layouts, fresh) + _leave_head(state, layouts, fresh)
    try:
        set_weights(network, image_shape, state)
    except WeightsError as error:
        raise WeightsError(f"pretrained is {str(place)!r}, but {error}") from None
    if not normalised and described is not None and described.normalisation is not None:
        notes.append(_normalise(network, image_shape[2], described.normalisation))
    return notes


def _read(path):
    """Weights in PyTorch's names and layouts, and the `Description` of their network, if evicam wrote the file."""
    with open_regular(path) as file:
        own = is_checkpoint(file)
    if own:
        saved = read(path)
        normalisation = read_normalisation(saved.network, saved.image_shape[2])
        return get_weights(saved.network, saved.image_shape), Description(saved.classes, saved.image_shape, normalisation)
    state, described = read_state(path)
    return dict(state), described


def _normalise(network, channels, normalisation):
    """Pixels as the pretrained network read them: of as many channels, or, by the means, of another number."""
    given = len(normalisation[0])
    if given == channels:
        network.set_normalisation(*normalisation)
        return "pixels are normalised as they were for the pretrained weights"
    network.set_normalisation(*(np.full(channels, values.mean(), np.float32) for values in normalisation))
    return f"pixels are normalised by the mean of the pretrained {given} channels'"


def _leave_head(state, layouts, fresh):
    """Fresh weights for the last layer, if it has another number of outputs: one per class."""
    head, weight = layouts.head, f"{layouts.head}.weight"
    if weight not in state or state[weight].shape[1:] != layouts.shapes[weight][1:]:
        return []
    given, wanted = len(state[weight]), layouts.shapes[weight][0]
    if given == wanted:
        return []
    state.update((name, values) for name, values in fresh.items() if name.rsplit(".", 1)[0] == head)
    return [f"layer {head!r} begins anew: the pretrained weights have {given} outputs, and there are {wanted} classes"]


def _adapt_stem(state, layouts, fresh):
    """The first convolution, for another kernel or other colours."""
    stem = next((layer for layer in layouts.layers.values() if layer.kind == "convolution" and IMAGE in layer.inputs), None)
    weight = None if stem is None else f"{stem.name}.weight"
    if weight not in state or state[weight].ndim != 4:
        return []
    wanted, given, notes = layouts.shapes[weight], state[weight].shape, []
    values = as_weights(weight, state[weight])
    if {given[1], wanted[1]} == {1, 3}:
        if wanted[1] == 1:
            values = values.sum(axis=1, keepdims=True)
            notes.append(f"layer {stem.name!r} reads grey images with the sum of its kernels of {given[1]} colours")
        else:
            values = np.repeat(values / 3, 3, axis=1)
            notes.append(f"layer {stem.name!r} reads {wanted[1]} colours with a third of its grey kernel each")
    margins = [larger - smaller for larger, smaller in zip(given[2:], wanted[2:])]
    if any(margins) and all(margin >= 0 and margin % 2 == 0 for margin in margins):
        top, left = (margin // 2 for margin in margins)
        values = values[:, :, top : top + wanted[2], left : left + wanted[3]]
        sizes = ["{}x{}".format(*shape[2:]) for shape in (wanted, given)]
        notes.append(f"layer {stem.name!r} begins with the middle {sizes[0]} of its {sizes[1]} kernels")
    elif any(margins):
        values = fresh[weight]
        notes = ["layer {!r} begins anew: kernels of {}x{} cannot become {}x{}".format(stem.name, *given[2:], *wanted[2:])]
    if notes:
        state[weight] = values
    return notes
