"""Tensors as PyTorch stores them: a stretch of typed memory, and views of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .pickles import Constructor, Mapping, WeightsError, described

BFLOAT16 = "bfloat16"

# Kind of storage -> NumPy's name of what lies in it. NumPy has no bfloat16: it becomes float32, which holds it exactly.
_STORAGES = {
    "Double": "float64", "Float": "float32", "Half": "float16", "BFloat16": BFLOAT16, "Long": "int64", "Int": "int32",
    "Short": "int16", "Char": "int8", "Byte": "uint8", "Bool": "bool",
}  # fmt: skip

# Axes of a tensor; NumPy 1's limit.
_MOST_AXES = 32


@dataclass(frozen=True)
class StorageKind:
    """The type of a storage, by the dtype of its elements."""

    dtype: str

    @property
    def itemsize(self):
        return 2 if self.dtype == BFLOAT16 else np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class Storage:
    """A storage that a file holds under `key`: `count` elements."""

    kind: StorageKind
    key: str
    count: int


@dataclass(frozen=True)
class Tensor:
    """A view of a storage; offset and strides in elements."""

    storage: Storage
    offset: int
    shape: tuple
    strides: tuple

    def array(self, values):
        """The view as an array, of `values`, its storage's elements (1-d). NumPy checks the bounds once more."""
        strides = tuple(stride * values.itemsize for stride in self.strides)
        try:
            return np.ndarray(self.shape, values.dtype, values, self.offset * values.itemsize, strides)
        except ValueError as error:
            raise WeightsError(f"it holds a tensor of shape {self.shape} that cannot be: {error}") from None


def decode(data, kind, little_endian=True):
    """Elements of a storage from its bytes: 1-d array in this machine's byte order, read-only where it is not a copy."""
    if kind.dtype == BFLOAT16:
        halves = decode(data, StorageKind("uint16"), little_endian)
        return (halves.astype(np.uint32) << 16).view(np.float32)  # the upper half of a float32
    stored = np.dtype(kind.dtype).newbyteorder("<" if little_endian else ">")
    return np.frombuffer(data, stored).astype(kind.dtype, copy=False)


# ---- What a pickled state dict calls ---------------------------------------------------------------------------------


def _is_count(value):
    return type(value) is int and 0 <= value < 1 << 62


def make_storage(kind, key, count):
    """A storage from its persistent id's parts."""
    if not isinstance(kind, StorageKind):
        raise WeightsError("it holds a storage of no known type")
    if not isinstance(key, str) or not key.isascii() or not key.replace("_", "").isalnum():
        raise WeightsError(f"its storage {described(key)} is not named by plain letters and digits")
    if not _is_count(count) or not _is_count(count * kind.itemsize):
        raise WeightsError(f"its storage {described(key)} has {described(count)} elements")
    return Storage(kind, key, count)


def _tensor(storage, offset, shape, strides, requires_grad=False, hooks=None, metadata=None):
    if not isinstance(storage, Storage):
        raise WeightsError("it holds a tensor without a storage")
    if type(shape) is not tuple or type(strides) is not tuple or len(shape) != len(strides) or len(shape) > _MOST_AXES:
        raise WeightsError(f"it holds a tensor with the shape {_listed(shape)} and the strides {_listed(strides)}")
    if not all(map(_is_count, (offset, *shape, *strides))):
        raise WeightsError(
            f"it holds a tensor with offset {described(offset)}, shape {_listed(shape)} and strides {_listed(strides)}"
        )
    count, last = 1, offset
    for extent, stride in zip(shape, strides):
        count *= extent
        last += (extent - 1) * stride
    if count and last >= storage.count:
        raise WeightsError(
            f"it holds a tensor of shape {shape} that ends at element {last} of its storage, which has {storage.count}"
        )
    if count > storage.count:
        raise WeightsError(f"it holds a tensor of shape {shape} that repeats a storage of {storage.count} elements")
    return Tensor(storage, offset if count else 0, shape, strides if count else (0,) * len(shape))


def _listed(extents):
    """A shape in a message: as it is, where that is None or made of numbers."""
    is_plain = type(extents) in (tuple, list) and all(isinstance(extent, (int, float)) for extent in extents)
    return f"{extents!r:.80}" if extents is None or is_plain else described(extents)


def _parameter(data, requires_grad=True, hooks=None):
    if not isinstance(data, Tensor):
        raise WeightsError("it holds a parameter that is not a tensor")
    return data


def _ordered_dict(items=()):
    """Empty, or of [key, value] lists, as Python 2 wrote it."""
    if not all(type(item) in (list, tuple) and len(item) == 2 and isinstance(item[0], str) for item in items):
        raise WeightsError("it holds an OrderedDict that is not made of names and values")
    return Mapping(items)


def _size(extents=()):
    if type(extents) not in (tuple, list):
        raise WeightsError("it holds a torch.Size that is not a list of numbers")
    return tuple(extents)


# What a pickle may name. Types of elements ("torch.float32") are no more than their names here.
KNOWN = {
    **{f"torch.{name}Storage": StorageKind(dtype) for name, dtype in _STORAGES.items()},
    **{f"torch.{dtype}": f"torch.{dtype}" for dtype in _STORAGES.values()},
    "torch._utils._rebuild_tensor": Constructor("torch._utils._rebuild_tensor", _tensor),
    "torch._utils._rebuild_tensor_v2": Constructor("torch._utils._rebuild_tensor_v2", _tensor),
    "torch._utils._rebuild_parameter": Constructor("torch._utils._rebuild_parameter", _parameter),
    "torch.Size": Constructor("torch.Size", _size),
    "collections.OrderedDict": Constructor("collections.OrderedDict", _ordered_dict),
}
