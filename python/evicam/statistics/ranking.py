"""Ranks and correlations of weighted samples: of resamples told by how often they draw each unit."""

from __future__ import annotations

import numpy as np


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

        A group of w copies after c smaller values has the ranks c + 1 ... c + w, on average c + (w + 1) / 2.
        """
        copies = np.add.reduceat(np.take(weights, self._order, axis=1), self._starts, axis=1)  # [B, groups]
        return np.take(np.cumsum(copies, axis=1) - (copies - 1) / 2, self._group, axis=1)


def rank_products(rankings, weights) -> np.ndarray:
    """Sums of the products of several samples' ranks about their mean, [B, r, r], of resamples with weights [B, n].

    All terms are multiples of 1/4, so the sums are exact and a constant sample has exactly 0.
    """
    # Whatever the ties, n ranks have the mean (n + 1) / 2.
    middle = (weights.sum(axis=1, keepdims=True) + 1) / 2
    ranks = [ranking(weights) - middle for ranking in rankings]
    products = np.empty((len(weights), len(ranks), len(ranks)))
    for i, a in enumerate(ranks):
        weighted = weights * a
        for j, b in enumerate(ranks[: i + 1]):
            products[:, i, j] = products[:, j, i] = np.einsum("bn,bn->b", weighted, b)
    return products


def correlations(products) -> np.ndarray:
    """Pearson's correlations [B, r, r] from sums of products; what is constant has NaN."""
    square = np.einsum("bii->bi", products)
    spread = np.sqrt(square[:, :, None] * square[:, None, :])
    return np.divide(products, spread, out=np.full_like(products, np.nan), where=spread > 0).clip(-1, 1)
