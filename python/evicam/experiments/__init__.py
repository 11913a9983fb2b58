"""The paper's experiments, and the one call that runs them all."""

from .answers import Answers
from .out_of_sample import OutOfSample, out_of_sample, portrait
from .overlays import Overlays, overlays
from .reproduce import reproduce
from .rotation import Rotation, rotation, turned

__all__ = [
    "Answers",
    "OutOfSample",
    "Overlays",
    "Rotation",
    "out_of_sample",
    "overlays",
    "portrait",
    "reproduce",
    "rotation",
    "turned",
]
