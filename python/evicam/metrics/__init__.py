"""Scores: whether a heatmap lies on the object, whether the classifier used what it shows, and whether to trust either."""

from .classification import Reliability, accuracy, calibration_error, reliability
from .localisation import Offset, centroid_offset, energy_inside, pointing_game, rank_accuracy
from .masks import object_masks
from .overlap import Sweep, dice, iou, soft_dice, threshold_sweep
from .ranks import gini, rank_correlation
from .shift import BestShift, best_shift_dice

__all__ = [
    "BestShift",
    "Offset",
    "Reliability",
    "Sweep",
    "accuracy",
    "best_shift_dice",
    "calibration_error",
    "centroid_offset",
    "dice",
    "energy_inside",
    "gini",
    "iou",
    "object_masks",
    "pointing_game",
    "rank_accuracy",
    "rank_correlation",
    "reliability",
    "soft_dice",
    "threshold_sweep",
]
