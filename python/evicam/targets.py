"""What is explained: from the user's words to the engine's request."""

from __future__ import annotations

import numpy as np

from . import _native
from .checks import check_choice
from .labels import as_labels, encode_labels
from .training import EVIDENCE

# Targets that belong to the whole opinion, and quantities that belong to a class.
OF_OPINION = {
    "uncertainty": _native.TARGET_UNCERTAINTY,
    "dissonance": _native.TARGET_DISSONANCE,
    "strength": _native.TARGET_STRENGTH,
}
QUANTITIES = {
    "logit": _native.QUANTITY_LOGIT,
    "evidence": _native.QUANTITY_EVIDENCE,
    "belief": _native.QUANTITY_BELIEF,
    "probability": _native.QUANTITY_PROBABILITY,
}
WORDS = ("predicted", *OF_OPINION)


class Target:
    """What is asked of the engine, the same for each layer and batch.

    Attributes
    ----------
    target : str or ndarray of shape (N,)
        As `Explanation.target` holds it.
    predicted : ndarray of shape (N,), int32, or None
        Positions of the predicted classes after `predict`; None where the network itself says them.
    """

    def __init__(self, classifier, target, quantity, count):
        check_choice(quantity, "quantity", QUANTITIES)
        evidential = hasattr(classifier, "predict_opinion")
        self.classifier = classifier
        self.target = target
        self.quantity = quantity
        self._quantity = QUANTITIES[quantity]
        self._classes = None  # [count] int32: class positions, where classes were given
        self.predicted = None
        # Only what is made of evidence depends on its function; a softmax classifier has none.
        classifier._check_predicting()
        self._evidence = EVIDENCE[getattr(classifier, "evidence", "relu")]
        self._clip = float(getattr(classifier, "evidence_clip", 0.0))
        if not evidential and quantity == "probability":
            self._quantity = _native.QUANTITY_SOFTMAX
        if isinstance(target, str) and target in OF_OPINION:
            self._kind = OF_OPINION[target]
            if not evidential:
                raise ValueError(
                    f"target is {target!r}, but a softmax classifier has none: train an EvidentialClassifier, or explain "
                    "'predicted' or a class"
                )
            if quantity != "logit":
                raise ValueError(f"quantity is {quantity!r}, but target {target!r} is of no class: leave quantity out")
            self.quantity = target
        elif not evidential and quantity not in ("logit", "probability"):
            raise ValueError(f"quantity is {quantity!r}, but a softmax classifier has only 'logit' and 'probability'")
        elif isinstance(target, str) and target == "predicted":
            self._kind = _native.TARGET_PREDICTED
        else:
            self._kind = _native.TARGET_CLASS
            self._classes = _class_positions(classifier.classes_, target, count)
            self.target = classifier.classes_[self._classes]

    def predict(self, images, batch_size):
        """Ask the classifier what it predicts where that is not what the network says of the images as they stand."""
        if not self.classifier.test_time_flip:
            return
        batches = (images[start : start + batch_size] for start in range(0, len(images), batch_size))
        self.predicted = np.concatenate([self.classifier._logits(batch).argmax(axis=1) for batch in batches]).astype(np.int32)
        if self._kind == _native.TARGET_PREDICTED:
            self._kind, self._classes = _native.TARGET_CLASS, self.predicted

    def request(self, part, layer=None, weights=_native.WEIGHTS_SUM) -> tuple:
        """The engine's request for the images at positions `part`."""
        classes = None if self._classes is None else self._classes[part]
        return (layer, self._kind, self._quantity, classes, weights, self._evidence, self._clip)


def _class_positions(classes, target, count) -> np.ndarray:
    """Position in `classes` of the label explained in each image: (count,) int32."""
    several = hasattr(target, "__len__") and not isinstance(target, (str, bytes)) and np.shape(target) != ()
    if several and isinstance(target, tuple):  # a label may be a tuple
        several = target not in classes.tolist()
    labels = as_labels(target, count, "target") if several else as_labels([target], 1, "target")
    return np.resize(encode_labels(labels, classes, "target")[1], count)
