"""A classifier's parameters: their checks, and what the engine's trainer is told of them."""

from dataclasses import asdict

from .. import _native
from ..augmentation import check_augmentation
from ..checks import check_choice, check_flag, check_positive_int, check_real
from ..exchange.download import check_place
from ..training import OPTIMISERS, SCHEDULES

# Epochs that can be asked for: their steps are then numbers that the engine counts to.
MOST_EPOCHS = 10**6


class Settings:
    """Checks of the parameters, and the settings of the engine that follow from them."""

    def _check_settings(self):
        """Check the parameters that both classifiers have."""
        self._check_predicting()
        settings = {
            "optimiser": OPTIMISERS[check_choice(self.optimiser, "optimiser", OPTIMISERS)],
            "learning_rate": check_real(self.learning_rate, "learning_rate", 0, low_open=True),
            "weight_decay": check_real(self.weight_decay, "weight_decay", 0),
            "head_rate": check_real(self.head_rate, "head_rate", 1e-9, 1e9),
            "schedule": SCHEDULES[check_choice(self.schedule, "schedule", SCHEDULES)],
            "batch_size": check_positive_int(self.batch_size, "batch_size", maximum=1 << 20),
        }
        check_positive_int(self.epochs, "epochs", maximum=MOST_EPOCHS)
        check_place(self.pretrained, self.pretrained_sha256)
        check_augmentation(self.augmentation)
        check_real(self.average_decay, "average_decay", 0, 1, high_open=True)
        if self.normalisation is not None:
            check_choice(self.normalisation, "normalisation", ["channels"])
        check_flag(self.decay_biases, "decay_biases", "auto")
        check_flag(self.warm_start, "warm_start")
        if not isinstance(self.verbose, int):
            check_flag(self.verbose, "verbose", "auto")
        check_real(self.warmup, "warmup", 0, MOST_EPOCHS)
        check_real(self.validation_fraction, "validation_fraction", 0, 1, high_open=True)
        if self.early_stopping is not None:
            check_positive_int(self.early_stopping, "early_stopping")
        return settings

    def _check_predicting(self):
        """Check the parameters that predictions are made by: they may have changed, or come from a file."""
        check_flag(self.test_time_flip, "test_time_flip")

    def _engine_settings(self, count, seed, settings):
        """Keywords of the engine's trainer for `count` images; `settings` holds what was checked."""
        steps = -(-count // settings["batch_size"])
        values = dict(
            loss=_native.LOSS_CROSS_ENTROPY, evidence=_native.EVIDENCE_EXPONENTIAL, evidence_clip=10.0, kl_weight=0.0,
            kl_annealing_steps=0, kl_annealing_hold=1, rescue_weight=0.0, beta1=0.9, beta2=0.999, epsilon=1e-8,
            momentum=0.9, nesterov=True, schedule_period=7 * steps, schedule_decay=0.1, total_steps=int(self.epochs) * steps,
            warmup_steps=round(self.warmup * steps), seed=seed, cross_entropy_steps=0, label_smoothing=0.0,
            average_decay=float(self.average_decay), decay_spares_vectors=self._spares_vectors(),
            **asdict(check_augmentation(self.augmentation)),
        )  # fmt: skip
        values.update(settings, batch_size=self._room(settings["batch_size"], count))
        values.update(self._loss_settings(steps))
        return values

    def _room(self, batch_size, count):
        """Images of a step that the engine makes room for, where `count` is all there are.

        It decides nothing: from 16 on all layers compute alike, and only dropout numbers its draws by it, which therefore keeps
        batches up to 1024 as they are. The next power of two is shared by calls of `partial_fit` with about as many images.
        """
        fewest = 1024 if self._has_layer("dropout") else 16
        return min(batch_size, max(fewest, 1 << (count - 1).bit_length()))

    def _has_layer(self, kind):
        return any(layer["kind"] == kind for layer in self.network_.layers())

    def _spares_vectors(self):
        return self._has_layer("batchNormalisation") if self.decay_biases == "auto" else not self.decay_biases

    def _loss_settings(self, steps_per_epoch):
        """What a subclass adds to the engine's settings."""
        return {}
