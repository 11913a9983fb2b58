"""What both classifiers share: scikit-learn's conventions on top of the engine."""

import copy
import warnings

import numpy as np

from .. import _native, checkpoint
from ..arrays import as_images, as_labels, check_choice, check_positive_int, check_real, encode_labels
from ..estimator import Estimator
from ..interrupts import Interrupt
from ..progress import progress_bar
from ..sampling import draw_seed, hold_out
from ..training import OPTIMISERS, SCHEDULES, Run

# Images that one call into the engine takes at most, so that Ctrl-C is answered and converted copies stay small.
_BATCH = 8192

PARAMETERS = """
    architecture : str
        "lenet" (the paper's), "lenet-pool1" (the variant in its authors' code, without pooling), or architecture text.
    epochs : int
        Passes over the training images.
    batch_size : int
    optimiser : {"adam", "adamw", "sgd"}
        Adam has its weight decay in the gradient, AdamW apart; SGD has Nesterov momentum 0.9.
    learning_rate : float
        At its highest.
    weight_decay : float
    schedule : {"constant", "step", "cosine", "one-cycle"}
        Learning rate over a fit. "one-cycle" rises to `learning_rate` over the first 30% and falls to nearly nothing;
        "cosine" falls from it to zero; "step" multiplies it by 0.1 every 7 epochs.
    warmup : float
        Epochs over which the learning rate rises linearly.
    validation_fraction : float
        Share of the images, drawn class by class, that is kept from training; the weights of the epoch with the best
        accuracy on it are kept. 0 trains on all and keeps the last.
    early_stopping : int or None
        Stop after so many epochs without a better validation accuracy.
    warm_start : bool
        Whether `fit` starts from the weights of the fit before.
    random_state : int, numpy.random.Generator, numpy.random.RandomState or None
        Seed of weights, shuffling, dropout and the validation split. With the same one, the same bits come out, for
        any number of threads.
    verbose : bool or "auto"
        Whether to show progress: a bar in a terminal or notebook, elsewhere a line for each epoch; "auto" leaves the
        lines out."""

ATTRIBUTES = """
    classes_ : ndarray of shape (K,)
    image_shape_ : tuple (H, W, C)
    history_ : dict of lists
        One entry per epoch: loss, accuracy, uncertainty, evidence_correct and evidence_wrong (mean total evidence of
        images classified right and wrong), dead_evidence_fraction (share of images with next to no evidence for
        their own class), kl_share (of the loss), kl_weight and learning_rate (of the epoch's first step), seconds;
        val_loss, val_accuracy and val_uncertainty where there is a validation set.
    interrupted_ : bool
        Whether the last fit was stopped by Ctrl-C; `fit(X, y, resume=True)` completes it.
    n_features_in_ : int
        H * W * C.
    architecture_ : str
    network_ : evicam._native.Network"""


