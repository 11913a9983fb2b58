"""What every reader of this package returns."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np


class DatasetError(ValueError):
    """A data set's file is damaged, or not what its name says. The message names the file."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images with their labels.

    Attributes
    ----------
    images : ndarray of shape (N, H, W) or (N, H, W, C), uint8
        Grey, or channels last.
    labels : ndarray of shape (N,), int64
        Positions in `class_names`.
    class_names : tuple of str
    name : str
        E.g. ``"mnist"``.
    split : str
        ``"train"``, ``"test"``, or ``"all"``.
    source : str
        Where the files were found.
    """

    images: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    class_names: tuple[str, ...]
    name: str
    split: str
    source: str = ""

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        height, width, *channels = self.images.shape[1:]
        colour = "grey" if not channels else "RGB" if channels == [3] else f"{channels[0]}-channel"
        kind = f"{len(self):,} {colour} images of {height} x {width}, {len(self.class_names)} classes"
        return f"Dataset {self.name} ({self.split}): {kind}"

    def _repr_png_(self) -> bytes:
        """The first images of each class, a row a class."""
        from PIL import Image

        columns = 12
        height, width, *channels = self.images.shape[1:]
        sheet = np.full((len(self.class_names), height + 2, columns, width + 2, *channels), 255, np.uint8)
        for row, label in enumerate(range(len(self.class_names))):
            for column, index in enumerate(np.flatnonzero(self.labels == label)[:columns]):
                sheet[row, 1:-1, column, 1:-1] = self.images[index]
        sheet = sheet.reshape(sheet.shape[0] * sheet.shape[1], sheet.shape[2] * sheet.shape[3], *channels)
        buffer = io.BytesIO()
        Image.fromarray(sheet).save(buffer, "PNG")
        return buffer.getvalue()
