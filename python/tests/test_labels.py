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


class Tensor:
    """A 0-d tensor as PyTorch has it: equal ones are different keys."""

    ndim, shape = 0, ()

    def __init__(self, value):
        self.value = value

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.value, dtype)

    def __len__(self):
        raise TypeError("len() of a 0-d tensor")

    def item(self):
        return self.value


@pytest.mark.parametrize("wrap", [Tensor, np.array, np.int64])
def test_labels_without_axes(wrap):
    """As `[label for _, label in dataset]` gives them."""
    codes = np.arange(120) % 3
    classifier = quick().fit(X, [wrap(code) for code in codes.tolist()])
    assert classifier.classes_.tolist() == [0, 1, 2] and classifier.classes_.dtype == np.int64
    assert classifier.score(X, [wrap(code) for code in codes.tolist()]) == classifier.score(X, codes)
    assert np.array_equal(evicam.explain(classifier, X[:2], target=wrap(1)).target, [1, 1])
    assert (classifier.predict(X, reject_above=0.0, reject_label=wrap(7)) == 7).all()


@pytest.mark.parametrize(
    "labels", [Y, np.unique(Y, return_inverse=True)[1], [("a", 1), ("b", 2)] * 60], ids=["str", "int", "tuple"]
)
@pytest.mark.parametrize("refusal", [("none", 0), ("none",), (), frozenset("ab")])
def test_a_refusal_is_one_label(labels, refusal):
    classifier = quick().fit(X, labels)
    answers = classifier.predict(X[:2], reject_above=0.0, reject_label=refusal)
    assert answers.shape == (2,) and answers.tolist() == [refusal] * 2
    assert classifier.predict(X[:2], reject_above=1.0, reject_label=refusal).tolist() == classifier.predict(X[:2]).tolist()


@pytest.mark.parametrize("refusal", [["none"], np.array([1, 2]), {"a": 1}])
def test_a_refusal_must_be_hashable(refusal):
    with pytest.raises(TypeError, match="reject_label is .*, which is not hashable, as classes are"):
        trained.twins()[0].predict(X[:2], reject_above=0.0, reject_label=refusal)


@pytest.mark.parametrize(
    "classes, message",
    [
        (3, "classes is 3, but must be an array of labels"),
        ("abc", "classes is 'abc', but must be an array of labels"),
        ({"bar", "disc", "frame"}, "classes is a set, which has no order"),
    ],
)
def test_classes_that_are_none(classes, message):
    with pytest.raises(TypeError, match=message):
        quick().partial_fit(X, Y, classes=classes)
    with pytest.raises(TypeError, match=message):
        quick().load_torch_state({}, classes=classes, image_shape=(20, 20, 1))


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
