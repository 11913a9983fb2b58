"""The classifiers keep scikit-learn's conventions, and the same seed gives the same bits."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import evicam
import trained
from evicam import EvidentialClassifier, SoftmaxClassifier

X, Y = trained.shapes(120)
QUICK = dict(epochs=2, batch_size=32, random_state=0, verbose=False)
BOTH = pytest.mark.parametrize("kind", [EvidentialClassifier, SoftmaxClassifier])


def quick(kind=EvidentialClassifier, **settings):
    return kind(**{**QUICK, **settings})


# ---- fitting and predicting ----


@pytest.mark.smoke
@pytest.mark.isa
@BOTH
def test_shapes_and_dtypes(kind):
    evidential, softmax = trained.twins()
    classifier = evidential if kind is EvidentialClassifier else softmax
    assert classifier.score(*trained.shapes(90, seed=9)) > 0.9
    probability = classifier.predict_proba(X)
    assert probability.shape == (120, 3) and probability.dtype == np.float32
    assert np.allclose(probability.sum(axis=1), 1, atol=1e-6)
    assert np.allclose(np.exp(classifier.predict_log_proba(X)), probability)
    assert classifier.decision_function(X).shape == (120, 3)
    assert np.array_equal(classifier.predict(X), classifier.classes_[probability.argmax(axis=1)])
    assert classifier.classes_.tolist() == ["bar", "disc", "frame"]
    assert classifier.image_shape_ == (20, 20, 1) and classifier.n_features_in_ == 400


@pytest.mark.isa
def test_an_image_is_judged_alone():
    """What else is in the batch does not matter, nor where in it an image stands."""
    classifier, _ = trained.twins()
    together = classifier.decision_function(X)
    alone = np.concatenate([classifier.decision_function(image[None]) for image in X])
    assert np.allclose(together, alone, rtol=1e-5, atol=1e-4)
    assert np.array_equal(classifier.decision_function(X[::-1]), together[::-1])


@pytest.mark.isa
def test_predictions_are_those_of_the_plain_formula():
    """LeNet in NumPy, from the classifier's own weights."""
    from scipy.signal import correlate

    classifier, _ = trained.twins()
    weights = evicam.parameters.read_parameters(classifier.network_)
    x = X[:5, :, :, None] / 255.0
    for name in ("conv1", "conv2"):
        kernel, bias = weights[f"{name}.weight"].astype(np.float64), weights[f"{name}.bias"]
        planes = [
            sum(correlate(image[:, :, c], kernel[:, :, c, o], "valid") for c in range(x.shape[3])) + bias[o]
            for image in x
            for o in range(kernel.shape[3])
        ]
        x = np.stack(planes).reshape(len(x), kernel.shape[3], *planes[0].shape).transpose(0, 2, 3, 1)
        height, width = x.shape[1] // 2, x.shape[2] // 2
        x = x[:, : 2 * height, : 2 * width].reshape(len(x), height, 2, width, 2, -1).max(axis=(2, 4)).clip(0)
    x = x.reshape(len(x), -1)
    x = (x @ weights["fc1.weight"].astype(np.float64) + weights["fc1.bias"]).clip(0)
    logits = x @ weights["fc2.weight"].astype(np.float64) + weights["fc2.bias"]
    assert np.allclose(classifier.decision_function(X[:5]), logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "labels",
    [
        np.arange(120) % 3 + 7,
        (np.arange(120) % 3).astype(np.uint8),
        np.arange(120) % 2 == 0,
        np.array([0.5, 1.5, -2.0])[np.arange(120) % 3],
        [("left", 1), ("right", 2)] * 60,
        ["a", 3, None.__class__.__name__] * 40,
    ],
    ids=["int", "uint8", "bool", "float", "tuple", "mixed"],
)
def test_any_hashable_labels(labels):
    classifier = quick(epochs=1).fit(X, labels)
    predicted = classifier.predict(X)
    values = labels.tolist() if isinstance(labels, np.ndarray) else labels
    assert set(predicted.tolist()) <= set(values)
    assert classifier.score(X, labels) == np.mean([a == b for a, b in zip(predicted.tolist(), values)])
    assert predicted.dtype == classifier.classes_.dtype


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_colours(channels):
    images = np.repeat(X[..., None], channels, axis=-1)
    assert quick(epochs=1).fit(images, Y).image_shape_ == (20, 20, channels)


