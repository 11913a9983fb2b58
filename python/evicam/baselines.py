"""Heatmaps made without any classifier. A score says something only beside what these reach on the same images."""

from __future__ import annotations

import numpy as np

from .checks import check_positive_int, check_real
from .metrics.inputs import as_mask
from .sampling import draw_seed

__all__ = ["centre_blob", "heatmaps", "random_map", "silhouette", "uniform"]


def centre_blob(shape, *, sigma=None) -> np.ndarray:
    """A Gaussian in the middle of each image: what a heatmap reaches that only knows where photographers aim.

    Parameters
    ----------
    shape : tuple (N, H, W)
    sigma : float, optional
        Standard deviation in pixels; by default a quarter of the shorter side.

    Returns
    -------
    ndarray of shape (N, H, W), float32
        1 at the middle, or next to it where a side is even and the middle lies between pixels. Read-only: all images
        are one.

    Examples
    --------
    >>> centre_blob((1, 3, 3), sigma=1.0)[0, 1].round(2)
    array([0.61, 1.  , 0.61], dtype=float32)
    """
    shape = _shape(shape)
    sides = shape[1:]
    sigma = min(sides) / 4 if sigma is None else check_real(sigma, "sigma", 0, low_open=True)
    rows, columns = (_bell(side, sigma) for side in sides)
    return np.broadcast_to(np.outer(rows, columns).astype(np.float32), shape)


def uniform(shape) -> np.ndarray:
    """The same relevance everywhere: what the size of the object alone gives.

    Parameters
    ----------
    shape : tuple (N, H, W)

    Returns
    -------
    ndarray of shape (N, H, W), float32
        Ones; read-only.
    """
    return np.broadcast_to(np.float32(1), _shape(shape))


def silhouette(masks, *, sigma=1.0) -> np.ndarray:
    """The object's own region, blurred: what a heatmap reaches that knows the object and nothing of the classifier.

    Parameters
    ----------
    masks : array-like of shape (N, H, W)
        Boolean, or integers 0 and 1, such as `evicam.metrics.object_masks` finds.
    sigma : float
        Standard deviation of the Gaussian blur in pixels; 0 for none.

    Returns
    -------
    ndarray of shape (N, H, W), float32
        0..1, each map divided by its maximum; zero everywhere where the mask is empty.
    """
    masks = _masks(masks)
    return _at_most_one(_blurred(masks.astype(np.float32), check_real(sigma, "sigma", 0)))


def random_map(shape, *, sigma=0.0, random_state=0) -> np.ndarray:
    """Noise: what chance reaches.

    Parameters
    ----------
    shape : tuple (N, H, W)
    sigma : float
        Standard deviation of a Gaussian blur in pixels, for noise as smooth as heatmaps are; 0 for none.
    random_state : int, numpy.random.Generator, numpy.random.RandomState or None
        Seed.

    Returns
    -------
    ndarray of shape (N, H, W), float32
        Uniform noise, blurred, each map stretched to 0..1.
    """
    noise = np.random.default_rng(draw_seed(random_state)).random(_shape(shape), dtype=np.float32)
    noise = _blurred(noise, check_real(sigma, "sigma", 0))
    return _at_most_one(noise - noise.min(axis=(1, 2), keepdims=True))


def heatmaps(masks, *, random_state=0) -> dict[str, np.ndarray]:
    """All of them with their default settings, by name: the rows to put under every table of scores.

    Parameters
    ----------
    masks : array-like of shape (N, H, W)
        The objects: boolean, or integers 0 and 1.
    random_state : int, numpy.random.Generator, numpy.random.RandomState or None
        Seed of the random map.

    Returns
    -------
    dict of str to ndarray of shape (N, H, W), float32
        ``"centre blob"``, ``"uniform"``, ``"silhouette"``, ``"random"``.

    Examples
    --------
    >>> import numpy as np, evicam
    >>> masks = np.zeros((1, 4, 4), bool)
    >>> masks[0, :2, :2] = True
    >>> {name: float(evicam.metrics.energy_inside(maps, masks)[0].round(2)) for name, maps in heatmaps(masks).items()}
    {'centre blob': 0.25, 'uniform': 0.25, 'silhouette': 0.67, 'random': 0.23}
    """
    masks = _masks(masks)
    return {
        "centre blob": centre_blob(masks.shape),
        "uniform": uniform(masks.shape),
        "silhouette": silhouette(masks),
        "random": random_map(masks.shape, random_state=random_state),
    }


def _shape(shape) -> tuple[int, int, int]:
    if not isinstance(shape, (tuple, list)) or len(shape) != 3:
        raise ValueError(f"shape is {shape!r}, but must be (N, H, W)")
    return tuple(check_positive_int(side, "shape's side") for side in shape)


def _bell(side, sigma) -> np.ndarray:
    """A Gaussian about the middle of a side, 1 at the pixels next to it however narrow it is."""
    squares = (np.arange(side) - (side - 1) / 2) ** 2
    return np.exp(-(squares - squares.min()) / sigma / sigma / 2)


def _masks(masks) -> np.ndarray:
    masks = as_mask("masks", masks)
    if masks.ndim != 3:
        raise ValueError(f"masks has shape {masks.shape}, but must be (N, H, W); for a single one pass mask[None]")
    return masks


def _blurred(maps, sigma) -> np.ndarray:
    from scipy import ndimage

    return ndimage.gaussian_filter(maps, (0, sigma, sigma)) if sigma else maps


def _at_most_one(maps) -> np.ndarray:
    """Each map divided by its maximum; a map of zeros stays."""
    peak = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, peak, out=np.zeros_like(maps), where=peak > 0)
