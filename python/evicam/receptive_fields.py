"""Where the cells of a layer's map sit in the image: jump, receptive field, start."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .checks import check_image_shape


@dataclass(frozen=True, repr=False)
class ReceptiveField:
    """Geometry of one layer's map in the pixels of the input image.

    Along each axis, cell i of the map looks at the pixels within (size - 1) / 2 of the pixel position
    ``start + i * jump``; pixel centres are 0, 1, 2, ... All pairs are (y, x).

    Attributes
    ----------
    layer : str
        Name of the layer.
    kind : str
        Its kind, e.g. ``"convolution"``.
    jump : tuple of float
        Pixels between the centres of neighbouring cells.
    size : tuple of float
        Pixels a cell sees: the receptive field.
    start : tuple of float
        Pixel position of the first cell's centre; NaN where branches of the network that look at different places
        meet, so that the cells have no one centre.
    cells : tuple of int
        Height and width of the map.
    image : tuple of int
        Height and width of the input image.

    References
    ----------
    Araujo, Norris & Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.
    """

    layer: str
    kind: str
    jump: tuple[float, float]
    size: tuple[float, float]
    start: tuple[float, float]
    cells: tuple[int, int]
    image: tuple[int, int]

    def centres(self) -> tuple[np.ndarray, np.ndarray]:
        """Pixel positions of the cells' centres: of the rows (h,) and of the columns (w,), float64."""
        return tuple(start + jump * np.arange(count) for start, jump, count in zip(self.start, self.jump, self.cells))

    def naive_displacement(self) -> tuple[np.ndarray, np.ndarray]:
        """How far the usual resize draws each row (h,) and each column (w,) from its place, in pixels, signed.

        Notes
        -----
        Resizing m cells to n pixels with half-pixel centres draws cell i at ``(i + 0.5) n / m - 0.5``; its
        receptive field is centred on ``start + i jump``. The difference is zero for every cell only where
        ``m jump = n`` and ``start = (jump - 1) / 2``.
        """
        return tuple(
            (np.arange(count) + 0.5) * pixels / count - 0.5 - centre
            for count, pixels, centre in zip(self.cells, self.image, self.centres())
        )

    def naive_error(self) -> float:
        """Mean distance, in pixels, between where the usual resize draws a cell and where the cell looks."""
        rows, columns = self.naive_displacement()
        return float(np.hypot(rows[:, None], columns[None, :]).mean())

    def beyond(self, reach: tuple[float, float]) -> tuple[tuple[int, int], tuple[int, int]]:
        """Pixels of the rim: at each side, those whose centres lie `reach` (y, x) pixels or more beyond the outermost cells'.

        With `jump` as the reach: those where an aligned heatmap is zero whatever the cells say; with half of `size`:
        those outside every receptive field. ((top, bottom), (left, right)); the cells must have centres.
        """
        return tuple(
            (
                min(pixels, max(0, math.floor(centres[0] - far) + 1)),
                min(pixels, max(0, pixels - math.ceil(centres[-1] + far))),
            )
            for centres, pixels, far in zip(self.centres(), self.image, reach)
        )

    @property
    def has_centres(self) -> bool:
        """Whether each cell looks at one place: not so where branches that disagree about it meet."""
        return not np.isnan(self.start).any()

    @property
    def exceeds_image(self) -> bool:
        """Whether the receptive field is larger than the image along a side, so that the map tells little of where.

        Along that side a cell sees most of the image, or all of it towards the middle.
        """
        return self.size[0] > self.image[0] or self.size[1] > self.image[1]

    def __repr__(self) -> str:
        (h, w), (height, width), (tall, wide) = self.cells, self.image, self.size
        apart = f"{self.jump[0]:g}" if self.jump[0] == self.jump[1] else f"{self.jump[0]:g} and {self.jump[1]:g}"
        text = f"ReceptiveField {self.layer!r}: {h} x {w} cells, each seeing {tall:g} x {wide:g} of {height} x {width} pixels"
        if self.has_centres:
            text += (
                f", {apart} apart, the first at ({self.start[0]:g}, {self.start[1]:g}); the usual resize would draw them "
                f"{self.naive_error():.2g} px off on average"
            )
        else:
            text += f", {apart} apart; branches that look at different places meet here, so the cells have no one centre"
        if self.exceeds_image:
            text += (
                ". The receptive field is larger than the image: along at least one side a cell sees most of it, or all, so "
                "this layer tells little of where; one with smaller fields tells more"
            )
        return text


