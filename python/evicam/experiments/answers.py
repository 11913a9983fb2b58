"""What a classifier says about pictures, in one form for both twins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers of one classifier to N pictures.

    Attributes
    ----------
    classes : ndarray of shape (K,)
        The classifier's labels.
    position : ndarray of shape (N,), int64
        Position of the predicted class in `classes`.
    probability : ndarray of shape (N, K), float32
        Class probabilities.
    belief : ndarray of shape (N, K), float32, or None
        Belief in each class; None for a softmax classifier.
    uncertainty : ndarray of shape (N,), float32, or None
        Uncertainty u; None for a softmax classifier.
    """

    classes: np.ndarray
    position: np.ndarray
    probability: np.ndarray
    belief: np.ndarray | None
    uncertainty: np.ndarray | None

    @classmethod
    def of(cls, classifier, images) -> Answers:
        """Ask `classifier` about `images`."""
        position, probability, opinion = classifier._predicted(images)
        return cls(
            classes=classifier.classes_,
            position=position,
            probability=probability,
            belief=None if opinion is None else opinion.belief,
            uncertainty=None if opinion is None else opinion.uncertainty,
        )

    @property
    def label(self) -> np.ndarray:
        """The predicted label of each picture: (N,)."""
        return self.classes[self.position]

    def as_json(self) -> dict:
        """Lists for a JSON file: predicted label, its probability, all probabilities, and u where there is one."""
        rows = np.arange(len(self.position))
        values = {
            "label": self.label.tolist(),
            "probability": rounded(self.probability[rows, self.position]),
            "probabilities": [rounded(row) for row in self.probability],
        }
        if self.uncertainty is not None:
            values["uncertainty"] = rounded(self.uncertainty)
            values["beliefs"] = [rounded(row) for row in self.belief]
        return values


def rounded(values) -> list[float]:
    """float32 values as numbers with the digits they carry."""
    return [float(f"{value:.7g}") for value in np.asarray(values, np.float64)]
