"""Where a heatmap lies beside the object: its peak, its mass, its order, its centre.

One rule for the edges: a map that is zero everywhere points nowhere and scores 0 (its centre is NaN); an image without an
object asks nothing and scores NaN. Neither can pass for a success.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..checks import check_real
from .inputs import as_pixels, per_image, sums


def pointing_game(heatmap, mask, *, tolerance=0):
    """Whether a heatmap's largest value lies on the object.

    Parameters
    ----------
    heatmap : array-like of shape (N, H, W) or (H, W)
        Relevance, of any sign.
    mask : array-like of shape (N, H, W) or (H, W)
        The object: boolean, or integers 0 and 1.
    tolerance : float
        Pixels by which the peak may miss the object: Euclidean distance to its nearest pixel.

    Returns
    -------
    ndarray of shape (N,), float64, or float
        1 for a hit, 0 for a miss. Where several pixels share the largest value, the share of them that hit: what a peak
        drawn from them would reach on average, so a constant map scores what chance does. 0 for a map that is zero
        everywhere, NaN for an image without an object.

    Raises
    ------
    ValueError, TypeError
        Shapes that differ or are not those of images; NaN or infinity; a negative tolerance.

    Notes
    -----
    Zhang et al., "Top-down Neural Attention by Excitation Backprop", ECCV 2016, where the tolerance is 15 pixels in
    photographs.

    Examples
    --------
    >>> import evicam
    >>> evicam.metrics.pointing_game([[0.1, 0.9, 0.2]], [[0, 0, 1]])
    0.0
    >>> evicam.metrics.pointing_game([[0.1, 0.9, 0.2]], [[0, 0, 1]], tolerance=1)
    1.0
    """
    heatmap, mask, single = as_pixels(heatmap, mask)
    tolerance = check_real(tolerance, "tolerance", 0)
    object_seen, map_seen = mask.any(axis=(1, 2)), heatmap.any(axis=(1, 2))
    target = _within(mask, tolerance) if tolerance else mask
    peaks = heatmap == heatmap.max(axis=(1, 2), keepdims=True)
    hits = np.count_nonzero(peaks & target, axis=(1, 2)) / np.count_nonzero(peaks, axis=(1, 2))
    return per_image(np.where(object_seen, np.where(map_seen, hits, 0.0), np.nan), single)


def _within(mask, distance) -> np.ndarray:
    """Pixels at most `distance` from a pixel of the mask, (N, H, W) bool."""
    from scipy import ndimage

    near = np.zeros_like(mask)
    for index in np.flatnonzero(mask.any(axis=(1, 2))):
        near[index] = ndimage.distance_transform_edt(~mask[index]) <= distance
    return near


def energy_inside(heatmap, mask):
    """Share of a heatmap's sum that lies on the object: relevance mass accuracy.

    Parameters
    ----------
    heatmap : array-like of shape (N, H, W) or (H, W)
        Relevance, at least 0.
    mask : array-like of shape (N, H, W) or (H, W)
        The object: boolean, or integers 0 and 1.

    Returns
    -------
    ndarray of shape (N,), float64, or float
        0..1. A constant map scores the object's share of the image; 0 for a map that is zero everywhere, NaN for an
        image without an object.

    Raises
    ------
    ValueError, TypeError
        Shapes that differ or are not those of images; NaN, infinity or negative relevance.

    Notes
    -----
    .. math:: \\mathrm{RMA} = \\frac{\\sum_p h_p m_p}{\\sum_p h_p}

    Arras, Osman & Samek, "CLEVR-XAI", Information Fusion 2022; the energy-based pointing game of Wang et al.,
    "Score-CAM", CVPRW 2020, is the same.

    Examples
    --------
    >>> import evicam
    >>> evicam.metrics.energy_inside([[1, 2, 5]], [[0, 0, 1]])
    0.625
    """
    heatmap, mask, single = as_pixels(heatmap, mask, 0)
    total = sums(heatmap)
    share = np.divide(sums(heatmap * mask), total, out=np.zeros_like(total), where=total > 0)
    return per_image(np.where(mask.any(axis=(1, 2)), share, np.nan), single)


def rank_accuracy(heatmap, mask):
    """Share of the object among the most relevant pixels: relevance rank accuracy.

    Parameters
    ----------
    heatmap : array-like of shape (N, H, W) or (H, W)
        Relevance, of any sign.
    mask : array-like of shape (N, H, W) or (H, W)
        The object: boolean, or integers 0 and 1.

    Returns
    -------
    ndarray of shape (N,), float64, or float
        0..1. Pixels that share the value at which the most relevant end count by the share of them that would be chosen
        on average, so a constant map scores the object's share of the image. 0 for a map that is zero everywhere, NaN
        for an image without an object.

    Raises
    ------
    ValueError, TypeError
        Shapes that differ or are not those of images; NaN or infinity.

    Notes
    -----
    .. math:: \\mathrm{RRA} = \\frac{|P_{\\mathrm{top}\\,K} \\cap M|}{K}, \\qquad K = |M|

    Arras, Osman & Samek, "CLEVR-XAI", Information Fusion 2022. With K-th largest value v, g pixels above v on the object
    of G in all, and e pixels equal to v on the object of E, the expected share is (g + (K - G) e / E) / K.

    Examples
    --------
    >>> import evicam
    >>> evicam.metrics.rank_accuracy([[0.9, 0.1, 0.8, 0.7]], [[1, 0, 0, 1]])
    0.5
    """
    heatmap, mask, single = as_pixels(heatmap, mask)
    count = len(heatmap)
    relevance, inside = heatmap.reshape(count, -1), mask.reshape(count, -1)
    size = np.count_nonzero(inside, axis=1)  # K, [N]
    # Ascending, so the K-th largest is at -K; without an object it is of no account.
    edge = np.sort(relevance, axis=1)[np.arange(count), -np.maximum(size, 1)][:, None]
    above, equal = relevance > edge, relevance == edge
    left = size - np.count_nonzero(above, axis=1)  # K - G
    chance = np.count_nonzero(equal & inside, axis=1) / np.count_nonzero(equal, axis=1)  # e / E
    with np.errstate(invalid="ignore"):  # 0 / 0 without an object
        share = (np.count_nonzero(above & inside, axis=1) + left * chance) / size
    return per_image(np.where(relevance.any(axis=1) | (size == 0), share, 0.0), single)


class Offset(NamedTuple):
    """What `centroid_offset` found: from the object's centre to the heatmap's.

    Attributes
    ----------
    dy, dx : ndarray of shape (N,), float64
        Pixels downwards and to the right.
    distance : ndarray of shape (N,), float64
        Euclidean, in pixels.
    """

    dy: np.ndarray
    dx: np.ndarray
    distance: np.ndarray


def centroid_offset(heatmap, mask) -> Offset:
    """How far, and in which direction, a heatmap's centre lies from the object's.

    Parameters
    ----------
    heatmap : array-like of shape (N, H, W) or (H, W)
        Relevance, at least 0.
    mask : array-like of shape (N, H, W) or (H, W)
        The object: boolean, or integers 0 and 1.

    Returns
    -------
    Offset
        In pixels; a single image is a batch of one. NaN for a map that is zero everywhere, which has no centre, and for
        an image without an object. A constant map has the image's centre.

    Raises
    ------
    ValueError, TypeError
        Shapes that differ or are not those of images; NaN, infinity or negative relevance.

    Notes
    -----
    .. math:: (d_y, d_x) = \\frac{\\sum_p h_p (y_p, x_p)}{\\sum_p h_p} - \\frac{\\sum_p m_p (y_p, x_p)}{\\sum_p m_p}

    Over many images a mean offset that is not zero says that heatmaps are drawn in the wrong place; offsets that scatter
    about zero say that the classifier looked elsewhere.

    Examples
    --------
    >>> import evicam
    >>> evicam.metrics.centroid_offset([[0, 0, 1, 1]], [[0, 1, 0, 0]])
    Offset(dy=array([0.]), dx=array([1.5]), distance=array([1.5]))
    """
    heatmap, mask, _ = as_pixels(heatmap, mask, 0)
    dy, dx = (ours - theirs for ours, theirs in zip(centroids(heatmap).T, centroids(mask).T))
    return Offset(dy, dx, np.hypot(dy, dx))


def centroids(weights) -> np.ndarray:
    """Centre (y, x) of each image of non-negative weights, (N, 2) float64; NaN where all are zero."""
    rows, columns = (weights.sum(axis=axis, dtype=np.float64) for axis in (2, 1))  # [N, H], [N, W]
    total = rows.sum(axis=1)
    total[total == 0] = np.nan
    return np.stack([(side * np.arange(side.shape[1])).sum(axis=1) / total for side in (rows, columns)], axis=1)
