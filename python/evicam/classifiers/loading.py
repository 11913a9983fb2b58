"""Classifiers from checkpoints."""

from ..checkpoint import CheckpointError, read
from .evidential import EvidentialClassifier
from .softmax import SoftmaxClassifier

KINDS = {kind.__name__: kind for kind in (EvidentialClassifier, SoftmaxClassifier)}


def load(path):
    """Load a classifier from a file that `save` wrote.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    EvidentialClassifier or SoftmaxClassifier

    Raises
    ------
    OSError
        If the file cannot be read.
    CheckpointError
        If it is truncated, foreign, of a newer version, lacks tensors, or has a parameter that predictions cannot be made by;
        the message says which.
    """
    saved = read(path)
    if saved.kind not in KINDS:
        raise CheckpointError(f"{path}: it holds a {saved.kind!r}, which this evicam does not know")
    try:
        classifier = KINDS[saved.kind](**saved.params)
        classifier._check_predicting()
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: {error}") from None
    classifier._restore(saved)
    return classifier
