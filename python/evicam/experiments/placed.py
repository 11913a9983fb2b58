"""Where location matters: the same objects anywhere on a larger canvas, of several sizes, with and without clutter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .. import datasets
from ..classifiers import EvidentialClassifier
from .fitting import fitted
from .localisation import Localisation, quarter_turned, scored

CANVAS = (56, 56)
SIZES = (20, 28, 40)
CLUTTER = {"clean": 0, "cluttered": 8}


@dataclass(frozen=True, eq=False, repr=False)
class PlacedObjects:
    """What `placed` found.

    Attributes
    ----------
    accuracy : dict of (str, str) to float
        Mean over the models, by ("clean" or "cluttered", condition).
    found : dict of str to Localisation
        By "clean" or "cluttered".
    sizes, distances : dict of str to ndarray of shape (N,)
        Side of each object, and pixels from its centre to the canvas's, in the same order.
    """

    accuracy: dict
    found: dict[str, Localisation]
    sizes: dict
    distances: dict

    def held(self, ground) -> dict:
        """What bears on u and on every score, and so is held constant: small objects and those at the rim are harder."""
        return {"size": self.sizes[ground].astype(np.float64), "distance from the middle": self.distances[ground]}

    def rows(self, resamples) -> list[dict]:
        """As ``results.json`` holds it: all sizes together, then each."""
        listed = []
        for ground, found in self.found.items():
            parts = {"all sizes": np.ones(found.count, bool)}
            parts |= {f"{size} px": self.sizes[ground] == size for size in SIZES}
            for size, chosen in parts.items():
                for each in found.of(chosen).rows(resamples):
                    listed.append({**each, "ground": ground, "size": size})
        return listed


def placed(train, test, effort, *, heat_threshold, object_threshold, seed=0, verbose=False) -> PlacedObjects:
    """Train models on placed objects, half of them cluttered, and score their heatmaps upright and turned.

    Parameters
    ----------
    train, test : Dataset
        Grey, square images; the first so many are placed, as `effort` says.
    effort : Effort
    heat_threshold, object_threshold : float
        As in `localisation`.
    seed : int
    verbose : bool

    Returns
    -------
    PlacedObjects
    """
    half = min(effort.placed, len(train)) // 2
    learn = [
        datasets.placed(_part(train, part), CANVAS, SIZES, clutter, threshold=object_threshold, seed=seed)
        for part, clutter in zip((slice(0, half), slice(half, 2 * half)), CLUTTER.values())
    ]
    images, labels = (np.concatenate([getattr(data, name) for data in learn]) for name in ("images", "labels"))
    models = [
        fitted(EvidentialClassifier(epochs=effort.placed_epochs, random_state=seed + index, verbose=verbose), images, labels)
        for index in range(effort.placed_models)
    ]
    found, sizes, distances, accuracy = {}, {}, {}, {}
    upright = _part(test, slice(0, effort.placed_tests))
    turned = replace(upright, images=quarter_turned(upright.images))
    for ground, clutter in CLUTTER.items():
        # The same seed puts the turned objects, of the same sizes, in the same places.
        settings = dict(canvas=CANVAS, sizes=SIZES, clutter=clutter, threshold=object_threshold, seed=seed + 1)
        data = {"normal": datasets.placed(upright, **settings), "rotated": datasets.placed(turned, **settings)}
        seen = np.all([each.masks.any(axis=(1, 2)) for each in data.values()], axis=0)
        shown = {condition: (each.images[seen], each.masks[seen]) for condition, each in data.items()}
        found[ground] = scored(models, shown, heat_threshold, seed)
        sizes[ground] = data["normal"].sizes[seen]
        for condition, each in data.items():
            accuracy[ground, condition] = float(np.mean([model.score(each.images, each.labels) for model in models]))
        middle = (np.array(CANVAS) - 1) / 2
        distances[ground] = np.hypot(*(data["normal"].centres[seen] - middle).T)
    return PlacedObjects(accuracy, found, sizes, distances)


def _part(data, part) -> datasets.Dataset:
    """Some images of a data set."""
    return datasets.Dataset(
        np.asarray(data.images)[part],
        np.asarray(data.labels)[part],
        tuple(data.class_names),
        getattr(data, "name", "objects"),
        getattr(data, "split", "all"),
    )
