"""Overlap of a heatmap with the object: Dice and IoU of masks, over all thresholds, and without one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .. import _native
from ..arrays import to_array
from .inputs import CUT_HERE, as_mask, as_pixels, check_same_shape, object_sizes, per_image, sums

# Twenty cuts of a heatmap; at 1 nothing would be left of it.
THRESHOLDS = tuple(step / 20 for step in range(20))


def dice(a, b, *, threshold=None):
    """Dice index of two masks: twice what they share over what they hold together.

    Parameters
    ----------
    a, b : array-like of shape (N, H, W) or (H, W)
        Masks of the same shape: boolean, or integers 0 and 1. Anything else, a heatmap say, needs `threshold`.
    threshold : float, optional
        Where values that are not boolean are cut: pixels above it belong to the mask.

    Returns
    -------
    ndarray of shape (N,), float64, or float
        One score per image, 0..1; a number for a single image. Two empty masks agree fully: 1. An empty and a non-empty
        mask share nothing: 0.

    Raises
    ------
    ValueError, TypeError
        Shapes that differ or are not those of images; NaN; values that are no mask, without `threshold`; a threshold that is
        no finite number.

    Notes
    -----
    .. math:: \\mathrm{DSC} = \\frac{2 |A \\cap B|}{|A| + |B|}

    Equation 7 of the paper; Dice, "Measures of the Amount of Ecologic Association Between Species", Ecology 1945.

    Examples
    --------
    >>> import evicam
    >>> evicam.metrics.dice([[0, 1], [1, 1]], [[0, 0], [1, 1]])
    0.8
    """
    return _overlap(_native.dice, a, b, threshold)


def iou(a, b, *, threshold=None):
    """Intersection over union of two masks.

    Parameters
    ----------
    a, b : array-like of shape (N, H, W) or (H, W)
        Masks of the same shape: boolean, or integers 0 and 1. Anything else, a heatmap say, needs `threshold`.
    threshold : float, optional
        Where values that are not boolean are cut: pixels above it belong to the mask.

    Returns
    -------
    ndarray of shape (N,), float64, or float
        One score per image, 0..1; a number for a single image. Two empty masks agree fully: 1.

    Raises
    ------
    ValueError, TypeError
        Shapes that differ or are not those of images; NaN; values that are no mask, without `threshold`; a threshold that is
        no finite number.

    Notes
    -----
    .. math:: \\mathrm{IoU} = \\frac{|A \\cap B|}{|A \\cup B|}

    Equation 8 of the paper, also called the Jaccard index.

    Examples
    --------
    >>> import evicam
    >>> evicam.metrics.iou([[0, 1], [1, 1]], [[0, 0], [1, 1]], threshold=0.5)
    0.6666666666666666
    """
    return _overlap(_native.iou, a, b, threshold)


class Sweep(NamedTuple):
    """What `threshold_sweep` found.

    Attributes
    ----------
    thresholds : ndarray of shape (T,), float64
    dice, iou : ndarray of shape (N, T), float64
        The scores at each threshold.
    dice_area, iou_area : ndarray of shape (N,), float64
        Area under each image's curve over the range of thresholds: its mean height, 0..1.
    """

    thresholds: np.ndarray
    dice: np.ndarray
    iou: np.ndarray
    dice_area: np.ndarray
    iou_area: np.ndarray


def threshold_sweep(heatmap, mask, thresholds=THRESHOLDS) -> Sweep:
    """Dice and IoU of a heatmap cut at many thresholds, so that no single threshold decides.

    Parameters
    ----------
    heatmap : array-like of shape (N, H, W) or (H, W)
        Relevance; pixels above a threshold belong to the cut.
    mask : array-like of shape (N, H, W) or (H, W)
        The object: boolean, or integers 0 and 1.
    thresholds : array-like of shape (T,)
        At least two, finite and rising; by default 0, 0.05, ..., 0.95, for heatmaps in 0..1.

    Returns
    -------
    Sweep
        A single image is a batch of one. Where a cut is empty it shares nothing with the object: 0, so a map that is zero
        everywhere has 0 throughout. An image without an object has NaN throughout.

    Raises
    ------
    ValueError, TypeError
        Shapes that differ or are not those of images; NaN or infinity, in the thresholds too; thresholds that do not rise.

    Examples
    --------
    >>> import evicam
    >>> sweep = evicam.metrics.threshold_sweep([[0.2, 1.0]], [[0, 1]], thresholds=[0, 0.5])
    >>> sweep.dice, sweep.dice_area
    (array([[0.66666667, 1.        ]]), array([0.83333333]))
    """
    heatmap, mask, _ = as_pixels(heatmap, mask)
    thresholds = to_array(thresholds, "thresholds", "number", lambda values: np.asarray(values, np.float64))
    rise = thresholds.ndim == 1 and len(thresholds) >= 2 and np.isfinite(thresholds).all() and (np.diff(thresholds) > 0).all()
    if not rise:
        raise ValueError(f"thresholds is {thresholds.tolist()}, but must be at least two finite numbers that rise")
    shared, cut = np.empty((2, len(heatmap), len(thresholds)))
    for index, threshold in enumerate(thresholds.tolist()):  # plain floats compare in the precision of the heatmap
        above = heatmap > threshold
        cut[:, index] = np.count_nonzero(above, axis=(1, 2))
        shared[:, index] = np.count_nonzero(above & mask, axis=(1, 2))
    together = cut + object_sizes(mask)[:, None]
    dice, iou = 2 * shared / together, shared / (together - shared)
    return Sweep(thresholds, dice, iou, mean_height(dice, thresholds), mean_height(iou, thresholds))


def mean_height(curves, positions) -> np.ndarray:
    """Area under each row by the trapezoidal rule, over the range of `positions`."""
    steps = np.diff(positions)
    return ((curves[:, 1:] + curves[:, :-1]) / 2 * steps).sum(axis=1) / steps.sum()


def soft_dice(heatmap, mask):
    """Dice index of a heatmap as it is, each pixel counted by its relevance.

    Parameters
    ----------
    heatmap : array-like of shape (N, H, W) or (H, W)
        Values 0..1.
    mask : array-like of shape (N, H, W) or (H, W)
        The object: boolean, or integers 0 and 1.

    Returns
    -------
    ndarray of shape (N,), float64, or float
        0..1; 0 for a map that is zero everywhere, NaN for an image without an object.

    Raises
    ------
    ValueError, TypeError
        Shapes that differ or are not those of images; values beyond 0..1.

    Notes
    -----
    .. math:: \\mathrm{SoftDice} = \\frac{2 \\sum_p h_p m_p}{\\sum_p h_p^2 + \\sum_p m_p^2}

    Milletari, Navab & Ahmadi, "V-Net", 3DV 2016. Of a heatmap of zeros and ones it is the Dice index.

    Examples
    --------
    >>> import evicam
    >>> evicam.metrics.soft_dice([[0.5, 1.0]], [[0, 1]])
    0.8888888888888888
    """
    heatmap, mask, single = as_pixels(heatmap, mask, 0, 1)
    return per_image(2 * sums(heatmap * mask) / (sums(np.square(heatmap, dtype=np.float64)) + object_sizes(mask)), single)


def _overlap(score, a, b, threshold):
    a, b = (as_mask(name, values, threshold, CUT_HERE) for name, values in (("a", a), ("b", b)))
    check_same_shape("b", b, "a", a)
    single = a.ndim == 2
    count = 1 if single else len(a)
    pixels = a.shape[-2] * a.shape[-1]
    scores = np.empty(count)
    score(a.reshape(count, pixels), b.reshape(count, pixels), scores)
    return per_image(scores, single)
