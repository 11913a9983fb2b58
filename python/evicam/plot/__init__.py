"""Figures: heatmaps over images, opinions, the experiments, training.

Every function returns a Matplotlib figure without touching pyplot; a notebook shows it, `as_png` and `save` write it.
Each takes ``figure=``, a `matplotlib.figure.Figure` or `SubFigure` to draw into, so pictures can be composed.
"""

from .cards import card
from .displacement import displacement
from .experiments import out_of_sample, rotation
from .localisation import centroids, placed_scores, relations, threshold_curves
from .opinions import opinion_bars
from .overlays import overlay
from .stages import stages
from .strangers import strangers
from .style import as_png, save
from .training import history, learning_curve, reliability
from .uncertainties import uncertainty_histogram

__all__ = [
    "as_png",
    "card",
    "centroids",
    "displacement",
    "history",
    "learning_curve",
    "opinion_bars",
    "out_of_sample",
    "overlay",
    "placed_scores",
    "relations",
    "reliability",
    "rotation",
    "save",
    "stages",
    "strangers",
    "threshold_curves",
    "uncertainty_histogram",
]
