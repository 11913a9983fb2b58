"""Why the paper's test failed: how far from the object each way to draw a map puts it, predicted and measured."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from .. import _native, datasets, metrics
from ..classifiers import EvidentialClassifier
from ..explanations import explain
from ..methods import RISE
from ..receptive_fields import ReceptiveField, receptive_field
from .fitting import fitted
from .geometry import naive_line, naive_places, within_cells
from .pairs import paired
from .scores import RESIZES

# The half of a heatmap next to its peak: its centroid is then the peak's, not that of a haze over the whole image.
CUT = 0.5

STRIDED = """conv1 = convolution(image, channels: 16, kernel: 5, stride: 2, padding: 2)
relu1 = relu(conv1)
conv2 = convolution(relu1, channels: 32, kernel: 5, stride: 2, padding: 2)
relu2 = relu(conv2)
flatten = flatten(relu2)
fc = linear(flatten, features: 2)
"""


@dataclass(frozen=True, eq=False, repr=False)
class Placed:
    """Where one way of drawing put the maps of n glyphs.

    Attributes
    ----------
    true, found : ndarray of shape (n, 2)
        Pixels (y, x): the glyph's centre, the map's centroid; NaN for an empty map.
    predicted : ndarray of shape (n, 2)
        Where the usual resize must draw it.
    inside : ndarray of shape (n,), bool
        Whether the glyph lies where the layer's cells look straight at it.
    dice : ndarray of shape (n,)
        Of the map's half next to its peak and the glyph's square.
    """

    true: np.ndarray
    found: np.ndarray
    predicted: np.ndarray
    inside: np.ndarray
    dice: np.ndarray

    @property
    def measured(self) -> np.ndarray:
        """Which glyphs count for the geometry: inside, and with a map."""
        return self.inside & ~np.isnan(self.found).any(axis=1)

    def along(self) -> np.ndarray:
        """Displacement of each measured map in the direction that the geometry predicts for the usual resize, in pixels."""
        expected = (self.predicted - self.true)[self.measured]
        length = np.hypot(*expected.T)
        moved = (self.found - self.true)[self.measured]
        return np.divide((moved * expected).sum(axis=1), length, out=np.zeros(len(length)), where=length > 1e-9)

    def expected(self) -> np.ndarray:
        """The displacement that the geometry predicts for the usual resize, in pixels."""
        return np.hypot(*(self.predicted - self.true)[self.measured].T)

    def line(self) -> tuple[float, float]:
        """Slope and offset of the map's centroid on the true centre, both axes together, by least squares."""
        slope, offset = np.polyfit(self.true[self.measured].ravel(), self.found[self.measured].ravel(), 1)
        return float(slope), float(offset)


@dataclass(frozen=True, eq=False, repr=False)
class Displacement:
    """What `displacement` found with one network.

    Attributes
    ----------
    name : str
    field : ReceptiveField
    accuracy : float
    drawn : dict of (str, str) to Placed
        By method and resize: ("hirescam", "naive"), ("rise", "none"), ...
    """

    name: str
    field: ReceptiveField
    accuracy: float
    drawn: dict

    def tests(self, resamples) -> list:
        """Whether aligned maps share more with the glyphs than naive ones do, where cells look straight at them, and at all."""
        found = []
        for method in ("hirescam", "grad-cam"):
            naive, aligned = self.drawn[method, "naive"], self.drawn[method, "aligned"]
            for where, chosen in (("between the outermost cells", naive.inside), ("everywhere", np.ones(len(naive.dice), bool))):
                question = f"glyphs, {self.name}, {method}, {where}: is Dice higher aligned than naive?"
                pair = aligned.dice[chosen], naive.dice[chosen]
                found += paired(*pair, question=question, resamples=resamples)
        return found

    def as_json(self) -> dict:
        """As ``results.json`` holds it."""
        slope, offset = (float(pair[0]) for pair in naive_line(self.field))
        first = next(iter(self.drawn.values()))
        return {
            "network": self.name,
            "layer": self.field.layer,
            "canvas": list(self.field.image),
            "centres": [float(at) for at in self.field.centres()[0][[0, -1]]],
            "accuracy": self.accuracy,
            "glyphs_inside": int(first.inside.sum()),
            "glyphs": len(first.inside),
            "predicted": {"slope": slope, "offset": offset, "displacement": _mean(first.expected())},
            "drawn": [
                {"method": method, "resize": resize, **_summary(placed)} for (method, resize), placed in self.drawn.items()
            ],
        }


