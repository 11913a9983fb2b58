"""The paper's Tables 1 and 2, several models deep: where heatmaps lie on images as they are and turned by a quarter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import metrics
from ..metrics.overlap import THRESHOLDS
from .scores import METHODS, RESIZES, row, rows, score_baselines, score_models


@dataclass(frozen=True, eq=False, repr=False)
class Localisation:
    """What `localisation` found, of S models and N images.

    Attributes
    ----------
    scores : dict
        {(condition, resize, method): {metric: [S, N]}}.
    baselines : dict
        {(condition, name): {metric: [1, N]}}.
    empty : dict
        {(condition, method): [S, N] bool}: heatmaps that are zero everywhere, which score 0.
    uncertainty : dict
        {condition: [S, N]}.
    area : dict
        {condition: [N]}: pixels of each object.
    sweep : dict
        {(condition, resize, method): {"dice": [T], "iou": [T]}}, of baselines with resize "none".
    left_out : int
        Images without an object: not among the N.
    """

    scores: dict
    baselines: dict
    empty: dict
    uncertainty: dict
    area: dict
    sweep: dict
    left_out: int

    @property
    def count(self) -> int:
        """Images that were scored."""
        return next(iter(self.uncertainty.values())).shape[1]

    def of(self, chosen) -> Localisation:
        """The same of a part of the images, `chosen` (N,) bool; the sweep, which is of all, is left out."""

        def part(scores):
            return {key: {name: values[:, chosen] for name, values in each.items()} for key, each in scores.items()}

        empty, uncertainty = ({key: values[:, chosen] for key, values in each.items()} for each in (self.empty, self.uncertainty))
        area = {condition: pixels[chosen] for condition, pixels in self.area.items()}
        return Localisation(part(self.scores), part(self.baselines), empty, uncertainty, area, {}, 0)

    def rows(self, resamples) -> list[dict]:
        """As ``results.json`` holds it; the share of empty heatmaps is a metric as well."""
        found = []
        for (condition, resize, method), values in self.scores.items():
            where = dict(condition=condition, resize=resize, method=method, resamples=resamples)
            empty = self.empty[condition, method].astype(np.float64)
            filled = np.where(empty > 0, np.nan, values["dice"])
            found += rows(values, **where)
            found += [row(filled, metric="dice of maps not empty", **where), row(empty, metric="empty", **where)]
        for (condition, name), values in self.baselines.items():
            found += rows(values, condition=condition, resize="none", method=name, resamples=resamples)
        return found

    def curves(self) -> dict:
        """Mean Dice and IoU over the thresholds, as ``results.json`` holds them."""
        listed = [
            {"condition": condition, "resize": resize, "method": method, **curve}
            for (condition, resize, method), curve in self.sweep.items()
        ]
        return {"thresholds": list(THRESHOLDS), "curves": listed}


def localisation(models, images, *, heat_threshold, object_threshold, seed=0, methods=METHODS) -> Localisation:
    """Score the heatmaps of the predicted class beside the object, upright and turned by 90 degrees.

    Parameters
    ----------
    models : sequence of EvidentialClassifier
        Trained alike from different seeds.
    images : ndarray of shape (N, H, W), uint8
        Grey objects on black; those without any pixel above `object_threshold` are left out, and counted.
    heat_threshold : float
        Share of a heatmap's largest value above which a pixel is of its region.
    object_threshold : float
        Brightness above which a pixel is of the object.
    seed : int
        Of the random baseline.
    methods : sequence of str

    Returns
    -------
    Localisation
    """
    masks = metrics.object_masks(images, threshold=object_threshold)
    present = masks.any(axis=(1, 2))
    images, masks = images[present], masks[present]
    shown = {"normal": (images, masks), "rotated": (quarter_turned(images), quarter_turned(masks))}
    return scored(models, shown, heat_threshold, seed, methods, int(np.count_nonzero(~present)))


def scored(models, shown, heat_threshold, seed=0, methods=METHODS, left_out=0) -> Localisation:
    """`localisation` of {condition: (images, masks)}, the same objects in the same order in each."""
    scores, baseline, empty, uncertainty, area, sweep = {}, {}, {}, {}, {}, {}
    for condition, (images, masks) in shown.items():
        area[condition] = np.count_nonzero(masks, axis=(1, 2)).astype(np.float64)
        uncertainty[condition] = np.stack([model.predict_opinion(images).uncertainty.astype(np.float64) for model in models])
        for method in methods:
            for resize in RESIZES:
                key = condition, resize, method
                scores[key], empty[condition, method], sweep[key] = score_models(
                    models, images, masks, method, resize, heat_threshold
                )
        for name, (values, curve) in score_baselines(masks, heat_threshold, seed).items():
            baseline[condition, name] = values
            sweep[condition, "none", name] = curve
    return Localisation(scores, baseline, empty, uncertainty, area, sweep, left_out)


def quarter_turned(images) -> np.ndarray:
    """Images [N, H, W] turned counter-clockwise by 90 degrees: pixels moved, none changed."""
    return np.ascontiguousarray(np.rot90(images, axes=(1, 2)))
