"""State dicts: tensors by name, as PyTorch saves a model's."""

from __future__ import annotations

import io
import json
import os

import numpy as np

from ..checkpoint import FORMAT
from ..files import as_path, open_regular
from .description import read_description
from .pickles import WeightsError
from .tensors import StorageKind, Tensor, decode
from .torch_files import ZIP_MAGIC, is_legacy, read_legacy, read_zip

# Where training scripts put the state dict among other things.
_NESTS = ("state_dict", "model", "model_state_dict")
# What DataParallel puts before every name.
_PREFIX = "module."

# Bytes of a safetensors file's header; the format's limit.
_LARGEST_HEADER = 100_000_000

_SAFETENSORS = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32", "I16": "int16",
    "I8": "int8", "U8": "uint8", "BOOL": "bool",
}  # fmt: skip


def load_torch_state(path):
    """Read a model's weights from a file of PyTorch's or a safetensors file, without PyTorch and without running its code.

    Parameters
    ----------
    path : path-like
        What ``torch.save(model.state_dict(), path)`` wrote, now or before version 1.6, or a safetensors file; told by
        content, not by name. The state dict may lie under "state_dict", "model" or "model_state_dict" in a dict of plain
        values, and all its names may begin with "module.", as ``DataParallel`` leaves them, which is taken off.

    Returns
    -------
    dict of str to ndarray
        In PyTorch's names and layouts, in the file's order. bfloat16 becomes float32, which holds it exactly; other dtypes
        stay. Arrays may share memory and be read-only: copy what you want to change.

    Raises
    ------
    OSError
        If the file cannot be read.
    WeightsError
        A ValueError: if it is damaged, of another format, or a pickle that asks for anything but tensors in plain
        containers. The message says for what.

    Notes
    -----
    Pickles are programs; this reads them with a machine that knows only the operations a state dict needs, and views of
    storages only within their bounds. A whole pickled model is refused: it needs its classes' code. The dtypes are
    float64, float32, float16, bfloat16, the signed integers, uint8 and bool.

    Examples
    --------
    >>> import evicam
    >>> weights = evicam.load_torch_state("resnet18-f37072fd.pth")  # doctest: +SKIP
    >>> weights["fc.weight"].shape  # doctest: +SKIP
    (1000, 512)
    """
    return read_state(path)[0]


def read_state(path, name="path"):
    """What `load_torch_state` gives, and beside it the `Description` of the network, if evicam wrote the file."""
    path = as_path(path, name)
    with open_regular(path) as file:
        data = file.read()
    try:
        return _read(data)
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from None


def _read(data):
    if data.startswith(ZIP_MAGIC):
        return _from_pickled(*read_zip(data)), None
    if is_legacy(data):
        return _from_pickled(*read_legacy(data)), None
    return _from_safetensors(data)


def _from_pickled(content, values):
    for nest in _NESTS:
        if isinstance(content, dict) and isinstance(content.get(nest), dict):
            content = content[nest]
            break
    if not isinstance(content, dict) or not content:
        raise WeightsError(f"it holds a {type(content).__name__}, not a state dict: tensors by name")
    foreign = [name for name, value in content.items() if not (isinstance(name, str) and isinstance(value, Tensor))]
    if foreign:
        raise WeightsError(f"its state dict holds other things than tensors: {shortened(foreign)}")
    return _without_prefix({name: tensor.array(values[tensor.storage]) for name, tensor in content.items()})


def _from_safetensors(data):
    from safetensors import SafetensorError, deserialize

    try:
        tensors = deserialize(data)
    except (SafetensorError, ValueError) as error:
        raise WeightsError(f"it is neither a whole safetensors file ({error}) nor one that torch.save wrote") from None
    metadata = read_metadata(io.BytesIO(data))
    if metadata.get("format") == FORMAT:
        raise WeightsError("it is a checkpoint of evicam: load it with evicam.load; to_torch_state writes what PyTorch reads")
    unknown = [f"{name} ({value['dtype']})" for name, value in tensors if value["dtype"] not in _SAFETENSORS]
    if unknown:
        raise WeightsError(f"its tensors have dtypes that are not read: {shortened(unknown)}")
    found = {}
    for name, value in tensors:
        found[name] = decode(value["data"], StorageKind(_SAFETENSORS[value["dtype"]])).reshape(value["shape"])
    return _without_prefix(found), read_description(metadata)


def is_checkpoint(file):
    """Whether a binary file is a safetensors file that says it is a checkpoint of evicam."""
    return read_metadata(file).get("format") == FORMAT


def read_metadata(file) -> dict:
    """The texts by name at the beginning of a safetensors file; none if a binary file is no such file."""
    try:
        header = json.loads(file.read(min(int.from_bytes(file.read(8), "little"), _LARGEST_HEADER)))
        return dict(header["__metadata__"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}


def _without_prefix(arrays):
    if arrays and all(name.startswith(_PREFIX) for name in arrays):
        return {name[len(_PREFIX) :]: values for name, values in arrays.items()}
    return arrays


def as_state(state, name="state"):
    """A state dict from a path, and its `Description` if it has one; or from a dict of array-likes, PyTorch's tensors too."""
    if isinstance(state, (str, os.PathLike)):
        return read_state(state, name)
    if not hasattr(state, "items"):
        raise TypeError(f"{name} is a {type(state).__name__}, but must be a path or a dict of arrays by name")
    found = {}
    for key, values in state.items():
        if not isinstance(key, str):
            raise WeightsError(f"{name} has the key {key!r:.80}, but weights are named by texts")
        if hasattr(values, "detach"):  # PyTorch's way out of its graph, to a dtype that NumPy has, and off its device
            values = values.detach().float().cpu()
        try:
            found[key] = np.asarray(values)
        except (TypeError, ValueError, RuntimeError) as error:
            raise WeightsError(f"{name}[{key!r}] cannot become an array: {error}") from None
    return found, None


def shortened(names):
    """The first names of a list, as a text."""
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(f"{name!s:.80}" for name in names[:8]) + more
