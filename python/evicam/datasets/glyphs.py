"""Noise with one small sign in it: a task whose only answer lies in a place that is known."""

from __future__ import annotations

import numpy as np

from ..checks import check_positive_int
from .located import LocatedDataset, checked_canvas, random_corners, windows

CLASSES = ("cross", "ring")


def glyphs(n, canvas=(28, 28), *, size=5, brightness=160, noise=64, seed=0) -> LocatedDataset:
    """Make images of noise that hold a small cross or a small ring.

    Parameters
    ----------
    n : int
        Images; half of each class, the odd one a cross, in random order.
    canvas : tuple (H, W)
        Size of the images in pixels.
    size : int
        Side of the glyph in pixels, odd and at least 3.
    brightness : int
        What the glyph's pixels have over the noise, 1..255.
    noise : int
        Noise is uniform from 0 to below this, 0..255; the sum of both is cut off at 255.
    seed : int

    Returns
    -------
    LocatedDataset
        ``images`` (n, H, W) uint8, labels 0 (cross) and 1 (ring). The mask is the glyph's whole square, since what is
        dark in it tells the classes apart as well; all places within the canvas are equally likely.

    Raises
    ------
    ValueError, TypeError
        Numbers out of range; a canvas smaller than the glyph.

    Notes
    -----
    With radius r = (size - 1) / 2, the cross is what lies on the diagonals \\|dy\\| = \\|dx\\| but for their middle, the
    ring what has \\|dy\\| + \\|dx\\| = r: both have 4 r pixels, so that neither the sum nor the largest value of an image
    tells its class.

    Examples
    --------
    >>> data = glyphs(100, seed=1)
    >>> data
    Dataset glyphs (all): 100 grey images of 28 x 28, 2 classes
    >>> data.masks.sum(axis=(1, 2))[:3], bool(data.masks[0][tuple(data.centres[0].astype(int))])
    (array([25, 25, 25]), True)
    """
    n = check_positive_int(n, "n")
    size = check_positive_int(size, "size", minimum=3)
    if size % 2 == 0:
        raise ValueError(f"size is {size}, but must be odd: a glyph has a middle")
    canvas = checked_canvas(canvas, size)
    brightness = _level(brightness, "brightness", 1)
    noise = _level(noise, "noise", 0)
    random = np.random.default_rng(check_positive_int(seed, "seed", minimum=0))

    labels = random.permutation(np.arange(n) % 2)
    images = random.integers(0, max(noise, 1), (n, *canvas), dtype=np.uint8)
    square = windows(random_corners(random, canvas, np.full(n, size)), size)
    bright = images[square] + brightness * _patterns(size)[labels]
    images[square] = np.minimum(bright, 255)
    masks = np.zeros(images.shape, bool)
    masks[square] = True
    source = f"made with seed {seed}"
    return LocatedDataset(images, labels, CLASSES, "glyphs", "all", source, masks=masks, sizes=np.full(n, size))


def _level(value, name, minimum) -> int:
    value = check_positive_int(value, name, minimum=minimum)
    if value > 255:
        raise ValueError(f"{name} is {value}, but must be at most 255")
    return value


def _patterns(size) -> np.ndarray:
    """Cross and ring, [2, size, size] of 0 and 1."""
    radius = size // 2
    dy, dx = np.abs(np.mgrid[-radius : radius + 1, -radius : radius + 1])
    return np.stack([(dy == dx) & (dy > 0), dy + dx == radius]).astype(np.int64)