@pytest.mark.parametrize("size", [(16, 16), (17, 23), (32, 32), (16, 60)])
@pytest.mark.parametrize("architecture", ["lenet", "lenet-pool1"])
def test_any_size_that_fits(size, architecture):
    images = np.random.default_rng(0).integers(0, 256, (8, *size)).astype(np.uint8)
    assert quick(architecture=architecture, epochs=1).fit(images, [0, 1] * 4).predict(images).shape == (8,)


def test_architectures_are_text_too():
    text = "\n".join(
        [
            "conv = convolution(image, channels: 4, kernel: 3, padding: 1)",
            "pool = averagePooling(conv, kernel: 2)",
            "active = relu(pool)",
            "mean = globalAveragePooling(active)",
            "logits = linear(mean, features: 3)",
        ]
    )
    classifier = quick(architecture=text).fit(X, Y)
    assert classifier.architecture_.splitlines()[-1].startswith("logits = linear")
    assert quick(architecture=classifier.architecture_).fit(X, Y).architecture_ == classifier.architecture_


# ---- refusing ----


def test_refusals():
    classifier, _ = trained.twins()
    opinion = classifier.predict_opinion(X)
    limit = float(np.median(opinion.uncertainty))
    answers = classifier.predict(X, reject_above=limit)
    refused = opinion.uncertainty > limit
    assert 0 < refused.sum() < len(X)
    assert np.array_equal(answers == "", refused)
    assert np.array_equal(answers[~refused], opinion.label[~refused])
    assert (classifier.predict(X, reject_above=limit, reject_label="do not know")[refused] == "do not know").all()
    assert classifier.predict(X, reject_above=limit, reject_label=None).tolist() == answers.tolist()
    assert np.array_equal(classifier.predict(X, reject_above=1.0), classifier.predict(X))


@pytest.mark.parametrize(
    "labels, sentinel, kind",
    [
        (np.arange(120) % 3, -1, "i"),
        (np.arange(120, dtype=np.uint8) % 3, -1, "i"),
        (np.arange(120) % 3 / 2, np.nan, "f"),
        (np.arange(120) % 2 == 0, None, "O"),
        ([("a",), ("b",)] * 60, None, "O"),
    ],
)
def test_the_refusal_suits_the_labels(labels, sentinel, kind):
    answers = quick(epochs=1).fit(X, labels).predict(X, reject_above=0.0)
    assert answers.dtype.kind == kind
    assert all(answer is sentinel or answer == sentinel or answer != answer for answer in answers.tolist())


def test_a_refusal_must_not_look_like_a_class():
    classifier = quick(epochs=1).fit(X, np.arange(120) % 3 - 1)
    with pytest.raises(ValueError, match="reject_label is -1, which is also a class"):
        classifier.predict(X, reject_above=0.5)
    for wrong in (-0.1, 1.5, np.nan):
        with pytest.raises(ValueError, match="reject_above is"):
            classifier.predict(X, reject_above=wrong, reject_label=99)


# ---- chance ----


@pytest.mark.isa
@BOTH
def test_the_same_seed_gives_the_same_bits_for_any_number_of_threads(kind):
    before = evicam.num_threads()
    try:
        results = []
        for threads in (1, 2, 3, 8):
            evicam.set_num_threads(threads)
            results.append(quick(kind).fit(X, Y).decision_function(X))
    finally:
        evicam.set_num_threads(before)
    assert all(np.array_equal(results[0], other) for other in results[1:])
    assert not np.array_equal(results[0], quick(kind, random_state=1).fit(X, Y).decision_function(X))


@pytest.mark.isa
def test_minimal_filtering_can_be_turned_off_and_changes_little():
    classifier = quick().fit(X, Y)
    fast = classifier.decision_function(X)
    assert evicam.winograd()
    evicam.set_winograd(False)
    try:
        direct = classifier.decision_function(X)
    finally:
        evicam.set_winograd(True)
    assert not np.array_equal(fast, direct)
    np.testing.assert_allclose(fast, direct, rtol=0, atol=1e-5 * np.abs(direct).max())
    np.testing.assert_array_equal(classifier.decision_function(X), fast)


