"""Subjective opinions: what an evidential classifier says of each image."""

import html

import numpy as np

from . import _native
from .arrays import to_array


class Opinion:
    """The opinions of a classifier on N images and K classes, all derived from the evidence.

    Parameters
    ----------
    evidence : array-like of shape (N, K)
        e_k >= 0, finite.
    classes : array-like of shape (K,), optional
        The classes' names; 0 ... K-1 otherwise.
    position : array-like of shape (N,), optional
        Number of each image's predicted class, as the classifier's logits have it: where they are far below or beyond what
        the evidence function tells apart, the evidence of several classes is equal. By default the class with the most
        evidence, the first of equals.

    Attributes
    ----------
    evidence, alpha, belief, probability : ndarray of shape (N, K), float32
        e_k; alpha_k = e_k + 1; b_k = e_k / S; expected probability alpha_k / S.
    strength, uncertainty : ndarray of shape (N,), float32
        S = sum of alpha; u = K / S, 0..1. u + sum of b = 1.
    dissonance : ndarray of shape (N,), float32
        Conflict between beliefs of similar size, 0..1.
    entropy, mutual_information : ndarray of shape (N,), float32
        Entropy of the expected probability, and what of it is due to not knowing, in nats.
    position : ndarray of shape (N,), int64
        Number of the predicted class.
    label : ndarray of shape (N,)
        The predicted class.
    classes : ndarray of shape (K,)

    Raises
    ------
    TypeError, ValueError
        If the evidence is not (N, K) numbers with K >= 2, or holds negative, non-finite or masked ones; if `position` is not
        (N,) whole numbers below K; if `classes` are not K.

    Notes
    -----
    Beliefs and uncertainty: Josang, *Subjective Logic* (2016); for networks Sensoy, Kaplan & Kandemir, "Evidential deep
    learning to quantify classification uncertainty" (2018). Dissonance: Josang, Cho & Chen (2018).
    High uncertainty reads "never seen anything like this"; high dissonance reads "torn between these".

    Examples
    --------
    >>> opinion = Opinion([[8.0, 0.0, 2.0]], classes=["cat", "dog", "owl"])
    >>> opinion.uncertainty.round(3), opinion.belief.round(3)
    (array([0.231], dtype=float32), array([[0.615, 0.   , 0.154]], dtype=float32))
    >>> opinion.label
    array(['cat'], dtype='<U3')
    """

    def __init__(self, evidence, classes=None, position=None):
        evidence = to_array(evidence, "evidence", "number", lambda values: np.ascontiguousarray(values, dtype=np.float32))
        if evidence.ndim != 2 or evidence.shape[1] < 2:
            raise ValueError(f"evidence has shape {evidence.shape}, but must be (N, K) with K >= 2")
        count, number = evidence.shape
        self.classes = np.arange(number) if classes is None else to_array(classes, "classes", "label")
        if self.classes.shape != (number,):
            raise ValueError(f"classes has shape {self.classes.shape}, but evidence has {number} classes")
        self.position = evidence.argmax(axis=1) if position is None else to_array(position, "position", "number")
        if self.position.shape != (count,) or self.position.dtype.kind not in "iu":
            raise ValueError(
                f"position is {self.position.dtype} of shape {self.position.shape}, but must be {count} whole numbers"
            )
        if not ((self.position >= 0) & (self.position < number)).all():
            raise ValueError(f"position holds a number outside of 0 ... {number - 1}, the classes")
        self.evidence = evidence
        self.alpha, self.belief, self.probability = (np.empty_like(evidence) for _ in range(3))
        self.strength, self.uncertainty, self.dissonance, self.entropy, self.mutual_information = (
            np.empty(count, np.float32) for _ in range(5)
        )
        if not count:
            return
        _native.opinions(
            evidence,
            alpha=self.alpha,
            belief=self.belief,
            probability=self.probability,
            strength=self.strength,
            uncertainty=self.uncertainty,
            dissonance=self.dissonance,
            entropy=self.entropy,
            mutual_information=self.mutual_information,
        )

    @property
    def label(self):
        return self.classes[self.position]

    def __len__(self):
        return len(self.evidence)

    def __getitem__(self, index):
        """The opinions on some images; a single number gives an Opinion of length 1."""
        if isinstance(index, (int, np.integer)):
            if not -len(self) <= index < len(self):
                raise IndexError(f"index {index} is out of range for {len(self)} opinions")
            index = slice(int(index) % len(self), int(index) % len(self) + 1)
        return Opinion(self.evidence[index], self.classes, self.position[index])

    def __repr__(self):
        if not len(self):
            return f"Opinion of 0 images on {len(self.classes)} classes"
        if len(self) > 1:
            u = self.uncertainty
            return (
                f"Opinion of {len(self)} images on {len(self.classes)} classes: "
                f"uncertainty mean {u.mean():.3f}, median {np.median(u):.3f}, largest {u.max():.3f}"
            )
        beliefs = ", ".join(f"{self.classes[k]} {self.belief[0, k]:.3f}" for k in self._strongest(0))
        return f"Opinion: {beliefs}; uncertainty {self.uncertainty[0]:.3f}, dissonance {self.dissonance[0]:.3f}"

    def _strongest(self, image, count=3):
        return np.argsort(-self.belief[image], kind="stable")[:count]

    def _repr_html_(self):
        """A table of the first images for notebooks: the strongest beliefs and the uncertainty as bars."""
        rows = []
        for image in range(min(len(self), 10)):
            bars = "".join(_bar(self.classes[k], self.belief[image, k], "#3b6fb6") for k in self._strongest(image)) + _bar(
                "uncertainty", self.uncertainty[image], "#c8641e"
            )
            rows.append(
                f"<tr><td style='text-align:left'>{html.escape(str(self.label[image]))}</td>"
                f"<td style='text-align:left'>{bars}</td><td>{self.dissonance[image]:.3f}</td></tr>"
            )
        more = f"<caption>first 10 of {len(self)}</caption>" if len(self) > 10 else ""
        return f"<table>{more}<tr><th>label</th><th>beliefs and uncertainty</th><th>dissonance</th></tr>{''.join(rows)}</table>"


def _bar(name, value, colour):
    return (
        "<div style='display:flex;gap:6px;align-items:center'>"
        f"<span style='width:8em'>{html.escape(str(name))}</span>"
        f"<span style='width:{max(1, round(120 * float(value)))}px;height:9px;background:{colour}'></span>"
        f"<span>{value:.3f}</span></div>"
    )
