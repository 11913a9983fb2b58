"""The paper's question: is a classifier unsure where it looks away from the object?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import statistics
from .pairs import over_models, paired
from .scores import OFFSET

# Scores whose relation to u is asked for. IoU = Dice / (2 - Dice) has the same ranks as Dice, and so the same correlation.
ASKED = ("dice", "dice over thresholds", "energy inside", "rank accuracy", OFFSET)
WITHIN = ("normal", "rotated", "jointly")


@dataclass(frozen=True)
class Interval:
    """A number with its 95% interval; of `n` models."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, eq=False)
class Answer:
    """What one method, drawn in one way, says.

    Attributes
    ----------
    method, resize : str
    normal, rotated : float
        Mean Dice upright and turned.
    difference : Interval or None
        Dice upright minus turned.
    relation : dict of str to Interval
        Rank correlation of u and Dice "normal", "rotated", and "jointly" given the angle; those that could be computed.
    empty : tuple of float
        Share of empty heatmaps upright and turned.
    """

    method: str
    resize: str
    normal: float
    rotated: float
    difference: Interval | None
    relation: dict
    empty: tuple[float, float]


def question(found, *, resamples, name="", held=None):
    """Ask a `Localisation` for the paper's hypothesis: u is high where the overlap with the object is low.

    Parameters
    ----------
    found : Localisation
    resamples : int
    name : str
        Put before each test's question.
    held : dict of str to ndarray of shape (N,), optional
        What else is held constant, because it may bear on both: an object's size and place.

    Returns
    -------
    tests : list of TestResult
        Two families, each corrected by Holm: does turning change u and the scores; do u and the scores go together.
    answers : list of Answer
        One for each method and way of drawing.
    """
    prefix = f"{name}: " if name else ""
    turning = paired(
        *(found.uncertainty[condition].mean(axis=0) for condition in ("rotated", "normal")),
        question=f"{prefix}is u higher turned than upright?",
        resamples=resamples,
    )
    relations, answers = [], []
    for resize, method in dict.fromkeys(key[1:] for key in found.scores):
        label = f"{prefix}{method}, {resize}"
        upright, turned = (found.scores[condition, resize, method] for condition in ("normal", "rotated"))
        difference = None
        for metric in upright:
            # Of images without a map there is no offset: NaN in every model leaves the image out, one model's does not.
            asked = f"{label}: is {metric} higher upright than turned?"
            tests = ("t", "wilcoxon") if metric in ("dice", "iou") else ("t",)
            pair = (_mean_of_models(scores[metric]) for scores in (upright, turned))
            turning += paired(*pair, question=asked, resamples=resamples, tests=tests)
            by_model = np.nanmean(upright[metric], axis=1) - np.nanmean(turned[metric], axis=1)
            each = over_models(by_model, question=f"{asked} (models)")
            turning += each
            if metric == "dice" and each:
                difference = _interval(each[0])
        related = {}
        for metric in ASKED:
            for within in WITHIN:
                u, values, covariates = _together(found, resize, method, metric, within, held or {})
                asked = f"{label}: do u and {metric} go together, {within}?"
                each = over_models([_rho(*pair, covariates) for pair in zip(u, values)], question=f"{asked} (models)")
                relations += each
                if metric == "dice":
                    if each:
                        related[within] = _interval(each[0])
                    relations += _correlation(u.mean(axis=0), values.mean(axis=0), covariates, asked, resamples)
        empty = tuple(float(found.empty[condition, method].mean()) for condition in ("normal", "rotated"))
        means = (float(np.nanmean(scores["dice"])) for scores in (upright, turned))
        answers.append(Answer(method, resize, *means, difference, related, empty))
    return [test for family in (turning, relations) if family for test in statistics.correct(family)], answers


def _mean_of_models(values) -> np.ndarray:
    """Mean over the models of scores [S, N] that are known, [N]; NaN where no model has one."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    return np.divide(np.where(known, values, 0).sum(axis=0), count, out=np.full(len(count), np.nan), where=count > 0)


def _together(found, resize, method, metric, within, held):
    """u and scores [S, n], and covariates [n] by name: what is `held`, and the angle where both conditions are put together."""
    conditions = ("normal", "rotated") if within == "jointly" else (within,)
    u = np.concatenate([found.uncertainty[condition] for condition in conditions], axis=1)
    values = np.concatenate([found.scores[condition, resize, method][metric] for condition in conditions], axis=1)
    covariates = {name: np.tile(each, len(conditions)) for name, each in held.items()}
    if within == "jointly":
        covariates["angle"] = np.repeat([0.0, 90.0], found.count)
    return u, values, covariates


def _rho(u, values, covariates) -> float:
    """Rank correlation in one model, NaN where there is none."""
    tested = _correlation(u, values, covariates, "", 100, interval="percentile")
    return tested[0].effect_size if tested else np.nan


def _correlation(u, values, covariates, asked, resamples, interval="bca") -> list:
    known = ~np.isnan(values)
    u, values, covariates = u[known], values[known], {name: each[known] for name, each in covariates.items()}
    if len(u) < 6 + len(covariates) or not all(np.ptp(each) for each in (u, values)):
        return []
    covariates = {name: each for name, each in covariates.items() if np.ptp(each)}
    settings = dict(question=asked, resamples=resamples, interval=interval)
    return [statistics.rank_correlation(u, values, covariates or None, **settings)]


def _interval(test) -> Interval:
    return Interval(test.effect_size, test.ci_low, test.ci_high, test.n)
