"""Two numbers of each image: do they rise together?"""

from __future__ import annotations

import numpy as np

from .bootstrap import Resampling
from .ranking import WeightedRanks, correlations, rank_products
from .results import TestResult, stated
from .samples import FEWEST, as_sample, check_count, complete


def rank_correlation(
    x,
    y,
    covariates=None,
    *,
    groups=None,
    question="",
    confidence=0.95,
    interval="bca",
    resamples=2000,
    random_state=0,
    nan_policy="raise",
) -> TestResult:
    """Spearman's rank correlation of two numbers of each image, with others held constant where there are any.

    Parameters
    ----------
    x, y : array-like of shape (n,)
        Such as the uncertainty and a score of the same n >= 6 images.
    covariates : dict of str to array-like of shape (n,), or array-like of shape (n,), optional
        Numbers of the images whose share in both is taken out first: the angle by which they were turned, say.
    groups : array-like of shape (n,), optional
        Numbers of what was photographed, where it was more than once: entries that share one are drawn together, and weigh
        together as much as one that is by itself. At least 6 of them. By default each entry is by itself.
    question, confidence, interval, resamples, random_state, nan_policy
        As in `compare_paired`.

    Returns
    -------
    TestResult
        Statistic and effect size are the (partial) correlation, -1..1.

    Raises
    ------
    ValueError, TypeError
        Fewer than 6 images or groups, and one more for each covariate; different lengths; NaN under ``nan_policy="raise"``;
        x, y or a covariate that is constant; an x or y that the covariates leave nothing of.

    Notes
    -----
    The partial correlation is Pearson's between what a linear regression on the covariates' ranks leaves of the ranks of
    x and y; with c covariates and r the correlation, t = r sqrt((n - 2 - c) / (1 - r^2)) follows Student's t with
    n - 2 - c degrees of freedom (Kendall & Stuart, *The Advanced Theory of Statistics* 2). Without covariates this is
    `scipy.stats.spearmanr`. Only monotonic relations to a covariate are taken out. Of groups, n is their number, and an entry
    of a group of s has the weight 1 / s in ranks and correlation, lest a few large groups decide. Where a group's entries
    tell no more than one of them would, p-values are those of as many single entries; where they tell more, larger.

    Examples
    --------
    >>> import evicam
    >>> found = evicam.statistics.rank_correlation([1, 2, 3, 4, 5, 6], [2, 1, 4, 3, 6, 5])
    >>> round(found.effect_size, 4), round(found.p_value, 4)
    (0.8286, 0.0416)
    """
    from scipy.stats import t as student

    resampling = Resampling(confidence, interval, resamples, random_state)
    held = _covariates(covariates)
    groups = np.arange(np.size(x)) if groups is None else groups
    x, y, groups, *others = complete({"x": x, "y": y, "groups": groups, **held}, nan_policy)
    members, size = np.unique(groups, return_inverse=True, return_counts=True)[1:]  # [n] number of each entry's group, [count]
    count = len(size)
    share = (size.min() / size)[members]  # [n] weight of each entry; groups of one size leave all at 1
    freedom = count - 2 - len(others)
    check_count(count, FEWEST + len(others), "x and y and covariates" if others else "x and y", "images")
    for name, values in zip(("x", "y", *held), (x, y, *others)):
        if np.ptp(values) == 0:
            raise ValueError(f"{name} is {values[0]:g} in every image: what is constant has no rank correlation")
    partial = _partial(x, y, *others)
    r = float(partial(share[None])[0])
    if np.isnan(r):
        raise ValueError("covariates determine x or y fully: nothing is left to correlate")
    low, high = resampling.interval(lambda weights: partial(weights[:, members] * share), count)
    with np.errstate(divide="ignore"):  # r = 1
        p_value = 2 * student.sf(abs(r) * np.sqrt(freedom / np.float64((1 - r) * (1 + r))), freedom)
    return TestResult(
        question=question,
        test="partial Spearman correlation" if others else "Spearman correlation",
        statistic=r,
        **stated(p_value),
        effect_size=r,
        ci_low=low,
        ci_high=high,
        n=int(count),
        effect=f"Spearman's rho given {', '.join(held)}" if others else "Spearman's rho",
        **resampling.described,
    )


def rho(x, y, *others) -> float:
    """The correlation that `rank_correlation` tests of single entries: of samples [n] without NaN; NaN where there is none."""
    return float(_partial(x, y, *others)(np.ones((1, len(x))))[0])


def _covariates(covariates) -> dict[str, np.ndarray]:
    """Samples by name; a single one without a name is called covariates."""
    if covariates is None:
        return {}
    if isinstance(covariates, dict):
        return {f"covariate {name}": as_sample(f"covariate {name}", values) for name, values in covariates.items()}
    return {"covariates": as_sample("covariates", covariates)}


def _partial(*samples):
    """Rank correlation of the first two of several samples [n], given the others, of resamples with weights [B, n]."""
    rankings = [WeightedRanks(values) for values in samples]

    def effect(weights):
        matrix = correlations(rank_products(rankings, weights))  # [B, 2 + c, 2 + c]
        if len(rankings) == 2:
            return matrix[:, 0, 1]
        # What is left of x and y: the Schur complement. Covariates may repeat one another, or be constant in a resample
        # (and then explain nothing), hence the pseudo-inverse.
        between, among = np.nan_to_num(matrix[:, :2, 2:]), np.nan_to_num(matrix[:, 2:, 2:])
        left = matrix[:, :2, :2] - between @ np.linalg.pinv(among, hermitian=True) @ between.transpose(0, 2, 1)
        spread = np.sqrt(np.maximum(left[:, 0, 0] * left[:, 1, 1], 0))
        spread[np.minimum(left[:, 0, 0], left[:, 1, 1]) < 1e-12] = np.nan  # rounding error of a remainder of nothing
        return np.clip(left[:, 0, 1] / spread, -1, 1)

    return effect
