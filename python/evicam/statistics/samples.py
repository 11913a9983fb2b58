"""Checks on the numbers that go into a test."""

from __future__ import annotations

import numpy as np

from ..arrays import to_array
from ..checks import check_choice

# With fewer, no two-sided signed-rank test can reach p < 0.05, and resamples repeat one another.
FEWEST = 6

# Numbers up to this can be squared and summed without overflow.
LARGEST = 1e100

NAN_POLICIES = ("raise", "omit")


def as_sample(name, values, ndim=1) -> np.ndarray:
    """`values` as float64 of the wanted rank; NaN is left for `complete` to judge.

    Raises
    ------
    ValueError, TypeError
        Another rank; no numbers, or masked ones; infinity.
    """
    values = to_array(values, name, "number")
    if values.dtype.kind not in "bfiu":
        raise TypeError(f"{name} has dtype {values.dtype}, but must hold numbers")
    if values.ndim != ndim:
        wanted = "(n,), one number per image" if ndim == 1 else "(models, images)"
        raise ValueError(f"{name} has shape {values.shape}, but must be {wanted}")
    if np.isinf(values).any():
        raise ValueError(f"{name} holds infinity")
    values = values.astype(np.float64)
    if (np.abs(values) > LARGEST).any():
        raise ValueError(f"{name} holds values beyond {LARGEST:g}, whose squares cannot be summed: scale it")
    return values


def complete(samples: dict, nan_policy) -> list[np.ndarray]:
    """Samples of one length, without the units of which one sample holds NaN.

    Parameters
    ----------
    samples : dict of str to array-like of shape (n,)
        By the names of the arguments they came as.
    nan_policy : {"raise", "omit"}

    Raises
    ------
    ValueError, TypeError
        Different lengths; NaN under "raise"; too few units.
    """
    check_choice(nan_policy, "nan_policy", NAN_POLICIES)
    arrays = {name: as_sample(name, values) for name, values in samples.items()}
    first = next(iter(arrays))
    for name, values in arrays.items():
        if len(values) != len(arrays[first]):
            raise ValueError(f"{name} has {len(values)} numbers, but {first} has {len(arrays[first])}")
        if nan_policy == "raise" and np.isnan(values).any():
            raise ValueError(
                f"{name} holds NaN at [{int(np.isnan(values).argmax())}], an image without a score: "
                "nan_policy='omit' leaves such images out"
            )
    kept = ~np.any([np.isnan(values) for values in arrays.values()], axis=0)
    left = [values[kept] for values in arrays.values()]
    check_count(len(left[0]), FEWEST, " and ".join(arrays), "images")
    return left


def rounding(scale):
    """By how much numbers as large as `scale`, a number or an array, may differ without meaning it."""
    return 8 * np.finfo(np.float64).eps * scale


def spreads(values, scale) -> bool:
    """Whether values differ by more than the rounding of numbers as large as `scale`."""
    return np.ptp(values) > rounding(scale)


def check_count(count, fewest, name, units):
    """ValueError for fewer units than a test needs."""
    if count < fewest:
        raise ValueError(f"{name}: {count} {units} with a number, but the test needs at least {fewest}")