class Classifier(Estimator):
    """What both classifiers share."""

    # ---- Fitting -------------------------------------------------------------------------------------------------

    def fit(self, X, y, *, validation=None, resume=False):
        """Train on images and their labels.

        Parameters
        ----------
        X : array-like of shape (N, H, W) or (N, H, W, C)
            uint8 0..255 or floats 0..1.
        y : array-like of shape (N,)
            Any hashable classes, at least two of them.
        validation : tuple (X, y), optional
            A validation set of its own, instead of `validation_fraction`.
        resume : bool
            Go on with a fit that was interrupted, or loaded with its training state, to the same bits as if it had not
            stopped; `X` and `y` must be those it began with. Raising `epochs` first makes a finished fit longer, and
            stretches its schedule from there on.

        Returns
        -------
        self
            Ctrl-C ends the fit with a warning; the classifier is usable as far as it got.

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit; the message names them.
        FloatingPointError
            If the loss stops being finite; the classifier keeps its last finite weights.
        """
        settings = self._check_settings()
        images = as_images(X)
        labels = as_labels(y, len(images))
        if resume:
            return self._resume(images, labels, validation, settings)
        seed = draw_seed(self.random_state)
        if self.warm_start and hasattr(self, "network_"):
            classes, codes = encode_labels(labels, self.classes_)
            self._check_images(images[:1])
        else:
            classes, codes = encode_labels(labels)
            if len(classes) < 2:
                raise ValueError(f"y holds the single class {classes.tolist()[0]!r}, but a classifier needs at least two")
            self._make_network(images.shape[1:], classes, seed)
        train, held_out = self._split(images, codes, validation, seed)
        self.history_ = {}
        self._run = Run(self.network_, self._engine_settings(len(train[0]), seed, settings), *train, held_out, classes)
        self._run.history = self.history_
        return self._train(self.epochs)

    def partial_fit(self, X, y, classes=None):
        """Train for one epoch on these images, going on from the call before: weights, optimiser, annealing.

        There is no end to plan for, so the learning rate is constant, whatever `schedule` says.

        Parameters
        ----------
        X, y
            As in `fit`.
        classes : array-like of shape (K,), optional
            All classes there will be; needed in the first call unless `y` has them all.

        Returns
        -------
        self
        """
        settings = self._check_settings()
        images = as_images(X, shape=getattr(self, "image_shape_", None))
        labels = as_labels(y, len(images))
        seed = draw_seed(self.random_state)
        if not hasattr(self, "network_"):
            known = encode_labels(labels if classes is None else as_labels(classes, len(classes), "classes"))[0]
            if len(known) < 2:
                raise ValueError("classes must name at least two classes in the first call of partial_fit")
            self._make_network(images.shape[1:], known, seed)
            self.history_ = {}
        codes = encode_labels(labels, self.classes_)[1]
        settings.update(schedule=SCHEDULES["constant"], warmup_steps=0)
        self._run = Run(self.network_, self._engine_settings(len(images), seed, settings), images, codes, None, self.classes_)
        self._run.history = self.history_
        if getattr(self, "_training_state", None) is not None:
            self._run.follow(*self._training_state)
        return self._train(self._run.trainer.progress()["epoch"] + 1)

    def _train(self, epochs):
        run, bar = self._run, progress_bar(self.verbose, hasattr(self, "evidence"))
        self.interrupted_ = False
        try:
            with Interrupt() as interrupt:
                for _ in run.epochs(epochs, bar, interrupt):
                    if self.early_stopping is not None and run.epochs_without_gain() >= self.early_stopping:
                        break
        except KeyboardInterrupt:
            self.interrupted_ = True
            done = run.trainer.progress()
            warnings.warn(
                f"training was interrupted after {done['epoch']} of {epochs} epochs; the classifier is usable as it is, "
                "and fit(X, y, resume=True) completes it",
                stacklevel=3,
            )
        except ValueError as error:
            if "no longer finite" not in str(error):
                raise
            raise FloatingPointError(str(error)) from None
        finally:
            bar.close()
            # What resuming needs is taken before the best weights replace the last ones.
            self._training_state = self._take_state()
            if run.validation is not None:
                run.trainer.restore_best()
            self._run = None
        return self

    def _take_state(self):
        numbers, arrays = self._run.state()
        arrays["parameters"] = np.concatenate([values.ravel() for values in checkpoint.read_parameters(self.network_).values()])
        return numbers, arrays

    def _resume(self, images, labels, validation, settings):
        if getattr(self, "_training_state", None) is None:
            raise ValueError(
                "resume is True, but there is no training to go on with: fit first, or load a checkpoint that was saved "
                "with training_state=True"
            )
        self._check_images(images[:1])
        codes = encode_labels(labels, self.classes_)[1]
        numbers, arrays = self._training_state
        seed = numbers["settings"]["seed"]
        train, held_out = self._split(images, codes, validation, seed)
        engine_settings = self._engine_settings(len(train[0]), seed, settings)
        # A longer run may stretch a schedule; what was passed of it stays passed.
        numbers["settings"]["total_steps"] = engine_settings["total_steps"]
        run = Run(self.network_, engine_settings, *train, held_out, self.classes_)
        run.restore(numbers, {name: values for name, values in arrays.items() if name != "parameters"})
        checkpoint.write_parameters(self.network_, arrays["parameters"])
        run.history = self.history_
        self._run = run
        return self._train(self.epochs)

    def _make_network(self, shape, classes, seed):
        """A new network; the old one stands if this fails."""
        text = self._architecture_text(len(classes))
        network = _native.Network(text, *map(int, shape), seed)
        if network.classes != len(classes):
            raise ValueError(f"architecture ends in {network.classes} logits, but y has {len(classes)} classes")
        self.network_ = network
        self.architecture_ = network.architecture
        self.classes_ = classes
        self.image_shape_ = tuple(map(int, shape))
        self.n_features_in_ = int(np.prod(shape))

    def _architecture_text(self, classes):
        if isinstance(self.architecture, str) and "=" in self.architecture:
            return self.architecture
        name = check_choice(self.architecture, "architecture", ["lenet", "lenet-pool1"])
        return _native.lenet(classes, 1 if name == "lenet-pool1" else 2)

    def _split(self, images, codes, validation, seed):
        """Training and validation parts: (images, codes), and the same or None."""
        if validation is not None:
            if not isinstance(validation, (tuple, list)) or len(validation) != 2:
                raise TypeError(f"validation is a {type(validation).__name__}, but must be a tuple (X, y)")
            held_out = self._check_images(validation[0], "validation X")
            labels = as_labels(validation[1], len(held_out), "validation y")
            return (images, codes), (held_out, encode_labels(labels, self.classes_, "validation y")[1])
        if not self.validation_fraction:
            return (images, codes), None
        chosen = hold_out(codes, len(self.classes_), self.validation_fraction, seed)
        return (images[~chosen], codes[~chosen]), (images[chosen], codes[chosen])

    def _check_settings(self):
        """Check the parameters that both classifiers have."""
        settings = {
            "optimiser": OPTIMISERS[check_choice(self.optimiser, "optimiser", OPTIMISERS)],
            "learning_rate": check_real(self.learning_rate, "learning_rate", 0, low_open=True),
            "weight_decay": check_real(self.weight_decay, "weight_decay", 0),
            "schedule": SCHEDULES[check_choice(self.schedule, "schedule", SCHEDULES)],
            "batch_size": check_positive_int(self.batch_size, "batch_size"),
        }
        check_positive_int(self.epochs, "epochs")
        if self.verbose != "auto" and not isinstance(self.verbose, (bool, int, np.bool_)):
            raise ValueError(f"verbose is {self.verbose!r}, but must be True, False or 'auto'")
        check_real(self.warmup, "warmup", 0)
        check_real(self.validation_fraction, "validation_fraction", 0, 1, high_open=True)
        if self.early_stopping is not None:
            check_positive_int(self.early_stopping, "early_stopping")
        return settings

    def _engine_settings(self, count, seed, settings):
        """Keywords of the engine's trainer; `settings` holds what was checked."""
        steps = -(-count // settings["batch_size"])
        values = dict(
            loss=_native.LOSS_CROSS_ENTROPY, evidence=_native.EVIDENCE_EXPONENTIAL, evidence_clip=10.0, kl_weight=0.0,
            kl_annealing_steps=0, kl_annealing_hold=1, rescue_weight=0.0, beta1=0.9, beta2=0.999, epsilon=1e-8,
            momentum=0.9, nesterov=True, schedule_period=7 * steps, schedule_decay=0.1, total_steps=self.epochs * steps,
            warmup_steps=round(self.warmup * steps), seed=seed,
        )  # fmt: skip
        values.update(settings)
        values.update(self._loss_settings(steps))
        return values

    def _loss_settings(self, steps_per_epoch):
        """What a subclass adds to the engine's settings."""
        return {}

    # ---- Predicting ----------------------------------------------------------------------------------------------

    def _check_images(self, X, name="X"):
        """Images in the form the engine reads, of the shape the classifier was trained on."""
        self._check_fitted()
        return as_images(X, name, shape=self.image_shape_)

    def _logits(self, images):
        logits = np.empty((len(images), len(self.classes_)), np.float32)
        for first in range(0, len(images), _BATCH):
            self.network_.logits(images[first : first + _BATCH], logits[first : first + _BATCH])
        return logits

    def decision_function(self, X):
        """The network's logits, before any evidence function or softmax.

        Parameters
        ----------
        X : array-like of shape (N, H, W) or (N, H, W, C)

        Returns
        -------
        ndarray of shape (N, K), float32
        """
        return self._logits(self._check_images(X))

    def predict(self, X):
        """The class with the largest logit, the first of equals.

        Parameters
        ----------
        X : array-like of shape (N, H, W) or (N, H, W, C)

        Returns
        -------
        ndarray of shape (N,)
        """
        logits = self.decision_function(X)
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

        Returns
        -------
        float
        """
        images = self._check_images(X)
        codes = encode_labels(as_labels(y, len(images)), self.classes_)[1]
        return float(np.average(self._logits(images).argmax(axis=1) == codes, weights=sample_weight))

    # ---- Saving and copying --------------------------------------------------------------------------------------

    def save(self, path, training_state=False):
        """Write the classifier to a safetensors file, atomically: a file of that name is replaced or left as it was.

        Parameters
        ----------
        path : path-like
        training_state : bool
            Whether to add what `fit(resume=True)` needs: three more copies of the weights.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        self._check_fitted()
        checkpoint.save(self, path, training_state)

    def __getstate__(self):
        state = self.__dict__.copy()
        state.pop("_run", None)
        network = state.pop("network_", None)
        if network is not None:
            state["network_"] = checkpoint.read_parameters(network)
        return copy.copy(state)

    def __setstate__(self, state):
        parameters = state.pop("network_", None)
        self.__dict__.update(state)
        if parameters is not None:
            self.network_ = checkpoint.restore_network(self.architecture_, self.image_shape_, parameters)
