"""The same images scored twice: is one score higher?"""

from __future__ import annotations

import numpy as np

from ..checks import check_choice
from .bootstrap import Resampling
from .ranking import WeightedRanks
from .results import TestResult, stated
from .samples import complete, rounding

TESTS = {"t": "paired t test", "wilcoxon": "Wilcoxon signed-rank test"}


def compare_paired(
    a,
    b,
    test="t",
    *,
    question="",
    confidence=0.95,
    interval="bca",
    resamples=2000,
    random_state=0,
    nan_policy="raise",
) -> TestResult:
    """Compare two scores of the same images.

    Parameters
    ----------
    a, b : array-like of shape (n,)
        Scores of the same n >= 6 images, in the same order. Positive effects say that a is higher.
    test : {"t", "wilcoxon"}
        The paired t test, for the mean difference, with Cohen's d_z; or the Wilcoxon signed-rank test, for differences
        whose mean means little, with the rank-biserial correlation.
    question : str
        What is asked, for the table.
    confidence : float
        Level of the effect size's interval.
    interval : {"bca", "percentile"}
        Bootstrap over images: bias-corrected and accelerated, or plain percentiles.
    resamples : int
        At least 100, at most a million.
    random_state : int, numpy.random.Generator, numpy.random.RandomState or None
        Seed of the resamples.
    nan_policy : {"raise", "omit"}
        What to do with images of which a score is NaN; `n` counts those that were compared.

    Returns
    -------
    TestResult
        Where a and b agree in every image: statistic 0, p = 1, effect 0.

    Raises
    ------
    ValueError, TypeError
        Fewer than 6 images; different lengths; NaN under ``nan_policy="raise"``; for the t test differences that are all
        the same, which have no spread to compare with.

    Notes
    -----
    With differences d = a - b, d_z = mean(d) / sd(d), the deviation with n - 1 (Cohen, *Statistical Power Analysis*, 1988;
    Lakens, Frontiers in Psychology 2013). The rank-biserial correlation is (W+ - W-) / (W+ + W-), of the sums of ranks of
    \\|d\\| with positive and negative d, zeros left out (Kerby, Comprehensive Psychology 2014). Differences that only rounding
    tells from zero, or from one another, are taken for equal. Tests: `scipy.stats.ttest_rel`, `scipy.stats.wilcoxon`. The
    interval is BCa (Efron 1987); see `Resampling`.

    Examples
    --------
    >>> import evicam
    >>> print(evicam.statistics.compare_paired([3, 4, 6, 7, 8, 9], [1, 3, 3, 5, 7, 5], "wilcoxon", question="higher?"))
    higher?: rank-biserial correlation 1, 95% interval 1 to 1 (BCa bootstrap, 2,000 resamples); Wilcoxon signed-rank test, \
statistic 0, p = 0.031, n = 6
    """
    check_choice(test, "test", TESTS)
    resampling = Resampling(confidence, interval, resamples, random_state)
    a, b = complete({"a": a, "b": b}, nan_policy)
    difference = _differences(a, b)
    statistic, p_value = (0.0, 1.0) if not difference.any() else _TESTED[test](difference)
    effect = _EFFECTS[test](difference)
    low, high = resampling.interval(effect, len(difference))
    return TestResult(
        question=question,
        test=TESTS[test],
        statistic=float(statistic),
        **stated(p_value),
        effect_size=float(effect(np.ones((1, len(difference))))[0]),
        ci_low=low,
        ci_high=high,
        n=len(difference),
        effect=_NAMES[test],
        **resampling.described,
    )


def _differences(a, b) -> np.ndarray:
    """a - b, [n]; of those that only rounding tells from zero or in size from one another, zeros and equals are made."""
    difference = a - b
    noise = rounding(np.maximum(np.abs(a), np.abs(b)))  # of each difference
    size = np.abs(difference)
    nothing = size <= noise
    noise[nothing] = size[nothing] = 0
    order = np.argsort(size, kind="stable")
    in_order, noise = size[order], noise[order]
    first = np.concatenate([[True], np.diff(in_order) > np.maximum(noise[1:], noise[:-1])])
    size[order] = in_order[first][np.cumsum(first) - 1]
    return np.copysign(size, difference)


def _t_test(difference):
    from scipy.stats import ttest_1samp

    if np.ptp(difference) == 0:
        raise ValueError(f"a and b differ by {difference[0]:g} in every image: without spread there is no t test")
    return ttest_1samp(difference, 0)


def _wilcoxon(difference):
    from scipy.stats import wilcoxon

    # What is exact, and what is approximated where there are many images, ties or zeros, is SciPy's choice.
    return wilcoxon(difference)


def _cohens_dz(difference):
    """d_z of resamples, given their weights [B, n]."""
    # Moving the differences to a mean of zero first keeps digits that the squares would lose.
    middle = difference.mean()
    moved = difference - middle
    square = moved**2

    def effect(weights):
        total = weights.sum(axis=1)
        mean, squares = weights @ moved / total, weights @ square
        spread = np.maximum(squares - total * mean**2, 0)
        values = np.full(len(weights), np.nan)
        # What as many roundings as there are terms can make is no spread: such a resample holds one value alone, and tells
        # nothing of d_z.
        least = rounding(total * squares)
        np.divide(mean + middle, np.sqrt(spread / (total - 1)), out=values, where=spread > least)
        return np.where(weights @ (difference != 0) == 0, 0.0, values)

    return effect


def _rank_biserial(difference):
    """Rank-biserial correlation of resamples, given their weights [B, n]."""
    ranks, sign = WeightedRanks(np.abs(difference)), np.sign(difference)

    def effect(weights):
        counted = weights * (sign != 0)
        by_rank = counted * ranks(counted)
        total = by_rank.sum(axis=1)
        return np.divide(by_rank @ sign, total, out=np.zeros(len(total)), where=total > 0)

    return effect


_TESTED = {"t": _t_test, "wilcoxon": _wilcoxon}
_EFFECTS = {"t": _cohens_dz, "wilcoxon": _rank_biserial}
_NAMES = {"t": "Cohen's d_z", "wilcoxon": "rank-biserial correlation"}
