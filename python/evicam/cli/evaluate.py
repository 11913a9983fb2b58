"""Test a classifier on a data set, or on a folder with one folder of images for each class."""

from __future__ import annotations

import json

HELP = "test a classifier on labelled images"


def add_arguments(parser):
    parser.add_argument("model", metavar="MODEL", help="a file written by `evicam train` or `evicam reproduce`")
    parser.add_argument(
        "--data", required=True, metavar="DATA", help="fashion-mnist, mnist, cifar-10, or a folder with a folder per class"
    )
    parser.add_argument("--split", default="test", help="test (default) or train; of a data set")
    parser.add_argument("--root", metavar="DIR", help="folder with the data set's files")
    parser.add_argument("--flip", action="store_true", help="mean of the logits of image and mirror image")
    parser.add_argument("--json", action="store_true", help="print JSON instead of words")


def run(options):
    from ..checkpoint import load
    from .files import labelled, named

    classifier = load(options.model)
    if options.flip:
        classifier.set_params(test_time_flip=True)
    found = labelled(options.data, options.split, options.root)
    # `reproduce` trains on the numbers of the classes, `train` on their names.
    images, labels = (found.images, found.labels) if classifier.classes_.dtype.kind in "iu" else named(found)
    row = evaluate(classifier, images, labels)
    print(json.dumps(row, indent=2) if options.json else describe(row))


def evaluate(classifier, images, labels) -> dict:
    """Accuracy and calibration; of an evidential classifier also the mean uncertainty where it is right and where it is wrong.

    Parameters
    ----------
    classifier : EvidentialClassifier or SoftmaxClassifier
        Fitted.
    images : ndarray of shape (N, H, W) or (N, H, W, C)
    labels : ndarray of shape (N,)
        Entries of ``classifier.classes_``.

    Returns
    -------
    dict
        ``images``, ``accuracy``, ``calibration_error`` (15 bins), ``log_loss`` (nats); of an evidential classifier also
        ``uncertainty_correct``, ``uncertainty_wrong`` (None where there are no such images).

    Raises
    ------
    ValueError
        For images of another shape, or labels that are no class of the classifier's.
    """
    import numpy as np

    from .. import metrics

    opinion = classifier.predict_opinion(images) if hasattr(classifier, "predict_opinion") else None
    probability = classifier.predict_proba(images) if opinion is None else opinion.probability
    error = metrics.calibration_error(probability, labels, classes=classifier.classes_)
    truth = np.searchsorted(classifier.classes_, labels)
    right = probability.argmax(axis=1) == truth
    of_truth = probability[np.arange(len(truth)), truth].astype(np.float64)
    row = {
        "images": len(labels),
        "accuracy": float(right.mean()),
        "calibration_error": error,
        "log_loss": float(-np.log(np.maximum(of_truth, np.finfo(np.float32).tiny)).mean()),
    }
    if opinion is not None:
        for name, those in (("uncertainty_correct", right), ("uncertainty_wrong", ~right)):
            row[name] = float(opinion.uncertainty[those].mean(dtype=np.float64)) if those.any() else None
    return row


def describe(row) -> str:
    """The same in a sentence."""
    text = "accuracy {accuracy:.4f} on {images:,} images, calibration error {calibration_error:.4f}, log loss {log_loss:.4f}"
    words = [
        f"{row[name]:.3f} {where}"
        for name, where in (("uncertainty_correct", "where right"), ("uncertainty_wrong", "where wrong"))
        if row.get(name) is not None
    ]
    return text.format_map(row) + (f"; mean uncertainty {', '.join(words)}" if words else "")
