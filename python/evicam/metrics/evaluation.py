"""A classifier on labelled images: accuracy, calibration, and uncertainty where it is right and where it errs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..labels import as_labels, encode_labels
from ..receptive_fields import fitted_network
from .classification import BINS, Reliability, binned


class Evaluation(NamedTuple):
    """What `evaluate` found on N images. ``str()`` says it in a sentence.

    Attributes
    ----------
    correct : ndarray of shape (N,), bool
        Where the label predicted is the true one.
    log_loss : float
        Mean of −ln of the true class's probability, nats.
    reliability : Reliability
        Confidence beside accuracy in 15 bins.
    uncertainty : ndarray of shape (N,), float32, or None
        Uncertainty mass u; None of a classifier that has none.
    """

    correct: np.ndarray
    log_loss: float
    reliability: Reliability
    uncertainty: np.ndarray | None

    @property
    def accuracy(self) -> float:
        """Share of images classified correctly, 0..1."""
        return float(self.correct.mean())

    @property
    def calibration_error(self) -> float:
        """Expected calibration error in 15 bins, 0..1."""
        return self.reliability.error

    @property
    def uncertainty_correct(self) -> float | None:
        """Mean uncertainty of the images classified correctly; None where there are none, or no uncertainty."""
        return self._mean_uncertainty(self.correct)

    @property
    def uncertainty_wrong(self) -> float | None:
        """Mean uncertainty of the images classified wrongly; None where there are none, or no uncertainty."""
        return self._mean_uncertainty(~self.correct)

    def _mean_uncertainty(self, where):
        if self.uncertainty is None or not where.any():
            return None
        return float(self.uncertainty[where].mean(dtype=np.float64))

    def summary(self) -> dict:
        """The numbers by name, ready for JSON: None, not NaN, where there is nothing to take a mean of.

        Returns
        -------
        dict
            ``images``, ``accuracy``, ``calibration_error``, ``log_loss``; where there is uncertainty also
            ``uncertainty_correct`` and ``uncertainty_wrong``.
        """
        names = ["accuracy", "calibration_error", "log_loss"]
        if self.uncertainty is not None:
            names += ["uncertainty_correct", "uncertainty_wrong"]
        return {"images": len(self.correct), **{name: getattr(self, name) for name in names}}

    def __str__(self):
        text = (
            f"accuracy {self.accuracy:.4f} on {len(self.correct):,} images, "
            f"calibration error {self.calibration_error:.4f}, log loss {self.log_loss:.4f}"
        )
        means = {"right": self.uncertainty_correct, "wrong": self.uncertainty_wrong}
        words = [f"{mean:.3f} where {where}" for where, mean in means.items() if mean is not None]
        return text + (f"; mean uncertainty {', '.join(words)}" if words else "")


def evaluate(classifier, images, labels) -> Evaluation:
    """Test a classifier on labelled images.

    Parameters
    ----------
    classifier : EvidentialClassifier or SoftmaxClassifier
        Fitted.
    images : array-like of shape (N, H, W) or (N, H, W, C)
        As for its ``predict``, N at least 1.
    labels : array-like of shape (N,)
        Entries of ``classifier.classes_``.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError, TypeError
        For images that the classifier does not take, labels that are no class of its, or not one for each image.

    Examples
    --------
    >>> import evicam
    >>> data = evicam.datasets.glyphs(200)
    >>> classifier = evicam.SoftmaxClassifier(epochs=2, random_state=0).fit(data.images, data.labels)
    >>> evicam.metrics.evaluate(classifier, data.images, data.labels).correct.shape
    (200,)
    """
    fitted_network(classifier)
    position, probability, opinion = classifier._predicted(images)
    truth = encode_labels(as_labels(labels, len(probability), "labels"), classifier.classes_, "labels")[1]
    correct = position == truth
    of_truth = probability[np.arange(len(truth)), truth].astype(np.float64)
    return Evaluation(
        correct=correct,
        log_loss=float(-np.log(np.maximum(of_truth, np.finfo(np.float32).tiny)).mean()),
        reliability=binned(probability, correct, BINS),
        uncertainty=None if opinion is None else opinion.uncertainty,
    )