def test_random_states():
    def logits(state):
        return quick(random_state=state, epochs=1).fit(X, Y).decision_function(X)

    assert np.array_equal(logits(np.int64(3)), logits(3))
    assert np.array_equal(logits(np.random.RandomState(3)), logits(np.random.RandomState(3)))
    assert np.array_equal(logits(np.random.default_rng(3)), logits(np.random.default_rng(3)))
    assert not np.array_equal(logits(None), logits(None))


def test_training_does_not_depend_on_the_form_of_the_pixels():
    """uint8 and the floats it stands for give the same network."""
    logits = quick().fit(X, Y).decision_function(X)
    floats = X.astype(np.float32) / np.float32(255)
    assert np.array_equal(quick().fit(floats, Y).decision_function(floats), logits)
    assert np.array_equal(quick().fit(X.tolist(), Y.tolist()).decision_function(X), logits)


# ---- scikit-learn ----


@BOTH
def test_scikit_learn_conventions(kind):
    from sklearn.base import clone, is_classifier

    classifier = quick(kind, learning_rate=5e-4)
    assert is_classifier(classifier)
    assert clone(classifier).get_params() == classifier.get_params()
    assert classifier.set_params(epochs=3) is classifier and classifier.epochs == 3
    with pytest.raises(ValueError, match="no parameter 'epoch'; it has .*epochs"):
        classifier.set_params(epoch=3)
    assert repr(kind(epochs=3)) == f"{kind.__name__}(epochs=3)"
    # Arguments are stored as they came, and checked in fit.
    assert kind(epochs="many").epochs == "many"


def test_pipelines_and_searches():
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    pipeline = make_pipeline(FunctionTransformer(lambda images: images / 255.0), quick())
    assert cross_val_score(pipeline, X, Y, cv=2).shape == (2,)
    search = GridSearchCV(quick(), {"learning_rate": [1e-3, 1e-9]}, cv=2).fit(X, Y)
    assert search.best_params_ == {"learning_rate": 1e-3}


def test_calibration_and_meta_estimators():
    from sklearn.base import clone
    from sklearn.calibration import CalibratedClassifierCV

    calibrated = CalibratedClassifierCV(clone(quick()), cv=2).fit(X, Y)
    assert calibrated.predict_proba(X).shape == (120, 3)


def test_not_fitted_errors_are_scikit_learns():
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    with pytest.raises(NotFittedError, match="EvidentialClassifier is not fitted yet: call fit first"):
        quick().predict(X)
    with pytest.raises(NotFittedError):
        check_is_fitted(quick())
    check_is_fitted(trained.twins()[0])


