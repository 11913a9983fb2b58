"""Arrays that users pass in, above all images. Every message names the argument, says what came and what is wanted."""

import math

import numpy as np

from .checks import digits

# Pixels checked at a time: keeps the temporary arrays of a check small, also for memory-mapped images.
_CHUNK = 1 << 22
# How far beyond 0..1 floats are taken for rounded ones.
_ROUNDING = 1e-6


def as_images(X, name="X", shape=None):
    """Check images and bring them into the form the engine reads.

    Parameters
    ----------
    X : array-like of shape (N, H, W) or (N, H, W, C)
        uint8 0..255, or floats 0..1; whole numbers 0..255 of any other integer type and booleans are converted.
        Any memory layout, byte order or float size will do. Floats that rounding left up to 1e-6 beyond 0..1 are clipped.
    name : str
        What to call it in a message.
    shape : tuple (H, W, C), optional
        The shape a network was trained with, which each image must have.

    Returns
    -------
    ndarray of shape (N, H, W, C), C-contiguous, uint8 or float32
        `X` itself, reshaped, where that is possible without a copy.

    Raises
    ------
    TypeError
        If `X` does not hold numbers.
    ValueError
        For a wrong shape, channels that seem to come first, no images, NaN, infinity, or values out of range.

    Examples
    --------
    >>> import numpy as np
    >>> as_images(np.zeros((2, 28, 28), np.uint8)).shape
    (2, 28, 28, 1)
    >>> as_images(np.full((2, 28, 28), 255.0))
    Traceback (most recent call last):
    ...
    ValueError: X holds floats from 255 to 255, but floats must be 0..1 (divide by 255, or pass uint8)
    """
    images = _as_array(X, name)
    if images.ndim not in (3, 4):
        hint = "; for a single image pass image[None]" if images.ndim == 2 else ""
        raise ValueError(
            f"{name} has shape {images.shape}, but images must be (N, H, W) grey or (N, H, W, C) channels last{hint}"
        )
    if images.ndim == 3:
        images = images[..., None]
    if 0 in images.shape:
        raise ValueError(f"{name} is empty: its shape is {images.shape}")
    if shape is None and images.shape[1] in (1, 3) and images.shape[2] == images.shape[3] > 4:
        raise ValueError(
            f"{name} has shape {images.shape}, but images must be (N, H, W, C) channels last{_channels_first(name, 1)}"
        )
    if shape is not None and images.shape[1:] != tuple(shape):
        raise ValueError(_shape_message(images.shape, tuple(shape), name))
    if images.dtype == np.uint8:
        return np.ascontiguousarray(images)
    if images.dtype == bool:
        return np.ascontiguousarray(images, dtype=np.float32)
    if np.issubdtype(images.dtype, np.integer):
        _check_range(images, name, 255, "whole numbers", "0..255")
        return np.ascontiguousarray(images, dtype=np.uint8)
    if not (images.min() >= 0 and images.max() <= 1):  # not so for NaN either
        _check_finite(images, name)
        _check_range(images, name, 1, "floats", "0..1", _ROUNDING)
        rounded = np.array(images, dtype=np.float32, order="C")
        return np.clip(rounded, 0, 1, out=rounded)
    return np.ascontiguousarray(images, dtype=np.float32)


def as_image(image, shape, name="image"):
    """Check one image for a network: (1, H, W, C), as `as_images` returns it.

    Parameters
    ----------
    image : array-like of shape (H, W, C), (H, W) where C = 1, or a batch (1, ...) of one
        Values as in `as_images`.
    shape : tuple (H, W, C)
        The shape the network was trained with.
    name : str
        What to call it in a message.

    Raises
    ------
    TypeError, ValueError
        As `as_images` does; for more than one image; for another shape.

    Examples
    --------
    >>> import numpy as np
    >>> as_image(np.zeros((28, 28), np.uint8), (28, 28, 1)).shape
    (1, 28, 28, 1)
    >>> as_image(np.zeros((5, 28, 28), np.uint8), (28, 28, 1))
    Traceback (most recent call last):
    ...
    ValueError: image holds 5 images, but must be a single one: pass image[0]
    """
    shape = tuple(shape)
    image = _as_array(image, name)
    wanted = [shape, shape[:2]] if shape[2] == 1 else [shape]
    if image.shape not in wanted and image.shape[1:] in wanted:
        if len(image) != 1:
            raise ValueError(f"{name} holds {len(image)} images, but must be a single one: pass {name}[0]")
        image = image[0]
    if image.shape not in wanted:
        if image.ndim == 4:
            raise ValueError(_shape_message(image.shape, shape, name))
        hint = _channels_first(name, 0) if image.shape == (shape[2], *shape[:2]) else ""
        raise ValueError(
            f"{name} has shape {image.shape}, but must be {' or '.join(map(str, wanted))}, as the classifier was trained on{hint}"
        )
    return as_images(image.reshape(1, *shape), name, shape)


def _as_array(X, name):
    """`X` as a numeric array in its own dtype."""
    if type(X).__module__.startswith("scipy.sparse"):
        raise TypeError(f"{name} is a sparse matrix, but images must be a dense array (N, H, W) or (N, H, W, C)")
    array = to_array(X, name, "pixel")
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{name} has dtype {array.dtype}, but images must be uint8 0..255 or floats 0..1")
    if np.issubdtype(array.dtype, np.complexfloating):
        raise TypeError(f"{name} has dtype {array.dtype}, but pixels must be real numbers")
    return array


def to_array(values, name, what, convert=np.asarray):
    """What `convert` makes of array-likes; those that are masked, or cannot become an array, are refused by name."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(f"{name} is a masked array with masked {what}s, but every {what} needs a value: fill it first")
    try:
        return convert(values)
    except (ValueError, TypeError, RuntimeError) as error:  # PyTorch's tensors raise each of them
        kind = ValueError if isinstance(error, ValueError) else TypeError
        raise kind(f"{name} cannot become an array: {error}") from None


def _channels_first(name, axis):
    return f": the channels seem to come first; pass np.moveaxis({name}, {axis}, -1)"


def _shape_message(given, wanted, name):
    message = (
        f"{name} holds images of {'x'.join(map(str, given[1:]))} (height x width x channels), but the classifier was "
        f"trained on {'x'.join(map(str, wanted))}"
    )
    if given[1] == wanted[2] and given[2:] == wanted[:2]:
        message += _channels_first(name, 1)
    return message


def _chunks(images):
    step = max(1, _CHUNK // max(1, math.prod(images.shape[1:])))
    for first in range(0, len(images), step):
        yield first, images[first : first + step]


def _check_finite(images, name):
    for first, chunk in _chunks(images):
        finite = np.isfinite(chunk)
        if not finite.all():
            index = np.argwhere(~finite)[0]
            where = ", ".join(str(int(i)) for i in (index[0] + first, *index[1:]))
            value = chunk[tuple(index)]
            raise ValueError(f"{name} holds {value} at [{where}], but pixels must be finite")


def _check_range(images, name, high, what, wanted, slack=0):
    smallest, largest = images.min(), images.max()
    if smallest < -slack or largest > high + slack:
        hint = " (divide by 255, or pass uint8)" if high == 1 and smallest >= 0 and 2 < largest <= 255 else ""
        raise ValueError(
            f"{name} holds {what} from {digits(smallest + 0)} to {digits(largest + 0)}, but {what} must be {wanted}{hint}"
        )
