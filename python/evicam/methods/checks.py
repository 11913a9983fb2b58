"""Checks on the settings of methods that work on pixels."""

from __future__ import annotations

import numpy as np

from ..checks import check_positive_int

# The engine numbers perturbations with 32 bits.
MOST = 2**32 - 1


def check_seed(random_state):
    """Whether `random_state` can be one, without drawing from it."""
    if random_state is not None and not isinstance(random_state, (np.random.Generator, np.random.RandomState)):
        check_positive_int(random_state, "random_state", minimum=0)


def check_count(value, name, minimum):
    """Whether `value` is a number of perturbations."""
    check_positive_int(value, name, minimum=minimum)
    if value > MOST:
        raise ValueError(f"{name} is {value}, but must be at most {MOST}")


def as_pair(value, name) -> tuple[int, int]:
    """One extent for both axes, or (height, width)."""
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(f"{name} is {value!r}, but must be one number or (height, width)")
        return tuple(check_positive_int(extent, name) for extent in value)
    return (check_positive_int(value, name),) * 2


def check_baseline(value):
    """Whether `value` is a number 0..1, or an image of them."""
    array = np.asarray(value)
    if array.dtype == bool or not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
        raise TypeError(f"baseline is {value!r:.50}, but must be a number or an image of numbers 0..1")
    if array.size == 0 or not (array.min() >= 0 and array.max() <= 1):
        raise ValueError("baseline must hold numbers 0..1" + (" (divide uint8 images by 255)" if array.dtype == np.uint8 else ""))
    if array.ndim not in (0, 2, 3):
        raise ValueError(f"baseline has shape {array.shape}, but must be one number, (H, W) or (H, W, C)")


def as_baseline(value, image_shape) -> np.ndarray | None:
    """A baseline image [H, W, C] float32; None for black."""
    array = np.asarray(value, np.float32)
    if array.ndim == 0:
        return np.full(image_shape, array, np.float32) if array else None
    if array.ndim == 2:
        array = array[..., None]
    if array.shape != tuple(image_shape):
        raise ValueError(f"baseline has shape {np.shape(value)}, but the images are {'x'.join(map(str, image_shape))}")
    return np.ascontiguousarray(array)
