"""The paper's experiments, what it left open, and the one call that runs them all."""

from .answers import Answers
from .confound import Confound, confound
from .displacement import Displacement, displacement
from .effort import FULL, QUICK, Effort
from .localisation import Localisation, localisation
from .marked import Marked, marked
from .out_of_sample import OutOfSample, out_of_sample, portrait
from .overlays import Overlays, overlays
from .placed import PlacedObjects, placed
from .question import Answer, question
from .reproduce import reproduce
from .rotation import Rotation, rotation, turned
from .settling import settle
from .stages import Stages, stages
from .strangers import Strangers, strangers
from .verdict import verdict

__all__ = [
    "FULL",
    "QUICK",
    "Answer",
    "Answers",
    "Confound",
    "Displacement",
    "Effort",
    "Localisation",
    "Marked",
    "OutOfSample",
    "Overlays",
    "PlacedObjects",
    "Rotation",
    "Stages",
    "Strangers",
    "confound",
    "displacement",
    "localisation",
    "marked",
    "out_of_sample",
    "overlays",
    "placed",
    "portrait",
    "question",
    "reproduce",
    "rotation",
    "settle",
    "stages",
    "strangers",
    "turned",
    "verdict",
]
