"""Overlap, accuracy, calibration: against the formulas written out, at the edges, and with wrong input."""

import numpy as np
import pytest

import evicam
from evicam import metrics

random = np.random.default_rng(0)
A = random.random((50, 9, 7)) < random.random((50, 1, 1))
B = random.random((50, 9, 7)) < random.random((50, 1, 1))


@pytest.mark.smoke
def test_dice_and_iou_are_their_formulas():
    both, either = (A & B).sum(axis=(1, 2)), (A | B).sum(axis=(1, 2))
    assert np.allclose(metrics.dice(A, B), 2 * both / (A.sum(axis=(1, 2)) + B.sum(axis=(1, 2))))
    assert np.allclose(metrics.iou(A, B), both / either)


@pytest.mark.parametrize("score", [metrics.dice, metrics.iou])
def test_edges_of_the_overlap(score):
    empty, full = np.zeros((4, 4), bool), np.ones((4, 4), bool)
    assert score(empty, empty) == 1 and score(full, full) == 1
    assert score(empty, full) == 0 and score(full, empty) == 0
    assert isinstance(score(full, empty), float)
    scores = score(A, B)
    assert scores.shape == (50,) and scores.dtype == np.float64
    assert np.array_equal(scores, score(B, A))
    with pytest.raises(ValueError, match="a has shape"):
        score(A[:0], B[:0])
    assert score(A[3], B[3]) == scores[3]


@pytest.mark.parametrize("score", [metrics.dice, metrics.iou])
def test_masks_of_any_kind(score):
    expected = score(A, B)
    for kind in (np.uint8, np.int64):
        assert np.array_equal(score(A.astype(kind), B), expected)
    assert np.array_equal(score(np.where(A, 0.7, 0.2), B, threshold=0.5), expected)
    assert np.array_equal(score(255 * A.astype(np.uint8), B.astype(np.float32), threshold=0), expected)
    assert np.array_equal(score(np.asfortranarray(A), B[::-1][::-1]), expected)
    assert np.array_equal(score(A.tolist(), B.tolist()), expected)


def test_the_threshold_itself_is_outside():
    assert metrics.dice([[0.5, 0.6]], [[0, 1]], threshold=0.5) == 1


@pytest.mark.parametrize(
    "a, b, settings, message",
    [
        (A, B[:, :, :6], {}, r"b has shape \(50, 9, 6\), but a has \(50, 9, 7\)"),
        (A, B[0], {}, "b has shape"),
        (A[0, 0], B[0, 0], {}, "a has shape"),
        (A * 0.5, B, {}, "a holds float64 values, which are no mask: pass threshold="),
        (A.astype(float), B, {}, "a holds float64 values, which are no mask: pass threshold="),
        (A.astype(int) * 2, B, {}, "a holds int64 values other than 0 and 1: pass threshold="),
        (A, B * 1.0, {}, "b holds float64 .*threshold="),
        (A * 2, B, {}, "a holds int64 values.*threshold="),
        (A, np.where(B, np.nan, 0), dict(threshold=0.5), "b holds NaN"),
        (A * 0.5, B, dict(threshold=np.nan), "threshold is nan, but must be finite"),
        (A, B, dict(threshold=np.inf), "threshold is inf, but must be finite"),
        (A * 0.5, B, dict(threshold="0.5"), "threshold is '0.5', but must be a number"),
        (A * 0.5, B, dict(threshold=[0.5]), "threshold is .0.5., but must be a number"),
        (A.astype(str), B, {}, "a has dtype <U5"),
        (np.zeros((3, 0, 4), bool), B, {}, "a has shape"),
        (np.ma.masked_array(A, B), B, {}, "a is a masked array with masked pixels"),
        ([[0, 1], [1]], B, {}, "a cannot become an array"),
    ],
)
def test_what_is_wrong_with_masks_is_named(a, b, settings, message):
    with pytest.raises((ValueError, TypeError), match=message):
        metrics.dice(a, b, **settings)


def test_accuracy():
    assert metrics.accuracy([1, 2, 3, 4], [1, 2, 0, 0]) == 0.5
    assert metrics.accuracy(["a"], np.array(["a"])) == 1.0


@pytest.mark.parametrize(
    "predicted, labels, message",
    [
        ([1], [1, 2], r"predicted and labels have shapes \(1,\) and \(2,\)"),
        ([], [], "predicted and labels"),
        ([[1, 2]], [[1, 2]], r"predicted has shape \(1, 2\)"),
        (3, 3, "predicted is 3, but must be an array of labels"),
        ({1, 2}, [1, 2], "predicted is a set, which has no order"),
        ([1, 2], {1, 2}, "labels is a set, which has no order"),
        ([1, 2], [1, np.nan], r"labels holds NaN at \[1\]"),
        (np.ma.masked_array([1, 2], [True, False]), [1, 2], "predicted is a masked array with masked labels"),
    ],
)
def test_accuracy_names_what_is_wrong(predicted, labels, message):
    with pytest.raises((ValueError, TypeError), match=message):
        metrics.accuracy(predicted, labels)


