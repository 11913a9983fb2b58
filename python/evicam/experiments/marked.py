"""The paper's Fig. 5: a heatmap beside its object, with the centroids of both."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from .. import metrics
from ..explanations import explain
from ..metrics.localisation import centroids
from .scores import RESIZES

LOOKED_AT = 1000


@dataclass(frozen=True, eq=False, repr=False)
class Marked:
    """What `marked` found: one image, and its heatmap in each way of drawing.

    Attributes
    ----------
    image : ndarray of shape (H, W), uint8
    mask : ndarray of shape (H, W), bool
    centre : ndarray of shape (2,)
        The object's centroid (y, x).
    heatmaps : dict of str to ndarray of shape (H, W)
        "naive" and "aligned".
    centroids : dict of str to ndarray of shape (2,)
    """

    image: np.ndarray
    mask: np.ndarray
    centre: np.ndarray
    heatmaps: dict
    centroids: dict


def marked(classifier, images, object_threshold) -> Marked | None:
    """The image, of the first `LOOKED_AT`, whose Grad-CAM comes nearer to its object by being aligned than any other's.

    Parameters
    ----------
    classifier : EvidentialClassifier
    images : ndarray of shape (N, H, W), uint8
    object_threshold : float
        Brightness, 0..1, above which a pixel is the object's.

    Returns
    -------
    Marked or None
        None where every heatmap is empty.
    """
    images = images[:LOOKED_AT]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "empty heatmaps")
        drawn = {way: explain(classifier, images, resize=resize).heatmap for way, resize in RESIZES.items()}
    centres = {way: centroids(maps) for way, maps in drawn.items()}
    masks = metrics.object_masks(images, threshold=object_threshold)
    naive, aligned = (metrics.centroid_offset(drawn[way], masks).distance for way in ("naive", "aligned"))
    if np.isnan(naive - aligned).all():
        return None
    index = int(np.nanargmax(naive - aligned))
    return Marked(
        image=images[index],
        mask=masks[index],
        centre=centroids(masks[index][None])[0],
        heatmaps={way: maps[index] for way, maps in drawn.items()},
        centroids={way: each[index] for way, each in centres.items()},
    )
