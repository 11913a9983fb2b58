"""Checks on heatmaps and masks, and the shape that all scores of images share."""

from __future__ import annotations

import numpy as np

from ..arrays import to_array
from ..checks import check_real

# Relevance up to this can be squared and summed over any image without overflow.
LARGEST = 1e100

CUT_HERE = "pass threshold= to say which pixels belong to the mask"
CUT_BEFORE = "pass a comparison that says which pixels belong to the object"


def as_mask(name, values, threshold=None, remedy=CUT_BEFORE) -> np.ndarray:
    """`values` as C-contiguous uint8 0 and 1, (N, H, W) or (H, W); pixels above `threshold` belong to the mask.

    Raises
    ------
    ValueError, TypeError
        Shapes that are not those of images; NaN or masked pixels; values that are no mask, without `threshold`; a threshold
        that is no finite number.
    """
    threshold = None if threshold is None else check_real(threshold, "threshold")
    values = to_array(values, name, "pixel")
    _check_shape(name, values)
    if values.dtype.kind not in "bfiu":
        raise TypeError(f"{name} has dtype {values.dtype}, but must be a boolean mask, or numbers and a threshold")
    if values.dtype.kind == "f" and np.isnan(values).any():
        raise ValueError(f"{name} holds NaN")
    if values.dtype.kind != "b" and threshold is not None:
        values = values > threshold
    elif values.dtype.kind == "f":  # even of zeros and ones only: a heatmap without anything on it is no mask
        raise ValueError(f"{name} holds {values.dtype} values, which are no mask: {remedy}")
    elif values.dtype.kind != "b" and not np.isin(values, (0, 1)).all():
        raise ValueError(f"{name} holds {values.dtype} values other than 0 and 1: {remedy}")
    return np.ascontiguousarray(values, np.uint8)


def as_heatmap(name, values, low=None, high=None) -> np.ndarray:
    """`values` as a C-contiguous array (N, H, W) or (H, W) of floats, finite and within `low` and `high`; float32 stays.

    Raises
    ------
    ValueError, TypeError
        Shapes that are not those of images; no numbers, or masked ones; NaN or infinity; values out of bounds.
    """
    values = to_array(values, name, "pixel")
    _check_shape(name, values)
    if values.dtype.kind not in "bfiu":
        raise TypeError(f"{name} has dtype {values.dtype}, but must hold numbers")
    single = values.dtype == np.float32 or values.dtype.itemsize < 4
    values = np.ascontiguousarray(values, np.float32 if single else np.float64)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds NaN or infinity")
    if max(float(values.max()), -float(values.min())) > LARGEST:
        raise ValueError(f"{name} holds values beyond {LARGEST:g}, which cannot be summed: scale it")
    if low is not None and values.min() < low:
        raise ValueError(
            f"{name} holds {values.min():g}, but must be at least {low:g}: of a signed map, pass the part that you mean, "
            f"such as np.maximum({name}, 0)"
        )
    if high is not None and values.max() > high:
        raise ValueError(f"{name} holds {values.max():g}, but must be at most {high:g}: divide each map by its maximum")
    return values


def as_pixels(heatmap, mask, low=None, high=None) -> tuple[np.ndarray, np.ndarray, bool]:
    """A heatmap and the object's mask, an image a row.

    Returns
    -------
    heatmap : ndarray of shape (N, H, W), float32 or float64
    mask : ndarray of shape (N, H, W), bool
    single : bool
        Whether one image came without a batch axis; see `per_image`.
    """
    heatmap, mask = as_heatmap("heatmap", heatmap, low, high), as_mask("mask", mask).view(bool)
    check_same_shape("mask", mask, "heatmap", heatmap)
    single = heatmap.ndim == 2
    return (heatmap[None], mask[None], single) if single else (heatmap, mask, single)


def check_same_shape(name, array, other_name, other):
    """ValueError where two arrays differ in shape."""
    if array.shape != other.shape:
        raise ValueError(f"{name} has shape {array.shape}, but {other_name} has {other.shape}: they must be the same")


def sums(values) -> np.ndarray:
    """Sum of each image, (N,) float64; the same bits in any batch."""
    return values.reshape(len(values), -1).sum(axis=1, dtype=np.float64)


def object_sizes(mask) -> np.ndarray:
    """Pixels of each object, (N,) float64; NaN without an object, and so is all that is computed from it."""
    size = sums(mask)
    size[size == 0] = np.nan
    return size


def per_image(scores, single):
    """Scores (N,) as they are, or the number for a single image."""
    return float(scores[0]) if single else scores


def _check_shape(name, values):
    if values.ndim not in (2, 3) or 0 in values.shape:
        raise ValueError(f"{name} has shape {values.shape}, but must be (N, H, W) or (H, W), and not empty")
