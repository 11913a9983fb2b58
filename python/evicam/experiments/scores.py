"""Where heatmaps lie beside the object, by every score, and as rows of a table."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np

from .. import baselines, metrics, statistics
from ..explanations import explain

# Relevance that belongs to the map's region, as a share of its largest: Selvaraju et al., "Grad-CAM", ICCV 2017,
# section 4.1, cut their maps there. The paper does not say where it cut.
HEAT_THRESHOLD = 0.15
# Brightness above which a pixel is the object: see `evicam.metrics.object_masks`.
OBJECT_THRESHOLD = 0.1

# As results.json calls the two ways to draw a map. The paper's is the first.
RESIZES = {"naive": "bilinear", "aligned": "aligned"}
METHODS = ("grad-cam", "hirescam")

# The score that says how far off, in pixels: lower is better. The others ask how much of the object was found: higher is.
OFFSET = "offset"


def score(heatmaps, masks, threshold) -> tuple[dict[str, np.ndarray], metrics.Sweep]:
    """Every score of heatmaps [N, H, W] beside the objects' masks: {name: [N]}, and the sweep of thresholds.

    A heatmap that is zero everywhere scores 0, and has no offset (NaN).
    """
    cut = heatmaps > threshold
    sweep = metrics.threshold_sweep(heatmaps, masks)
    values = {
        "dice": metrics.dice(cut, masks),
        "iou": metrics.iou(cut, masks),
        "dice over thresholds": sweep.dice_area,
        "energy inside": metrics.energy_inside(heatmaps, masks),
        "rank accuracy": metrics.rank_accuracy(heatmaps, masks),
        "pointing game": metrics.pointing_game(heatmaps, masks),
        OFFSET: metrics.centroid_offset(heatmaps, masks).distance,
    }
    return values, sweep


def score_models(models, images, masks, method, resize, threshold, **options) -> tuple[dict[str, np.ndarray], np.ndarray, dict]:
    """Scores of several models' heatmaps of the same images.

    Returns
    -------
    scores : dict of str to ndarray of shape (S, N)
    empty : ndarray of shape (S, N), bool
        Which heatmaps are zero everywhere.
    curves : dict of str to list of float
        Mean Dice and IoU at each of the sweep's thresholds.
    """
    found, empty, curves = [], [], []
    for model in models:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "empty heatmaps")  # their share is reported
            explanation = explain(model, images, method, resize=RESIZES[resize], **options)
        values, sweep = score(explanation.heatmap, masks, threshold)
        found.append(values)
        empty.append(explanation.empty)
        curves.append((sweep.dice.mean(axis=0), sweep.iou.mean(axis=0)))
    dice, iou = np.mean(curves, axis=0)
    return _stacked(found), np.stack(empty), {"dice": dice.tolist(), "iou": iou.tolist()}


def score_baselines(masks, threshold, seed) -> dict[str, tuple[dict[str, np.ndarray], dict]]:
    """Scores (1, N), and curves, of heatmaps that need no classifier, by the baseline's name."""
    found = {}
    for name, maps in baselines.heatmaps(masks, random_state=seed).items():
        values, sweep = score(maps, masks, threshold)
        curves = {"dice": sweep.dice.mean(axis=0).tolist(), "iou": sweep.iou.mean(axis=0).tolist()}
        found[name] = _stacked([values]), curves
    return found


def row(values, *, condition, resize, method, metric, resamples) -> dict:
    """A row of ``results.json`` of scores (S, N): their mean and its 95% interval, over models and images.

    Of a single row, which no model made, the interval is over images. None stands for what is not known.
    """
    seeds, images = values.shape
    bootstrap = partial(statistics.over_models_and_images, resamples=resamples, nan_policy="omit")
    known = ~np.isnan(values)
    mean = low = high = None
    if known.any(axis=1).all() and images >= 6:
        # Twice the same row is the bootstrap over images alone.
        found = bootstrap(values if seeds > 1 else np.repeat(values, 2, axis=0))
        mean, low, high = found.effect_size, found.ci_low, found.ci_high
    return {
        "condition": condition,
        "resize": resize,
        "method": method,
        "metric": metric,
        "mean": mean,
        "ci_low": low,
        "ci_high": high,
        "n": int(known.any(axis=0).sum()),
        "seeds": seeds,
    }


def rows(scores, **where) -> list[dict]:
    """A row for every score."""
    return [row(values, metric=metric, **where) for metric, values in scores.items()]


def _stacked(found) -> dict[str, np.ndarray]:
    """Dicts of [N], one per model, as one dict of [S, N]."""
    return {name: np.stack([values[name] for values in found]) for name in found[0]}