def receptive_field(model, layer: str | None = None, *, image_shape=None) -> ReceptiveField:
    """Geometry of a layer's map: which pixels its cells look at.

    Parameters
    ----------
    model : EvidentialClassifier, SoftmaxClassifier, str or nn.Layer
        A fitted classifier; or an architecture: by name, as text or put together, as a classifier's `architecture`.
    layer : str, optional
        Name of a layer whose output is a map, or of the block it ends: ``"layer3"`` is ``"layer3.1.relu2"``. By default
        the last convolution, or the sum it goes into in a residual network.
    image_shape : tuple of int, optional
        (H, W) or (H, W, C) of the images; wanted with an architecture, not with a classifier.

    Returns
    -------
    ReceptiveField

    Raises
    ------
    ValueError, TypeError
        Unknown layer (the message lists all), or one without spatial extent (it lists those that have it); an architecture
        without `image_shape`, or a classifier with another one than it was fitted on; an `image_shape` of another form.

    Examples
    --------
    >>> import evicam
    >>> field = evicam.receptive_field("lenet", "conv2", image_shape=(28, 28))
    >>> field.size, field.jump, field.start, field.cells
    ((14.0, 14.0), (2.0, 2.0), (6.5, 6.5), (8, 8))
    >>> field.centres()[0]
    array([ 6.5,  8.5, 10.5, 12.5, 14.5, 16.5, 18.5, 20.5])
    """
    return describe_field(*_network_of(model, image_shape), layer)


def _network_of(model, image_shape):
    """The engine's network of `model` and the image shape (H, W, C) it was made for."""
    from .nn import Layer

    if image_shape is not None:
        image_shape = check_image_shape(image_shape)
    if not isinstance(model, (str, Layer)):
        network, shape = fitted_network(model)
        if image_shape is not None and image_shape != tuple(shape)[: len(image_shape)]:
            raise ValueError(f"image_shape is {image_shape}, but the classifier was trained on {tuple(shape)}")
        return network, shape
    from . import _native
    from .architectures import architecture_text

    if image_shape is None:
        raise ValueError("image_shape is None, but with an architecture must be (H, W) or (H, W, C)")
    shape = (*image_shape, 1)[:3]
    text = architecture_text(model, 2)  # the number of classes has no bearing on where cells look
    return _native.Network(text, *shape, 0), shape


def fitted_network(classifier):
    """Network and image shape (H, W, C) of a fitted classifier; else an error that says what is wanted."""
    if not hasattr(classifier, "_check_fitted"):
        raise TypeError(f"classifier is {type(classifier).__name__}, but must be an EvidentialClassifier or SoftmaxClassifier")
    classifier._check_fitted()
    return classifier.network_, classifier.image_shape_


def describe_field(network, image_shape, layer: str | None) -> ReceptiveField:
    """The geometry of `layer` (by default `default_layer`) of `network`."""
    layers = network.layers()
    spatial = [entry["name"] for entry in layers if entry["spatial"]]
    if layer is None:
        layer = default_layer(layers)
    named = [entry for entry in layers if entry["name"] == layer]
    within = [entry for entry in layers if isinstance(layer, str) and entry["name"].startswith(layer + ".")]
    entry = (named or within or [None])[-1]
    if entry is None:
        raise ValueError(f"layer is {layer!r}, but must be one of {', '.join(entry['name'] for entry in layers)}")
    if not entry["spatial"]:
        raise ValueError(
            f"layer is {layer!r}, which has no spatial extent and so no map; layers that have one: {', '.join(spatial)}"
        )
    return ReceptiveField(
        layer=entry["name"],
        kind=entry["kind"],
        jump=(entry["jump_y"], entry["jump_x"]),
        size=(entry["receptive_field_y"], entry["receptive_field_x"]),
        start=(entry["start_y"], entry["start_x"]),
        cells=(entry["height"], entry["width"]),
        image=tuple(image_shape[:2]),
    )


def pixel_field(image_shape) -> ReceptiveField:
    """The geometry of the image itself: each cell is a pixel."""
    size = tuple(image_shape[:2])
    return ReceptiveField("image", "image", (1.0, 1.0), (1.0, 1.0), (0.0, 0.0), size, size)


def default_layer(layers) -> str:
    """Name of the last convolution whose output is a map, of the residual sum it goes into (behind its ReLU), or else of the
    last layer with a map."""
    spatial = [entry for entry in layers if entry["spatial"]]
    if not spatial:
        raise ValueError("layer: this network has no layer with spatial extent, so there is no map to draw")
    convolutions = [number for number, entry in enumerate(spatial) if entry["kind"] == "convolution"]
    behind = spatial[convolutions[-1] :] if convolutions else spatial[-1:]
    kinds = [entry["kind"] for entry in behind]
    if "add" not in kinds:
        return behind[0]["name"]
    sums = kinds.index("add")
    return behind[sums + (kinds[sums + 1 : sums + 2] == ["relu"])]["name"]
