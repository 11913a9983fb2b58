"""The evidential classifier and its softmax twin: trained by the recipe, tested on images of their own."""

from __future__ import annotations

import numpy as np

from .. import metrics
from ..checkpoint import params_to_json
from ..classifiers import EvidentialClassifier, SoftmaxClassifier
from ..recipes import recipe
from .fitting import fitted

KINDS = {"evidential": EvidentialClassifier, "softmax": SoftmaxClassifier}


def train_twin(kind, model, train, *, epochs=None, seed=0, folder=None, verbose=True):
    """A classifier fitted by the recipe for its architecture and data set.

    Parameters
    ----------
    kind : {"evidential", "softmax"}
    model : str
        Name of the architecture.
    train : Dataset
    epochs : int, optional
        By default those of the recipe.
    seed : int
        Of the weights, the shuffling, the augmentation and the dropout.
    folder : Path, optional
        Where to keep the training after every epoch, and go on from what an earlier process left of it.
    verbose : bool

    Returns
    -------
    EvidentialClassifier or SoftmaxClassifier

    Raises
    ------
    ValueError, CheckpointError
        If what is in `folder` is of another training, or damaged.
    KeyboardInterrupt
        When Ctrl-C ended the training.
    """
    classifier = KINDS[kind](**recipe(model, train.name, kind, epochs), random_state=seed, verbose=verbose)
    if folder is None:
        return fitted(classifier, train.images, train.labels)
    folder.mkdir(exist_ok=True)
    return fitted(classifier, train.images, train.labels, checkpoint=folder / f"{kind}.safetensors", resume=True)


class Tested:
    """What the twins say about the test images.

    Attributes
    ----------
    uncertainty : ndarray of shape (N,), float32
    evidential_right, softmax_right : ndarray of shape (N,), bool
    evidential_reliability, softmax_reliability : Reliability
    """

    def __init__(self, evidential, softmax, test):
        opinion = evidential.predict_opinion(test.images)
        probability = softmax.predict_proba(test.images)
        self.uncertainty = opinion.uncertainty
        self.evidential_right = opinion.label == test.labels
        self.softmax_right = softmax.classes_[probability.argmax(axis=1)] == test.labels
        self.evidential_reliability = metrics.reliability(opinion.probability, test.labels, classes=evidential.classes_)
        self.softmax_reliability = metrics.reliability(probability, test.labels, classes=softmax.classes_)

    def evidential_row(self, classifier) -> dict:
        """What ``results.json`` says of the evidential classifier."""
        right = self.evidential_right
        return {
            "test_accuracy": float(right.mean()),
            "calibration_error": self.evidential_reliability.error,
            "uncertainty_correct": _mean(self.uncertainty[right]),
            "uncertainty_wrong": _mean(self.uncertainty[~right]),
            "dead_evidence_fraction": float(classifier.history_["dead_evidence_fraction"][-1]),
            **_training_row(classifier),
        }

    def softmax_row(self, classifier) -> dict:
        """What it says of the twin."""
        return {
            "test_accuracy": float(self.softmax_right.mean()),
            "calibration_error": self.softmax_reliability.error,
            **_training_row(classifier),
        }

    def example(self, test, label):
        """First test image of class `label` that both classify correctly, or else the first of the class; and its label."""
        of_class = test.labels == label
        both = of_class & self.evidential_right & self.softmax_right
        index = np.flatnonzero(both if both.any() else of_class)[0]
        return test.images[index], test.labels[index]


def _training_row(classifier) -> dict:
    """What the training took, the accuracy on its validation images after each epoch, and its settings."""
    seconds = classifier.history_["seconds"]
    return {
        "epochs": len(seconds),  # fewer than asked for where training stopped early
        "seconds_per_epoch": round(float(np.mean(seconds)), 4),
        "minutes": [round(float(minutes), 3) for minutes in np.cumsum(seconds) / 60],
        "val_accuracy": [float(share) for share in classifier.history_.get("val_accuracy", ())],
        "settings": {name: value for name, value in params_to_json(classifier.get_params()).items() if name != "verbose"},
    }


def _mean(values) -> float | None:
    """Mean of float32 values; None of none, which JSON can hold and NaN it cannot."""
    return float(values.mean(dtype=np.float64)) if len(values) else None
