"""The fit loop: steps in slices, so that a progress bar moves and Ctrl-C is prompt."""

import math
import time
import warnings
import zlib
from functools import cached_property

import numpy as np

from . import _native
from .interrupts import paced
from .parameters import by_name, read_flat, write_parameters

LOSSES = {"mse": _native.LOSS_MSE, "log": _native.LOSS_LOG, "digamma": _native.LOSS_DIGAMMA}
EVIDENCE = {
    "relu": _native.EVIDENCE_RELU,
    "softplus": _native.EVIDENCE_SOFTPLUS,
    "exponential": _native.EVIDENCE_EXPONENTIAL,
}
OPTIMISERS = {"adam": _native.OPTIMISER_ADAM, "adamw": _native.OPTIMISER_ADAMW, "sgd": _native.OPTIMISER_SGD}
SCHEDULES = {
    "constant": _native.SCHEDULE_CONSTANT,
    "step": _native.SCHEDULE_STEP,
    "cosine": _native.SCHEDULE_COSINE,
    "one-cycle": _native.SCHEDULE_ONE_CYCLE,
}
STATES = {
    "first_moment": _native.STATE_FIRST_MOMENT,
    "second_moment": _native.STATE_SECOND_MOMENT,
    "best_parameters": _native.STATE_BEST_PARAMETERS,
    "average_parameters": _native.STATE_AVERAGE_PARAMETERS,
}

# Images that are validated at a time: about a second of a ResNet-18's on two cores. For each part the averaged weights take the
# others' place and the network is made ready anew, which takes as long as 20 to 50 of its images.
_PART = 1024


class CollapseWarning(UserWarning):
    """A class gathers no evidence from any of its images: it will not be predicted, and may not recover."""


class ResumeError(ValueError):
    """The training to go on with is another one than it was started as."""

    def __init__(self, reason, remedy=""):
        super().__init__(reason, remedy)
        self.reason = reason

    def __str__(self):
        reason, remedy = self.args
        return f"{reason}: cannot resume{remedy}"


