"""The evidential classifier and its softmax twin: trained by the recipe, tested on images of their own."""

from __future__ import annotations

from typing import NamedTuple

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
    folder.mkdir(parents=True, exist_ok=True)
    return fitted(classifier, train.images, train.labels, checkpoint=folder / f"{kind}.safetensors", resume=True)


class Tested(NamedTuple):
    """What the twins say about the test images."""

    evidential: metrics.Evaluation
    softmax: metrics.Evaluation

    def example(self, test, label):
        """First test image of class `label` that both classify correctly, or else the first of the class; and its label."""
        of_class = test.labels == label
        both = of_class & self.evidential.correct & self.softmax.correct
        index = np.flatnonzero(both if both.any() else of_class)[0]
        return test.images[index], test.labels[index]


def row(classifier, tested) -> dict:
    """What ``results.json`` says of a classifier: on the test images, of its training, and its settings.

    Parameters
    ----------
    classifier : EvidentialClassifier or SoftmaxClassifier
    tested : Evaluation

    Returns
    -------
    dict
        JSON values.
    """
    found = {"test_accuracy": tested.accuracy, "calibration_error": tested.calibration_error}
    if tested.uncertainty is not None:
        found |= {
            "uncertainty_correct": tested.uncertainty_correct,
            "uncertainty_wrong": tested.uncertainty_wrong,
            "dead_evidence_fraction": float(classifier.history_["dead_evidence_fraction"][-1]),
        }
    seconds = classifier.history_["seconds"]
    return found | {
        "epochs": len(seconds),  # fewer than asked for where training stopped early
        "seconds_per_epoch": round(float(np.mean(seconds)), 4),
        "minutes": [round(float(minutes), 3) for minutes in np.cumsum(seconds) / 60],
        "val_accuracy": [float(share) for share in classifier.history_.get("val_accuracy", ())],
        "settings": {name: value for name, value in params_to_json(classifier.get_params()).items() if name != "verbose"},
    }
