"""What two heatmaps share in the order of their pixels, and how unequal the pixels of one are."""

from __future__ import annotations

import numpy as np

from .inputs import as_heatmap, check_same_shape, per_image


def rank_correlation(a, b):
    """Spearman's rank correlation of the pixels of two heatmaps.

    Parameters
    ----------
    a, b : array-like of shape (N, H, W) or (H, W)
        Heatmaps of the same shape, of any sign and on any scale.

    Returns
    -------
    ndarray of shape (N,), float64, or float
        -1..1; pixels of one value share their mean rank. NaN where a map is constant and so has no order.

    Raises
    ------
    ValueError, TypeError
        Shapes that differ or are not those of images; NaN or infinity.

    Notes
    -----
    Spearman, "The Proof and Measurement of Association between Two Things", 1904: Pearson's correlation of the ranks.
    For each image what `scipy.stats.spearmanr` gives, all images at once.

    Examples
    --------
    >>> import evicam
    >>> evicam.metrics.rank_correlation([[1, 2, 3]], [[1, 4, 9]])
    1.0
    """
    a, b = as_heatmap("a", a), as_heatmap("b", b)
    check_same_shape("b", b, "a", a)
    single = a.ndim == 2
    count = 1 if single else len(a)
    return per_image(rank_correlations(a.reshape(count, -1), b.reshape(count, -1)), single)


def rank_correlations(a, b) -> np.ndarray:
    """Spearman's correlation of each row of a [N, n] with that of b, (N,) float64."""
    from scipy.stats import rankdata

    # Ranks run from 1 to n and have the mean (n + 1) / 2 whatever the ties. All sums are of multiples of 1/4: exact.
    mean = (a.shape[1] + 1) / 2
    a, b = rankdata(a, axis=1) - mean, rankdata(b, axis=1) - mean
    spread = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    spread[spread == 0] = np.nan
    return np.clip((a * b).sum(axis=1) / spread, -1, 1)


def gini(heatmap):
    """Gini index of a heatmap: how few pixels hold its relevance.

    Parameters
    ----------
    heatmap : array-like of shape (N, H, W) or (H, W)
        Relevance; of a signed map the magnitudes count.

    Returns
    -------
    ndarray of shape (N,), float64, or float
        From 0, the same everywhere, to 1 - 1/n, all in one of n pixels. NaN for a map that is zero everywhere.

    Raises
    ------
    ValueError, TypeError
        A shape that is not that of images; NaN or infinity.

    Notes
    -----
    .. math:: G = 1 - 2 \\sum_{k=1}^{n} \\frac{c_{(k)}}{\\lVert c \\rVert_1} \\frac{n - k + 1/2}{n}
              = \\frac{\\sum_k (2k - n - 1)\\, c_{(k)}}{n \\sum_k c_{(k)}}

    with the magnitudes in rising order. Hurley & Rickard, "Comparing Measures of Sparsity", IEEE Transactions on
    Information Theory 2009.

    Examples
    --------
    >>> import evicam
    >>> evicam.metrics.gini([[0, 0, 0, 1]])
    0.75
    """
    heatmap = as_heatmap("heatmap", heatmap)
    single = heatmap.ndim == 2
    values = np.sort(np.abs(heatmap.reshape(1 if single else len(heatmap), -1).astype(np.float64)), axis=1)
    count = values.shape[1]
    total = values.sum(axis=1)
    total[total == 0] = np.nan
    return per_image((values * (2.0 * np.arange(1, count + 1) - count - 1)).sum(axis=1) / (count * total), single)
