"""The paper's Fig. 2: an image turns, and both classifiers answer at each angle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..shown import Shown
from .answers import Answers

DEGREES = tuple(range(0, 181, 10))


@dataclass(frozen=True, eq=False, repr=False)
class Rotation(Shown):
    """What `rotation` found; a notebook shows it as a figure.

    Attributes
    ----------
    degrees : tuple of float
        Angles, counter-clockwise.
    images : ndarray of shape (len(degrees), H, W) or (len(degrees), H, W, C), float32
        The turned images, 0..1.
    true_label
        Label of the image as it stood.
    evidential, softmax : Answers
        What each classifier said at each angle.
    """

    degrees: tuple
    images: np.ndarray
    true_label: object
    evidential: Answers
    softmax: Answers

    @property
    def classes(self) -> np.ndarray:
        """The classifiers' labels, (K,)."""
        return self.evidential.classes

    def as_json(self) -> dict:
        """As ``results.json`` holds it."""
        label = self.true_label
        return {
            "true_label": label.item() if isinstance(label, np.generic) else label,
            "degrees": list(self.degrees),
            "evidential": self.evidential.as_json(),
            "softmax": self.softmax.as_json(),
        }

    def __repr__(self) -> str:
        u = self.evidential.uncertainty
        highest = int(np.argmax(u))
        return (
            f"Rotation of a {self.true_label} by {self.degrees[0]:g} to {self.degrees[-1]:g} degrees: "
            f"u {u[0]:.2f} upright, highest {u[highest]:.2f} at {self.degrees[highest]:g}"
        )

    def _pictured(self):
        from .. import plot

        return plot.rotation(self)


def rotation(evidential, softmax, image, label, *, degrees=DEGREES) -> Rotation:
    """Turn an image and ask both classifiers at each angle.

    Parameters
    ----------
    evidential : EvidentialClassifier
    softmax : SoftmaxClassifier
        Fitted on the same classes.
    image : ndarray of shape (H, W) or (H, W, C)
        uint8, or floats 0..1.
    label
        Its true label.
    degrees : sequence of float
        Angles, counter-clockwise.

    Returns
    -------
    Rotation

    Raises
    ------
    ValueError
        Classifiers with different classes; no angle.
    """
    if not np.array_equal(evidential.classes_, softmax.classes_):
        raise ValueError("softmax knows other classes than evidential, but they must be twins")
    if not len(degrees):
        raise ValueError("degrees is empty, but must hold at least one angle")
    images = np.stack([turned(image, angle) for angle in degrees])
    return Rotation(tuple(degrees), images, label, Answers.of(evidential, images), Answers.of(softmax, images))


def turned(image, degrees) -> np.ndarray:
    """`image` turned counter-clockwise about its centre, float32 0..1, of the same size, black where nothing was.

    Bilinear interpolation (`scipy.ndimage.rotate`, order 1), so no value leaves the range of the image.
    """
    from scipy import ndimage

    values = np.asarray(image)
    values = values / np.float32(255) if values.dtype == np.uint8 else values.astype(np.float32)
    return np.clip(ndimage.rotate(values, degrees, reshape=False, order=1), 0, 1).astype(np.float32)
