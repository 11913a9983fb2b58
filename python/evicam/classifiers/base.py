"""What both classifiers share: scikit-learn's conventions on top of the engine."""

import copy

import numpy as np

from .. import checkpoint
from ..arrays import as_images, to_array
from ..checks import check_flag
from ..estimator import Estimator
from ..interrupts import slices
from ..labels import as_labels, encode_labels
from ..normalisation import read_normalisation
from ..parameters import read_parameters, restore_network
from .exchanging import Exchanging
from .fitting import Fitting
from .settings import Settings


class Classifier(Fitting, Settings, Exchanging, Estimator):
    """What both classifiers share."""

    # ---- Predicting ----------------------------------------------------------------------------------------------

    def _check_images(self, X, name="X"):
        """Images in the form the engine reads, of the shape the classifier was trained on."""
        self._check_fitted()
        return as_images(X, name, shape=self.image_shape_)

    def _logits(self, images):
        self._check_predicting()
        logits = np.empty((len(images), len(self.classes_)), np.float32)
        for part in slices(len(images)):
            batch, own = images[part], logits[part]
            self.network_.logits(batch, own)
            if self.test_time_flip:
                mirrored = np.empty_like(own)
                self.network_.logits(np.ascontiguousarray(batch[:, :, ::-1]), mirrored)
                own += mirrored
                own /= 2
            if not (finite := np.isfinite(own).all(axis=1)).all():
                raise FloatingPointError(
                    f"the logits of image {part.start + finite.argmin()} are no longer finite; try a smaller learning rate"
                )
        return logits

    def logits(self, X):
        """The network's outputs, before any evidence function or softmax.

        Parameters
        ----------
        X : array-like of shape (N, H, W) or (N, H, W, C)

        Returns
        -------
        ndarray of shape (N, K), float32
        """
        return self._logits(self._check_images(X))

    def decision_function(self, X):
        """The logits; of two classes the second's less the first's, as scikit-learn's scorers want it.

        Parameters
        ----------
        X : array-like of shape (N, H, W) or (N, H, W, C)

        Returns
        -------
        ndarray of shape (N, K), or (N,) where K is 2, float32
        """
        logits = self.logits(X)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def predict(self, X):
        """The class with the largest logit, the first of equals.

        Parameters
        ----------
        X : array-like of shape (N, H, W) or (N, H, W, C)

        Returns
        -------
        ndarray of shape (N,)
        """
        logits = self.logits(X)
        return self.classes_[logits.argmax(axis=1)]

    def predict_log_proba(self, X):
        """Natural logarithm of `predict_proba`; -inf where a probability is 0."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def score(self, X, y, sample_weight=None):
        """Accuracy on images and labels; labels that were not seen in training are an error.

        Parameters
        ----------
        X : array-like of shape (N, H, W) or (N, H, W, C)
        y : array-like of shape (N,)
        sample_weight : array-like of shape (N,), optional
            How much each image counts: finite, at least 0, and not all 0.

        Returns
        -------
        float
        """
        images = self._check_images(X)
        codes = encode_labels(as_labels(y, len(images)), self.classes_)[1]
        weights = None if sample_weight is None else _check_weights(sample_weight, len(images))
        return float(np.average(self._logits(images).argmax(axis=1) == codes, weights=weights))

    # ---- Saving and copying --------------------------------------------------------------------------------------

    def save(self, path, training_state=False):
        """Write the classifier to a safetensors file, atomically: a file of that name is replaced or left as it was.

        Parameters
        ----------
        path : path-like
        training_state : bool
            Whether to add what `fit(resume=True)` needs: one to four more copies of the weights.

        Raises
        ------
        OSError
            If the file cannot be written.
        TypeError
            If a file cannot hold the classes.
        ValueError
            If a parameter that predictions are made by was set to what it cannot be, which `load` would refuse.
        """
        self._check_fitted()
        self._check_predicting()
        check_flag(training_state, "training_state")
        checkpoint.save(self, path, training_state)

    def __getstate__(self):
        state = self.__dict__.copy()
        for name in ("_run", "_kept_trainer"):
            state.pop(name, None)
        network = state.pop("network_", None)
        if network is not None:
            state["network_"] = read_parameters(network), read_normalisation(network, self.image_shape_[2])
        return copy.copy(state)

    def __setstate__(self, state):
        network = state.pop("network_", None)
        self.__dict__.update(state)
        if network is not None:
            self.network_ = restore_network(self.architecture_, self.image_shape_, *network)


def _check_weights(weights, count):
    """Weights of images as shares of the largest, whose sum is finite."""
    weights = to_array(weights, "sample_weight", "weight")
    if weights.dtype.kind not in "biuf":
        raise TypeError(f"sample_weight has dtype {weights.dtype}, but weights must be real numbers")
    if weights.shape != (count,):
        raise ValueError(f"sample_weight has shape {weights.shape}, but must be ({count},), one weight per image")
    weights = weights.astype(np.float64)
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        index = int(wrong.argmax())
        raise ValueError(f"sample_weight holds {weights[index]} at [{index}], but weights must be finite and at least 0")
    if not weights.any():
        raise ValueError("sample_weight holds only zeros, but at least one image must count")
    return weights / weights.max()
