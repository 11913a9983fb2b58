"""No silent collapse: with the default settings every seed learns every class, and about as well as the others."""

import warnings

import numpy as np
import pytest

import evicam

TRAINED, VALIDATED = 10_000, 5_000


def outcomes(name, seeds):
    """Accuracy [seeds] on validation images, and each class's recall [seeds, K], after five epochs.

    Both sets are parts of the training images.
    """
    try:
        data = evicam.datasets.load(name, split="train", download=False)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    X, y = data.images[:TRAINED], data.labels[:TRAINED]
    X_held, y_held = data.images[-VALIDATED:], data.labels[-VALIDATED:]
    accuracy, recall = [], []
    for seed in range(seeds):
        with warnings.catch_warnings():
            warnings.simplefilter("error", evicam.CollapseWarning)
            classifier = evicam.EvidentialClassifier(epochs=5, random_state=seed, verbose=False).fit(X, y)
        right = classifier.predict(X_held) == y_held
        accuracy.append(right.mean())
        recall.append([right[y_held == label].mean() for label in classifier.classes_])
        print(f"{name}, seed {seed}: validation accuracy {accuracy[-1]:.4f}, lowest recall {min(recall[-1]):.3f}")
    return np.array(accuracy), np.array(recall)


@pytest.mark.collapse
def test_twenty_seeds_of_mnist():
    accuracy, recall = outcomes("mnist", 20)
    assert np.ptp(accuracy) < 0.015 and accuracy.min() > 0.95
    assert recall.min() > 0.85


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_three_seeds(name):
    accuracy, recall = outcomes(name, 3)
    # Fashion-MNIST is the harder: shirts are the T-shirts and pullovers of other seeds.
    spread, least, least_recall = {"mnist": (0.015, 0.95, 0.85), "fashion-mnist": (0.025, 0.80, 0.2)}[name]
    assert np.ptp(accuracy) < spread and accuracy.min() > least
    assert recall.min() > least_recall
