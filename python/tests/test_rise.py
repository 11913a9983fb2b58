"""RISE: its estimate, its standard error, and that neither depends on how the work is cut."""

import copy
import os
import signal
import threading
import time
import warnings

import numpy as np
import pytest

import evicam
from evicam import methods
from evicam.parameters import read_parameters, write_parameters
from trained import NAMES, shapes

X, Y = shapes(6, seed=3)


def explain(classifier, n_masks, random_state=0, images=X, **settings):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "empty heatmaps")
        method = methods.RISE(n_masks=n_masks, grid=5, random_state=random_state)
        return evicam.explain(classifier, images, method, **settings)


def masks(count, grid, keep, size, random):
    """RISE's masks, from NumPy's random numbers [count, size, size]."""
    cell = -(-size // grid)
    large = (grid + 1) * cell
    position = np.clip((np.arange(large) + 0.5) * grid / large - 0.5, 0, grid - 1)
    weights = np.maximum(0, 1 - abs(position[:, None] - np.arange(grid)))
    found = np.empty((count, size, size))
    for mask in found:
        top, left = random.integers(cell, size=2)
        open_cells = random.random((grid, grid)) < keep
        mask[:] = weights[top : top + size] @ open_cells @ weights[left : left + size].T
    return found


def test_agrees_with_another_estimate_within_the_errors(evidential):
    ours = explain(evidential, 3000, target="disc", quantity="probability")
    curtains = masks(3000, 5, 0.5, 20, np.random.default_rng(0))
    differences = []
    for image in range(len(X)):
        values = evidential.predict_opinion((X[image] / 255 * curtains).astype(np.float32)).probability[:, 1].astype(float)
        coverage = curtains.sum(0)
        map_ = np.tensordot(values, curtains, 1) / coverage
        error = np.sqrt(((curtains * (values[:, None, None] - map_)) ** 2).sum(0)) / coverage
        assert np.allclose(ours.error[image], error, rtol=0.25)
        assert ours.neutral[image] == pytest.approx(values.mean(), abs=6 * values.std() / np.sqrt(1500))
        differences.append((ours.raw[image] - map_) / np.hypot(ours.error[image], error))
    differences = np.array(differences)
    assert abs(differences).max() < 5.5 and np.sqrt((differences**2).mean()) < 2


def test_the_error_is_the_spread_over_seeds(evidential):
    runs = [explain(evidential, 300, seed, X[:3]) for seed in range(40)]
    spread = np.std([run.raw for run in runs], axis=0, ddof=1)
    error = np.mean([run.error for run in runs], axis=0)
    assert np.median(error / spread) == pytest.approx(1, abs=0.1)


def test_the_cut_of_the_work_changes_no_bit(evidential):
    whole = explain(evidential, 700)
    parts = explain(evidential, 700, batch_size=1)
    threads = evicam.num_threads()
    try:
        evicam.set_num_threads(3)
        more = explain(evidential, 700)
    finally:
        evicam.set_num_threads(threads)
    for other in (parts, more):
        assert np.array_equal(whole.raw, other.raw) and np.array_equal(whole.error, other.error)
        assert np.array_equal(whole.neutral, other.neutral)
    assert not np.array_equal(whole.raw, explain(evidential, 700, 1).raw)


def test_generators_draw_a_seed(evidential):
    a, b = (explain(evidential, 50, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(a.raw, b.raw)


def test_pixels_no_mask_shows_have_the_mean_and_no_error_bound(evidential):
    method = methods.RISE(n_masks=2, grid=5, keep=0.05)
    explanation = evicam.explain(evidential, X, method)
    hidden = np.isinf(explanation.error)
    assert hidden.any() and np.isfinite(explanation.raw).all()
    assert np.array_equal(explanation.raw[hidden], np.broadcast_to(explanation.neutral[:, None, None], hidden.shape)[hidden])


def test_heatmap_and_signed_map_are_relative_to_the_neutral_value(evidential):
    explanation = explain(evidential, 200)
    signed = explanation.raw - explanation.neutral[:, None, None]
    assert np.array_equal(explanation.signed(), signed)
    positive = np.maximum(signed, 0)
    assert np.allclose(explanation.heatmap, positive / positive.max((1, 2), keepdims=True))
    assert explanation[2:4].error.shape == (2, 20, 20) and explanation.layer == "image"
    assert (signed > 0).any((1, 2)).all() and (signed < 0).any((1, 2)).all()


@pytest.mark.parametrize("target", [*NAMES, "predicted", "uncertainty", "dissonance", "strength"])
def test_any_target(evidential, target):
    explanation = explain(evidential, 60, target=target)
    assert np.isfinite(explanation.raw).all() and np.isfinite(explanation.error).all()
    bounded = target in ("uncertainty", "dissonance")
    assert not bounded or (explanation.raw.min() >= 0 and explanation.raw.max() <= 1)


def test_of_evidence_as_large_as_its_clip_the_error_is_finite(evidential):
    """The same values, but for a factor with which their squares are more than a single-precision number holds."""

    def raised(logit):
        classifier = copy.deepcopy(evidential).set_params(evidence_clip=80.0)
        weights = read_parameters(classifier.network_)
        weights["fc2.bias"] += np.float32(logit - classifier.logits(X).max())
        write_parameters(classifier.network_, weights)
        return explain(classifier, 300, target="strength")

    low, high = raised(30), raised(70)
    assert (high.error.max((1, 2)) > 1e25).all()
    assert np.allclose(high.error, low.error * np.exp(40), rtol=1e-3)


def test_empty_maps_are_not_said_to_lack_positive_values(evidential):
    with pytest.warns(UserWarning, match="no value of their raw maps is above `neutral`"):
        explanation = evicam.explain(evidential, X, methods.RISE(keep=1e-6, n_masks=5), quantity="probability")
    assert explanation.empty.all() and (explanation.raw > 0).all()


def test_layer_has_no_meaning(evidential):
    with pytest.raises(ValueError, match="layer is 'conv1', but rise works on pixels"):
        evicam.explain(evidential, X, "rise", layer="conv1")


def test_ctrl_c_stops_it(evidential):
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        explain(evidential, 10**9)
    assert time.monotonic() - start < 5