class Run:
    """One training run: the engine's trainer, the data, and what was measured.

    Parameters
    ----------
    network : evicam._native.Network
    settings : dict
        Keywords of ``evicam._native.Trainer``.
    images, labels : ndarray
        Checked images [N, H, W, C] and int32 codes [N].
    validation : tuple of (images, labels), optional
    classes : ndarray of shape (K,)
        For messages.
    patience : int, optional
        Epochs without a better fit of the validation images after which to stop, with the weights of the best one. None: the
        last ones stay.
    trainer : evicam._native.Trainer, optional
        One of an earlier run of this network with these settings, to be used again: its memory is hundreds of megabytes for a
        residual network, and getting it anew can take as long as many steps. `follow` puts the state into it.
    """

    def __init__(self, network, settings, images, labels, validation, classes, patience=None, trainer=None):
        self.network = network
        self.settings = settings
        self.trainer = _native.Trainer(network, **settings) if trainer is None else trainer
        self.images, self.labels = images, labels
        self.validation = validation
        self.classes = classes
        self.patience = patience
        self.history = {}
        self._started = _Measured(len(classes))
        self._dead_since = {}

    @cached_property
    def _fingerprint(self):
        return fingerprint(self.images, self.labels)

    @cached_property
    def _validation_fingerprint(self):
        return self.validation and fingerprint(*self.validation)

    # ---- State, for resuming -------------------------------------------------------------------------------------

    def state(self):
        """Everything that resuming needs: numbers, and flat arrays by name, among them the network's own parameters."""
        progress = self.trainer.progress()
        arrays = {"parameters": read_flat(self.network)}
        wanted = {
            "first_moment": True,
            "second_moment": self.settings["optimiser"] != _native.OPTIMISER_SGD,
            "best_parameters": progress["best_epoch"] >= 0,
            "average_parameters": self.settings["average_decay"] > 0,
        }
        for name in (name for name, is_wanted in wanted.items() if is_wanted):
            arrays[name] = np.empty_like(arrays["parameters"])
            self.trainer.read_state(STATES[name], arrays[name])
        numbers = {
            "progress": progress,
            "settings": self.settings,
            "fingerprint": self._fingerprint,
            "validation_fingerprint": self._validation_fingerprint,
            "epoch_so_far": self._started.as_dict(),
            "dead_since": {str(code): epoch for code, epoch in self._dead_since.items()},
        }
        return numbers, arrays

    def predicting(self, arrays):
        """Of a state's arrays the weights to predict with: the best where wanted, else the average, else the last ones."""
        best = () if self.patience is None else ("best_parameters",)
        return next(arrays[name] for name in (*best, "average_parameters", "parameters") if name in arrays)

    def finish(self):
        """Put the weights to predict with into the network. What resuming needs is to be taken before."""
        self.trainer.restore_average()
        if self.patience is not None:
            self.trainer.restore_best()

    def restore(self, numbers, arrays):
        """Continue where `state` was taken. ResumeError if the data or settings are not those of that run."""
        if numbers["fingerprint"] != self._fingerprint:
            raise ResumeError("X and y are not the images and labels that this training was started with")
        if numbers.get("validation_fingerprint", self._validation_fingerprint) != self._validation_fingerprint:
            raise ResumeError("the validation set is not the one that this training was started with")
        changed = [name for name, value in numbers["settings"].items() if self.settings.get(name) != value]
        if changed:
            raise ResumeError(f"{', '.join(changed)} changed since this training was started")
        kept = numbers["progress"]["best_epoch"] >= 0
        self._write(arrays, [name for name in arrays if kept or name != "best_parameters"])
        self.trainer.set_progress(**numbers["progress"])
        self._started = _Measured.from_dict(numbers["epoch_so_far"])
        self._dead_since = {int(code): epoch for code, epoch in numbers["dead_since"].items()}

    def follow(self, numbers, arrays):
        """Go on with the step count, annealing, optimiser and average of an earlier run, on other images."""
        if numbers["settings"]["optimiser"] == self.settings["optimiser"]:
            self._write(arrays, ("first_moment", "second_moment"))
        if self.settings["average_decay"] > 0:
            self._write(arrays, ("parameters", "average_parameters"))
        before = numbers["progress"]
        begun = before["epoch"] + (before["step_in_epoch"] > 0)
        self.trainer.set_progress(step=before["step"], epoch=begun, step_in_epoch=0, best_score=-math.inf, best_epoch=-1)
        self._dead_since = {int(code): epoch for code, epoch in numbers["dead_since"].items()}

    def _write(self, arrays, names):
        """Set the state's arrays of these names, as far as there are any."""
        for name in (name for name in names if name in arrays):
            if name == "parameters":
                write_parameters(self.network, by_name(self.network, arrays[name]))
            else:
                self.trainer.write_state(STATES[name], arrays[name])

    # ---- Running -------------------------------------------------------------------------------------------------

    def epochs(self, count, bar, interrupt):
        """Train until `count` epochs are complete; yields after each one, with `history` extended.

        KeyboardInterrupt comes where `interrupt` is checked: between slices, and between epochs.
        """
        steps_per_epoch = -(-len(self.images) // self.settings["batch_size"])
        bar.start(count, steps_per_epoch, self._begun(steps_per_epoch))
        while self._is_unmeasured() or self.trainer.progress()["epoch"] < count:
            if not self._is_unmeasured():
                self._steps(bar, interrupt)
            self._finish_epoch(bar, interrupt)
            interrupt.check()
            yield self.trainer.progress()["epoch"]

    def _is_unmeasured(self):
        """Whether all steps of an epoch were made, but it was not measured: Ctrl-C came while its validation ran."""
        return self._started.sums["count"] > 0 and self.trainer.progress()["step_in_epoch"] == 0

    def _begun(self, steps_per_epoch):
        """The epochs that were measured, and the steps of the one after them."""
        progress, rest = self.trainer.progress(), self._is_unmeasured()
        return {
            "epoch": progress["epoch"] - rest,
            "step_in_epoch": steps_per_epoch if rest else progress["step_in_epoch"],
        }

    def has_lost_patience(self):
        """Whether the epoch that fits the validation images best, of those that can be kept, is too long ago."""
        progress = self.trainer.progress()
        if self.patience is None or progress["best_epoch"] < 0:
            return False
        return progress["epoch"] - progress["best_epoch"] >= self.patience

    def _steps(self, bar, interrupt):
        """All that are left of this epoch."""
        epoch = self._started
        if epoch.rates is None:
            epoch.rates = self.trainer.rates()
        slice_steps, ended = 1, False
        while not ended:
            interrupt.check()
            begun = time.perf_counter()
            before = self.trainer.progress()["step"]
            epoch.sums, ended = self.trainer.run(self.images, self.labels, slice_steps, epoch.sums, epoch.alive)
            seconds = time.perf_counter() - begun
            epoch.seconds += seconds
            steps = self.trainer.progress()["step"] - before
            bar.advance(steps, epoch)
            slice_steps = max(1, paced(slice_steps, steps, seconds))

    def _finish_epoch(self, bar, interrupt):
        epoch = self._started
        measured = {} if self.validation is None else self._validate(epoch, interrupt)
        self._started = _Measured(len(self.classes))
        row = epoch.row() | measured
        for name, value in row.items():
            self.history.setdefault(name, []).append(value)
        bar.epoch_done(row)
        self._warn_of_dead_classes(epoch.alive)

    def _validate(self, epoch, interrupt):
        begun = time.perf_counter()
        measured = self._evaluate(*self.validation, interrupt)
        epoch.seconds += time.perf_counter() - begun
        if not math.isfinite(measured["loss"]):
            raise FloatingPointError("the loss of the validation images is no longer finite; try a smaller learning rate")
        count = measured["count"]
        # What cross-entropy alone has trained has learned no evidence yet, however well it fits.
        if self.patience is not None and self.trainer.progress()["step"] > self.settings["cross_entropy_steps"]:
            # Without the KL term, whose weight rises: the losses of two epochs are to be compared. Not the accuracy, which
            # by chance is the highest where the evidence is not yet what it should be. Rounding is no gain.
            self.trainer.report_score(round((measured["divergence"] - measured["loss"]) / count, 9))
        return {
            "val_loss": measured["loss"] / count,
            "val_accuracy": measured["correct"] / count,
            "val_uncertainty": measured["uncertainty"] / count,
        }

    def _evaluate(self, images, labels, interrupt):
        """The engine's sums over a set; Ctrl-C is answered between its parts."""
        sums = dict.fromkeys(_Measured.SUMS, 0)
        for first in range(0, len(images), _PART):
            interrupt.check()
            part = slice(first, first + _PART)
            for name, value in self.trainer.evaluate(images[part], labels[part]).items():
                sums[name] += value
        return sums

    def _warn_of_dead_classes(self, alive):
        epoch = self.trainer.progress()["epoch"]
        present = np.bincount(self.labels, minlength=len(self.classes)) > 0
        for code in np.flatnonzero(present & (alive > 0)):
            self._dead_since.pop(int(code), None)
        for code in np.flatnonzero(present & (alive == 0)):
            since = self._dead_since.setdefault(int(code), epoch)
            # One epoch without evidence may be a slow start.
            if epoch == since + 1:
                outlook, remedy = "", "a lower learning_rate"
                if self.settings["evidence"] == _native.EVIDENCE_RELU:
                    outlook, remedy = ", and with ReLU evidence it cannot recover", "evidence='exponential'"
                warnings.warn(
                    f"class {self.classes.tolist()[code]!r} is dead: since epoch {since} not one of its images gathers evidence "
                    f"for it{outlook}. Try {remedy}, rescue_weight=0.1, or a smaller kl_weight.",
                    CollapseWarning,
                    stacklevel=5,
                )


class _Measured:
    """What has passed of an epoch: the engine's sums over its images, and more."""

    SUMS = ("count", "loss", "divergence", "correct", "uncertainty", "evidence_when_correct", "evidence_when_wrong", "dead")

    def __init__(self, classes):
        self.sums = dict.fromkeys(self.SUMS, 0)
        self.alive = np.zeros(classes, np.int64)
        self.seconds = 0.0
        # Learning rate and KL weight of the first step.
        self.rates = None

    def as_dict(self):
        return {"sums": self.sums, "alive": self.alive.tolist(), "seconds": self.seconds, "rates": self.rates}

    @classmethod
    def from_dict(cls, values):
        measured = cls(len(values["alive"]))
        measured.sums = values["sums"]
        measured.alive[:] = values["alive"]
        measured.seconds, measured.rates = values["seconds"], values["rates"]
        return measured

    def mean(self, name):
        return self.sums[name] / max(1, self.sums["count"])

    def row(self):
        """One epoch's entry of the history."""
        correct = self.sums["correct"]
        wrong = self.sums["count"] - correct
        return {
            "loss": self.mean("loss"),
            "accuracy": self.mean("correct"),
            "uncertainty": self.mean("uncertainty"),
            "evidence_correct": self.sums["evidence_when_correct"] / max(1, correct),
            "evidence_wrong": self.sums["evidence_when_wrong"] / max(1, wrong),
            "dead_evidence_fraction": self.mean("dead"),
            "kl_share": self.sums["divergence"] / self.sums["loss"] if self.sums["loss"] else 0.0,
            "kl_weight": self.rates[1],
            "learning_rate": self.rates[0],
            "seconds": self.seconds,
        }


def fingerprint(images, labels):
    """A number that tells one training set from another: shape, all labels, and all pixels."""
    told = zlib.crc32(labels.tobytes(), zlib.crc32(str((images.shape, images.dtype)).encode()))
    return zlib.crc32(np.ascontiguousarray(images), told)
