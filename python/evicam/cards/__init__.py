"""One image's card: what a classifier holds of it, how sure it is and why not, and where in the image that comes from."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..arrays import as_image
from ..checks import check_positive_int
from ..explanations import Explanation, explain
from ..opinion import Opinion
from ..receptive_fields import ReceptiveField, fitted_network
from ..words import check_names, class_name
from .judgement import SURE, Judgement, judge
from .reservations import reservations

__all__ = ["SURE", "Card", "Judgement", "card", "judge"]

LIMIT = 12  # classes on one card: more maps would be too small to see


@dataclass(frozen=True, eq=False, repr=False)
class Card:
    """Why a classifier is sure or uncertain of one image. `card` makes it.

    It prints as text, a notebook shows it as HTML, `figure` draws it and `save` writes it.

    Attributes
    ----------
    image : ndarray of shape (H, W, C), uint8 or float32
    opinion : Opinion
        On the image, of length 1.
    order : ndarray of shape (K,), int64
        Positions of the classes from the largest logit to the smallest.
    names : list of K str
        The classes' names in that order.
    classes : Explanation
        Heatmaps (top, H, W) for the first classes, on one scale.
    doubt : Explanation
        Heatmap (1, H, W) for the uncertainty.
    judgement : Judgement
        ``"sure"``, ``"unfamiliar"`` or ``"torn"``, and the sentence that says so.
    reservations : list of str
        What the maps cannot show: a receptive field larger than the image, a rim no cell looks at, empty maps.
    """

    image: np.ndarray
    opinion: Opinion
    order: np.ndarray
    names: list[str]
    classes: Explanation
    doubt: Explanation

    @property
    def label(self):
        """The class with the largest logit."""
        return self.opinion.classes[self.order[0]]

    @property
    def beliefs(self) -> np.ndarray:
        """Belief in each class, in the card's order: (K,) float32."""
        return self.opinion.belief[0, self.order]

    @property
    def uncertainty(self) -> float:
        """Uncertainty u, 0..1."""
        return float(self.opinion.uncertainty[0])

    @property
    def dissonance(self) -> float:
        """Conflict between the beliefs, 0..1."""
        return float(self.opinion.dissonance[0])

    @property
    def receptive_field(self) -> ReceptiveField:
        """Which pixels the layer's cells look at."""
        return self.classes.receptive_field

    @cached_property
    def judgement(self) -> Judgement:
        return judge(self.uncertainty, self.dissonance, self.beliefs.tolist(), self.names)

    @cached_property
    def reservations(self) -> list[str]:
        return reservations(self.classes, self.doubt, self.names[: len(self.classes)])

    @property
    def resolution(self) -> str:
        """The method, the layer, how many cells it has and what each sees, in words."""
        field = self.receptive_field
        (h, w), (height, width), (tall, wide) = field.cells, field.image, field.size
        if not self.classes.settings.reads_layer:
            return f"{self.classes.method} on {height} x {width} pixels"
        return (
            f"{self.classes.method} at {field.layer}: {h} x {w} cells, each seeing {tall:g} x {wide:g} "
            f"of {height} x {width} pixels"
        )

    @property
    def maps(self) -> list[tuple[str, np.ndarray, bool]]:
        """What each heatmap speaks for, the heatmap (H, W), and whether it is empty: the classes', then the uncertainty's."""
        names = [*self.names[: len(self.classes)], "the uncertainty"]
        return list(zip(names, [*self.classes.heatmap, *self.doubt.heatmap], [*self.classes.empty, *self.doubt.empty]))

    def figure(self, figure=None):
        """The card as a Matplotlib figure: `evicam.plot.card`."""
        from .. import plot

        return plot.card(self, figure=figure)

    def save(self, path) -> None:
        """Write the card as an HTML page that needs nothing else; a failure leaves an older file as it was.

        Parameters
        ----------
        path : str or os.PathLike

        Raises
        ------
        OSError
            When the file cannot be written.
        """
        from ..files import write_file
        from ..report.page import page
        from .html import as_html

        write_file(path, page(self.judgement.words, [as_html(self)]))

    def __repr__(self) -> str:
        shown = len(self.classes)
        beliefs = ", ".join(f"{name} {belief:.3f}" for name, belief in zip(self.names[:shown], self.beliefs))
        lines = [
            f"Card: {self.judgement.words}",
            f"{beliefs}; uncertainty {self.uncertainty:.3f}, dissonance {self.dissonance:.3f}",
            self.resolution,
            *self.reservations,
        ]
        return "\n  ".join(lines)

    def _repr_html_(self) -> str | None:
        """The card for a notebook; none where Matplotlib, which colours the maps, is not installed."""
        try:
            from .html import as_html
        except ImportError:
            return None
        return as_html(self)


