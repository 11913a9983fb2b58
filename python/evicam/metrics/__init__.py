"""Scores: whether a heatmap lies on the object, whether the classifier used what it shows, and whether to trust either."""

from .classification import Reliability, accuracy, calibration_error, reliability
from .detection import auroc
from .evaluation import Evaluation, evaluate
from .faithfulness import Curve, deletion, insertion
from .localisation import Offset, centroid_offset, energy_inside, pointing_game, rank_accuracy
from .masks import object_masks
from .overlap import Sweep, dice, iou, soft_dice, threshold_sweep
from .ranks import gini, rank_correlation
from .sanity import Equivariance, Randomisation, equivariance, parameter_randomisation
from .shift import BestShift, best_shift_dice

__all__ = [
    "BestShift",
    "Curve",
    "Equivariance",
    "Evaluation",
    "Offset",
    "Randomisation",
    "Reliability",
    "Sweep",
    "accuracy",
    "auroc",
    "best_shift_dice",
    "calibration_error",
    "centroid_offset",
    "deletion",
    "dice",
    "energy_inside",
    "equivariance",
    "evaluate",
    "gini",
    "insertion",
    "iou",
    "object_masks",
    "parameter_randomisation",
    "pointing_game",
    "rank_accuracy",
    "rank_correlation",
    "reliability",
    "soft_dice",
    "threshold_sweep",
]
