"""The evidential classifier."""

import numpy as np

from .. import _native
from ..checks import check_choice, check_real
from ..labels import label_array, plain_label
from ..opinion import Opinion
from ..training import EVIDENCE, LOSSES
from .base import Classifier
from .settings import MOST_EPOCHS
from .words import ATTRIBUTES, PARAMETERS


class EvidentialClassifier(Classifier):
    __doc__ = f"""An image classifier that says how much evidence it has.

    Its outputs are the parameters of a Dirichlet distribution over the classes, read as a subjective opinion: a belief
    per class and an uncertainty mass.

    Parameters
    ----------
    architecture, epochs, ...
        See below.
    loss : {{"mse", "log", "digamma"}}
        Expected squared error, negative log marginal likelihood, or expected cross-entropy (Sensoy et al. 2018,
        eq. 5, 3 and 4).
    evidence : {{"exponential", "softplus", "relu"}}
        How a logit becomes evidence. With ReLU and "mse" training may freeze (a warning says so).
    evidence_clip : float
        Largest logit the exponential sees, 1..80.
    kl_weight : float
        Weight of the term that draws misleading evidence to zero, once annealed.
    kl_annealing : float
        Epochs over which that weight grows from 0, at most a million.
    kl_annealing_hold : {{"step", "epoch"}}
        Whether it grows with every step or once per epoch. The authors' min(1, epoch / 10) is
        ``kl_weight=1, kl_annealing=10, kl_annealing_hold="epoch"``.
    rescue_weight : float
        Weight of a term that pushes the evidence of an image's own class up where there is none (Pandey & Yu 2023).
    softmax_epochs : float
        Epochs at the beginning in which the logits are trained with softmax and cross-entropy, before the evidential loss
        and its annealing begin: a warm start for deep networks (docs/training.md). Weights of that time are never kept as
        the best. Must be below `epochs`.
    label_smoothing : float
        Share of the label that is spread evenly over all classes in those epochs, 0 to below 1 (Szegedy et al. 2016).
        {PARAMETERS.strip()}

    Attributes
    ----------{ATTRIBUTES}

    References
    ----------
    Sensoy, Kaplan & Kandemir, "Evidential deep learning to quantify classification uncertainty", NeurIPS 2018.
    Pandey & Yu, "Learn to accumulate evidence from all training samples", ICML 2023.
    Szegedy, Vanhoucke, Ioffe, Shlens & Wojna, "Rethinking the Inception architecture for computer vision", CVPR 2016
    (label smoothing, section 7).

    Examples
    --------
    >>> import numpy as np
    >>> images = np.zeros((40, 16, 16), np.uint8)
    >>> images[:20, :8] = 255                                        # bright above ...
    >>> images[20:, 8:] = 255                                        # ... or below
    >>> labels = ["above"] * 20 + ["below"] * 20
    >>> classifier = EvidentialClassifier(epochs=20, batch_size=8, random_state=0).fit(images, labels)
    >>> classifier.predict(images[[0, -1]])
    array(['above', 'below'], dtype='<U5')
    >>> classifier.predict_opinion(images).uncertainty.shape
    (40,)
    """

    _is_saved = True

    def __init__(
        self,
        architecture="lenet",
        *,
        loss="mse",
        evidence="exponential",
        evidence_clip=10.0,
        kl_weight=0.1,
        kl_annealing=10.0,
        kl_annealing_hold="step",
        rescue_weight=0.0,
        softmax_epochs=0.0,
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
        self.loss = loss
        self.evidence = evidence
        self.evidence_clip = evidence_clip
        self.kl_weight = kl_weight
        self.kl_annealing = kl_annealing
        self.kl_annealing_hold = kl_annealing_hold
        self.rescue_weight = rescue_weight
        self.softmax_epochs = softmax_epochs
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
        check_choice(self.loss, "loss", LOSSES)
        check_real(self.kl_weight, "kl_weight", 0)
        check_real(self.kl_annealing, "kl_annealing", 0, MOST_EPOCHS)
        check_choice(self.kl_annealing_hold, "kl_annealing_hold", ["step", "epoch"])
        check_real(self.rescue_weight, "rescue_weight", 0)
        settings = super()._check_settings()
        check_real(self.softmax_epochs, "softmax_epochs", 0, self.epochs, high_open=True)
        check_real(self.label_smoothing, "label_smoothing", 0, 1, high_open=True)
        if self.label_smoothing and not self.softmax_epochs:
            raise ValueError(
                f"label_smoothing is {self.label_smoothing}, but softmax_epochs is 0: only cross-entropy takes smooth labels"
            )
        return settings

    def _check_predicting(self):
        super()._check_predicting()
        check_choice(self.evidence, "evidence", EVIDENCE)
        check_real(self.evidence_clip, "evidence_clip", 1, 80)

    def _loss_settings(self, steps_per_epoch):
        return {
            "loss": LOSSES[self.loss],
            "evidence": EVIDENCE[self.evidence],
            "evidence_clip": float(self.evidence_clip),
            "kl_weight": float(self.kl_weight),
            "kl_annealing_steps": round(self.kl_annealing * steps_per_epoch),
            "kl_annealing_hold": steps_per_epoch if self.kl_annealing_hold == "epoch" else 1,
            "rescue_weight": float(self.rescue_weight),
            "cross_entropy_steps": round(self.softmax_epochs * steps_per_epoch),
            "label_smoothing": float(self.label_smoothing),
        }

    def predict_opinion(self, X):
        """The opinions: beliefs, uncertainty and all that follows from the evidence.

        Parameters
        ----------
        X : array-like of shape (N, H, W) or (N, H, W, C)

        Returns
        -------
        Opinion
        """
        logits = self.logits(X)
        evidence = np.empty_like(logits)
        _native.evidence(logits, EVIDENCE[self.evidence], float(self.evidence_clip), evidence)
        return Opinion(evidence, self.classes_, logits.argmax(axis=1))

    def predict_proba(self, X):
        """Expected probabilities alpha / S.

        Parameters
        ----------
        X : array-like of shape (N, H, W) or (N, H, W, C)

        Returns
        -------
        ndarray of shape (N, K), float32
        """
        return self.predict_opinion(X).probability

    def _predicted(self, X):
        """Positions of the predicted classes [N], probabilities [N, K], and the opinion."""
        opinion = self.predict_opinion(X)
        return opinion.position, opinion.probability, opinion

    def predict(self, X, reject_above=None, reject_label=None):
        """The class with the most evidence, or a refusal where the uncertainty is too large.

        Parameters
        ----------
        X : array-like of shape (N, H, W) or (N, H, W, C)
        reject_above : float, optional
            Images with an uncertainty above this, 0..1, are not classified.
        reject_label : hashable, optional
            What they get instead: -1 where the classes are integers, NaN for floats, "" for strings and None for
            anything else, unless you name it. It must not be a class.

        Returns
        -------
        ndarray of shape (N,)
            Of the classes' dtype, widened where the refusal does not fit it: a larger integer, longer strings,
            otherwise object.

        Raises
        ------
        ValueError
            If the refusal would look like a class.
        TypeError
            If it is not hashable.
        """
        if reject_above is None:
            return super().predict(X)
        reject_above = check_real(reject_above, "reject_above", 0, 1)
        self._check_fitted()
        reject_label = _REFUSALS.get(self.classes_.dtype.kind) if reject_label is None else plain_label(reject_label)
        try:
            hash(reject_label)
        except TypeError:
            raise TypeError(f"reject_label is {reject_label!r:.50}, which is not hashable, as classes are") from None
        if reject_label in self.classes_.tolist():
            raise ValueError(f"reject_label is {reject_label!r}, which is also a class: pass one that is not")
        opinion, refusal = self.predict_opinion(X), label_array([reject_label])
        labels = opinion.label.astype(_dtype_with(self.classes_, refusal))
        labels[opinion.uncertainty > reject_above] = refusal
        return labels


# What a refused image is called, by the kind of the classes' dtype.
_REFUSALS = {"i": -1, "u": -1, "f": np.nan, "U": ""}


def _dtype_with(classes, refusal):
    """The dtype that holds the classes and the one label of `refusal` unchanged."""
    kind = refusal.dtype.kind
    if kind == classes.dtype.kind or (kind in "iu" and classes.dtype.kind in "iuf"):
        wider = np.result_type(refusal.dtype if kind in "fU" else np.min_scalar_type(refusal[0]), classes.dtype)
        if wider.kind != "f" or classes.dtype.kind == "f":  # no float holds all whole numbers of 64 bits
            return wider
    return np.dtype(object)
