"""Confidence intervals by resampling.

A resample is told by weights: how often it draws each unit. So a statistic that needs ranks sorts its sample once, not once
for each resample as `scipy.stats.bootstrap` has to; the resamples, and the intervals of up to 2,000 units, are the same.
"""

from __future__ import annotations

import numpy as np

from ..checks import check_choice, check_positive_int, check_real
from ..sampling import draw_seed

METHODS = {"bca": "BCa bootstrap", "percentile": "percentile bootstrap"}

# Weights that are worked on at a time: half a megabyte stays in a core's cache.
_CHUNK = 1 << 16

# Leave-one-out statistics that are computed at most; of more units, groups are left out. The acceleration, which shrinks
# as 1 / sqrt(n), then errs by about 0.65 / 2000.
_MOST_LEFT_OUT = 2000

# Statistics that differ by less than this share of their size are the same but for rounding.
_TIE = 1e-9


class Resampling:
    """How intervals are found: the settings that all tests share, checked.

    Parameters
    ----------
    confidence : float
        0..1, both excluded.
    interval : {"bca", "percentile"}
    resamples : int
        At least 100, at most a million.
    random_state : int, numpy.random.Generator, numpy.random.RandomState or None
    """

    def __init__(self, confidence, interval, resamples, random_state):
        self.confidence = check_real(confidence, "confidence", 0, 1, low_open=True, high_open=True)
        self.method = check_choice(interval, "interval", METHODS)
        self.resamples = check_positive_int(resamples, "resamples", minimum=100, maximum=10**6)
        self.random = np.random.default_rng(draw_seed(random_state))

    @property
    def described(self) -> dict:
        """The fields of a result that say how its interval was found."""
        return {"confidence": self.confidence, "interval": f"{METHODS[self.method]}, {self.resamples:,} resamples"}

    def interval(self, statistic, count) -> tuple[float, float]:
        """Confidence interval of a statistic of `count` units.

        Parameters
        ----------
        statistic : callable
            Weights [B, count] float64 to values [B]; NaN where a resample has none, which then counts for nothing.
        count : int

        Notes
        -----
        Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993: percentiles of the resampled statistics; BCa moves them by
        the bias z0 and the acceleration a,

        .. math:: \\Phi\\left(z_0 + \\frac{z_0 + z_\\alpha}{1 - a (z_0 + z_\\alpha)}\\right), \\qquad
                  a = \\frac{\\sum_i d_i^3}{6 (\\sum_i d_i^2)^{3/2}},

        d_i the mean of the leave-one-out statistics minus the i-th. Where they are not finite, a = 0.
        """
        drawn = self.distribution(statistic, count)
        drawn = drawn[~np.isnan(drawn)]
        if not len(drawn):
            return np.nan, np.nan
        tails = (1 - self.confidence) / 2, (1 + self.confidence) / 2
        if self.method == "bca":
            tails = _corrected(tails, drawn, float(statistic(np.ones((1, count)))[0]), _left_out(statistic, count))
        low, high = np.quantile(drawn, tails)
        return float(low), float(high)

    def distribution(self, statistic, count) -> np.ndarray:
        """The statistic of every resample, [resamples]."""
        return np.concatenate([statistic(self.weights(rows, count)) for rows in _chunks(self.resamples, count)])

    def weights(self, rows, count) -> np.ndarray:
        """How often each of `count` units is drawn in each of `rows` resamples, [rows, count] float64."""
        drawn = self.random.integers(0, count, (rows, count))
        drawn += count * np.arange(rows)[:, None]
        return np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count).astype(np.float64)


def _chunks(total, width):
    """Sizes of the parts in which `total` rows of `width` numbers are worked on."""
    step = max(1, _CHUNK // width)
    return [min(step, total - first) for first in range(0, total, step)]


def _left_out(statistic, count) -> np.ndarray:
    """The statistic without each unit in turn, or without each of `_MOST_LEFT_OUT` groups of units."""
    groups = min(count, _MOST_LEFT_OUT)
    group = np.arange(count) % groups  # neighbours, which may be alike, go to different groups
    values, first = [], 0
    for rows in _chunks(groups, count):
        values.append(statistic((group != np.arange(first, first + rows)[:, None]).astype(np.float64)))
        first += rows
    return np.concatenate(values)


def _corrected(tails, drawn, observed, left_out):
    """The quantiles that BCa takes in place of `tails`."""
    from scipy.special import ndtr, ndtri

    # Ties, which rounding may part, count half, as a sample with few distinct values needs.
    tie = _TIE * max(abs(observed), np.median(np.abs(drawn)))
    below = (np.mean(drawn < observed - tie) + np.mean(drawn <= observed + tie)) / 2
    if not 0 < below < 1:  # the sample lies beyond all its resamples: no bias can be told
        return tails
    bias = ndtri(below)
    deviation = left_out.mean() - left_out
    square = np.sum(deviation**2)
    acceleration = np.sum(deviation**3) / (6 * square**1.5) if np.isfinite(square) and square > 0 else 0.0
    moved = bias + ndtri(np.array(tails))
    return ndtr(bias + moved / (1 - acceleration * moved))
