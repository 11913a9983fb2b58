"""Checks on what users pass in. Every message names the argument, says what came and what is wanted."""

import difflib
import math
import numbers

import numpy as np

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
    if shape is None and images.shape[1] in (1, 3) and images.shape[3] > 4:
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
        images = images.clip(0, 1)
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
    if array.dtype == object or not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
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
            f"{name} holds {what} from {_digits(smallest + 0)} to {_digits(largest + 0)}, but {what} must be {wanted}{hint}"
        )


def _digits(number):
    """A number in six digits, or in as many as it takes to tell it from its neighbours."""
    short = f"{number:g}"
    return short if float(short) == number else str(number)


def as_labels(y, count=None, name="y"):
    """Check labels: one hashable class per image.

    Parameters
    ----------
    y : array-like of shape (N,)
        Numbers, strings, booleans, or any hashable objects.
    count : int, optional
        How many images there are; any number otherwise.
    name : str
        What to call it in a message.

    Returns
    -------
    ndarray of shape (N,)
        Of dtype object where the classes are of no one NumPy type.

    Raises
    ------
    ValueError
        For another length, another rank, or missing labels (NaN, None, masked).
    TypeError
        For labels that are not hashable, and a set, which has no order.
    """
    if isinstance(y, (str, bytes)) or not hasattr(y, "__len__") and not hasattr(y, "__array__"):
        raise TypeError(f"{name} is {y!r:.50}, but must be an array of {'' if count is None else f'{count} '}labels")
    if isinstance(y, (set, frozenset)):
        raise TypeError(f"{name} is a {type(y).__name__}, which has no order, but must be an array of labels")
    labels = to_array(y, name, "label", label_array)
    if labels.ndim == 2 and labels.shape[1] == 1:
        raise ValueError(f"{name} has shape {labels.shape}, but labels must be (N,): pass {name}.ravel()")
    if labels.ndim != 1:
        raise ValueError(f"{name} has shape {labels.shape}, but labels must be (N,), one class per image")
    if count is not None and len(labels) != count:
        raise ValueError(f"{name} has {len(labels)} labels, but X has {count} images")
    if labels.dtype.kind in "fmM":
        missing = labels != labels
        if missing.any():
            word = "NaN" if labels.dtype.kind == "f" else "NaT"
            raise ValueError(f"{name} holds {word} at [{int(missing.argmax())}], but every image needs a label")
    if labels.dtype == object:
        for index, label in enumerate(labels):
            try:
                hash(label)
            except TypeError:
                raise TypeError(f"{name} holds {label!r:.50} at [{index}], which is not hashable") from None
            if _is_missing(label):
                raise ValueError(f"{name} holds {label} at [{index}], but every image needs a label")
    return labels


def _is_missing(label):
    """Whether a label is None or, as NaN is, not equal to itself; pandas' NA does not even say."""
    try:
        return label is None or bool(label != label)
    except (TypeError, ValueError):
        return True


def plain_label(label):
    """A label out of an array without axes: a tensor of PyTorch is another key than its equals."""
    if not _is_array(label) or getattr(label, "ndim", None) != 0:
        return label
    return label[()] if isinstance(label, np.ndarray) else label.item()


def _is_array(value):
    return hasattr(value, "__array__") and not isinstance(value, np.generic)


def label_array(y):
    """Labels as an array; lists of tuples and mixed types stay objects. Nothing is checked."""
    if hasattr(y, "__array__"):
        return np.asanyarray(y)
    values = [plain_label(label) for label in y]
    kinds = {type(value) for value in values}
    if all(issubclass(kind, (str, numbers.Number, np.generic)) for kind in kinds) and not (
        len(kinds) > 1 and any(issubclass(kind, str) for kind in kinds)
    ):
        return np.asarray(values)
    if any(isinstance(value, list) or _is_array(value) for value in values):
        return np.asarray(values)
    labels = np.empty(len(values), dtype=object)
    labels[:] = values
    return labels


def encode_labels(y, classes=None, name="y"):
    """Number the classes.

    Parameters
    ----------
    y : ndarray of shape (N,)
        What `as_labels` returned.
    classes : ndarray of shape (K,), optional
        Known classes; new ones are found in `y` otherwise.
    name : str
        What to call it in a message.

    Returns
    -------
    classes : ndarray of shape (K,)
        Sorted, or in order of appearance where they cannot be compared.
    codes : ndarray of shape (N,), int32
        Index of each label in `classes`.

    Raises
    ------
    ValueError
        For labels that are not among `classes`.
    """
    if classes is None:
        classes = _find_classes(y)
    number = {label: code for code, label in enumerate(classes.tolist())}
    values = y.tolist()
    unknown = list(dict.fromkeys(value for value in values if value not in number))
    if unknown:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise ValueError(
            f"{name} holds {', '.join(map(repr, unknown[:5]))}{more}, but the classifier knows the classes "
            f"{', '.join(map(repr, classes.tolist()))}"
        )
    return classes, np.fromiter((number[value] for value in values), np.int32, len(values))


def _find_classes(y):
    if y.dtype != object:
        return np.unique(y)
    found = list(dict.fromkeys(y.tolist()))
    try:
        found.sort()
    except TypeError:
        pass
    classes = np.empty(len(found), dtype=object)
    classes[:] = found
    return classes


def is_flag(value):
    return isinstance(value, (bool, np.bool_))


def check_positive_int(value, name, minimum=1, maximum=math.inf):
    """`value` as an int of at least `minimum` and at most `maximum`; TypeError or ValueError otherwise.

    Examples
    --------
    >>> check_positive_int(3, "epochs")
    3
    >>> check_positive_int(0, "epochs")
    Traceback (most recent call last):
    ...
    ValueError: epochs is 0, but must be at least 1
    """
    if is_flag(value) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} is {value!r}, but must be a whole number of at least {minimum}")
    if not minimum <= value <= maximum:
        raise ValueError(f"{name} is {value}, but must be at {f'least {minimum}' if value < minimum else f'most {maximum}'}")
    return int(value)


def check_real(value, name, low=None, high=None, *, low_open=False, high_open=False):
    """`value` as a float within the bounds (open where said); TypeError or ValueError otherwise."""
    if is_flag(value) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is {value!r}, but must be a number")
    try:
        value = float(value)
    except OverflowError:
        value = math.inf if value > 0 else -math.inf
    below = low is not None and (value <= low if low_open else value < low)
    above = high is not None and (value >= high if high_open else value > high)
    if not math.isfinite(value) or below or above:
        bounds = []
        if low is not None:
            bounds.append(f"{'above' if low_open else 'at least'} {_digits(low)}")
        if high is not None:
            bounds.append(f"{'below' if high_open else 'at most'} {_digits(high)}")
        raise ValueError(f"{name} is {_digits(value)}, but must be {' and '.join(bounds) or 'finite'}")
    return value


def check_choice(value, name, choices):
    """`value` if it is one of `choices`; ValueError with the list, and a suggestion, otherwise.

    Examples
    --------
    >>> check_choice("msee", "loss", ["mse", "log"])
    Traceback (most recent call last):
    ...
    ValueError: loss is 'msee', but must be one of 'mse', 'log' (did you mean 'mse'?)
    """
    choices = list(choices)
    if isinstance(value, str) and value in choices:
        return value
    near = difflib.get_close_matches(value, choices, n=1) if isinstance(value, str) else []
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    raise ValueError(f"{name} is {value!r}, but must be one of {', '.join(map(repr, choices))}{hint}")