def card(classifier, image, method="grad-cam", layer=None, resize="aligned", *, top=3, class_names=None) -> Card:
    """Say of one image what an evidential classifier holds of it, how sure it is, and where that comes from.

    Parameters
    ----------
    classifier : EvidentialClassifier
        A fitted classifier.
    image : array-like of shape (H, W), (H, W, C), or a batch (1, ...) of one
        uint8 0..255 or floats 0..1, of the shape the classifier was trained on.
    method, layer, resize
        How the heatmaps are made, as in `explain`; a single layer.
    top : int
        Classes that get a heatmap, those with the largest logits; at most 12, or all K where there are fewer.
    class_names : sequence of str, optional
        Names for labels that are positions 0 ... K-1.

    Returns
    -------
    Card

    Raises
    ------
    TypeError, ValueError
        For a softmax classifier, which has no opinion; for more than one image or one of another shape; for settings that
        `explain` refuses; for too few names. The message names the argument.

    Notes
    -----
    The judgement weighs three parts that add up to 1: the uncertainty u (vacuity: what no evidence speaks for), the
    dissonance (evidence that conflicts), and the undisputed belief, the rest. Up to u + dissonance = 0.25 the classifier is
    "sure". Above, the larger of both names the doubt: "never seen anything like this" for u, "torn between" the classes
    named for dissonance; where the undisputed belief is larger still, it "leans towards" its answer. Vacuity and
    dissonance: Josang, Cho & Chen, "Uncertainty characteristics of subjective opinions" (2018); the thresholds are ours.

    The heatmaps of the classes explain their logits and share one scale; that of the uncertainty has its own. With
    ``test_time_flip=True`` the numbers are of the mean logits of the image and its mirror image, as the classifier's
    `predict_opinion` has them; the heatmaps are of the image as it stands.

    Examples
    --------
    >>> import numpy as np, evicam
    >>> X, y = np.zeros((64, 16, 16), np.uint8), np.arange(64) % 2
    >>> X[y == 1, 4:12, 4:12] = 255
    >>> classifier = evicam.EvidentialClassifier(epochs=40, random_state=0, verbose=False).fit(X, y)
    >>> card = evicam.card(classifier, X[1], layer="conv1", class_names=["nothing", "square"])
    >>> card.judgement.words
    'Sure: square'
    >>> card.resolution
    'grad-cam at conv1: 12 x 12 cells, each seeing 5 x 5 of 16 x 16 pixels'
    """
    _, image_shape = fitted_network(classifier)
    if not hasattr(classifier, "predict_opinion"):
        raise ValueError(
            f"classifier is a {type(classifier).__name__}, which has probabilities but no opinion, so it cannot tell why it "
            "is uncertain: train an EvidentialClassifier"
        )
    if isinstance(layer, (list, tuple)):
        raise ValueError(f"layer is {layer!r}, but a card shows a single layer: pass its name")
    top = check_positive_int(top, "top")
    if top > LIMIT:
        raise ValueError(f"top is {top}, but must be at most {LIMIT}: more heatmaps would be too small to see")
    images = as_image(image, image_shape)
    order = np.argsort(-classifier.logits(images)[0], kind="stable")
    labels = classifier.classes_[order]
    check_names(class_names, labels)
    names = [class_name(label, class_names) for label in labels.tolist()]
    labels = classifier.classes_[order[:top]]
    with warnings.catch_warnings():
        # The card says so itself: `reservations`.
        warnings.filterwarnings("ignore", "empty heatmaps")
        warnings.filterwarnings("ignore", "layer .* is a single cell")
        classes = explain(classifier, np.repeat(images, len(labels), 0), method, labels, layer, resize, scale="shared")
        doubt = explain(classifier, images, method, "uncertainty", layer, resize)
    return Card(images[0], classifier.predict_opinion(images), order, names, classes, doubt)
