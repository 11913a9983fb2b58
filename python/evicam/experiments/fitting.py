"""Training for an experiment: whole, or not at all."""

from __future__ import annotations

import warnings


def fitted(classifier, images, labels, **settings):
    """`classifier`, fitted; `settings` are for its `fit`.

    KeyboardInterrupt where Ctrl-C ended its training, since half a training shows nothing.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "training was interrupted")
        classifier.fit(images, labels, **settings)
    if classifier.interrupted_:
        raise KeyboardInterrupt
    return classifier
