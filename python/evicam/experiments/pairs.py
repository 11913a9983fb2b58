"""Paired tests that a table can ask of any scores, constant ones too."""

from __future__ import annotations

import numpy as np

from .. import statistics
from ..statistics.samples import FEWEST


def paired(a, b, *, question, resamples, tests=("t", "wilcoxon")) -> list:
    """The tests of a against b, per image, that can be made of them; images of which either is NaN are left out.

    Returns
    -------
    list of TestResult
        Empty where fewer than six images have both, or where all differ by the same.
    """
    difference = a - b
    known = difference[~np.isnan(difference)]
    if len(known) < FEWEST or (np.ptp(known) < 1e-12 and known.any()):
        return []
    settings = dict(question=question, resamples=resamples, nan_policy="omit")
    return [statistics.compare_paired(a, b, test, **settings) for test in tests]


def over_models(values, *, question) -> list:
    """The test of one number per model against 0, where models differ; else nothing."""
    values = np.asarray(values, np.float64)
    if len(values) < 2 or np.isnan(values).any() or np.ptp(values) < 1e-12:
        return []
    return [statistics.over_models(values, question=question)]
