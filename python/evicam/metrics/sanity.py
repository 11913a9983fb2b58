"""Whether heatmaps can be trusted at all: they should turn with the image, and change with the classifier."""

from __future__ import annotations

import copy
import warnings
from typing import NamedTuple

import numpy as np

from .. import _native
from ..arrays import as_images
from ..checks import check_positive_int, check_real
from ..parameters import read_parameters
from ..receptive_fields import fitted_network
from ..sampling import draw_seed
from .inputs import as_heatmap
from .overlap import dice
from .ranks import rank_correlation


class Equivariance(NamedTuple):
    """What `equivariance` found.

    Attributes
    ----------
    correlation : ndarray of shape (N,), float64
        Rank correlation of the heatmap with the one that was turned back, -1..1; NaN where one is constant.
    dice : ndarray of shape (N,), float64
        Dice index of the two, cut; NaN where both cuts are empty.
    """

    correlation: np.ndarray
    dice: np.ndarray


def equivariance(classifier, X, explain=None, *, quarter_turns=1, threshold=0.5, **settings) -> Equivariance:
    """Turn the images, explain them, turn the heatmaps back: do they show the same place?

    Parameters
    ----------
    classifier : EvidentialClassifier or SoftmaxClassifier
        A fitted classifier.
    X : array-like of shape (N, H, W) or (N, H, W, C)
        Images; square ones, unless they make half turns.
    explain : callable, optional
        ``explain(classifier, images, **settings)`` gives heatmaps (N, H, W), or an `Explanation`. By default `evicam.explain`,
        which then explains the same class in both: that of the upright image, for ``target="predicted"``.
    quarter_turns : int
        Turns of 90 degrees counter-clockwise, 1 to 3; they move pixels without changing them.
    threshold : float
        Where heatmaps are cut for the Dice index.
    **settings
        For `explain`, such as ``method=``, ``target=`` and ``layer=``.

    Returns
    -------
    Equivariance
        Heatmaps drawn in the wrong place do not turn with the image, and fall short of 1; but so do those of a classifier that
        sees turned images differently, as most do.

    Raises
    ------
    ValueError, TypeError
        Images that are not square; heatmaps of another shape; whatever `explain` raises.

    Examples
    --------
    >>> import numpy as np, evicam
    >>> X, y = np.zeros((64, 16, 16), np.uint8), np.arange(64) % 2
    >>> X[y == 1, 4:12, 4:12] = 255
    >>> classifier = evicam.EvidentialClassifier(epochs=2, random_state=0, verbose=False).fit(X, y)
    >>> evicam.metrics.equivariance(classifier, X[:2], lambda _, images: images[..., 0] / 255 + np.eye(16)).dice.shape
    (2,)
    """
    images = as_images(X)
    fitted_network(classifier)
    quarter_turns = check_positive_int(quarter_turns, "quarter_turns")
    threshold = check_real(threshold, "threshold")
    if quarter_turns > 3:
        raise ValueError(f"quarter_turns is {quarter_turns}, but must be 1, 2 or 3")
    if quarter_turns % 2 and images.shape[1] != images.shape[2]:
        raise ValueError(f"X holds images of {images.shape[1]} x {images.shape[2]}: a quarter turn needs square ones")
    maps = _explainer(classifier, images, explain, settings)
    upright = maps(classifier, images)
    turned = maps(classifier, np.ascontiguousarray(np.rot90(images, quarter_turns, (1, 2))))
    turned = np.rot90(turned, -quarter_turns, (1, 2))
    overlap = dice(upright, turned, threshold=threshold)
    nothing = ~((upright > threshold) | (turned > threshold)).any(axis=(1, 2))
    return Equivariance(rank_correlation(upright, turned), np.where(nothing, np.nan, overlap))


class Randomisation(NamedTuple):
    """What `parameter_randomisation` found.

    Attributes
    ----------
    layers : tuple of str, length L
        Layers in the order in which their weights were drawn anew, the last of the network first.
    correlation : ndarray of shape (L, N), float64
        Rank correlation of each image's heatmap with the one after that layer, and all before it in the list, were
        drawn anew; NaN where one is constant.
    """

    layers: tuple[str, ...]
    correlation: np.ndarray


def parameter_randomisation(classifier, X, explain=None, *, random_state=0, **settings) -> Randomisation:
    """Draw the weights anew, layer after layer from the last: do heatmaps follow what was learned?

    Parameters
    ----------
    classifier : EvidentialClassifier or SoftmaxClassifier
        A fitted classifier; it is copied, not changed.
    X : array-like of shape (N, H, W) or (N, H, W, C)
    explain : callable, optional
        ``explain(classifier, images, **settings)`` gives heatmaps (N, H, W), or an `Explanation`. By default
        `evicam.explain`, which then explains the same class throughout: the one predicted before, for
        ``target="predicted"``.
    random_state : int, numpy.random.Generator, numpy.random.RandomState or None
        Seed of the new weights, which are drawn as those of a new network are.
    **settings
        For `explain`.

    Returns
    -------
    Randomisation
        A correlation that stays high once nothing learned is left says that the heatmaps show the image, and not what the
        classifier makes of it.

    Raises
    ------
    ValueError, TypeError
        A classifier that is not fitted; heatmaps of another shape; whatever `explain` raises.

    Notes
    -----
    The cascading randomisation of Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018, compared by rank
    correlation.

    Examples
    --------
    >>> import numpy as np, evicam
    >>> X, y = np.zeros((64, 16, 16), np.uint8), np.arange(64) % 2
    >>> X[y == 1, 4:12, 4:12] = 255
    >>> classifier = evicam.EvidentialClassifier(epochs=2, random_state=0, verbose=False).fit(X, y)
    >>> evicam.metrics.parameter_randomisation(classifier, X[:2]).layers
    ('fc2', 'fc1', 'conv2', 'conv1')
    """
    images = as_images(X)
    network, image_shape = fitted_network(classifier)
    seed = draw_seed(random_state)
    maps = _explainer(classifier, images, explain, settings)
    learned = maps(classifier, images)
    changed = copy.deepcopy(classifier)
    fresh = read_parameters(_native.Network(classifier.architecture_, *image_shape, seed))
    parameters = [(index, name, name.rpartition(".")[0]) for index, (name, _) in enumerate(network.parameters())]
    layers = tuple(dict.fromkeys(layer for _, _, layer in reversed(parameters)))
    correlation = np.empty((len(layers), len(images)))
    for row, layer in enumerate(layers):
        for index, name, owner in parameters:
            if owner == layer:
                changed.network_.write_parameter(index, fresh[name])
        correlation[row] = rank_correlation(learned, maps(changed, images))
    return Randomisation(layers, correlation)


def _explainer(classifier, images, explain, settings):
    """A function from a classifier and images to heatmaps (N, H, W), asking about the same classes each time."""
    if explain is None:
        from ..explanations import explain

        target = settings.get("target", "predicted")
        if isinstance(target, str) and target == "predicted":
            settings = {**settings, "target": classifier.predict(images)}
    elif not callable(explain):
        raise TypeError(f"explain is {explain!r:.200}, but must be a function of a classifier and images, or None")

    def maps(classifier, images):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "empty heatmaps")  # they score NaN
            found = explain(classifier, images, **settings)
        if isinstance(found, dict):
            raise ValueError("layer names several layers, but heatmaps are compared at one at a time")
        heatmap = as_heatmap("explain's heatmap", getattr(found, "heatmap", found))
        if heatmap.shape != images.shape[:3]:
            raise ValueError(f"explain's heatmap has shape {heatmap.shape}, but the images have {images.shape[:3]}")
        return heatmap

    return maps