def probabilities(count, classes):
    p = np.random.default_rng(1).dirichlet(np.full(classes, 0.5), count)
    return p, np.random.default_rng(2).integers(0, classes, count)


@pytest.mark.parametrize("bins", [1, 2, 15, 100])
def test_calibration_error_is_its_formula(bins):
    p, labels = probabilities(500, 4)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    expected = sum(abs(right[place == b].mean() - confidence[place == b].mean()) * np.mean(place == b) for b in np.unique(place))
    assert metrics.calibration_error(p, labels, bins) == pytest.approx(expected, abs=1e-12)
    found = metrics.reliability(p, labels, bins)
    assert found.error == metrics.calibration_error(p, labels, bins)
    assert found.count.sum() == 500 and np.array_equal(found.count, np.bincount(place, minlength=bins))
    assert np.array_equal(np.isnan(found.accuracy), found.count == 0)


def test_certain_and_right_is_calibrated():
    p = np.eye(3, dtype=np.float32)[[0, 1, 2, 1]]
    assert metrics.calibration_error(p, [0, 1, 2, 1]) == 0
    assert metrics.calibration_error(p, [1, 2, 0, 0]) == 1


def test_labels_of_any_kind():
    assert metrics.accuracy([("a", 1), ("b", 2)], [("a", 1), ("b", 1)]) == 0.5
    tuples, mixed = [("a", 1), ("b", 2)], ["a", 3]
    for classes in (tuples, mixed):
        assert metrics.calibration_error([[1, 0], [0, 1]], classes, classes=classes) == 0
        images = np.zeros((20, 16, 16), np.uint8)
        images[::2] = 255
        classifier = evicam.SoftmaxClassifier(epochs=3, batch_size=4, random_state=0, verbose=False).fit(images, classes * 10)
        assert evicam.metrics.evaluate(classifier, images, classes * 10).accuracy == classifier.score(images, classes * 10)


def test_labels_may_have_names():
    p, labels = probabilities(100, 3)
    names = np.array(["cat", "dog", "owl"])
    assert metrics.calibration_error(p, names[labels], classes=names) == metrics.calibration_error(p, labels)


@pytest.mark.parametrize(
    "p, labels, settings, message",
    [
        ([0.5, 0.5], [0], {}, r"probability is float64 of shape \(2,\)"),
        (np.empty((0, 3)), [], {}, "probability"),
        ([[0.5, 0.5]], [0, 1], {}, r"labels has shape \(2,\), but probability has 1 rows"),
        ([[3.0, -2.0]], [0], {}, "probability must hold"),
        ([[0.5, 0.9]], [0], {}, "probability must hold"),
        ([[np.nan, 1.0]], [0], {}, "probability must hold"),
        ([[0.5, 0.5]], [2], {}, "labels holds 2, but"),
        ([[0.5, 0.5]], 2, {}, "labels is 2, but must be an array of labels"),
        ([[0.5, 0.5]], [0], dict(classes=2), "classes is 2, but must be an array of labels"),
        (np.ma.masked_array([[0.5, 0.5]], [[True, False]]), [0], {}, "probability is a masked array"),
        ([[0.5, 0.5]], [0], dict(bins=0), "bins is 0"),
        ([[0.5, 0.5]], [0], dict(bins=1.5), "bins is 1.5"),
        ([[0.5, 0.5]], [0], dict(classes=[0, 1, 2]), "classes has shape"),
    ],
)
def test_what_is_wrong_with_probabilities_is_named(p, labels, settings, message):
    with pytest.raises((ValueError, TypeError), match=message):
        metrics.calibration_error(p, labels, **settings)


@pytest.mark.parametrize("names", [["a", "b", "c"], [3, 4, 5]])
def test_evaluation_is_what_its_parts_say(names):
    classifier, images, labels = classifier_of(names)
    opinion = classifier.predict_opinion(images)
    found = metrics.evaluate(classifier, images, labels)
    assert np.array_equal(found.correct, opinion.label == labels) and 0 < found.accuracy < 1
    assert found.accuracy == classifier.score(images, labels)
    assert found.calibration_error == metrics.calibration_error(opinion.probability, labels, classes=opinion.classes)
    of_truth = [row[names.index(label)] for row, label in zip(opinion.probability, labels.tolist())]
    assert found.log_loss == pytest.approx(-np.log(of_truth).mean(), rel=1e-6)
    assert found.uncertainty_correct == pytest.approx(opinion.uncertainty[found.correct].mean(), rel=1e-5)
    assert found.uncertainty_wrong == pytest.approx(opinion.uncertainty[~found.correct].mean(), rel=1e-5)
    assert list(found.summary())[0] == "images" and found.summary()["log_loss"] == found.log_loss
    assert f"accuracy {found.accuracy:.4f} on 60 images" in str(found) and "where wrong" in str(found)


