"""Random changes to training images."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from . import _native
from .arrays import as_images
from .checks import check_flag, check_positive_int, check_real

# Pixels, and epochs, that the engine counts to.
_MOST = 1 << 31


@dataclass(frozen=True)
class Augmentation:
    """How training images are changed at random, anew in each epoch; for a classifier's `augmentation`.

    The changes are drawn by (seed, epoch, image): the same for any number of threads and after a resume.

    Parameters
    ----------
    crop : int
        Largest shift along either axis, in pixels: a crop at a random place of the image with a border this wide, as
        residual networks are trained on CIFAR-10. What comes in is black; below the image's smaller side.
    flip : bool
        Whether images are mirrored left to right in every other epoch: at random half of them in the first, the others in
        the next, so that any two epochs show both sides of each (Jordan 2024).
    cutout : int
        Side of a square that is blanked, in pixels, at most the image's smaller side. Its centre is anywhere in the image
        and what sticks out is cut off. It is black, or with ``normalisation="channels"`` the mean colour, which then is
        what the network reads as zero, as its authors had it.
    rotation : float
        Largest angle, 0..180 degrees to either side; bilinear, and what comes in is black.

    References
    ----------
    DeVries & Taylor, "Improved regularization of convolutional neural networks with cutout", arXiv 1708.04552, 2017.
    Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", arXiv 2404.00498, 2024 ("alternating flip").

    Examples
    --------
    >>> import numpy as np
    >>> Augmentation(crop=4, flip=True)
    Augmentation(crop=4, flip=True, cutout=0, rotation=0.0)
    >>> Augmentation(crop=4, flip=True).apply(np.zeros((2, 32, 32, 3), np.uint8), seed=0).shape
    (2, 32, 32, 3)
    >>> Augmentation(crop=32).apply(np.zeros((2, 32, 32, 3), np.uint8))
    Traceback (most recent call last):
    ...
    ValueError: crop is 32, but must be 0 ... 31 for images of 32x32
    """

    crop: int = 0
    flip: bool = False
    cutout: int = 0
    rotation: float = 0.0

    def __post_init__(self):
        check_positive_int(self.crop, "crop", 0, _MOST)
        check_positive_int(self.cutout, "cutout", 0, _MOST)
        check_real(self.rotation, "rotation", 0, 180)
        check_flag(self.flip, "flip")
        # Plain numbers, whatever kind they came as, so that equal ones look alike and can be saved.
        for name, kind in (("crop", int), ("flip", bool), ("cutout", int), ("rotation", float)):
            object.__setattr__(self, name, kind(getattr(self, name)))

    def apply(self, X, seed=0, epoch=0):
        """The images as a training sees them in one of its epochs, before any normalisation.

        Parameters
        ----------
        X : array-like of shape (N, H, W) or (N, H, W, C)
            uint8 0..255 or floats 0..1. An image's changes go by its place in X.
        seed : int
            The training's `random_state`.
        epoch : int
            0 for the first.

        Returns
        -------
        ndarray of the shape of X, float32, 0..1

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit, and for changes too large for the images.
        """
        images = as_images(X)
        augmented = np.empty(images.shape, np.float32)
        seed = check_positive_int(seed, "seed", minimum=0) % 2**64
        epoch = check_positive_int(epoch, "epoch", 0, _MOST)
        _native.augment(images, astuple(self), seed, epoch, augmented)
        return augmented.reshape(np.shape(X))


def check_augmentation(value):
    """`value` as an Augmentation; None is one that changes nothing."""
    if value is None:
        return Augmentation()
    if not isinstance(value, Augmentation):
        raise TypeError(f"augmentation is a {type(value).__name__}, but must be an evicam.Augmentation or None")
    return value
