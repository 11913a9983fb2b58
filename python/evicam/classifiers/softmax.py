"""The baseline."""

import numpy as np

from .. import _native
from ..checks import check_real
from .base import Classifier
from .words import ATTRIBUTES, PARAMETERS


class SoftmaxClassifier(Classifier):
    __doc__ = f"""The same network with softmax and cross-entropy: the baseline that does not know what it does not know.

    Parameters
    ----------
    {PARAMETERS.strip()}
    label_smoothing : float
        Share of the label that is spread evenly over all classes, 0 to below 1 (Szegedy et al. 2016).

    Attributes
    ----------{ATTRIBUTES}

    References
    ----------
    Szegedy, Vanhoucke, Ioffe, Shlens & Wojna, "Rethinking the Inception architecture for computer vision", CVPR 2016
    (label smoothing, section 7).
    """

    _is_saved = True

    def __init__(
        self,
        architecture="lenet",
        *,
        label_smoothing=0.0,
        epochs=10,
        batch_size=128,
        optimiser="adam",
        learning_rate=2e-3,
        weight_decay=0.0,
        decay_biases="auto",
        head_rate=1.0,
        schedule="one-cycle",
        warmup=0.0,
        average_decay=0.0,
        pretrained=None,
        pretrained_sha256=None,
        normalisation=None,
        augmentation=None,
        test_time_flip=False,
        validation_fraction=0.0,
        early_stopping=None,
        warm_start=False,
        random_state=None,
        verbose="auto",
    ):
        self.architecture = architecture
        self.label_smoothing = label_smoothing
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimiser = optimiser
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.decay_biases = decay_biases
        self.head_rate = head_rate
        self.schedule = schedule
        self.warmup = warmup
        self.average_decay = average_decay
        self.pretrained = pretrained
        self.pretrained_sha256 = pretrained_sha256
        self.normalisation = normalisation
        self.augmentation = augmentation
        self.test_time_flip = test_time_flip
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def _check_settings(self):
        check_real(self.label_smoothing, "label_smoothing", 0, 1, high_open=True)
        return super()._check_settings()

    def _loss_settings(self, steps_per_epoch):
        return {"label_smoothing": float(self.label_smoothing)}

    def predict_proba(self, X):
        """Softmax probabilities.

        Parameters
        ----------
        X : array-like of shape (N, H, W) or (N, H, W, C)

        Returns
        -------
        ndarray of shape (N, K), float32
        """
        return self._predicted(X)[1]

    def _predicted(self, X):
        """Positions of the predicted classes [N], probabilities [N, K], and no opinion."""
        logits = self.logits(X)
        probability = np.empty_like(logits)
        _native.softmax(logits, probability)
        return logits.argmax(axis=1), probability, None
