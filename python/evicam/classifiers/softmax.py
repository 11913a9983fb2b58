"""The baseline."""

import numpy as np

from .. import _native
from .base import ATTRIBUTES, PARAMETERS, Classifier


class SoftmaxClassifier(Classifier):
    __doc__ = f"""The same network with softmax and cross-entropy: the baseline that does not know what it does not know.

    Parameters
    ----------
    {PARAMETERS.strip()}

    Attributes
    ----------{ATTRIBUTES}
    """

    def __init__(
        self,
        architecture="lenet",
        *,
        epochs=10,
        batch_size=128,
        optimiser="adam",
        learning_rate=2e-3,
        weight_decay=0.0,
        schedule="one-cycle",
        warmup=0.0,
        validation_fraction=0.0,
        early_stopping=None,
        warm_start=False,
        random_state=None,
        verbose="auto",
    ):
        self.architecture = architecture
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimiser = optimiser
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.warmup = warmup
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def predict_proba(self, X):
        """Softmax probabilities.

        Parameters
        ----------
        X : array-like of shape (N, H, W) or (N, H, W, C)

        Returns
        -------
        ndarray of shape (N, K), float32
        """
        logits = self.decision_function(X)
        probability = np.empty_like(logits)
        _native.softmax(logits, probability)
        return probability
