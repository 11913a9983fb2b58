"""Write python/tests/golden_scores.json: scores as Quantus, scikit-learn and SciPy compute them.

    python benchmarks/golden/scores.py > python/tests/golden_scores.json

needs quantus, scikit-learn and torch. Where Quantus deviates from the papers:

- PointingGame counts a hit if any of several equal maxima lies on the object, so a map of zeros hits; an image without an
  object hits too, since NaN is stored in an array of booleans. The maps here have no ties and all masks a pixel.
- RelevanceRankAccuracy orders ties as the sort leaves them. RelevanceMassAccuracy has NaN for a map of zeros.
- Sparseness adds 1e-7 to every pixel, in the caller's array, before the Gini index: the maps here are scaled so that this
  is below 1e-8 of it.
- PixelFlipping begins its curve after the first step, and its area counts steps, not shares of the pixels. Its step
  must divide the number of pixels. Its "black" is the image's own minimum: the images here have a pixel of 0.
- Correlations and the partial rank correlation do not exist in Quantus; scikit-learn's regression gives the latter.
"""

import contextlib
import json
import sys
import warnings

import numpy as np
import quantus
import torch
from scipy import stats
from sklearn.linear_model import LinearRegression
from sklearn.metrics import auc, f1_score, jaccard_score

COUNT, SIDE, CLASSES = 6, 8, 3
STEP = 4  # pixels deleted at a time


def integers(count: int, factor: int, modulus: int) -> np.ndarray:
    """A sequence of whole numbers 0 ... modulus - 1 without pattern to the eye; modulus is prime."""
    return np.arange(1, count + 1) ** 2 * factor % modulus


def heatmaps() -> np.ndarray:
    """[N, 8, 8], 0..1, all pixels of a map different: powers of k / 64 in an order of its own, the later the sparser."""
    keys = integers(COUNT * SIDE * SIDE, 7919, 104729).reshape(COUNT, -1)
    powers = np.arange(1, COUNT + 1)[:, None]
    return (((keys.argsort(axis=1).argsort(axis=1) + 1) / 64) ** powers).reshape(COUNT, SIDE, SIDE)


def quantus_scores(maps, masks, images) -> dict:
    """What Quantus says of maps without ties."""
    settings = dict(abs=False, normalise=False, disable_warnings=True, return_aggregate=False)
    channels = dict(x_batch=images[:, None], y_batch=np.zeros(COUNT, int), a_batch=maps[:, None])
    located = dict(model=None, **channels, s_batch=masks[:, None])
    gini = quantus.Sparseness(**settings)(model=None, **(channels | {"a_batch": 64e3 * maps[:, None]}))
    return {
        "pointing_game": quantus.PointingGame(**settings)(**located),
        "energy_inside": quantus.RelevanceMassAccuracy(**settings)(**located),
        "rank_accuracy": quantus.RelevanceRankAccuracy(**settings)(**located),
        "gini": gini,
    }


class SoftmaxRegression(torch.nn.Module):
    """Probabilities in double, though Quantus hands its images over in float: they are multiples of 1/32, and exact."""

    def __init__(self, weights):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.from_numpy(weights))

    def forward(self, images):
        return (images.flatten(1).double() @ self.weight.T).softmax(dim=1)


def deletion(maps, images, weights, targets) -> dict:
    """Pixel flipping of a softmax regression."""
    model = SoftmaxRegression(weights).eval()
    settings = dict(abs=False, normalise=False, disable_warnings=True, features_in_step=STEP, perturb_baseline="black")
    curves = quantus.PixelFlipping(**settings)(
        model=model,
        x_batch=images[:, None], y_batch=targets, a_batch=maps[:, None], softmax=False, channel_first=True,
    )  # fmt: skip
    with torch.no_grad():
        start = model(torch.from_numpy(images)).numpy()[np.arange(COUNT), targets]
    curves = np.column_stack([start, curves])
    fraction = np.append(np.arange(0, SIDE * SIDE, STEP), SIDE * SIDE) / SIDE**2
    return {"values": curves, "area": [auc(fraction, curve) for curve in curves]}


def sweeps(maps, masks, thresholds) -> dict:
    """Dice and IoU at thresholds, and the areas under them."""
    flat = [(heatmap.ravel(), mask.ravel()) for heatmap, mask in zip(maps, masks)]
    found = {
        name: np.array([[score(mask, heatmap > threshold) for threshold in thresholds] for heatmap, mask in flat])
        for name, score in (("dice", f1_score), ("iou", jaccard_score))
    }
    span = thresholds[-1] - thresholds[0]
    return found | {f"{name}_area": [auc(thresholds, curve) / span for curve in curves] for name, curves in found.items()}


def correlations(x, y, angle) -> dict:
    """Plain and partial rank correlation, and the paired tests."""
    ranks = [stats.rankdata(values) for values in (x, y, angle)]
    covariate = ranks[2][:, None]
    left = [values - LinearRegression().fit(covariate, values).predict(covariate) for values in ranks[:2]]
    plain, partial = stats.spearmanr(x, y), stats.pearsonr(*left)[0]
    freedom = len(x) - 3
    student, signed = stats.ttest_rel(x, y), stats.wilcoxon(x, y)
    return {
        "spearman": [plain.statistic, plain.pvalue],
        "partial": [partial, 2 * stats.t.sf(abs(partial) * np.sqrt(freedom / (1 - partial**2)), freedom)],
        "t": [student.statistic, student.pvalue],
        "wilcoxon": [signed.statistic, signed.pvalue],
        "benjamini-hochberg": stats.false_discovery_control([0.001, 0.03, 0.02, 0.4, 0.011]),
    }


def main() -> None:
    """Print the file."""
    warnings.simplefilter("ignore")
    maps = heatmaps()
    masks = (integers(COUNT * SIDE * SIDE, 31, 10007) % 10 < 3).reshape(maps.shape).astype(int)
    images = (integers(COUNT * SIDE * SIDE, 17, 65537) % 33 / 32).reshape(maps.shape)
    images[:, 0, 0] = 0
    weights = (integers(CLASSES * SIDE * SIDE, 13, 7919) % 17 / 16 - 0.5).reshape(CLASSES, -1)
    targets = np.arange(COUNT) % CLASSES
    thresholds = [0.0, 0.125, 0.3, 0.6, 0.9]
    x, y, angle = integers(40, 3, 97) % 41 / 8, integers(40, 5, 89) % 37 / 8, np.arange(40) // 8
    x, y = x + angle / 2, y + angle
    with contextlib.redirect_stdout(sys.stderr):  # what Quantus has to say
        quantus_found, deleted = quantus_scores(maps, masks, images), deletion(maps, images, weights, targets)
    golden = {
        "maps": maps, "masks": masks, "images": images, "weights": weights, "targets": targets, "step": STEP,
        "thresholds": thresholds, "x": x, "y": y, "angle": angle,
        "scores": quantus_found,
        "deletion": deleted,
        "sweep": sweeps(maps, masks, thresholds),
        "tests": correlations(x, y, angle),
    }  # fmt: skip
    rows = (f'"{key}": {json.dumps(value, default=lambda array: np.asarray(array).tolist())}' for key, value in golden.items())
    print("{\n" + ",\n".join(rows) + "\n}")


if __name__ == "__main__":
    main()