def test_not_fitted_errors_without_scikit_learn():
    code = """
import sys, numpy as np, evicam
for method in ("predict", "predict_proba", "predict_opinion", "decision_function"):
    try:
        getattr(evicam.EvidentialClassifier(), method)(np.zeros((1, 20, 20)))
    except ValueError as error:
        assert isinstance(error, AttributeError) and "not fitted yet" in str(error), error
    else:
        raise SystemExit(method)
assert "sklearn" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_fitting_again_starts_anew():
    classifier = quick()
    first = classifier.fit(X, Y).decision_function(X)
    assert np.array_equal(classifier.fit(X, Y).decision_function(X), first)
    assert classifier.fit(X[:, :16, :16], np.arange(120) % 2).classes_.tolist() == [0, 1]


def test_warm_start_goes_on():
    classifier = quick(warm_start=True).fit(X, Y)
    before = classifier.history_["loss"][-1]
    assert classifier.fit(X, Y).history_["loss"][0] < before
    with pytest.raises(ValueError, match="y holds 'cube', but the classifier knows"):
        classifier.fit(X, ["cube"] * 120)


def test_partial_fit():
    classifier = quick()
    classifier.partial_fit(X[:60], Y[:60], classes=["bar", "disc", "frame"])
    losses = [classifier.partial_fit(X, Y).history_["loss"][-1] for _ in range(4)]
    assert losses[-1] < losses[0] and len(classifier.history_["loss"]) == 5
    # Call after call on the same images is what one fit at a constant rate does.
    whole = quick(epochs=3, schedule="constant").fit(X, Y)
    parts = quick(schedule="cosine")
    for _ in range(3):
        parts.partial_fit(X, Y)
    np.testing.assert_array_equal(parts.decision_function(X), whole.decision_function(X))
    with pytest.raises(ValueError, match="classes must name at least two"):
        quick().partial_fit(X[:1], Y[:1])
    with pytest.raises(ValueError, match="y holds 'bar', but the classifier knows"):
        quick().partial_fit(X, Y, classes=["disc", "frame"])


@BOTH
@pytest.mark.parametrize("settings", [{}, {"optimiser": "sgd", "learning_rate": 0.01, "average_decay": 0.9}])
def test_partial_fit_with_memory_kept_from_the_call_before(kind, settings):
    """A copy has no memory to go on with, but the same bits; so has one whose settings change on the way."""
    going_on, copied = quick(kind, **settings), quick(kind, **settings)
    for call in range(4):
        for classifier in (going_on, copied):
            classifier.set_params(weight_decay=0.01 * (call == 2)).partial_fit(
                X[: 60 + 60 * (call > 0)], Y[: 60 + 60 * (call > 0)]
            )
        copied = pickle.loads(pickle.dumps(copied))
    np.testing.assert_array_equal(going_on.decision_function(X), copied.decision_function(X))
    again = quick(kind, **settings).fit(X, Y).decision_function(X)
    np.testing.assert_array_equal(going_on.set_params(weight_decay=0.0).fit(X, Y).decision_function(X), again)


# ---- validation ----


def test_the_weights_that_fit_best_are_kept():
    """With early stopping; neither accuracy nor the KL term counts, whose weight rises. Else the last ones are."""
    images, labels = trained.shapes(60, seed=4)
    labels[:6] = np.roll(labels[:6], 1)
    own = np.arange(60), np.searchsorted(["bar", "disc", "frame"], labels)
    settings = dict(loss="log", kl_weight=2.0, kl_annealing=5, schedule="constant", learning_rate=0.002)
    opinions = [quick(epochs=n, **settings).fit(X, Y).predict_opinion(images) for n in range(1, 6)]
    fits = [np.mean(np.log(opinion.strength) - np.log(opinion.alpha[own])) for opinion in opinions]
    kept = quick(epochs=5, early_stopping=5, **settings).fit(X, Y, validation=(images, labels))
    best = np.argmin(fits)
    assert best not in (np.argmin(kept.history_["val_loss"]), np.argmax(kept.history_["val_accuracy"]), 4)
    np.testing.assert_array_equal(kept.predict_opinion(images).alpha, opinions[best].alpha)
    last = quick(epochs=5, **settings).fit(X, Y, validation=(images, labels))
    np.testing.assert_array_equal(last.predict_opinion(images).alpha, opinions[-1].alpha)


def test_early_stopping():
    classifier = quick(validation_fraction=0.25, epochs=50, early_stopping=2, learning_rate=1e-30).fit(X, Y)
    assert len(classifier.history_["loss"]) == 3


def test_a_validation_set_must_fit():
    with pytest.raises(TypeError, match="validation is a ndarray, but must be a tuple"):
        quick().fit(X, Y, validation=X)
    with pytest.raises(ValueError, match="validation X holds images of 16x16x1"):
        quick().fit(X, Y, validation=(X[:, :16, :16], Y))
    with pytest.raises(ValueError, match="validation y holds 'cube'"):
        quick().fit(X, Y, validation=(X[:1], ["cube"]))


# ---- copies ----


@BOTH
def test_copies_are_independent(kind):
    classifier = quick(kind).fit(X, Y)
    logits = classifier.decision_function(X)
    for other in (pickle.loads(pickle.dumps(classifier)), copy.deepcopy(classifier), copy.copy(classifier)):
        assert np.array_equal(other.decision_function(X), logits)
        other.partial_fit(X, Y)
        assert np.array_equal(classifier.decision_function(X), logits)
    assert pickle.loads(pickle.dumps(quick(kind))).get_params() == quick(kind).get_params()
