"""The paper's Figs. 6 and 7: heatmaps on images as they are, and turned by a quarter."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from ..explanations import Explanation, explain
from .rotation import turned

EXAMPLES = 8


@dataclass(frozen=True, eq=False, repr=False)
class Overlays:
    """What `overlays` found.

    Attributes
    ----------
    labels : ndarray of shape (n,)
        True labels of the examples.
    normal, rotated : Explanation
        Of the predicted class, on the images as they are and turned by 90 degrees counter-clockwise.
    doubt : Explanation
        Of the uncertainty, on the turned images.
    normal_opinion, rotated_opinion : Opinion
        What the classifier said.
    """

    labels: np.ndarray
    normal: Explanation
    rotated: Explanation
    doubt: Explanation
    normal_opinion: object
    rotated_opinion: object

    def __repr__(self) -> str:
        return f"Overlays of {len(self.labels)} images, normal and rotated, at {self.normal.layer!r}"


def overlays(classifier, images, labels, *, count=EXAMPLES, layer=None) -> Overlays:
    """Explain one image of each class, of at most `count` classes, upright and turned.

    Parameters
    ----------
    classifier : EvidentialClassifier
    images : ndarray of shape (N, H, W) or (N, H, W, C)
        To choose from: the first of each class is taken.
    labels : ndarray of shape (N,)
        Their true labels.
    count : int
        Examples to take; with more classes than that, classes spread evenly.
    layer : str, optional
        Layer to explain at; by default as in `evicam.explain`.

    Returns
    -------
    Overlays
    """
    present = [label for label in classifier.classes_ if np.any(labels == label)]
    chosen = np.unique(np.linspace(0, len(present) - 1, min(count, len(present))).round().astype(int))
    first = np.array([np.flatnonzero(labels == present[index])[0] for index in chosen])
    upright = np.stack([turned(images[index], 0) for index in first])
    quarter = np.stack([turned(images[index], 90) for index in first])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "empty heatmaps")  # the figures say so above each empty map
        return Overlays(
            labels=labels[first],
            normal=explain(classifier, upright, layer=layer),
            rotated=explain(classifier, quarter, layer=layer),
            doubt=explain(classifier, quarter, target="uncertainty", layer=layer),
            normal_opinion=classifier.predict_opinion(upright),
            rotated_opinion=classifier.predict_opinion(quarter),
        )
