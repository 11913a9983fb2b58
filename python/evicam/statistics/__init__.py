"""Tests with effect sizes and intervals: of paired scores, of correlations, and over several models."""

from .correction import correct
from .correlation import rank_correlation
from .paired import compare_paired
from .results import SMALLEST_P, TestResult
from .seeds import over_models, over_models_and_images

__all__ = [
    "SMALLEST_P",
    "TestResult",
    "compare_paired",
    "correct",
    "over_models",
    "over_models_and_images",
    "rank_correlation",
]