def test_what_is_no_classifier_or_explainer():
    images, labels = np.zeros((4, 8, 8)), [0, 1, 0, 1]
    for call in (
        lambda: metrics.evaluate(3, images, labels),
        lambda: metrics.equivariance(3, images),
        lambda: metrics.parameter_randomisation(3, images),
    ):
        with pytest.raises(TypeError, match="classifier is int, but must be an EvidentialClassifier or SoftmaxClassifier"):
            call()
    classifier = evicam.SoftmaxClassifier(epochs=1, random_state=0, verbose=False)
    classifier.fit(np.random.default_rng(0).uniform(size=(20, 16, 16)), np.arange(20) % 2)
    for check in (metrics.equivariance, metrics.parameter_randomisation):
        with pytest.raises(TypeError, match="explain is 3, but must be a function"):
            check(classifier, np.zeros((2, 16, 16)), explain=3)


def test_evaluation_goes_by_what_is_predicted():
    """Logits one bit apart, whose probabilities are equal."""
    logits = np.float32([0.25, np.nextafter(np.float32(0.25), np.float32(1))])
    state = {"z.weight": np.zeros((2, 4), np.float32), "z.bias": logits}
    classifier = evicam.SoftmaxClassifier("f = flatten(image)\nz = linear(f, features: 2)\n")
    classifier.load_torch_state(state, classes=["a", "b"], image_shape=(2, 2, 1))
    images = np.zeros((3, 2, 2))
    assert len(set(classifier.predict_proba(images)[0])) == 1
    assert metrics.evaluate(classifier, images, classifier.predict(images)).accuracy == 1


def test_evaluation_without_errors_or_without_uncertainty():
    classifier, images, _ = classifier_of([0, 1, 2])
    found = metrics.evaluate(classifier, images, classifier.predict(images))
    assert found.accuracy == 1 and found.uncertainty_wrong is None and "where wrong" not in str(found)
    twin = evicam.SoftmaxClassifier(epochs=1, random_state=0, verbose=False).fit(images, np.arange(60) % 3)
    found = metrics.evaluate(twin, images, np.arange(60) % 3)
    assert found.uncertainty is None and found.summary().keys() == {"images", "accuracy", "calibration_error", "log_loss"}
    assert "uncertainty" not in str(found)


@pytest.mark.parametrize(
    "labels, error, message",
    [
        ([0, 1], ValueError, "labels has 2 labels, but X has 60 images"),
        ([9] * 60, ValueError, "labels holds 9, but the classifier knows the classes 0, 1, 2"),
        (None, TypeError, "labels is None, but must be an array of 60 labels"),
    ],
)
def test_evaluation_names_what_is_wrong(labels, error, message):
    classifier, images, _ = classifier_of([0, 1, 2])
    with pytest.raises(error, match=message):
        metrics.evaluate(classifier, images, labels)


def classifier_of(names):
    """A classifier that has seen 60 images of noise once, the images and their labels."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (60, 16, 16), np.uint8), np.asarray(names)[np.arange(60) % 3]
    classifier = evicam.EvidentialClassifier(epochs=1, random_state=0, verbose=False)
    return classifier.fit(images, labels), images, labels


def test_auroc_is_the_share_of_pairs():
    random = np.random.default_rng(3)
    unknown, known = random.integers(0, 9, 40) / 8, random.integers(0, 7, 60) / 8
    pairs = (unknown[:, None] > known).mean() + 0.5 * (unknown[:, None] == known).mean()
    assert metrics.auroc(unknown, known) == pytest.approx(pairs, abs=1e-12)
    assert metrics.auroc(known, unknown) == pytest.approx(1 - pairs, abs=1e-12)
    assert metrics.auroc([1.0], [0.0]) == 1 and metrics.auroc([0.3, 0.3], [0.3]) == 0.5
    assert metrics.auroc(np.float32([2, 3]), [1]) == 1


@pytest.mark.parametrize(
    "unknown, known, message",
    [
        ([], [1.0], "unknown is empty"),
        ([1.0], [np.nan], "known holds NaN"),
        ([[1.0]], [1.0], r"unknown has shape \(1, 1\)"),
        (["a"], [1.0], "unknown has dtype"),
        ([1.0], np.ma.masked_array([1.0, 9.0], [False, True]), "known is a masked array with masked numbers"),
    ],
)
def test_auroc_names_what_is_wrong(unknown, known, message):
    with pytest.raises((ValueError, TypeError), match=message):
        metrics.auroc(unknown, known)
