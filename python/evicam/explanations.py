"""Where in the image a decision, or the doubt about it, comes from."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np

from . import _native
from .arrays import as_images
from .checks import check_choice, check_positive_int
from .interrupts import Interrupt
from .methods import Method, as_method
from .methods.layers import WEIGHTS
from .receptive_fields import ReceptiveField, describe_field, fitted_network, pixel_field, receptive_field
from .shown import Shown
from .targets import Target

__all__ = ["Explanation", "ReceptiveField", "explain", "receptive_field"]

RESIZES = {"aligned": _native.RESIZE_ALIGNED, "bilinear": _native.RESIZE_BILINEAR}
SCALES = ("image", "shared")
# Perturbations come in blocks of this size: cut there, their sums do not depend on the cuts.
_SLICE = 128


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Shown):
    """Heatmaps of N images, with the maps they were drawn from.

    ``explanation[i]`` is the explanation of one image, or of several for a slice, a mask or a list of positions.
    A notebook shows it as a picture.

    Attributes
    ----------
    heatmap : ndarray of shape (N, H, W), float32
        In image pixels, 0..1: what of the map is above `neutral`, resized and divided by its maximum in that image, or
        in all images for ``scale="shared"``. A map without any such value stays zero everywhere.
    raw : ndarray of shape (N, h, w), float32
        The map before ReLU, normalising and resizing: signed, in units of the target (of the activations for Eigen-CAM
        and Score-CAM). Methods that work on pixels have h, w = H, W.
    neutral : ndarray of shape (N,), float32
        What a place without influence has in `raw`: 0, but for RISE the mean over its masks.
    error : ndarray of shape (N, H, W), float32, or None
        RISE: standard error of `raw`, infinite where no mask showed the pixel. None for other methods.
    empty : ndarray of shape (N,), bool
        Which heatmaps are zero everywhere: nothing at this layer spoke for the target.
    target : str or ndarray of shape (N,)
        ``"predicted"``, ``"uncertainty"``, ``"dissonance"``, ``"strength"``, or the class label explained in each image.
    quantity : str
        What of the class: ``"logit"``, ``"evidence"``, ``"belief"``, ``"probability"``; or the target's own name.
    predicted : ndarray of shape (N,)
        The class the classifier predicts for each image: what its `predict` says, with the mirror image's part in it for
        ``test_time_flip=True``.
    layer : str
        The layer that was read; ``"image"`` for methods that work on pixels.
    method : str
        The method's name; its settings are in `settings`, an object of `evicam.methods`.
    resize, scale : str
        As asked for in `explain`.
    receptive_field : ReceptiveField
        Which pixels the layer's cells look at.
    images : ndarray of shape (N, H, W) or (N, H, W, C), uint8 or float32
        What was explained; the caller's own memory where no conversion was needed.
    """

    heatmap: np.ndarray
    raw: np.ndarray
    neutral: np.ndarray
    error: np.ndarray | None
    empty: np.ndarray
    target: str | np.ndarray
    quantity: str
    predicted: np.ndarray
    layer: str
    settings: Method
    resize: str
    scale: str
    receptive_field: ReceptiveField
    images: np.ndarray

    def __len__(self) -> int:
        return len(self.heatmap)

    def __getitem__(self, index) -> Explanation:
        if isinstance(index, (int, np.integer)):
            index = range(len(self))[index]
            index = slice(index, index + 1)
        target = self.target if isinstance(self.target, str) else self.target[index]
        error = None if self.error is None else self.error[index]
        parts = {name: getattr(self, name)[index] for name in ("heatmap", "raw", "neutral", "empty", "predicted", "images")}
        return replace(self, **parts, error=error, target=target)

    def __iter__(self):
        return (self[index] for index in range(len(self)))

    @property
    def method(self) -> str:
        """The method's name."""
        return self.settings.name

    def signed(self) -> np.ndarray:
        """The raw map less `neutral` in the image frame: (N, H, W) float32, signed, in the raw map's units.

        Positive where the target is raised, negative where it is lowered; resized like the heatmap.
        """
        return _in_image(self.raw - self.neutral[:, None, None], self.settings, self.resize, self.receptive_field)

    def __repr__(self) -> str:
        count, height, width = self.heatmap.shape
        _, h, w = self.raw.shape
        target = repr(self.target) if isinstance(self.target, str) else "given classes"
        empty = f", {np.count_nonzero(self.empty)} empty" if self.empty.any() else ""
        what = "" if self.quantity in ("logit", self.target if isinstance(self.target, str) else "") else f" ({self.quantity})"
        where = f"{height} x {width} pixels"
        if self.settings.reads_layer:
            where = f"{h} x {w} cells resized {self.resize} to {where}"
        return (
            f"Explanation of {count} image{'s' * (count != 1)}: {self.method} at {self.layer!r}, target {target}{what}, "
            f"{where}{empty}"
        )

    def _pictured(self):
        """Overlays of the first images."""
        from .plot import overlay

        return overlay(self[:8]) if len(self) else None


