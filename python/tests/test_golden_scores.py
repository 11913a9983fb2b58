"""Scores and tests beside Quantus, scikit-learn and SciPy: golden_scores.json, made by benchmarks/golden/scores.py."""

import json
from pathlib import Path

import numpy as np
import pytest

from evicam import metrics, statistics

GOLDEN = json.loads((Path(__file__).parent / "golden_scores.json").read_text())
MAPS, MASKS, IMAGES, WEIGHTS = (np.array(GOLDEN[name]) for name in ("maps", "masks", "images", "weights"))


class SoftmaxRegression:
    """The golden script's model."""

    classes_ = np.arange(3)

    def predict_proba(self, X):
        exponential = np.exp(X.reshape(len(X), -1).astype(np.float64) @ WEIGHTS.T)
        return exponential / exponential.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)


@pytest.mark.parametrize("name", ["pointing_game", "energy_inside", "rank_accuracy"])
def test_localisation_agrees_with_quantus(name):
    assert np.allclose(getattr(metrics, name)(MAPS, MASKS), GOLDEN["scores"][name], rtol=0, atol=1e-9)


def test_gini_agrees_with_quantus():
    assert np.allclose(metrics.gini(MAPS), GOLDEN["scores"]["gini"], rtol=0, atol=1e-6)


def test_the_sweep_agrees_with_scikit_learn():
    sweep, expected = metrics.threshold_sweep(MAPS, MASKS, GOLDEN["thresholds"]), GOLDEN["sweep"]
    for name in ("dice", "iou", "dice_area", "iou_area"):
        assert np.allclose(getattr(sweep, name), expected[name], rtol=0, atol=1e-9)
    assert np.allclose(metrics.dice(MAPS, MASKS == 1, threshold=0.6), np.array(expected["dice"])[:, 3], rtol=0, atol=1e-9)


def test_deletion_agrees_with_quantus():
    curve = metrics.deletion(SoftmaxRegression(), IMAGES, MAPS, GOLDEN["targets"], step=GOLDEN["step"])
    assert np.allclose(curve.values, GOLDEN["deletion"]["values"], rtol=0, atol=1e-9)
    assert np.allclose(curve.area, GOLDEN["deletion"]["area"], rtol=0, atol=1e-9)


def test_statistics_agree_with_scipy_and_scikit_learn():
    x, y, angle = GOLDEN["x"], GOLDEN["y"], GOLDEN["angle"]
    found = {
        "spearman": statistics.rank_correlation(x, y, resamples=100),
        "partial": statistics.rank_correlation(x, y, {"angle": angle}, resamples=100),
        "t": statistics.compare_paired(x, y, resamples=100),
        "wilcoxon": statistics.compare_paired(x, y, "wilcoxon", resamples=100),
    }
    for name, test in found.items():
        assert (test.statistic, test.p_value) == pytest.approx(GOLDEN["tests"][name], rel=1e-6), name
    adjusted = statistics.correct([0.001, 0.03, 0.02, 0.4, 0.011], "benjamini-hochberg")
    assert np.allclose(adjusted, GOLDEN["tests"]["benjamini-hochberg"], rtol=0, atol=1e-12)
