"""Images of which it is known where the object is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..metrics.localisation import centroids
from .dataset import Dataset


@dataclass(frozen=True, eq=False, repr=False)
class LocatedDataset(Dataset):
    """A `Dataset` that says where in each image its class is to be seen.

    Attributes
    ----------
    masks : ndarray of shape (N, H, W), bool
        The object's pixels.
    centres : ndarray of shape (N, 2), float64
        Mean (y, x) of the object's pixels, as `evicam.metrics.centroid_offset` takes it; NaN without any.
    sizes : ndarray of shape (N,), int64
        Side of the square that holds the object, in pixels.
    """

    masks: np.ndarray = field(kw_only=True)
    sizes: np.ndarray = field(kw_only=True)
    centres: np.ndarray = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "centres", centroids(self.masks))


def random_corners(random, canvas, sizes) -> tuple[np.ndarray, np.ndarray]:
    """Top left pixels (y, x), [N] each, of squares of `sizes` [N] anywhere on the canvas, all places equally likely."""
    return tuple(random.integers(0, side - sizes + 1) for side in canvas)


def windows(corners, size) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Index of the squares of `size` pixels at `corners` in arrays (N, H, W): [N, 1, 1], [N, size, 1] and [N, 1, size]."""
    top, left = corners
    steps = np.arange(size)
    return np.arange(len(top))[:, None, None], (top[:, None] + steps)[:, :, None], (left[:, None] + steps)[:, None, :]


def checked_canvas(canvas, smallest) -> tuple[int, int]:
    """(H, W) of at least `smallest` pixels each; ValueError otherwise."""
    whole = isinstance(canvas, (tuple, list)) and all(
        isinstance(side, (int, np.integer)) and not isinstance(side, bool) for side in canvas
    )
    if not whole or len(canvas) != 2 or min(canvas) < smallest:
        raise ValueError(f"canvas is {canvas!r}, but must be (H, W) of at least {smallest} pixels each")
    return int(canvas[0]), int(canvas[1])
