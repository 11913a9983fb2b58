"""What every test returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# The smallest p-value that is stated: below it lies only what float64 cannot hold in full precision.
SMALLEST_P = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class TestResult:
    """One row of a table of tests. `print` says it in words.

    Attributes
    ----------
    question : str
        What was asked, in the caller's words.
    test : str
        The test's name.
    statistic : float
        Its statistic; NaN for a bootstrap, which has none.
    p_value : float
        Two-sided; where `p_is_bound`, it is less than this.
    effect_size : float
        In units that `effect` names.
    ci_low, ci_high : float
        Confidence interval of the effect size.
    n : int
        Units that were compared: images, or models.
    effect : str
        What the effect size is.
    confidence : float
        Level of the interval, e.g. 0.95.
    interval : str
        How it was found.
    p_is_bound : bool
        Whether the p-value is too small to be stated: it underflowed, or lies below what the resamples can resolve.
    correction : str
        The correction for several tests that the p-value went through, or nothing.
    """

    __test__ = False  # the name is no invitation to pytest

    question: str
    test: str
    statistic: float
    p_value: float
    effect_size: float
    ci_low: float
    ci_high: float
    n: int
    effect: str
    confidence: float
    interval: str
    p_is_bound: bool = False
    correction: str = ""

    def as_row(self) -> dict:
        """The row of ``results.json``: question, test, statistic, p_value, effect_size, ci_low, ci_high, n.

        None stands for what is not finite, which JSON cannot hold. Of a p-value that is a bound, the row has the bound.
        """
        names = ("statistic", "p_value", "effect_size", "ci_low", "ci_high")
        numbers = {name: value if np.isfinite(value := getattr(self, name)) else None for name in names}
        return {"question": self.question, "test": self.test, **numbers, "n": self.n}

    @property
    def p_text(self) -> str:
        """The p-value in words: ``p = 0.012``, ``p < 2.2e-308``."""
        return f"p {'<' if self.p_is_bound else '='} {self.p_value:.2g}"

    def __str__(self) -> str:
        statistic = "" if np.isnan(self.statistic) else f", statistic {self.statistic:.4g}"
        corrected = f" ({self.correction})" if self.correction else ""
        return (
            f"{self.question + ': ' if self.question else ''}{self.effect} {self.effect_size:.3g}, "
            f"{100 * self.confidence:g}% interval {self.ci_low:.3g} to {self.ci_high:.3g} ({self.interval}); "
            f"{self.test}{statistic}, {self.p_text}{corrected}, n = {self.n:,}"
        )


def stated(p_value) -> dict:
    """`p_value` and `p_is_bound` for a result: zero and subnormal p-values are only bounded."""
    bound = p_value < SMALLEST_P
    return {"p_value": SMALLEST_P if bound else float(p_value), "p_is_bound": bool(bound)}