def displacement(effort, *, seed=0, verbose=False) -> list[Displacement]:
    """Draw the maps of glyphs whose place is known, by the usual resize, aligned, and by RISE, which needs no resize.

    Parameters
    ----------
    effort : Effort
    seed : int
        Of the networks; the glyphs to measure on are drawn apart from those to learn from.
    verbose : bool

    Returns
    -------
    list of Displacement
        Of the paper's LeNet, whose maps the usual resize stretches, and of a network with padded strides, as ResNets have,
        whose maps it shifts.

    Notes
    -----
    The canvas is 56 pixels wide for the LeNet: on 28 its second convolution's cells look straight at the middle 14 pixels
    only, a third of all places; on 56 at 65%. HiResCAM (Draelos & Carin 2020) is drawn beside Grad-CAM because in a network of
    linear layers, ReLU and max pooling its map adds up to the logit, biases apart; Grad-CAM's, of averaged gradients, does
    not, wherever it is drawn.
    """
    networks = {
        "LeNet": (_native.architecture("lenet", 2), 56, effort.glyph_epochs),
        "padded strides": (STRIDED, 40, 3 * effort.glyph_epochs),  # learns more slowly, and costs a tenth
    }
    return [_measure(name, *network, effort, seed, verbose) for name, network in networks.items()]


def _measure(name, architecture, side, epochs, effort, seed, verbose, layer="conv2") -> Displacement:
    learn = datasets.glyphs(effort.glyphs, (side, side), seed=2 * seed + 1)
    test = datasets.glyphs(effort.glyph_tests, (side, side), seed=2 * seed + 2)
    classifier = EvidentialClassifier(architecture, epochs=epochs, random_state=seed, verbose=verbose)
    fitted(classifier, learn.images, learn.labels)
    field = receptive_field(classifier, layer)
    drawn = {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "empty heatmaps")  # they are counted
        for method in ("hirescam", "grad-cam"):
            for way, resize in RESIZES.items():
                found = explain(classifier, test.images, method, target=test.labels, layer=layer, resize=resize)
                drawn[method, way] = _placed(found.heatmap, test, field)
        part = slice(0, effort.rise_images)
        rise = RISE(n_masks=effort.rise_masks, random_state=seed)
        found = explain(classifier, test.images[part], rise, target=test.labels[part], quantity="probability")
        drawn["rise", "none"] = _placed(found.heatmap, test, field, part)
    return Displacement(name, field, float(classifier.score(test.images, test.labels)), drawn)


def _placed(heatmaps, test, field, part=slice(None)) -> Placed:
    near = np.where(heatmaps > CUT, heatmaps, 0)
    masks, true = test.masks[part], test.centres[part]
    offset = metrics.centroid_offset(near, masks)
    return Placed(
        true=true,
        found=true + np.stack([offset.dy, offset.dx], axis=1),
        predicted=naive_places(field, true),
        inside=within_cells(field, true),
        dice=metrics.dice(near > 0, masks),
    )


def _summary(placed) -> dict:
    moved = (placed.found - placed.true)[placed.measured]
    if len(moved) < 2:
        return {"measured": len(moved)}
    slope, offset = placed.line()
    along = placed.along()
    return {
        "measured": len(moved),
        "empty": int(np.isnan(placed.found[:, 0]).sum()),
        "slope": slope,
        "offset": offset,
        "along": _mean(along),
        "along_half_width": float(1.96 * along.std(ddof=1) / np.sqrt(len(along))),
        "dy": float(moved[:, 0].mean()),
        "dx": float(moved[:, 1].mean()),
        "distance": float(np.hypot(*moved.T).mean()),
        "dice_inside": _mean(placed.dice[placed.inside]),
        "dice_everywhere": _mean(placed.dice),
        "dice_rim": _mean(placed.dice[~placed.inside]),
        "places": _thinned(placed),
    }


def _thinned(placed, most=60) -> list:
    """True column and the column where the map lies, of some measured glyphs: for a figure."""
    chosen = np.flatnonzero(placed.measured)[:most]
    return [[float(placed.true[index, 1]), round(float(placed.found[index, 1]), 3)] for index in chosen]


def _mean(values) -> float | None:
    return float(values.mean()) if len(values) else None
