"""Small fitted twins and the images they learned, for the tests of what is built on classifiers."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np

SIZE = 20
NAMES = np.array(["bar", "disc", "frame"])


def shapes(count, seed=0):
    """Grey images [count, 20, 20] uint8 of bars, discs and frames at random places, and their names [count]."""
    random = np.random.default_rng(seed)
    kinds = np.arange(count) % 3
    y, x = np.mgrid[:SIZE, :SIZE]
    images = random.integers(0, 30, (count, SIZE, SIZE))
    for image, kind in zip(images, kinds):
        cy, cx = random.integers(7, 13, 2)
        far = np.maximum(abs(y - cy), abs(x - cx))
        mask = (
            (abs(x - cx) <= 1) & (abs(y - cy) <= 6),
            (y - cy) ** 2 + (x - cx) ** 2 <= 16,
            (far <= 6) & (far >= 5),
        )[kind]
        image[mask] = random.integers(170, 256)
    return images.astype(np.uint8), NAMES[kinds]


@cache
def twins():
    """An EvidentialClassifier and a SoftmaxClassifier fitted on the same shapes. Not to be changed: see `copy.deepcopy`."""
    import evicam

    X, y = shapes(600)
    settings = dict(epochs=4, batch_size=32, random_state=0, verbose=False)
    return evicam.EvidentialClassifier(**settings).fit(X, y), evicam.SoftmaxClassifier(**settings).fit(X, y)


def quietly(*args, **settings):
    """`evicam.explain`, without the warning that heatmaps are empty."""
    import evicam

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "empty heatmaps")
        return evicam.explain(*args, **settings)
