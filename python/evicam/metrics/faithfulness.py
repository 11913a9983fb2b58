"""Whether the classifier used what a heatmap shows: take the pixels away, or bring them in, and watch the target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import as_images, to_array
from ..checks import check_positive_int, check_real
from ..estimator import Estimator
from ..labels import as_labels, encode_labels, label_array
from ..sampling import draw_seed
from .inputs import as_heatmap
from .overlap import mean_height

# Targets that are a number of the opinion, by its attribute's name.
OPINION_TARGETS = ("uncertainty", "dissonance")
BASELINES = ("zero", "blur")


@dataclass(frozen=True, eq=False, repr=False)
class Curve:
    """What `deletion` and `insertion` found.

    Attributes
    ----------
    kind : str
        ``"deletion"`` or ``"insertion"``.
    fraction : ndarray of shape (T,), float64
        Share of the pixels that were deleted or inserted, from 0 to 1.
    values : ndarray of shape (N, T), float64
        The target at each of them.
    area : ndarray of shape (N,), float64
        Area under each curve by the trapezoidal rule: its mean height, in units of the target.
    target : str
        What was watched.
    """

    kind: str
    fraction: np.ndarray
    values: np.ndarray
    area: np.ndarray
    target: str

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        known = self.area[~np.isnan(self.area)]
        mean = f"mean area {known.mean():.3f}" if len(known) else "no area"
        return f"{self.kind.capitalize()} curves of {len(self)} images, {len(self.fraction)} steps: {mean} ({self.target})"


def deletion(
    classifier, X, heatmap, target="predicted", *, baseline="zero", step=None, sigma=None, batch_size=1024, random_state=0
) -> Curve:
    """Delete pixels, the most relevant first, and watch the target.

    Parameters
    ----------
    classifier : EvidentialClassifier or SoftmaxClassifier
        Or any other with ``predict_proba``, ``predict`` and ``classes_``: it is shown images of the dtype, the range and the
        axes of `X`, blurred ones too.
    X : array-like of shape (N, H, W) or (N, H, W, C)
        Images as for `predict`.
    heatmap : array-like of shape (N, H, W)
        Relevance of each pixel, of any sign. Equal pixels are taken in an order drawn from `random_state`, the same in
        every image, so that none is preferred for where it lies.
    target : "predicted", "uncertainty", "dissonance", a class label, or an array-like of N class labels
        What is watched: the probability of the class predicted for the whole image, a number of the opinion, or the
        probability of a class.
    baseline : {"zero", "blur"} or array-like of the shape of X
        What a deleted pixel becomes: black, its value in a blurred image, or its value in images of your own.
    step : int, optional
        Pixels deleted at a time; by default as many as a row has.
    sigma : float, optional
        Standard deviation of the blur in pixels; by default an eighth of the shorter side.
    batch_size : int
        Images predicted at a time; bounds the memory used beyond the results.
    random_state : int, numpy.random.Generator, numpy.random.RandomState or None
        Seed of the order of equal pixels.

    Returns
    -------
    Curve
        A small area says that the pixels that the heatmap names carry the target; for ``"uncertainty"``, that they
        carry the doubt. A constant map has the area of a random order; NaN for a map that is zero everywhere.

    Raises
    ------
    ValueError, TypeError
        Images, heatmaps or a baseline that do not fit; an unknown word or class; a target that the classifier has not.

    Notes
    -----
    Petsiuk, Das & Saenko, "RISE", BMVC 2018, who delete to black and insert into a blurred image, a row's worth of pixels at a
    time. Deleting makes images unlike any that were learned; compare areas on the same images, with those of
    `evicam.baselines` beside them.

    Examples
    --------
    >>> import numpy as np, evicam
    >>> X, y = np.zeros((64, 16, 16), np.uint8), np.arange(64) % 2
    >>> X[y == 1, 4:12, 4:12] = 255
    >>> classifier = evicam.EvidentialClassifier(epochs=2, random_state=0, verbose=False).fit(X, y)
    >>> evicam.metrics.deletion(classifier, X[:2], X[:2] / 255.0).values.shape
    (2, 17)
    """
    return _curve("deletion", classifier, X, heatmap, target, baseline, step, sigma, batch_size, random_state)


def insertion(
    classifier, X, heatmap, target="predicted", *, baseline="blur", step=None, sigma=None, batch_size=1024, random_state=0
) -> Curve:
    """Insert pixels into a baseline, the most relevant first, and watch the target.

    Parameters
    ----------
    classifier, X, heatmap, target, baseline, step, sigma, batch_size, random_state
        As for `deletion`; each image begins as its baseline, by default the blurred image.

    Returns
    -------
    Curve
        A large area says that the pixels that the heatmap names suffice for the target. NaN for a map that is zero
        everywhere.

    Raises
    ------
    ValueError, TypeError
        As `deletion`.

    Notes
    -----
    Petsiuk, Das & Saenko, "RISE", BMVC 2018.
    """
    return _curve("insertion", classifier, X, heatmap, target, baseline, step, sigma, batch_size, random_state)


def _curve(kind, classifier, X, heatmap, target, baseline, step, sigma, batch_size, random_state) -> Curve:
    images, heatmap = as_images(X), as_heatmap("heatmap", heatmap)
    count, height, width, _ = images.shape
    if heatmap.shape != (count, height, width):
        raise ValueError(f"heatmap has shape {heatmap.shape}, but X holds {count} images of {height} x {width} (H x W)")
    pixels = height * width
    step = width if step is None else check_positive_int(step, "step")
    sigma = min(height, width) / 8 if sigma is None else check_real(sigma, "sigma", 0, low_open=True)
    batch_size = check_positive_int(batch_size, "batch_size")
    # Our own take images in any form; what others learned may hang on the form of X.
    ours = isinstance(classifier, Estimator)
    given = images if ours else to_array(X, "X", "pixel")
    form = np.dtype(np.float32) if ours else given.dtype
    look_at = Watched(classifier, given, target)
    replaced = _baselines(images, baseline, sigma)
    taken = np.append(np.arange(0, pixels, step), pixels)  # pixels taken at each point of the curve, [T]
    order = _Order(heatmap, random_state)

    values = np.empty((count, len(taken)))
    flat = values.ravel()
    for first in range(0, flat.size, batch_size):
        # Positions count images by points of the curve, so a batch is full whichever of the two are few.
        image, point = np.divmod(np.arange(first, min(first + batch_size, flat.size)), len(taken))
        chosen = np.unique(image)
        within = image - chosen[0]
        mask = order.ranks(chosen)[within] < taken[point][:, None]  # [b, pixels]
        if kind == "deletion":
            mask = ~mask
        mask = mask.reshape(-1, height, width, 1)
        whole = _in_form(given[chosen].reshape(-1, *images.shape[1:]), form)
        base = _in_form(replaced(chosen), form)
        batch = np.where(mask, whole[within], base[within]).reshape(-1, *given.shape[1:])
        flat[first : first + len(image)] = look_at(batch, image)
    values[~heatmap.any(axis=(1, 2))] = np.nan
    fraction = taken / pixels
    return Curve(kind, fraction, values, mean_height(values, fraction), look_at.name)


class _Order:
    """The order in which each image's pixels are taken."""

    def __init__(self, heatmap, random_state):
        self._heatmap = heatmap.reshape(len(heatmap), -1)
        self._shuffled = np.random.default_rng(draw_seed(random_state)).permutation(self._heatmap.shape[1])

    def ranks(self, images) -> np.ndarray:
        """At which place each pixel of some images is taken, [n, pixels]: 0 for the most relevant."""
        order = self._shuffled[np.argsort(-self._heatmap[images][:, self._shuffled], axis=1, kind="stable")]
        ranks = np.empty_like(order)
        np.put_along_axis(ranks, order, np.arange(order.shape[1])[None], axis=1)
        return ranks


