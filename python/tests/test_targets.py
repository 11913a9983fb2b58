"""What can be explained: quantities of a class, and of the whole opinion; and on which scale heatmaps are drawn."""

import copy

import numpy as np
import pytest

import evicam
from trained import NAMES, quietly, shapes

X, Y = shapes(60, seed=1)


@pytest.fixture
def silenced(evidential):
    """A classifier whose logits depend on nothing, and who has next to no evidence."""
    classifier = copy.deepcopy(evidential)
    parameters = classifier.network_.parameters()
    for index, (name, shape) in enumerate(parameters):
        if name.startswith("fc2"):
            classifier.network_.write_parameter(index, np.full(shape, -50 * name.endswith("bias"), np.float32))
    return classifier


@pytest.mark.parametrize("quantity", ["evidence", "belief", "probability"])
def test_quantities_of_a_class_follow_the_chain_rule(evidential, quantity):
    """dq/dA = sum_j dq/dz_j dz_j/dA: maps of a quantity are sums of the logits' maps, weighted by finite differences."""
    logits = evidential.decision_function(X).astype(np.float64)
    steps = 1e-6 * np.eye(3)

    def values(z):
        e = np.exp(np.minimum(z, evidential.evidence_clip))
        s = e.sum(1) + 3
        return {"evidence": e[:, 1], "belief": e[:, 1] / s, "probability": (e[:, 1] + 1) / s}[quantity]

    within = (logits < evidential.evidence_clip - 1e-3).all(1)
    slopes = np.stack([(values(logits + step) - values(logits - step)) / 2e-6 for step in steps], 1)
    maps = np.stack([quietly(evidential, X, target=name).raw for name in NAMES], 1)
    expected = np.einsum("nk,nkhw->nhw", slopes, maps)
    explanation = quietly(evidential, X, target="disc", quantity=quantity)
    assert explanation.quantity == quantity and quantity in repr(explanation) and within.any()
    scale = np.einsum("nk,nkhw->nhw", abs(slopes), abs(maps)).max((1, 2), keepdims=True)
    assert (abs(explanation.raw - expected) <= 1e-4 * scale)[within].all()


def test_softmax_probability_follows_the_chain_rule(softmax):
    z = softmax.decision_function(X).astype(np.float64)
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    maps = np.stack([quietly(softmax, X, target=name).raw for name in NAMES], 1)
    slopes = p[:, :1] * (np.eye(3)[0] - p)
    expected = np.einsum("nk,nkhw->nhw", slopes, maps)
    scale = np.einsum("nk,nkhw->nhw", abs(slopes), abs(maps)).max((1, 2), keepdims=True)
    assert (abs(quietly(softmax, X, target="bar", quantity="probability").raw - expected) <= 1e-4 * scale).all()


@pytest.mark.parametrize(
    "settings, message",
    [
        (dict(quantity="evidence"), "quantity is 'evidence', but a softmax classifier has only 'logit' and 'probability'"),
        (dict(target="strength"), "target is 'strength', but a softmax classifier has none"),
        (dict(target="dissonance"), "target is 'dissonance', but a softmax classifier has none"),
    ],
)
def test_what_a_softmax_classifier_lacks_is_named(softmax, settings, message):
    with pytest.raises(ValueError, match=message):
        evicam.explain(softmax, X, **settings)


def test_a_shared_scale_keeps_images_comparable(evidential):
    own, shared = quietly(evidential, X, "hirescam"), quietly(evidential, X, "hirescam", scale="shared", batch_size=7)
    assert shared.heatmap.max() == 1 and shared.scale == "shared"
    factor = shared.heatmap.max((1, 2), keepdims=True)
    assert np.allclose(own.heatmap * factor, shared.heatmap, atol=1e-6)
    peaks = np.maximum(own.signed(), 0).max((1, 2))
    assert np.corrcoef(factor.ravel(), peaks / peaks.max())[0, 1] > 0.9


@pytest.mark.parametrize("method", evicam.methods.BY_NAME)
def test_without_any_evidence_every_method_is_silent(silenced, method):
    """No NaN, no false glow; a map that knows no target, or a softmax over equal scores, may show what it sees."""
    explanation = quietly(silenced, X[:3], method, target="uncertainty")
    assert np.isfinite(explanation.raw).all() and np.isfinite(explanation.heatmap).all()
    assert method in ("eigen-cam", "score-cam") or explanation.empty.all()
