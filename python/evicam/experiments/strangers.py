"""Does a classifier notice what it never learned? Turned images, images of another data set, noise."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from .. import datasets, metrics
from ..datasets.catalogue import WRITTEN
from .rotation import turned

MOST = 1000  # images of each kind
# A data set with none of the classes of this one.
OTHER = {"cifar-10": "fashion-mnist", "mnist": "fashion-mnist", "fashion-mnist": "mnist"}


@dataclass(frozen=True, eq=False)
class Strangers:
    """What `strangers` found of one kind of image.

    Attributes
    ----------
    name : str
        What the images are.
    examples : ndarray of shape (n, H, W) or (n, H, W, C)
        The first few of them.
    uncertainty : ndarray of shape (N,), float32
        u of the evidential classifier.
    doubt : ndarray of shape (N,), float32
        One minus the largest probability of the softmax classifier.
    evidential_auroc, softmax_auroc : float or None
        How well either tells them from the test images as they are; None for those themselves.
    """

    name: str
    examples: np.ndarray
    uncertainty: np.ndarray
    doubt: np.ndarray
    evidential_auroc: float | None = None
    softmax_auroc: float | None = None

    def as_json(self) -> dict:
        """As ``results.json`` holds it."""
        return {
            "name": self.name,
            "n": len(self.uncertainty),
            "uncertainty": float(self.uncertainty.mean(dtype=np.float64)),
            "softmax_doubt": float(self.doubt.mean(dtype=np.float64)),
            "evidential_auroc": self.evidential_auroc,
            "softmax_auroc": self.softmax_auroc,
        }


def strangers(evidential, softmax, images, dataset=None, *, seed=0) -> list[Strangers]:
    """Ask both classifiers about test images, the same turned by 90 degrees, images of no class, and noise.

    Parameters
    ----------
    evidential : EvidentialClassifier
    softmax : SoftmaxClassifier
    images : ndarray of shape (N, H, W) or (N, H, W, C), uint8
        Test images; the first 1,000 are taken.
    dataset : str, optional
        Where they come from: images of another data set are then shown too, or a warning says that its files are not on this
        machine.
    seed : int
        Of the noise.

    Returns
    -------
    list of Strangers
        The test images first.
    """
    images = images[:MOST]
    shown = {
        "test images": images,
        "turned by 90 degrees": np.stack([turned(image, 90) for image in images]),
        **_foreign(dataset, images.shape),
        "noise": np.random.default_rng(seed).integers(0, 256, images.shape, np.uint8),
    }
    found = []
    for name, pictures in shown.items():
        u = evidential.predict_opinion(pictures).uncertainty
        doubt = 1 - softmax.predict_proba(pictures).max(axis=1)
        known = found[0] if found else None
        areas = (metrics.auroc(u, known.uncertainty), metrics.auroc(doubt, known.doubt)) if known else (None, None)
        found.append(Strangers(name, pictures[:4], u, doubt, *areas))
    return found


def _foreign(dataset, shape) -> dict[str, np.ndarray]:
    """Test images of another data set, on black and in as many channels as `shape` has; none where there are no files."""
    other = OTHER.get(dataset)
    if other is None:
        return {}
    try:
        pictures = datasets.load(other, split="test", download=False).images[: shape[0]]
    except FileNotFoundError:
        warnings.warn(
            f"no images of {WRITTEN[other]} among the strangers, for its files are not on this machine "
            f"(evicam.datasets.load({other!r}) fetches them)",
            stacklevel=3,
        )
        return {}
    canvas = np.zeros((len(pictures), *shape[1:3]), np.uint8)
    places = [_centred(large, small) for large, small in zip(shape[1:3], pictures.shape[1:3])]
    canvas[:, places[0][0], places[1][0]] = pictures[:, places[0][1], places[1][1]]
    return {f"images of {WRITTEN[other]}": canvas if len(shape) == 3 else np.repeat(canvas[..., None], shape[3], axis=3)}


def _centred(large, small) -> tuple[slice, slice]:
    """Where along a side of `large` pixels one of `small` lies in its middle, and what of it."""
    size = min(large, small)
    return tuple(slice((side - size) // 2, (side - size) // 2 + size) for side in (large, small))
