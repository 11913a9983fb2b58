"""Where in the image a decision, or the doubt about it, comes from."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from . import _native
from .arrays import as_images, as_labels, check_choice, check_positive_int, encode_labels
from .receptive_fields import ReceptiveField, describe_field, fitted_network, receptive_field
from .training import EVIDENCE

__all__ = ["Explanation", "ReceptiveField", "explain", "receptive_field"]

METHODS = ("grad-cam",)
RESIZES = {"aligned": _native.RESIZE_ALIGNED, "bilinear": _native.RESIZE_BILINEAR}
WEIGHTS = {"sum": _native.WEIGHTS_SUM, "mean": _native.WEIGHTS_MEAN}


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
    images : ndarray of shape (N, H, W) or (N, H, W, C), uint8 or float32
        What was explained; the caller's own memory where no conversion was needed.
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
    positive where the layer raises the doubt and negative where evidence lowers it; see `Explanation.signed`. Where a
    logit lies beyond the clip of exponential evidence, its slope is the one at the clip, as in training.

    Examples
    --------
    >>> import numpy as np, evicam
    >>> X, y = np.zeros((64, 16, 16), np.uint8), np.arange(64) % 2
    >>> X[y == 1, 4:12, 4:12] = 255
    >>> classifier = evicam.EvidentialClassifier(epochs=2, random_state=0, verbose=False).fit(X, y)
    >>> explanation = evicam.explain(classifier, X[:3], target=1, layer="conv1")
    >>> explanation.heatmap.shape, explanation.raw.shape
    ((3, 16, 16), (3, 12, 12))
    """
    check_choice(method, "method", METHODS)
    check_choice(resize, "resize", RESIZES)
    check_choice(weights, "weights", WEIGHTS)
    batch_size = check_positive_int(batch_size, "batch_size")
    network, image_shape = fitted_network(classifier)
    several = isinstance(layer, (list, tuple))
    fields = [describe_field(network, image_shape, name) for name in (layer if several else [layer])]
    if not fields:
        raise ValueError("layer is an empty list, but must name at least one layer")
    if resize == "aligned" and (astray := [field.layer for field in fields if not field.has_centres]):
        raise ValueError(
            f"layer is {astray[0]!r}, where branches that look at different places meet, so its cells have no one centre: "
            "choose a layer before it, or resize='bilinear'"
        )
    images = as_images(X, shape=image_shape)
    request = _Request(classifier, target, len(images), weights)
    found = {field.layer: _explain_layer(request, images, field, method, resize, batch_size) for field in fields}
    _warn_of_empty(found)
    return found if several else found[fields[0].layer]


class _Request:
    """What is asked of the engine, the same for each layer: the target in the engine's terms."""

    def __init__(self, classifier, target, count, weights):
        self.classifier = classifier
        self.weights = weights
        self.target = target  # as `Explanation.target` holds it
        self.classes = None  # [count] int32: class positions, where classes were given
        # Only the uncertainty depends on the evidence function; a softmax classifier has none.
        self.evidence = EVIDENCE[getattr(classifier, "evidence", "relu")]
        self.evidence_clip = float(getattr(classifier, "evidence_clip", 0.0))
        if isinstance(target, str) and target == "predicted":
            self.kind = _native.TARGET_PREDICTED
        elif isinstance(target, str) and target == "uncertainty":
            self.kind = _native.TARGET_UNCERTAINTY
            if not hasattr(classifier, "predict_opinion"):
                raise ValueError(
                    "target is 'uncertainty', but a softmax classifier has none: train an EvidentialClassifier, or explain "
                    "'predicted' or a class"
                )
        else:
            self.kind = _native.TARGET_CLASS
            self.classes = _class_positions(classifier.classes_, target, count)
            self.target = classifier.classes_[self.classes]

    def grad_cam(self, images, part, layer, maps, labels):
        """Raw maps [n, h, w] and predicted class positions [n] of `images`, which are the positions `part` of all."""
        classes = None if self.classes is None else self.classes[part]
        self.classifier.network_.grad_cam(
            images, layer, self.kind, classes, WEIGHTS[self.weights], self.evidence, self.evidence_clip, maps, labels
        )


def _class_positions(classes, target, count) -> np.ndarray:
    """Position in `classes` of the label explained in each image: (count,) int32."""
    several = hasattr(target, "__len__") and not isinstance(target, (str, bytes)) and np.shape(target) != ()
    if several and isinstance(target, tuple):  # a label may be a tuple
        several = target not in classes.tolist()
    if not several:
        label = np.empty(1, object)
        label[0] = target.item() if isinstance(target, np.ndarray) else target
        target = label
    labels = as_labels(target, count if several else 1, "target")
    return np.resize(encode_labels(labels, classes, "target")[1], count)


def _explain_layer(request, images, field, method, resize, batch_size) -> Explanation:
    """Grad-CAM of all images at one layer, `batch_size` images at a time."""
    count = len(images)
    raw = np.empty((count, *field.cells), np.float32)
    heatmap = np.empty((count, *field.image), np.float32)
    predicted = np.empty(count, np.int32)
    for start in range(0, count, batch_size):
        part = slice(start, min(start + batch_size, count))
        request.grad_cam(images[part], part, field.layer, raw[part], predicted[part])
        _resize(np.maximum(raw[part], 0), resize, field, out=heatmap[part])
        peak = heatmap[part].max(axis=(1, 2), keepdims=True)
        np.divide(heatmap[part], peak, out=heatmap[part], where=peak > 0)
    return Explanation(
        heatmap=heatmap,
        raw=raw,
        empty=~heatmap.any(axis=(1, 2)),
        target=request.target,
        predicted=request.classifier.classes_[predicted],
        layer=field.layer,
        method=method,
        resize=resize,
        weights=request.weights,
        receptive_field=field,
        images=images if images.shape[3] > 1 else images[..., 0],
    )


def _resize(maps, resize, field, out=None) -> np.ndarray:
    """Maps [N, h, w] of a layer in the image frame, [N, H, W] float32."""
    if out is None:
        out = np.empty((len(maps), *field.image), np.float32)
    _native.resize(np.ascontiguousarray(maps), RESIZES[resize], *field.start, *field.jump, out)
    return out


def _warn_of_empty(found: dict[str, Explanation]) -> None:
    """Say once how many heatmaps are empty, in which layers."""
    parts = [
        f"{np.count_nonzero(explanation.empty)} of {len(explanation)} at {layer!r}"
        for layer, explanation in found.items()
        if explanation.empty.any()
    ]
    if parts:
        warnings.warn(
            f"empty heatmaps: {', '.join(parts)}. Nothing in those images raises the target there; their raw maps have no "
            "positive value, and they are left zero, not stretched",
            stacklevel=3,
        )
