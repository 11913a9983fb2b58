"""Several tests at once: p-values that say so."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..arrays import to_array
from ..checks import check_choice
from .results import TestResult

CORRECTIONS = {"holm": "Holm-corrected", "benjamini-hochberg": "Benjamini-Hochberg-corrected"}


def correct(tests, method="holm"):
    """Correct p-values for the number of tests.

    Parameters
    ----------
    tests : sequence of TestResult, or array-like of shape (m,)
        All tests that answer one question, or their p-values.
    method : {"holm", "benjamini-hochberg"}
        Holm bounds the chance of any false finding, whatever the tests have to do with one another. Benjamini-Hochberg
        bounds the share of false findings among the findings, of tests that are independent or rise together.

    Returns
    -------
    list of TestResult, or ndarray of shape (m,), float64
        In the order given, with corrected p-values; compare them with the level itself.

    Raises
    ------
    ValueError, TypeError
        No tests; p-values beyond 0..1; tests that were corrected before.

    Notes
    -----
    With p-values in rising order, k = 1 ... m: Holm takes max over j <= k of (m - j + 1) p_j (Scandinavian Journal of
    Statistics 1979), Benjamini & Hochberg min over j >= k of m p_j / j (Journal of the Royal Statistical Society B
    1995), both at most 1. The latter is `scipy.stats.false_discovery_control`, which the oldest SciPy supported lacks.

    Examples
    --------
    >>> import evicam
    >>> evicam.statistics.correct([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    check_choice(method, "method", CORRECTIONS)
    results = list(tests) if isinstance(tests, (list, tuple)) and any(isinstance(test, TestResult) for test in tests) else None
    if results is None:
        return _adjusted(_p_values(tests), method)
    if not all(isinstance(test, TestResult) for test in results):
        raise TypeError("tests must hold either results or p-values, not both")
    if any(test.correction for test in results):
        raise ValueError("tests holds results that were corrected before: pass them as the tests gave them")
    adjusted = _adjusted(np.array([test.p_value for test in results]), method)
    return [
        dataclasses.replace(test, p_value=float(p_value), correction=f"{CORRECTIONS[method]} for {len(results)} tests")
        for test, p_value in zip(results, adjusted)
    ]


def _p_values(values) -> np.ndarray:
    values = to_array(values, "tests", "p-value")
    if values.dtype.kind not in "fiu" or values.ndim != 1 or not len(values):
        raise ValueError(f"tests is {values.dtype} of shape {values.shape}, but must be results, or p-values of shape (m,)")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("tests holds p-values beyond 0..1, or NaN")
    return values.astype(np.float64)


def _adjusted(p_values, method) -> np.ndarray:
    order = np.argsort(p_values, kind="stable")
    count = len(p_values)
    rank = np.arange(1, count + 1)
    if method == "holm":
        in_order = np.maximum.accumulate((count - rank + 1) * p_values[order])
    else:
        in_order = np.minimum.accumulate((count / rank * p_values[order])[::-1])[::-1]
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(in_order, 1)
    return adjusted
