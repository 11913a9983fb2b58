"""The paper's question: is a classifier unsure where it looks away from the object?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .. import statistics
from ..statistics.correlation import rho
from ..statistics.samples import FEWEST
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
    area_held : dict of str to Interval
        The same relations with the object's area held constant as well; empty where that was not asked.
    """

    method: str
    resize: str
    normal: float
    rotated: float
    difference: Interval | None
    relation: dict
    empty: tuple[float, float]
    area_held: dict = field(default_factory=dict)

    def as_json(self) -> dict:
        """As ``results.json`` holds it, and `evicam.plot.relations` draws it."""

        def listed(relation):
            return {within: {"rho": each.value, "ci_low": each.low, "ci_high": each.high} for within, each in relation.items()}

        gap = self.difference
        return {
            "method": self.method,
            "resize": self.resize,
            "normal": self.normal,
            "rotated": self.rotated,
            "difference": gap and {"mean": gap.value, "ci_low": gap.low, "ci_high": gap.high},
            "relation": listed(self.relation),
            "relation_area_held": listed(self.area_held),
            "empty": list(self.empty),
        }


def question(found, *, resamples, name="", held=None, hold_area=False):
    """Ask a `Localisation` for the paper's hypothesis: u is high where the overlap with the object is low.

    Parameters
    ----------
    found : Localisation
    resamples : int
    name : str
        Put before each test's question.
    held : dict of str to ndarray of shape (N,), optional
        What else is held constant, because it may bear on both: an object's size and place.
    hold_area : bool
        Ask for the relations once more with the object's area held constant: what overlaps a large object is larger, and
        a large object may be easier, or harder, to recognise.

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
            # Of images without a map there is no offset: a model tells of an image where it has both upright and turned.
            asked = f"{label}: is {metric} higher upright than turned?"
            tests = ("t", "wilcoxon") if metric in ("dice", "iou") else ("t",)
            fall = upright[metric] - turned[metric]  # [S, N]
            known = ~np.isnan(fall)
            pair = (_mean(scores[metric], known, axis=0) for scores in (upright, turned))
            turning += paired(*pair, question=asked, resamples=resamples, tests=tests)
            each = over_models(_mean(fall, known, axis=1), question=f"{asked} (models)")
            turning += each
            if metric == "dice" and each:
                difference = _interval(each[0])
        related, area_held = {}, {}
        for intervals, area in ((related, None), (area_held, found.area))[: 1 + hold_area]:
            more, asked = _relations(found, (resize, method), label, held or {}, area, resamples)
            relations += more
            intervals |= asked
        empty = tuple(float(found.empty[condition, method].mean()) for condition in ("normal", "rotated"))
        means = (float(np.nanmean(scores["dice"])) for scores in (upright, turned))
        answers.append(Answer(method, resize, *means, difference, related, empty, area_held))
    return [test for family in (turning, relations) if family for test in statistics.correct(family)], answers


def _relations(found, drawn, label, held, area, resamples) -> tuple[list, dict]:
    """Tests of whether u and each score go together, and the intervals of Dice by `WITHIN`, of one (resize, method)."""
    tests, intervals = [], {}
    for metric in ASKED:
        for within in WITHIN:
            conditions = ("normal", "rotated") if within == "jointly" else (within,)
            u = np.concatenate([found.uncertainty[condition] for condition in conditions], axis=1)  # [S, n]
            values = np.concatenate([found.scores[condition, *drawn][metric] for condition in conditions], axis=1)  # [S, n]
            covariates = {name: np.tile(each, len(conditions)) for name, each in held.items()}  # [n] each
            if area is not None:
                covariates["area"] = np.concatenate([area[condition] for condition in conditions])
            if within == "jointly":
                covariates["angle"] = np.repeat([0.0, 90.0], found.count)
            asked = f"{label}: do u and {metric} go together, {within}{', area held' * (area is not None)}?"
            each = over_models([_rho(*pair, covariates) for pair in zip(u, values)], question=f"{asked} (models)")
            tests += each
            if metric == "dice":
                if each:
                    intervals[within] = _interval(each[0])
                images = np.tile(np.arange(found.count), len(conditions))  # each is shown in both
                tests += _correlation(u.mean(axis=0), values.mean(axis=0), covariates, images, asked, resamples)
    return tests, intervals


def _mean(values, known, axis) -> np.ndarray:
    """Mean of the scores [S, N] that are known, over the models (axis 0) or the images (1); NaN where there are none."""
    count = known.sum(axis=axis)
    return np.divide(np.where(known, values, 0).sum(axis=axis), count, out=np.full(len(count), np.nan), where=count > 0)


def _rho(u, values, covariates) -> float:
    """Rank correlation in one model, NaN where there is none."""
    u, values, covariates = _known(u, values, covariates)
    return rho(u, values, *covariates.values()) if len(u) >= FEWEST + len(covariates) else np.nan


def _correlation(u, values, covariates, images, asked, resamples) -> list:
    """The test over images, where there is a correlation; `images` has their numbers, for some are there twice.

    There is none where u or the score is the same in every image, or the score is a matter of the area alone, as of a map
    that never changes.
    """
    if np.isnan(_rho(u, values, covariates)):
        return []
    known = images[~np.isnan(values)]
    found = statistics.rank_correlation(*_known(u, values, covariates), groups=known, question=asked, resamples=resamples)
    return [found]


def _known(u, values, covariates):
    """The images that have a score; and the covariates that are not the same in all of them."""
    known = ~np.isnan(values)
    covariates = {name: each[known] for name, each in covariates.items() if known.any() and np.ptp(each[known])}
    return u[known], values[known], covariates


def _interval(test) -> Interval:
    return Interval(test.effect_size, test.ci_low, test.ci_high, test.n)
