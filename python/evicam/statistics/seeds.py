"""Several models, trained alike from different seeds: what holds for the method, and not for one model alone."""

from __future__ import annotations

import numpy as np

from ..checks import check_choice
from .bootstrap import Resampling
from .results import TestResult, stated
from .samples import FEWEST, NAN_POLICIES, as_sample, check_count, spreads


def over_models(values, *, question="", confidence=0.95) -> TestResult:
    """The mean of one number per model, with the models as the units.

    Parameters
    ----------
    values : array-like of shape (S,)
        One number for each of S >= 2 models: a mean difference of two scores, a correlation. Their mean is compared with 0.
    question : str
        What is asked, for the table.
    confidence : float
        Level of the mean's interval.

    Returns
    -------
    TestResult
        Statistic t; effect size the mean, with Student's interval; n = S.

    Raises
    ------
    ValueError, TypeError
        Fewer than 2 models; NaN or infinity; values that are all the same.

    Notes
    -----
    `scipy.stats.ttest_1samp`. Images tested by one model are no independent witnesses of the method that trained it: they
    share the model. Thousands of images make tiny differences between two models sure; only other models tell whether they
    are the method's.

    Examples
    --------
    >>> import evicam
    >>> print(evicam.statistics.over_models([0.11, 0.14, 0.12], question="difference in Dice"))
    difference in Dice: mean over models 0.123, 95% interval 0.0854 to 0.161 (Student's t); one-sample t test over models, \
statistic 13.98, p = 0.0051, n = 3
    """
    from scipy.stats import t as student

    resampling = Resampling(confidence, "percentile", 100, 0)  # checks the level
    values = as_sample("values", values)
    if np.isnan(values).any():
        raise ValueError(f"values holds NaN at [{int(np.isnan(values).argmax())}], but every model needs a number")
    check_count(len(values), 2, "values", "models")
    if not spreads(values, np.abs(values).max()):
        raise ValueError(f"values is {values[0]:g} for every model: without spread there is no t test")
    count, mean = len(values), float(values.mean())
    error = float(values.std(ddof=1) / np.sqrt(count))
    half = float(student.ppf((1 + resampling.confidence) / 2, count - 1)) * error
    return TestResult(
        question=question,
        test="one-sample t test over models",
        statistic=mean / error,
        **stated(2 * student.sf(abs(mean) / error, count - 1)),
        effect_size=mean,
        ci_low=mean - half,
        ci_high=mean + half,
        n=count,
        effect="mean over models",
        confidence=resampling.confidence,
        interval="Student's t",
    )


def over_models_and_images(
    values,
    *,
    shared_images=True,
    question="",
    confidence=0.95,
    resamples=2000,
    random_state=0,
    nan_policy="raise",
) -> TestResult:
    """The mean of one number per model and image, with both as sources of chance: a hierarchical bootstrap.

    Parameters
    ----------
    values : array-like of shape (S, N)
        For each of S >= 2 models, a number of each of N >= 6 images: a difference of two scores. Its mean is compared with 0.
    shared_images : bool
        Whether column i is the same image for every model: models and images are then drawn independently of each
        other. Otherwise each model drawn draws images of its own.
    question, confidence, resamples, random_state
        As in `compare_paired`; the interval is that of percentiles.
    nan_policy : {"raise", "omit"}
        What to do with NaN: omitted, a number counts nothing in any mean.

    Returns
    -------
    TestResult
        Effect size the mean; n = S. The p-value is twice the share of resampled means on the far side of 0, with the
        sample itself counted in, and a bound where there are none.

    Raises
    ------
    ValueError, TypeError
        Fewer than 2 models or 6 images; NaN under ``nan_policy="raise"``; a model without any number.

    Notes
    -----
    Resampling models and, within them, images: Davison & Hinkley, *Bootstrap Methods and their Application*, 1997, section
    3.8. Where all models see the same images, rows and columns are drawn independently: Owen, "The Pigeonhole
    Bootstrap", Annals of Applied Statistics 2007. With few models the interval is too narrow; put `over_models` beside it.

    Examples
    --------
    >>> import numpy as np, evicam
    >>> scores = np.random.default_rng(0).normal([[0.1], [0.2], [0.3]], 0.5, (3, 500))
    >>> found = evicam.statistics.over_models_and_images(scores)
    >>> found.n, found.ci_low < 0.2 < found.ci_high
    (3, True)
    """
    resampling = Resampling(confidence, "percentile", resamples, random_state)
    check_choice(nan_policy, "nan_policy", NAN_POLICIES)
    values = as_sample("values", values, ndim=2)
    known = ~np.isnan(values)
    if nan_policy == "raise" and not known.all():
        model, image = np.argwhere(~known)[0].tolist()
        raise ValueError(f"values holds NaN at [{model}, {image}]: nan_policy='omit' leaves such numbers out")
    models, images = values.shape
    check_count(models, 2, "values", "models")
    check_count(images, FEWEST, "values", "images")
    if not known.any(axis=1).all():
        raise ValueError(f"values[{int((~known.any(axis=1)).argmax())}] holds NaN only, but every model needs a number")
    filled, known = np.where(known, values, 0.0), known.astype(np.float64)
    means = (_crossed if shared_images else _nested)(resampling, filled, known)
    means = means[~np.isnan(means)]
    tails = (1 - resampling.confidence) / 2, (1 + resampling.confidence) / 2
    low, high = np.quantile(means, tails)
    beyond = min(np.count_nonzero(means <= 0), np.count_nonzero(means >= 0))
    return TestResult(
        question=question,
        test=f"hierarchical bootstrap over models and {'shared' if shared_images else 'their own'} images",
        statistic=np.nan,
        p_value=min(1.0, 2 * (beyond + 1) / (len(means) + 1)),
        p_is_bound=beyond == 0,
        effect_size=float(filled.sum() / known.sum()),
        ci_low=float(low),
        ci_high=float(high),
        n=models,
        effect="mean over models and images",
        **resampling.described,
    )


def _crossed(resampling, filled, known) -> np.ndarray:
    """Resampled means [resamples], models and images drawn independently."""
    models, images = filled.shape

    def mean(weights):  # of images, [b, N]
        of_models = resampling.weights(len(weights), models)  # [b, S]
        return _ratio(*((of_models * (weights @ each.T)).sum(axis=1) for each in (filled, known)))

    return resampling.distribution(mean, images)


def _nested(resampling, filled, known) -> np.ndarray:
    """Resampled means [resamples], each model drawn drawing its own images, as many as it has."""
    models, images = filled.shape
    drawn = resampling.random.integers(0, models, (resampling.resamples, models))
    sums, counts = np.zeros((2, resampling.resamples))
    for place in range(models):  # in the resample; the model there differs from resample to resample
        for model in range(models):
            rows = np.flatnonzero(drawn[:, place] == model)
            for first in range(0, len(rows), 256):
                part = rows[first : first + 256]
                weights = resampling.weights(len(part), images)
                sums[part] += weights @ filled[model]
                counts[part] += weights @ known[model]
    return _ratio(sums, counts)


def _ratio(sums, counts) -> np.ndarray:
    """Means; NaN for a resample that drew nothing known."""
    return np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
