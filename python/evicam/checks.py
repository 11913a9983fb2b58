"""Checks of single values: numbers, choices, flags."""

import difflib
import math
import numbers

import numpy as np

# Pixels along a side of an image, far beyond use.
_LONGEST_SIDE = 1 << 20


def is_flag(value):
    return isinstance(value, (bool, np.bool_))


def check_flag(value, name, *words):
    """TypeError unless `value` is True or False, of Python or NumPy, or one of the words."""
    if not (is_flag(value) or isinstance(value, str) and value in words):
        raise TypeError(f"{name} is {value!r}, but must be {', '.join(map(repr, (*words, True)))} or False")


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


def check_image_shape(value, wanted="(H, W) or (H, W, C)", ranks=(2, 3)):
    """An image's shape as a tuple of as many ints as `ranks` allow; ValueError otherwise, with `wanted` in its message."""
    shape = tuple(value) if isinstance(value, (tuple, list, np.ndarray)) else ()
    whole = all(isinstance(side, numbers.Integral) and not is_flag(side) and 1 <= side <= _LONGEST_SIDE for side in shape)
    if len(shape) not in ranks or not whole:
        raise ValueError(f"image_shape is {value!r}, but must be {wanted}, whole numbers of at least 1")
    return tuple(map(int, shape))


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
            bounds.append(f"{'above' if low_open else 'at least'} {digits(low)}")
        if high is not None:
            bounds.append(f"{'below' if high_open else 'at most'} {digits(high)}")
        raise ValueError(f"{name} is {digits(value)}, but must be {' and '.join(bounds) or 'finite'}")
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


def check_from(source, name, value, *parts):
    """TypeError unless `value` is what `source` gives: it has these attributes, or where it is a dict these keys."""
    if not all(part in value if isinstance(value, dict) else hasattr(value, part) for part in parts):
        raise TypeError(f"{name} is {value!r:.80}, but must be what {source} gives")


def check_all_from(source, name, values, *parts):
    """TypeError unless `values` is a list or tuple, each of whose items is what `source` gives; see `check_from`."""
    if not isinstance(values, (list, tuple)):
        raise TypeError(f"{name} is {values!r:.80}, but must be a list of what {source} gives")
    for position, value in enumerate(values):
        check_from(source, f"{name}[{position}]", value, *parts)


def digits(number):
    """A number in six digits, or in as many as it takes to tell it from its neighbours."""
    short = f"{number:g}"
    return short if float(short) == number else str(number)
