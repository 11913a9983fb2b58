"""Overlap after the best shift: tells a heatmap that was drawn elsewhere from a classifier that looked elsewhere."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..checks import check_positive_int
from .inputs import as_mask, check_same_shape, object_sizes, sums

# Pixels that are transformed at a time, with their borders: about 100 MB of complex numbers.
_CHUNK = 1 << 21


class BestShift(NamedTuple):
    """What `best_shift_dice` found.

    Attributes
    ----------
    dice : ndarray of shape (N,), float64
        The largest Dice index over all shifts.
    dy, dx : ndarray of shape (N,), float64
        The shift of the heatmap that reaches it, in whole pixels downwards and to the right: the shortest of equals.
    unshifted : ndarray of shape (N,), float64
        The Dice index without a shift.
    """

    dice: np.ndarray
    dy: np.ndarray
    dx: np.ndarray
    unshifted: np.ndarray


def best_shift_dice(heatmap, mask, *, max_shift=None, threshold=0.5) -> BestShift:
    """The largest Dice index that a heatmap reaches when it may be shifted, and the shift.

    A heatmap of the right shape in the wrong place gains much, by about the same shift in every image: it was drawn
    elsewhere. One that gains little, or by a shift that differs from image to image, shows a classifier that looked
    elsewhere.

    Parameters
    ----------
    heatmap : array-like of shape (N, H, W) or (H, W)
        Cut at `threshold`; a boolean mask is taken as it is.
    mask : array-like of shape (N, H, W) or (H, W)
        The object: boolean, or integers 0 and 1.
    max_shift : int, optional
        Pixels by which the heatmap may move along either axis; by default a quarter of the shorter side. The larger,
        the more a chance blob can gain.
    threshold : float
        Pixels above it belong to the cut.

    Returns
    -------
    BestShift
        A single image is a batch of one. Where the cut is empty, Dice is 0; where no shift makes the two meet, it is 0
        as well: the shift is then NaN. An image without an object has NaN throughout.

    Raises
    ------
    ValueError, TypeError
        Shapes that differ or are not those of images; NaN; a negative `max_shift`.

    Notes
    -----
    .. math:: \\max_{|d_y|, |d_x| \\le s} \\frac{2 |(A + d) \\cap M|}{|A| + |M|}

    What a shift pushes out of the frame still counts in :math:`|A|`, so that nothing is gained by hiding it. The shared
    pixels of all shifts are one cross-correlation, by FFT; they are counts, and are rounded to be exact.

    Examples
    --------
    >>> import evicam
    >>> found = evicam.metrics.best_shift_dice([[0, 0, 1, 1]], [[0, 1, 1, 0]], max_shift=1)
    >>> float(found.dice[0]), float(found.dx[0]), float(found.unshifted[0])
    (1.0, -1.0, 0.5)
    """
    cut, mask = as_mask("heatmap", heatmap, threshold), as_mask("mask", mask)
    check_same_shape("mask", mask, "heatmap", cut)
    height, width = mask.shape[-2:]
    cut, mask = cut.reshape(-1, height, width), mask.reshape(-1, height, width)
    if max_shift is None:
        max_shift = min(height, width) // 4
    max_shift = check_positive_int(max_shift, "max_shift", minimum=0)
    reach = min(max_shift, height - 1), min(max_shift, width - 1)  # beyond, the frame is left behind
    dy, dx = _shifts(*reach)

    best, shared, unshifted = (np.empty(len(cut), np.int64) for _ in range(3))
    step = max(1, _CHUNK // ((height + reach[0]) * (width + reach[1])))
    for first in range(0, len(cut), step):
        part = slice(first, first + step)
        counts = _shared_pixels(cut[part], mask[part], *reach)[:, dy, dx]  # [n, shifts], the shortest first
        best[part] = counts.argmax(axis=1)
        shared[part] = counts.max(axis=1)
        unshifted[part] = counts[:, 0]
    together = sums(cut) + object_sizes(mask)
    met = shared > 0
    return BestShift(
        dice=2 * shared / together,
        dy=np.where(met, dy[best], np.nan),
        dx=np.where(met, dx[best], np.nan),
        unshifted=2 * unshifted / together,
    )


def _shifts(down, right) -> tuple[np.ndarray, np.ndarray]:
    """All shifts (dy, dx) of at most so many pixels, the shortest first, then from top left to bottom right."""
    dy, dx = (axis.ravel() for axis in np.mgrid[-down : down + 1, -right : right + 1])
    order = np.argsort(dy**2 + dx**2, kind="stable")
    return dy[order], dx[order]


def _shared_pixels(cut, mask, down, right) -> np.ndarray:
    """Pixels that the mask shares with the cut moved by (dy, dx), at [:, dy, dx]; negative shifts count from the end."""
    from scipy import fft

    # A border as wide as the largest shift keeps what leaves the frame on one side from coming in on the other.
    shape = [fft.next_fast_len(side + border, real=True) for side, border in zip(mask.shape[1:], (down, right))]
    spectrum = fft.rfft2(mask.astype(np.float64), shape)
    spectrum *= fft.rfft2(cut.astype(np.float64), shape).conj()
    return np.rint(fft.irfft2(spectrum, shape)).astype(np.int64)
