"""What turning the object does to the score of the naive resize by itself, with an explanation that is right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import _native, baselines, metrics
from ..receptive_fields import ReceptiveField, receptive_field
from .geometry import naive_line
from .localisation import quarter_turned
from .pairs import paired

# Three padded strides, as between a CIFAR ResNet's input and its last block: jump 8, start 0.
PADDED = """conv1 = convolution(image, channels: 1, kernel: 3, stride: 2, padding: 1)
conv2 = convolution(conv1, channels: 1, kernel: 3, stride: 2, padding: 1)
conv3 = convolution(conv2, channels: 1, kernel: 3, stride: 2, padding: 1)
flatten = flatten(conv3)
fc = linear(flatten, features: 2)
"""


@dataclass(frozen=True, eq=False, repr=False)
class Confound:
    """What `confound` found with one geometry.

    Attributes
    ----------
    name : str
    field : ReceptiveField
    right, turned, fixed : ndarray of shape (N,)
        Dice of the right explanation in its place; drawn naively and turned with the object, as upright; and drawn naively
        of the turned object, the displacement staying with the frame.
    """

    name: str
    field: ReceptiveField
    right: np.ndarray
    turned: np.ndarray
    fixed: np.ndarray

    def tests(self, resamples) -> list:
        """Does the frame change the score when the object turns, though the explanation turns with it?"""
        question = f"confound, {self.name}: is Dice higher with the displacement fixed in the frame than turned with the object?"
        return paired(self.fixed, self.turned, question=question, resamples=resamples)

    def as_json(self) -> dict:
        """As ``results.json`` holds it."""
        difference = self.fixed - self.turned
        slope, offset = (float(pair[0]) for pair in naive_line(self.field))
        return {
            "geometry": self.name,
            "slope": slope,
            "offset": offset,
            "dice_right": float(self.right.mean()),
            "dice_turned_with_object": float(self.turned.mean()),
            "dice_fixed_in_frame": float(self.fixed.mean()),
            "difference": float(difference.mean()),
            "half_width": float(1.96 * difference.std(ddof=1) / np.sqrt(len(difference))) if len(difference) > 1 else None,
            "largest": float(np.abs(difference).max()),
            "n": len(difference),
        }


def confound(images, *, heat_threshold, object_threshold) -> list[Confound]:
    """Score a right explanation, the object's blurred silhouette, as the usual resize would draw it when the object turns.

    Parameters
    ----------
    images : ndarray of shape (N, H, W), uint8
    heat_threshold, object_threshold : float
        As in `localisation`.

    Returns
    -------
    list of Confound
        With the geometry of the paper's LeNet, and of a network with padded strides.

    Notes
    -----
    The naive resize draws x at slope x + offset. Where the outermost cells lie as far from either edge, that is a stretch about
    the centre, which turns by a quarter like the image itself: no confound. Otherwise there is a shift, whose
    direction stays with the frame when the object turns.
    """
    masks = metrics.object_masks(images, threshold=object_threshold)
    masks = masks[masks.any(axis=(1, 2))]
    turned_masks = quarter_turned(masks)
    ideal = baselines.silhouette(masks)
    found = []
    for name, architecture, layer in (("LeNet", _native.architecture("lenet", 2), "conv2"), ("padded strides", PADDED, "conv3")):
        field = receptive_field(architecture, layer, image_shape=images.shape[1:3])

        def dice(maps, where):
            return metrics.dice(maps > heat_threshold, where)

        found.append(
            Confound(
                name,
                field,
                right=dice(ideal, masks),
                turned=dice(quarter_turned(drawn_naively(ideal, field)), turned_masks),
                fixed=dice(drawn_naively(quarter_turned(ideal), field), turned_masks),
            )
        )
    return found


def drawn_naively(maps, field) -> np.ndarray:
    """Maps [N, H, W] of what lies where, moved to where the usual resize draws it; float32."""
    from scipy import ndimage

    slope, offset = naive_line(field)
    # A pixel y of the drawing shows the place x of which y = slope x + offset.
    matrix, shift = np.concatenate([[1.0], 1 / slope]), np.concatenate([[0.0], -offset / slope])
    return ndimage.affine_transform(maps.astype(np.float32), matrix, shift, order=1, mode="constant")