class Watched:
    """The number of each image that a curve follows.

    Parameters
    ----------
    classifier
        See `deletion`.
    images : ndarray of shape (N, H, W) or (N, H, W, C)
        As they are, for the classes predicted.
    target
        See `deletion`.

    Raises
    ------
    ValueError, TypeError
        No classifier; a target that it has not.
    """

    def __init__(self, classifier, images, target):
        for name in ("predict", "predict_proba"):
            if not callable(getattr(classifier, name, None)):
                raise TypeError(f"classifier is a {type(classifier).__name__}, but must be a classifier with {name}")
        self._classifier = classifier
        self._codes = None
        if isinstance(target, str) and target in OPINION_TARGETS:
            if not hasattr(classifier, "predict_opinion"):
                raise ValueError(f"target is {target!r}, but a {type(classifier).__name__} has no opinion: choose a class")
            self.name = target
            return
        classes = np.asarray(classifier.classes_)
        if isinstance(target, str) and target == "predicted":
            self.name, labels = "probability of the predicted class", classifier.predict(images)
        elif isinstance(target, tuple) and target in classes.tolist() or np.ndim(target) == 0:  # a label may be a tuple
            self.name, labels = f"probability of {target!r}", label_array([target] * len(images))
        else:
            self.name, labels = "probability of given classes", target
        labels = as_labels(labels, len(images), "target")
        self._codes = encode_labels(labels, classes, "target")[1]

    def __call__(self, batch, index) -> np.ndarray:
        """The numbers [b] of images derived from those at `index`."""
        if self._codes is None:
            return getattr(self._classifier.predict_opinion(batch), self.name)
        return self._classifier.predict_proba(batch)[np.arange(len(batch)), self._codes[index]]


def _as_floats(images) -> np.ndarray:
    """float32 0..1."""
    return images / np.float32(255) if images.dtype == np.uint8 else images


def _in_form(images, dtype) -> np.ndarray:
    """The same images as floats 0..1, whole numbers 0..255 or booleans of `dtype`."""
    if images.dtype == dtype:
        return images
    if dtype.kind == "f":
        return _as_floats(images).astype(dtype, copy=False)
    return np.rint(images if dtype.kind == "b" else 255 * images).astype(dtype)


def _baselines(images, baseline, sigma):
    """A function from positions of images to what their pixels are replaced by, [n, H, W, C] float32."""
    given = to_array(baseline, "baseline", "pixel")
    if given.ndim >= 3:
        given = as_images(given, "baseline")
        if given.shape != images.shape:
            raise ValueError(f"baseline has shape {given.shape}, but X has {images.shape}: they must be the same")
        return lambda chosen: _as_floats(given[chosen])
    if not (isinstance(baseline, str) and baseline in BASELINES):
        came = f"has shape {given.shape}" if given.ndim else f"is {baseline!r:.50}"
        wanted = f"{', '.join(map(repr, BASELINES))} or an array of the shape of X, {images.shape}"
        raise ValueError(f"baseline {came}, but must be {wanted}")
    if baseline == "zero":
        return lambda chosen: np.zeros((len(chosen), *images.shape[1:]), np.float32)
    from scipy import ndimage

    # Each value is a mean of values 0..1; rounding could leave that range by an ulp.
    return lambda chosen: ndimage.gaussian_filter(_as_floats(images[chosen]), (0, sigma, sigma, 0), mode="nearest").clip(0, 1)
