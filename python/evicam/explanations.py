"""Where in the image a decision, or the doubt about it, comes from."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from . import _native
from .receptive_fields import ReceptiveField, default_layer, describe_field, fitted_network, receptive_field

__all__ = ["Explanation", "ReceptiveField", "explain", "receptive_field"]

METHODS = ("grad-cam",)
RESIZES = {"aligned": _native.RESIZE_ALIGNED, "bilinear": _native.RESIZE_BILINEAR}
WEIGHTS = {"sum": _native.WEIGHTS_SUM, "mean": _native.WEIGHTS_MEAN}
EVIDENCE = {
    "relu": _native.EVIDENCE_RELU,
    "softplus": _native.EVIDENCE_SOFTPLUS,
    "exponential": _native.EVIDENCE_EXPONENTIAL,
}


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Heatmaps of N images, with the maps they were drawn from.

    ``explanation[i]`` is the explanation of one image, or of several for a slice, a mask or a list of positions.
    A notebook shows it as a picture.

    Attributes
    ----------
    heatmap : ndarray of shape (N, H, W), float32
        In image pixels, 0..1: the positive part of the raw map, resized and divided by its maximum in that image.
        A map without any positive value stays zero everywhere.
    raw : ndarray of shape (N, h, w), float32
        The layer's map before ReLU, normalising and resizing: signed, in units of the target.
    empty : ndarray of shape (N,), bool
        Which heatmaps are zero everywhere: nothing at this layer spoke for the target.
    target : str or ndarray of shape (N,)
        ``"predicted"``, ``"uncertainty"``, or the class label explained in each image.
    predicted : ndarray of shape (N,)
        The class the classifier predicts for each image.
    layer, method, resize, weights : str
        As asked for in `explain`.
    receptive_field : ReceptiveField
        Which pixels the layer's cells look at.
    images : array-like
        The images as they were given; not a copy.
    """

    heatmap: np.ndarray
    raw: np.ndarray
    empty: np.ndarray
    target: str | np.ndarray
    predicted: np.ndarray
    layer: str
    method: str
    resize: str
    weights: str
    receptive_field: ReceptiveField
    images: np.ndarray

    def __len__(self) -> int:
        return len(self.heatmap)

    def __getitem__(self, index) -> Explanation:
        if isinstance(index, (int, np.integer)):
            index = range(len(self))[index]
            index = slice(index, index + 1)
        target = self.target if isinstance(self.target, str) else self.target[index]
        parts = {name: getattr(self, name)[index] for name in ("heatmap", "raw", "empty", "predicted", "images")}
        return Explanation(
            **parts,
            target=target,
            layer=self.layer,
            method=self.method,
            resize=self.resize,
            weights=self.weights,
            receptive_field=self.receptive_field,
        )

    def __iter__(self):
        return (self[index] for index in range(len(self)))

    def signed(self) -> np.ndarray:
        """The raw map in the image frame: (N, H, W) float32, signed, in units of the target.

        Positive where the layer raises the target, negative where it lowers it; resized like the heatmap.
        """
        return _resize(self.raw, self.resize, self.receptive_field)

    def __repr__(self) -> str:
        count, height, width = self.heatmap.shape
        _, h, w = self.raw.shape
        target = repr(self.target) if isinstance(self.target, str) else "given classes"
        empty = f", {np.count_nonzero(self.empty)} empty" if self.empty.any() else ""
        return (
            f"Explanation of {count} image{'s' * (count != 1)}: {self.method} at {self.layer!r}, target {target}, "
            f"{h} x {w} cells resized {self.resize} to {height} x {width} pixels{empty}"
        )

    def _repr_png_(self) -> bytes | None:
        """Overlays of the first images, for a notebook; none where Matplotlib is not installed."""
        try:
            from .plot import as_png, overlay
        except ImportError:
            return None
        return as_png(overlay(self[:8])) if len(self) else None


def explain(
    classifier,
    X,
    method="grad-cam",
    target="predicted",
    layer=None,
    resize="aligned",
    *,
    weights="sum",
    batch_size=256,
):
    """Explain what a classifier says about images: heatmaps of where its target comes from.

    Parameters
    ----------
    classifier : EvidentialClassifier or SoftmaxClassifier
        A fitted classifier.
    X : array-like of shape (N, H, W) or (N, H, W, C)
        Images as for `predict`. They are read batch by batch, so X may be larger than memory (a ``np.memmap``).
    method : {"grad-cam"}
        Grad-CAM: activations weighted by the gradient of the target.
    target : "predicted", "uncertainty", a class label, or an array-like of N class labels
        What is explained: the logit of the predicted class, the uncertainty mass u (evidential classifiers only),
        or the logit of a class: one for all images or one for each. Where a class is itself called ``"predicted"`` or
        ``"uncertainty"``, the word alone keeps its meaning here; name the class by a list with one label per image.
    layer : str or list of str, optional
        The layer, or layers, whose activations are read; by default the last convolution.
    resize : {"aligned", "bilinear"}
        How a map becomes a heatmap. ``"aligned"`` draws each cell at the centre of its receptive field and fades to zero
        within one jump of the outermost centres. ``"bilinear"`` is the usual resize, which stretches the map over
        the whole image wherever its cells look: for comparison.
    weights : {"sum", "mean"}
        Sum the gradients over the map, as the paper's equation 6 does, or average them, as most libraries do. The raw
        map differs by the factor h w; the heatmap does not.
    batch_size : int
        Images explained at a time; bounds the memory used beyond the results.

    Returns
    -------
    Explanation or dict of str to Explanation
        One explanation, or for a list of layers one per layer, by name, in the order given.

    Raises
    ------
    ValueError
        For an unknown word, layer or class (the message lists those that exist), a layer without spatial extent, the
        uncertainty of a softmax classifier, or images that do not fit the classifier.

    Warns
    -----
    UserWarning
        Once, when heatmaps are empty: how many, and what it means.

    Notes
    -----
    With activations :math:`A^k`, the weight of channel k and the raw map are

    .. math:: w_k = \\sum_{i,j} \\frac{\\partial y}{\\partial A^k_{i,j}}, \\qquad M = \\sum_k w_k A^k,

    y the target (Selvaraju et al., "Grad-CAM", ICCV 2017). For ``"uncertainty"`` y = u = K / S, so M is
    positive where the layer raises the doubt and negative where evidence lowers it; see `Explanation.signed`.

    Examples
    --------
    >>> import evicam, numpy as np
    >>> X, y = np.zeros((40, 12, 12), np.uint8), np.arange(40) % 2
    >>> X[y == 1, 2:9, 2:9] = 255
    >>> tiny = "a = convolution(image, channels: 4, kernel: 3); b = flatten(a); c = linear(b, outputs: 2)"
    """
    if method not in METHODS:
        raise ValueError(f"method: got {method!r}; known: {', '.join(METHODS)}")
    for name, value, known in (("resize", resize, RESIZES), ("weights", weights, WEIGHTS)):
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"{name}: got {value!r}; known: {', '.join(known)}")
    network, image_shape = fitted_network(classifier)
    X = X if hasattr(X, "shape") else np.asarray(X)
    goal = _Goal.of(classifier, target, len(X))
    layers = [layer] if layer is None or isinstance(layer, str) else list(layer)
    fields = [describe_field(network, image_shape, name) for name in layers]
    found = {
        field.layer: _explain_layer(classifier, X, goal, field, resize, weights, batch_size)
        for field in fields
    }
    _warn_of_empty(found)
    return found if isinstance(layer, (list, tuple)) else found[fields[0].layer]
