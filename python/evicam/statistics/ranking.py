"""Ranks and correlations of weighted samples: of resamples told by how often they draw each unit."""

from __future__ import annotations

import numpy as np

# Sums of squared ranks below this share of the cubed total weight are rounding error.
_NO_SPREAD = 1e-18


class WeightedRanks:
    """Ranks of a sample's values in any resample of it; the sample is sorted once.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Without NaN.
    """

    def __init__(self, values):
        self._order = np.argsort(values, kind="stable")
        in_order = values[self._order]
        first = np.concatenate([[True], in_order[1:] != in_order[:-1]])
        self._starts = np.flatnonzero(first)  # of each group of equal values
        self._group = np.empty(len(values), np.intp)
        self._group[self._order] = np.cumsum(first) - 1

    def __call__(self, weights) -> np.ndarray:
        """Mean ranks [B, n] of the values in resamples with weights [B, n].

        A group of w copies after c smaller values has the ranks c + 1 ... c + w, on average c + (w + 1) / 2; so it has where
        w is no whole number.
        """
        copies = np.add.reduceat(np.take(weights, self._order, axis=1), self._starts, axis=1)  # [B, groups]
        return np.take(np.cumsum(copies, axis=1) - (copies - 1) / 2, self._group, axis=1)


def rank_products(rankings, weights) -> np.ndarray:
    """Sums of the products of several samples' ranks about their mean, [B, r, r], of resamples with weights [B, n].

    Of whole weights all terms are multiples of 1/4, so the sums are exact. A constant sample has exactly 0.
    """
    # Whatever the ties, ranks of the total weight n have the mean (n + 1) / 2.
    total = weights.sum(axis=1)
    middle = (total[:, None] + 1) / 2
    ranks = [ranking(weights) - middle for ranking in rankings]
    products = np.empty((len(weights), len(ranks), len(ranks)))
    for i, a in enumerate(ranks):
        weighted = weights * a
        for j, b in enumerate(ranks[: i + 1]):
            products[:, i, j] = products[:, j, i] = np.einsum("bn,bn->b", weighted, b)
        # Unequal values of weights v and w alone have v w (v + w) / 4; what lies far below is rounding of broken weights.
        products[products[:, i, i] < _NO_SPREAD * total**3, i, i] = 0
    return products


def correlations(products) -> np.ndarray:
    """Pearson's correlations [B, r, r] from sums of products; what is constant has NaN."""
    square = np.einsum("bii->bi", products)
    spread = np.sqrt(square[:, :, None] * square[:, None, :])
    return np.divide(products, spread, out=np.full_like(products, np.nan), where=spread > 0).clip(-1, 1)
