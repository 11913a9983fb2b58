"""One answer to what an image is: the class of the largest logit, whatever the evidence says."""

from __future__ import annotations

import numpy as np
import pytest

import evicam
import trained
from evicam import EvidentialClassifier, SoftmaxClassifier

X, Y = trained.shapes(120)


def quick(kind=EvidentialClassifier, **settings):
    return kind(**{**dict(epochs=2, batch_size=32, random_state=0, verbose=False), **settings})


@pytest.mark.parametrize(
    "evidence, logits", [("relu", [-3, -2, -1]), ("exponential", [11, 12, 13]), ("softplus", [-30, -29, -28])]
)
def test_one_label_where_evidence_ties(evidence, logits):
    classifier = quick(evidence=evidence).fit(X, Y)
    names = [name for name, _ in classifier.network_.parameters()]
    classifier.network_.write_parameter(names.index("fc2.weight"), np.zeros((500, 3), np.float32))
    classifier.network_.write_parameter(names.index("fc2.bias"), np.asarray(logits, np.float32))
    opinion = classifier.predict_opinion(X)
    assert set(classifier.predict(X)) == set(classifier.predict(X, reject_above=1)) == set(opinion.label) == {"frame"}
    assert set(opinion[3:5].label) == {"frame"} and opinion.position.tolist() == [2] * len(X)
    assert evicam.metrics.evaluate(classifier, X, Y).accuracy == classifier.score(X, Y) == np.mean(np.asarray(Y) == "frame")


def test_scorers_of_two_classes():
    from sklearn.metrics import get_scorer

    two = np.isin(Y, ["bar", "disc"])
    images, labels = X[two], (Y[two] == "disc").astype(int)
    for kind in (EvidentialClassifier, SoftmaxClassifier):
        classifier = quick(kind, epochs=4).fit(images, labels)
        logits = classifier.logits(images)
        assert np.array_equal(classifier.decision_function(images), logits[:, 1] - logits[:, 0])
        for name in ("roc_auc", "average_precision", "accuracy"):
            assert 0.5 < get_scorer(name)(classifier, images, labels) <= 1


def test_refusals_keep_large_labels_apart():
    labels = np.asarray([2**63 + int(code) for code in np.unique(Y, return_inverse=True)[1]], np.uint64)
    classifier = quick().fit(X, labels)
    assert set(classifier.predict(X, reject_above=1)) <= set(labels.tolist())
