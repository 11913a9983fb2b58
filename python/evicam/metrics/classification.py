"""Accuracy and calibration, computed by the engine."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .. import _native
from ..arrays import to_array
from ..checks import check_positive_int
from ..labels import as_labels, encode_labels

# Bins of confidence, unless told otherwise.
BINS = 15


def accuracy(predicted, labels) -> float:
    """Share of labels that were predicted.

    Parameters
    ----------
    predicted, labels : array-like of shape (N,)
        Labels of any type, N at least 1.

    Returns
    -------
    float
        0..1.

    Raises
    ------
    ValueError, TypeError
        Other shapes, different lengths, no labels at all; missing labels; a set, which has no order.

    Examples
    --------
    >>> import evicam
    >>> evicam.metrics.accuracy(["cat", "dog", "cat"], ["cat", "dog", "dog"])
    0.6666666666666666
    """
    predicted, labels = as_labels(predicted, name="predicted"), as_labels(labels, name="labels")
    if predicted.shape != labels.shape or not len(labels):
        raise ValueError(
            f"predicted and labels have shapes {predicted.shape} and {labels.shape}, but must both be (N,) with N >= 1"
        )
    return float(np.mean(predicted == labels))


class Reliability(NamedTuple):
    """What `reliability` found: the calibration error, and per bin of confidence what it came from.

    Attributes
    ----------
    error : float
        Expected calibration error.
    confidence, accuracy : ndarray of shape (bins,), float64
        Mean confidence and accuracy of the images in each bin; NaN in an empty one.
    count : ndarray of shape (bins,), int64
        Images in each bin.
    """

    error: float
    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray


def reliability(probability, labels, bins=BINS, *, classes=None) -> Reliability:
    """Confidence beside accuracy, in bins of confidence.

    Parameters
    ----------
    probability : array-like of shape (N, K)
        Class probabilities, as `predict_proba` gives them; the largest of a row is its confidence.
    labels : array-like of shape (N,)
        True labels: positions 0 ... K-1, or entries of `classes`.
    bins : int
        Number of equal bins over 0..1.
    classes : array-like of shape (K,), optional
        The label of each column, as the classifier's ``classes_``; by default 0 ... K-1.

    Returns
    -------
    Reliability

    Raises
    ------
    ValueError, TypeError
        Other shapes; rows that are not probabilities; labels that are no class; fewer than one bin.

    Examples
    --------
    >>> import evicam
    >>> evicam.metrics.reliability([[0.9, 0.1], [0.4, 0.6]], [0, 0], bins=2).accuracy
    array([nan, 0.5])
    """
    probability = to_array(probability, "probability", "number")
    labels = as_labels(labels, name="labels")
    if probability.ndim != 2 or 0 in probability.shape or probability.dtype.kind not in "fiu":
        raise ValueError(f"probability is {probability.dtype} of shape {probability.shape}, but must be numbers of shape (N, K)")
    if labels.shape != probability.shape[:1]:
        raise ValueError(f"labels has shape {labels.shape}, but probability has {len(probability)} rows")
    # Rows of float32 probabilities sum to 1 within a few ulps; 1e-3 tells them from logits and from counts.
    if not (np.all(probability >= 0) and np.allclose(probability.sum(axis=1), 1, atol=1e-3)):
        raise ValueError("probability must hold values 0..1 that sum to 1 in each row, but some rows do not")
    bins = check_positive_int(bins, "bins")
    classes = np.arange(probability.shape[1]) if classes is None else as_labels(classes, name="classes")
    if classes.shape != probability.shape[1:]:
        raise ValueError(f"classes has shape {classes.shape}, but probability has {probability.shape[1]} columns")
    positions = encode_labels(labels, classes, "labels")[1]
    return binned(probability, probability.argmax(axis=1) == positions, bins)


def binned(probability, correct, bins) -> Reliability:
    """`reliability` of checked probabilities (N, K), and of which images are classified correctly: (N,), bool."""
    confidence = np.minimum(probability.max(axis=1).astype(np.float64), 1.0)
    correct = correct.astype(np.uint8)
    mean_confidence, mean_accuracy, count = np.empty(bins), np.empty(bins), np.empty(bins, np.int64)
    error = _native.calibration_error(confidence, correct, bins, mean_confidence, mean_accuracy, count)
    return Reliability(error, mean_confidence, mean_accuracy, count)


def calibration_error(probability, labels, bins=BINS, *, classes=None) -> float:
    """Expected calibration error: how far confidence is from accuracy, on average.

    Parameters
    ----------
    probability, labels, bins, classes
        As for `reliability`.

    Returns
    -------
    float
        0..1; 0 where every bin is right as often as it is confident.

    Raises
    ------
    ValueError, TypeError
        As `reliability`.

    Notes
    -----
    .. math:: \\mathrm{ECE} = \\sum_b \\frac{n_b}{N} \\left| \\mathrm{acc}_b - \\mathrm{conf}_b \\right|

    over equal bins b of the top class's probability; empty bins count nothing.
    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.

    Examples
    --------
    >>> import evicam
    >>> round(evicam.metrics.calibration_error([[0.9, 0.1], [0.4, 0.6]], [0, 0]), 6)
    0.35
    """
    return reliability(probability, labels, bins, classes=classes).error
