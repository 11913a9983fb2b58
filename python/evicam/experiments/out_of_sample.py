"""The paper's Figs. 3 and 4: a picture that is none of the classes, shown to both classifiers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..shown import Shown
from .answers import Answers


@dataclass(frozen=True, eq=False, repr=False)
class OutOfSample(Shown):
    """What `out_of_sample` found; a notebook shows it as a figure.

    Attributes
    ----------
    image : ndarray of shape (H, W) or (H, W, C)
        The picture.
    evidential, softmax : Answers
        What each classifier said of it, N = 1.
    """

    image: np.ndarray
    evidential: Answers
    softmax: Answers

    @property
    def classes(self) -> np.ndarray:
        """The classifiers' labels, (K,)."""
        return self.evidential.classes

    def as_json(self) -> dict:
        """As ``results.json`` holds it."""
        return {
            name: {key: value[0] for key, value in answers.as_json().items()}
            for name, answers in (("evidential", self.evidential), ("softmax", self.softmax))
        }

    def __repr__(self) -> str:
        return (
            f"OutOfSample: evidential says {self.evidential.label[0]} with u {self.evidential.uncertainty[0]:.2f}, "
            f"softmax says {self.softmax.label[0]} with probability {self.softmax.probability[0].max():.2f}"
        )

    def _pictured(self):
        from .. import plot

        return plot.out_of_sample(self)


def out_of_sample(evidential, softmax, image=None) -> OutOfSample:
    """Ask both classifiers about a picture of none of their classes.

    Parameters
    ----------
    evidential : EvidentialClassifier
    softmax : SoftmaxClassifier
        Fitted on the same classes and images of the same shape.
    image : ndarray of shape (H, W) or (H, W, C), optional
        By default `portrait`, a drawn face.

    Returns
    -------
    OutOfSample

    Raises
    ------
    ValueError
        Classifiers with different classes; a picture that does not fit them.
    """
    if not np.array_equal(evidential.classes_, softmax.classes_):
        raise ValueError("softmax knows other classes than evidential, but they must be twins")
    image = portrait(evidential.image_shape_) if image is None else np.asarray(image)
    images = image[None]
    return OutOfSample(image, Answers.of(evidential, images), Answers.of(softmax, images))


def portrait(image_shape) -> np.ndarray:
    """A face, computed: the stand-in for the photograph of an author that the paper shows to its digit classifiers.

    Parameters
    ----------
    image_shape : tuple of int
        (H, W) or (H, W, C); the colours of the drawing are greys in every channel.

    Returns
    -------
    ndarray of shape `image_shape`, uint8
        Bright background, shaded head and shoulders, dark hair, eyes, brows, mouth. The same pixels every time.
    """
    height, width = image_shape[:2]
    samples = 8  # per pixel and axis, averaged, so edges are smooth as in a photograph
    y, x = np.mgrid[0 : height * samples, 0 : width * samples]
    y, x = (y + 0.5) / (height * samples) * 2 - 1, (x + 0.5) / (width * samples) * 2 - 1  # -1 ... 1, y down

    def ellipse(centre_x, centre_y, radius_x, radius_y):
        return ((x - centre_x) / radius_x) ** 2 + ((y - centre_y) / radius_y) ** 2 <= 1

    light = 0.12 * (-x - 0.5 * y)  # from the upper left
    grey = 0.78 + 0.5 * light  # the wall behind
    grey = np.where(ellipse(0, 1.15, 0.85, 0.5), 0.30 + light, grey)  # shoulders
    grey = np.where(ellipse(0, 0.55, 0.2, 0.3), 0.55 + light, grey)  # neck, in shade
    grey = np.where(ellipse(0, -0.2, 0.52, 0.62), 0.14 + 0.5 * light, grey)  # hair
    grey = np.where(ellipse(0, 0.0, 0.43, 0.6) & (y > -0.42 + 0.25 * x**2), 0.68 + 1.5 * light, grey)  # face
    for side in (-1, 1):
        grey = np.where(ellipse(side * 0.18, -0.2, 0.11, 0.03), 0.2, grey)  # brow
        grey = np.where(ellipse(side * 0.18, -0.08, 0.09, 0.05), 0.92, grey)  # eye
        grey = np.where(ellipse(side * 0.18, -0.08, 0.045, 0.05), 0.08, grey)  # iris
    grey = np.where(ellipse(0.05, 0.12, 0.05, 0.12), 0.5 + light, grey)  # the nose's shadow
    grey = np.where(ellipse(0, 0.35, 0.17, 0.045), 0.32, grey)  # mouth
    grey = grey.reshape(height, samples, width, samples).mean(axis=(1, 3))
    pixels = np.round(255 * np.clip(grey, 0, 1)).astype(np.uint8)
    return pixels if len(image_shape) == 2 else np.repeat(pixels[..., None], image_shape[2], axis=2)
