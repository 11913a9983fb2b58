"""Normalisation by channel: its numbers, and that it belongs to the network alone."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import evicam
import trained
from evicam import EvidentialClassifier, SoftmaxClassifier
from evicam.normalisation import channel_statistics, read_normalisation

QUICK = dict(epochs=2, batch_size=16, random_state=0, verbose=False)


def coloured(count, seed=0):
    """The shapes of `trained` in colours of quite different ranges."""
    grey, labels = trained.shapes(count, seed)
    return (grey[..., None] * np.array([1, 0.5, 0.1]) + np.array([0, 60, 200])).clip(0, 255).astype(np.uint8), labels


X, Y = coloured(90)


@pytest.fixture(scope="module")
def normalised():
    return EvidentialClassifier(normalisation="channels", **QUICK).fit(X, Y)


# ---- the numbers ----


@pytest.mark.parametrize("chunk", [1 << 20, 100])
def test_statistics_of_bytes_and_floats(monkeypatch, chunk):
    monkeypatch.setattr("evicam.normalisation._CHUNK", chunk)
    exact = X.reshape(-1, 3).astype(np.longdouble) / 255
    for images in (X, (X / 255).astype(np.float32)):
        mean, deviation = channel_statistics(images)
        np.testing.assert_allclose(mean, exact.mean(axis=0).astype(float), rtol=1e-7)
        np.testing.assert_allclose(deviation, exact.std(axis=0).astype(float), rtol=1e-7)


def test_statistics_of_bytes_do_not_cancel():
    """A hundredth of the pixels differ by one, which the mean of squares in float32 would not show."""
    images = np.full((1, 1000, 1000, 1), 255, np.uint8)
    images[0, 0, 0] = 254
    _, deviation = channel_statistics(images)
    assert deviation[0] == 1  # one pixel in a million is no colour
    images[0, :10] = 254
    _, deviation = channel_statistics(images)
    np.testing.assert_allclose(deviation, np.sqrt(0.01 * 0.99) / 255, rtol=1e-6)


def test_a_channel_that_never_changes():
    images = X.copy()
    images[..., 1] = 7
    mean, deviation = channel_statistics(images)
    assert mean[1] == np.float32(7 / 255) and deviation[1] == 1
    classifier = EvidentialClassifier(normalisation="channels", **QUICK).fit(images, Y)
    assert np.isfinite(classifier.decision_function(images)).all()


# ---- it belongs to the network ----


def test_none_is_the_default():
    assert read_normalisation(EvidentialClassifier(**QUICK).fit(X, Y).network_, 3) is None


@pytest.mark.parametrize("kind", [EvidentialClassifier, SoftmaxClassifier])
def test_training_is_that_of_normalised_images(kind):
    """A plain network fed the normalised floats, which the engine reads as they are, learns the same but for rounding."""
    classifier = kind(normalisation="channels", **QUICK).fit(X, Y)
    mean, deviation = read_normalisation(classifier.network_, 3)
    by_hand = ((X / np.float32(255) - mean) / deviation).astype(np.float32)
    plain = copy.deepcopy(classifier)
    plain.network_.set_normalisation(None, None)
    logits = np.empty((len(X), 3), np.float32)
    plain.network_.logits(by_hand, logits)
    np.testing.assert_allclose(logits, classifier.decision_function(X), rtol=1e-4, atol=1e-4)


def test_only_the_training_part_counts():
    classifier = EvidentialClassifier(normalisation="channels", validation_fraction=0.3, **QUICK).fit(X, Y)
    fewer = EvidentialClassifier(normalisation="channels", **QUICK).fit(X, Y)
    assert not np.array_equal(read_normalisation(classifier.network_, 3)[0], read_normalisation(fewer.network_, 3)[0])
    other = EvidentialClassifier(normalisation="channels", **QUICK).fit(X, Y, validation=(255 - X, Y))
    assert np.array_equal(read_normalisation(other.network_, 3), read_normalisation(fewer.network_, 3))


@pytest.mark.filterwarnings("ignore::evicam.CollapseWarning")
def test_it_is_saved_copied_and_kept(normalised, tmp_path):
    normalised.save(tmp_path / "model.safetensors")
    for other in (evicam.load(tmp_path / "model.safetensors"), copy.deepcopy(normalised)):
        assert np.array_equal(other.decision_function(X), normalised.decision_function(X))
        assert np.array_equal(read_normalisation(other.network_, 3), read_normalisation(normalised.network_, 3))
    before = read_normalisation(normalised.network_, 3)
    again = copy.deepcopy(normalised).set_params(warm_start=True).fit(255 - X, Y)
    again.partial_fit(255 - X, Y)
    assert np.array_equal(read_normalisation(again.network_, 3), before)


def test_explanations_work_in_pixels(normalised):
    """Integrated gradients from black add up to y(x) - y(black), which they would not in another unit."""
    classifier, method = normalised, evicam.methods.IntegratedGradients(steps=512)
    result = evicam.explain(classifier, X[:4], method, target=Y[:4])
    black = classifier.decision_function(np.zeros_like(X[:1]))[0]
    code = np.searchsorted(classifier.classes_, Y[:4])
    wanted = classifier.decision_function(X[:4])[np.arange(4), code] - black[code]
    np.testing.assert_allclose(result.raw.sum(axis=(1, 2)), wanted, rtol=0.02, atol=0.02)


def test_masked_is_black(normalised):
    """Occlusion of the whole image leaves what the network says of a black one."""
    method = evicam.methods.Occlusion(patch=20, stride=20)
    result = trained.quietly(normalised, X[:3], method, target=Y[:3])
    code = np.searchsorted(normalised.classes_, Y[:3])
    logits, black = normalised.decision_function(X[:3]), normalised.decision_function(np.zeros_like(X[:1]))[0]
    drop = logits[np.arange(3), code] - black[code]
    np.testing.assert_allclose(result.raw, np.broadcast_to(drop[:, None, None], result.raw.shape), rtol=1e-3, atol=1e-3)


def test_what_is_no_normalisation():
    with pytest.raises(ValueError, match="normalisation is 'pixels'"):
        EvidentialClassifier(normalisation="pixels").fit(X, Y)