def explain(
    classifier,
    X,
    method="grad-cam",
    target="predicted",
    layer=None,
    resize="aligned",
    *,
    quantity="logit",
    scale="image",
    batch_size=256,
):
    """Explain what a classifier says about images: heatmaps of where its target comes from.

    Parameters
    ----------
    classifier : EvidentialClassifier or SoftmaxClassifier
        A fitted classifier.
    X : array-like of shape (N, H, W) or (N, H, W, C)
        Images as for `predict`. They are read batch by batch, so X may be larger than memory (a ``np.memmap``).
    method : str or object of `evicam.methods`
        Read at a layer: ``"grad-cam"``, ``"hirescam"``, ``"layercam"``, ``"grad-cam++"``, ``"xgrad-cam"``,
        ``"eigen-cam"``, ``"score-cam"``. On pixels: ``"rise"``, ``"occlusion"``, ``"integrated-gradients"``,
        ``"smoothgrad"``. A word means the object with its defaults: ``"rise"`` is ``evicam.methods.RISE()``.
    target : "predicted", "uncertainty", "dissonance", "strength", a class label, or an array-like of N class labels
        What is explained: the predicted class, a class (one for all images or one for each), or, of an evidential
        classifier's opinion, the uncertainty mass u = K / S, the dissonance, or the strength S. Where a class is itself
        called by one of these words, the word alone keeps its meaning here; name the class by a list with one label per
        image.
    layer : str or list of str, optional
        The layer, or layers, whose activations are read, or the blocks they end (``"layer3"``); by default the last
        convolution, or the sum it goes into in a residual network. A layer of 1 x 1 cells gives one
        spot, or for ``"bilinear"`` a constant, and a warning. Not for methods that work on pixels.
    resize : {"aligned", "bilinear"}
        How a map becomes a heatmap. ``"aligned"`` draws each cell at the centre of its receptive field and fades to zero
        within one jump of the outermost centres. ``"bilinear"`` is the usual resize, which stretches the map over
        the whole image wherever its cells look: for comparison. Maps in pixels need none.
    quantity : {"logit", "evidence", "belief", "probability"}
        What of the class. A softmax classifier has logits and (softmax) probabilities only.
    scale : {"image", "shared"}
        Heatmaps reach 1 in each image, or only where the largest of all images and classes in this call is.
    batch_size : int
        Images explained at a time; bounds the memory used beyond the results.

    Returns
    -------
    Explanation or dict of str to Explanation
        One explanation, or for a list of layers one per layer, by name, in the order given.

    Raises
    ------
    ValueError, TypeError
        For an unknown word, layer or class (the message lists those that exist), a layer without spatial extent, what a
        softmax classifier does not have, or images or settings that do not fit the classifier.
    KeyboardInterrupt
        On Ctrl-C, within a batch's next few thousand passes.

    Warns
    -----
    UserWarning
        Once, when heatmaps are empty: how many, and what it means; for a layer of a single cell.

    Notes
    -----
    Grad-CAM's map is, with activations :math:`A^k` and the target y,

    .. math:: w_k = \\sum_{i,j} \\frac{\\partial y}{\\partial A^k_{i,j}}, \\qquad M = \\sum_k w_k A^k

    (Selvaraju et al., "Grad-CAM", ICCV 2017); the page docs/methods.md has the equations of all methods. For
    ``"uncertainty"`` the map is positive where the layer raises the doubt and negative where evidence lowers it; see
    `Explanation.signed`. Where a logit lies beyond the clip of exponential evidence, its slope is the one at the clip, as
    in training.

    A classifier with ``test_time_flip=True`` predicts by the mean logits of an image and its mirror image. The class it
    predicts is the one explained, but maps and their targets are of the image as it stands, not of that mean.

    Examples
    --------
    >>> import numpy as np, evicam
    >>> X, y = np.zeros((64, 16, 16), np.uint8), np.arange(64) % 2
    >>> X[y == 1, 4:12, 4:12] = 255
    >>> classifier = evicam.EvidentialClassifier(epochs=2, random_state=0, verbose=False).fit(X, y)
    >>> explanation = evicam.explain(classifier, X[:3], target=1, layer="conv1")
    >>> explanation.heatmap.shape, explanation.raw.shape
    ((3, 16, 16), (3, 12, 12))
    >>> evicam.explain(classifier, X[1:3], evicam.methods.RISE(n_masks=200), quantity="probability").error.shape
    (2, 16, 16)
    """
    settings = as_method(method)
    check_choice(resize, "resize", RESIZES)
    check_choice(scale, "scale", SCALES)
    batch_size = check_positive_int(batch_size, "batch_size")
    network, image_shape = fitted_network(classifier)
    several = settings.reads_layer and isinstance(layer, (list, tuple))
    if settings.reads_layer:
        fields = [describe_field(network, image_shape, name) for name in (layer if several else [layer])]
        _check_fields(fields, resize)
    elif layer is None:
        fields = [pixel_field(image_shape)]
    else:
        raise ValueError(f"layer is {layer!r}, but {settings.name} works on pixels: leave layer out")
    images = as_images(X, shape=image_shape)
    wanted = Target(classifier, target, quantity, len(images))
    draw = _layer_maps(settings, resize) if settings.reads_layer else _pixel_maps(settings, image_shape)
    wanted.predict(images, batch_size)
    found = {field.layer: _explain(wanted, images, field, settings, draw, resize, scale, batch_size) for field in fields}
    _warn_of_empty(found)
    return found if several else found[fields[0].layer]


def _check_fields(fields, resize):
    if not fields:
        raise ValueError("layer is an empty list, but must name at least one layer")
    if resize == "aligned" and (astray := [field.layer for field in fields if not field.has_centres]):
        raise ValueError(
            f"layer is {astray[0]!r}, where branches that look at different places meet, so its cells have no one centre: "
            "choose a layer before it, or resize='bilinear'"
        )
    if single := [field.layer for field in fields if field.cells == (1, 1)]:
        warnings.warn(f"layer {single[0]!r} is a single cell: its map cannot tell where; a layer before it can", stacklevel=3)


def _explain(target, images, field, settings, draw, resize, scale, batch_size) -> Explanation:
    """One method at one layer, `batch_size` images at a time."""
    count = len(images)
    raw = np.empty((count, *field.cells), np.float32)
    heatmap = np.empty((count, *field.image), np.float32)
    predicted = np.empty(count, np.int32)  # by the images as they stand
    neutral = np.zeros(count, np.float32)
    error = np.empty_like(raw) if settings.name == "rise" else None
    with Interrupt() as interrupt:
        batch_size = min(batch_size, settings.largest_batch)
        for start in range(0, count, batch_size):
            part = slice(start, min(start + batch_size, count))
            errors = None if error is None else error[part]
            draw(target, images[part], part, field.layer, raw[part], errors, neutral[part], predicted[part], interrupt)
            positive = np.maximum(raw[part] - neutral[part, None, None], 0)
            _in_image(positive, settings, resize, field, out=heatmap[part])
            interrupt.check()
    peak = heatmap.max(axis=(1, 2), keepdims=True)
    if scale == "shared":
        peak[:] = peak.max()
    np.divide(heatmap, peak, out=heatmap, where=peak > 0)
    return Explanation(
        heatmap=heatmap,
        raw=raw,
        neutral=neutral,
        error=error,
        empty=~heatmap.any(axis=(1, 2)),
        target=target.target,
        quantity=target.quantity,
        predicted=target.classifier.classes_[predicted if target.predicted is None else target.predicted],
        layer=field.layer,
        settings=settings,
        resize=resize,
        scale=scale,
        receptive_field=field,
        images=images if images.shape[3] > 1 else images[..., 0],
    )


def _layer_maps(settings, resize):
    """How a method that reads a layer draws a batch."""

    def draw(target, images, part, layer, raw, errors, neutral, predicted, interrupt):
        request = target.request(part, layer, WEIGHTS[settings.weights])
        target.classifier.network_.layer_maps(images, request, settings.engine, RESIZES[resize], raw, predicted)

    return draw


def _pixel_maps(settings, image_shape):
    """How a method that works on pixels draws a batch: slice by slice, so that Ctrl-C is answered."""
    perturbation = settings.settings(image_shape)  # draws the seed: once for all batches

    def draw(target, images, part, layer, raw, errors, neutral, predicted, interrupt):
        count, length = _native.perturbation_size(images, perturbation)
        sums, values = np.zeros(length), np.empty(len(images))
        request = target.request(part)
        step = _SLICE * max(1, settings.largest_batch // (len(images) * settings.cost))
        for first in range(0, count, step):
            target.classifier.network_.perturb(
                images, request, perturbation, first, min(step, count - first), sums, predicted, values
            )
            interrupt.check()
        _native.perturbation_maps(images, perturbation, sums, values, raw, errors, neutral)

    return draw


def _in_image(maps, settings, resize, field, out=None) -> np.ndarray:
    """Maps [N, h, w] in the image frame, [N, H, W] float32; maps in pixels as they are."""
    if out is None:
        out = np.empty((len(maps), *field.image), np.float32)
    if settings.reads_layer:
        _native.resize(np.ascontiguousarray(maps), RESIZES[resize], *field.start, *field.jump, out)
    else:
        out[:] = maps
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
            f"empty heatmaps: {', '.join(parts)}. Nothing was found in those images that raises the target there: no value of "
            "their raw maps is above `neutral`, and they are left zero, not stretched",
            stacklevel=3,
        )
