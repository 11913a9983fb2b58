"""How classifiers are fitted: from what a user passes in to a run of the engine's trainer."""

import warnings
from contextlib import contextmanager
from numbers import Integral

import numpy as np

from .. import _native
from ..architectures import architecture_text
from ..arrays import as_images
from ..augmentation import check_augmentation
from ..checks import check_flag
from ..exchange.pretrained import start_from
from ..interrupts import Interrupt
from ..labels import as_labels, encode_labels
from ..normalisation import channel_statistics
from ..parameters import by_name, read_flat, write_parameters
from ..progress import progress_bar, say
from ..resuming import TrainingFile, check_same_training, naming
from ..sampling import draw_seed, hold_out
from ..training import SCHEDULES, ResumeError, Run


def _is_finite(weights):
    """Whether no float32 is NaN or infinite: then their sum in float64 is not either."""
    with np.errstate(invalid="ignore"):
        return bool(np.isfinite(weights.sum(dtype=np.float64)))


class _Attempt:
    """How far a fit got: from `trains` on, what it has learned so far is kept where it can be."""

    trains = False


class Fitting:
    """`fit` and `partial_fit`."""

    def fit(self, X, y, *, validation=None, resume=False, checkpoint=None):
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
            stretches its schedule from there on; `softmax_epochs` may change with it, until that part has passed. With a
            `checkpoint`, go on from that file; where there is none yet and nothing was fitted, begin.
        checkpoint : path-like, optional
            Where to save the classifier and its training state after every epoch, and when Ctrl-C ends the fit. The
            checkpoint before is kept as `checkpoint` + ".previous", and used with a warning if the last one is damaged.
            A process that was killed at any moment goes on with ``fit(X, y, checkpoint=path, resume=True)``.

        Returns
        -------
        self
            Ctrl-C ends the fit with a warning; the classifier is usable as far as it got. Before training has begun, while
            memory is made ready, it is raised as KeyboardInterrupt.

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit; the message names them.
        FloatingPointError
            If the loss or the weights stop being finite. The classifier is what it was before the call, or with
            `early_stopping` has the weights that were the best until then.
        CheckpointError
            If training is to go on from a checkpoint, but neither it nor the one before can be used.
        FileNotFoundError, IsADirectoryError
            If there is no folder for the checkpoint, or a folder in its place.

        Warns
        -----
        CheckpointWarning
            If a checkpoint cannot be written, as on a full disk: training goes on, and the old one stands. If the last one is
            damaged or missing: training goes on from the one before.
        CollapseWarning
            If a class gathers no evidence from any of its images for two epochs.
        UserWarning
            If Ctrl-C ended the fit.
        """
        settings = self._check_settings()
        check_flag(resume, "resume")
        images = as_images(X)
        labels = as_labels(y, len(images))
        vars(self).pop("_kept_trainer", None)
        file = None if checkpoint is None else TrainingFile(checkpoint)
        with self._unchanged_if_it_fails(in_place=resume or self.warm_start) as attempt:
            found = resume and self._read(file)
            if found or resume and (file is None or hasattr(self, "_training_state")):
                with naming(file if found else None):
                    self._resume(images, labels, validation, settings)
            else:
                self._begin(images, labels, validation, settings, file)
            if self.early_stopping is not None and self._run.validation is None:
                raise ValueError(
                    f"early_stopping is {self.early_stopping}, but there are no images to validate with: pass validation=(X, y), "
                    "or set validation_fraction"
                )
            attempt.trains = True
            self._train(self.epochs, file)
            self._logits(images[:1])  # FloatingPointError if the last step spoiled them, of which no loss has told
            return self

    def partial_fit(self, X, y, classes=None):
        """Train for one epoch on these images, going on from the call before: weights, optimiser, annealing.

        There is no end to plan for, so the learning rate is constant, whatever `schedule` says. The memory of training is
        kept for the next call; `fit` gives it back.

        Parameters
        ----------
        X, y
            As in `fit`.
        classes : array-like of shape (K,), optional
            All classes there will be; needed in the first call unless `y` has them all.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit, among them other classes, `architecture` or `normalisation` than the first call's; the
            message names them.
        FloatingPointError
            As `fit`.
        """
        settings = self._check_settings()
        images = as_images(X, shape=getattr(self, "image_shape_", None))
        labels = as_labels(y, len(images))
        check_augmentation(self.augmentation).apply(images[:1])
        seed = draw_seed(self.random_state)
        with self._unchanged_if_it_fails(in_place=True) as attempt:
            self._begin_or_follow(images, labels, classes, settings, seed)
            run = self._run
            attempt.trains = True
            self._train(run.trainer.progress()["epoch"] + 1, more="the next call begins another epoch")
        self._kept_trainer = (self.network_, run.settings), run.trainer
        return self

    def _begin(self, images, labels, validation, settings, file):
        """Make a network, unless warm_start has one, and the run that trains it."""
        # Changes that are too large for the images are told before anything is made.
        check_augmentation(self.augmentation).apply(images[:1])
        seed = draw_seed(self.random_state)
        goes_on = self.warm_start and hasattr(self, "network_")
        if goes_on:
            classes, codes = encode_labels(labels, self.classes_)
            self._check_images(images[:1])
            self._check_same_network()
        else:
            classes, codes = encode_labels(labels)
            if len(classes) < 2:
                raise ValueError(f"y holds the single class {classes.tolist()[0]!r}, but a classifier needs at least two")
            self._make_network(images.shape[1:], classes, seed)
        train, held_out = self._split(images, codes, validation, seed)
        if not goes_on:
            self._normalise(train[0])
        if file is not None:
            file.check(self)
        self.history_ = {}
        engine_settings = self._engine_settings(len(train[0]), seed, settings)
        self._run = Run(self.network_, engine_settings, *train, held_out, classes, self.early_stopping)
        self._run.history = self.history_

    def _begin_or_follow(self, images, labels, classes, settings, seed):
        """Make the run of one `partial_fit`, and in the first call the network."""
        given = None if classes is None else encode_labels(as_labels(classes, name="classes"))[0]
        if not hasattr(self, "network_"):
            known = encode_labels(labels)[0] if given is None else given
            if len(known) < 2:
                raise ValueError("classes must name at least two classes in the first call of partial_fit")
            self._make_network(images.shape[1:], known, seed)
            self._normalise(images)
            self.history_ = {}
        elif given is not None and given.tolist() != self.classes_.tolist():
            raise ValueError(f"classes are {given.tolist()}, but were {self.classes_.tolist()} in the first call of partial_fit")
        else:
            self._check_same_network()
        codes = encode_labels(labels, self.classes_)[1]
        settings.update(schedule=SCHEDULES["constant"], warmup_steps=0)
        settings = self._engine_settings(len(images), seed, settings)
        state, (before, trainer) = getattr(self, "_training_state", None), vars(self).pop("_kept_trainer", (None, None))
        if state is None or before != (self.network_, settings):
            trainer = None
        run = self._run = Run(self.network_, settings, images, codes, None, self.classes_, trainer=trainer)
        run.history = self.history_
        if state is not None:
            run.follow(*state)

    @contextmanager
    def _unchanged_if_it_fails(self, in_place):
        """What was learned before stands where an argument does not fit, or where training leaves no weights of use.

        Parameters
        ----------
        in_place : bool
            Whether the network there is may be trained on.

        Yields
        ------
        _Attempt
        """
        before, attempt = vars(self).copy(), _Attempt()
        network = before.get("network_") if in_place else None
        weights = None if network is None else read_flat(network)
        try:
            yield attempt
        except BaseException as error:
            kept = attempt.trains and _is_finite(read_flat(self.network_))
            if isinstance(error, FloatingPointError):
                # The last finite weights may be so large that no logit is.
                kept = kept and self._training_state[0]["progress"]["best_epoch"] >= 0
            if not kept:
                vars(self).clear()
                vars(self).update(before)
                if network is not None:
                    write_parameters(network, by_name(network, weights))
            raise

    def _train(self, epochs, file=None, more="fit(X, y, resume=True) completes it"):
        run, bar = self._run, progress_bar(self.verbose, hasattr(self, "evidence"))
        self.interrupted_ = False
        try:
            with Interrupt() as interrupt:
                if not run.has_lost_patience():
                    for _ in run.epochs(epochs, bar, interrupt):
                        if file is not None:
                            file.write(self, run)
                        if run.has_lost_patience():
                            break
        except KeyboardInterrupt:
            self.interrupted_ = True
            done = run.trainer.progress()
            warnings.warn(
                f"training was interrupted after {done['epoch']} of {epochs} epochs; the classifier is usable as it is, "
                f"and {more}",
                stacklevel=3,
            )
            if file is not None:
                file.write(self, run)
        except ValueError as error:
            if "no longer finite" not in str(error):
                raise
            raise FloatingPointError(str(error)) from None
        finally:
            bar.close()
            self._training_state = _, arrays = run.state()
            run.finish()
            self._run = None
        weights = run.predicting(arrays)
        if not _is_finite(weights):
            raise FloatingPointError("the weights are no longer finite; try a smaller learning rate")
        if not all(_is_finite(values) for values in arrays.values() if values is not weights):
            raise FloatingPointError("the optimiser's moments are no longer finite; try a smaller learning rate or weight decay")
        return self

    def _read(self, file):
        """Whether there was a checkpoint to go on from; what it learned is then this classifier's."""
        saved = None if file is None else file.read()
        if saved is None:
            return False
        with naming(file):
            check_same_training(self, saved)
        self._restore(saved)
        return True

    def _resume(self, images, labels, validation, settings):
        """Make the run that goes on with the training that was interrupted, loaded, or read."""
        if getattr(self, "_training_state", None) is None:
            raise ValueError(
                "resume is True, but there is no training to go on with: fit first, or load a checkpoint that was saved "
                "with training_state=True"
            )
        self._check_images(images[:1])
        if other := self._other_network():
            raise ResumeError(other)
        codes = encode_labels(labels, self.classes_)[1]
        numbers, arrays = self._training_state
        seed = numbers["settings"]["seed"]
        if isinstance(self.random_state, Integral) and draw_seed(self.random_state) != seed:
            raise ResumeError(f"random_state is {self.random_state}, but this training was started with {seed}")
        if (done := numbers["progress"]["epoch"]) > self.epochs:
            raise ResumeError(f"epochs is {self.epochs}, but this training has gone through {done}")
        train, held_out = self._split(images, codes, validation, seed)
        engine_settings = self._engine_settings(len(train[0]), seed, settings)
        # A longer run may stretch a schedule, and its beginning by cross-entropy; what was passed of them stays passed.
        step, start = numbers["progress"]["step"], numbers["settings"].get("cross_entropy_steps", 0)
        wanted = engine_settings["cross_entropy_steps"]
        start = start if start <= step else max(step, wanted)
        if wanted != start:
            steps = -(-len(train[0]) // settings["batch_size"])
            warnings.warn(
                f"softmax_epochs is {self.softmax_epochs:g}, but that part of this training ended after {start / steps:g} "
                "epochs, and stays as it was",
                stacklevel=3,
            )
        engine_settings["cross_entropy_steps"] = start
        changed = {"total_steps": engine_settings["total_steps"], "cross_entropy_steps": start}
        changed["batch_size"] = self._room(numbers["settings"]["batch_size"], len(train[0]))
        numbers = numbers | {"settings": numbers["settings"] | changed}
        run = Run(self.network_, engine_settings, *train, held_out, self.classes_, self.early_stopping)
        run.restore(numbers, arrays)
        run.history = self.history_
        self._run = run

    def _normalise(self, images):
        if self.normalisation is not None:
            self.network_.set_normalisation(*channel_statistics(images))

    def _make_network(self, shape, classes, seed):
        """A new network, with pretrained weights where there are some; the old one stands if this fails."""
        network = self._new_network(shape, classes, seed)
        if self.pretrained is not None:
            normalised = self.normalisation is not None
            notes = start_from(network, shape, self.pretrained, self.pretrained_sha256, normalised=normalised)
            for note in notes:
                say(self.verbose, f"pretrained: {note}")
            self.pretrained_ = notes
        self._adopt(network, shape, classes)

    def _new_network(self, shape, classes, seed):
        text = architecture_text(self.architecture, len(classes))
        network = _native.Network(text, *map(int, shape), seed)
        if network.classes != len(classes):
            raise ValueError(f"architecture ends in {network.classes} logits, but there are {len(classes)} classes")
        return network

    def _other_network(self):
        """The parameter that asks for another network than there is, in words; "" if none does."""
        for name, before in vars(self).get("_made_with", {}).items():
            given = getattr(self, name)
            if given == before:
                continue
            if name == "architecture":
                wanted = self._new_network(self.image_shape_, self.classes_, 0)
                if wanted.architecture == self.architecture_:
                    self._made_with = self._made_with | {name: given}
                    continue
            return f"{name} is {given!r:.80}, but the network was made with {before!r:.80}"
        return ""

    def _check_same_network(self):
        if other := self._other_network():
            raise ValueError(f"{other}: training that goes on keeps its network; set it back, or fit a new classifier")

    def _adopt(self, network, shape, classes):
        self.network_ = network
        self._made_with = {name: getattr(self, name) for name in ("architecture", "normalisation")}
        self.architecture_ = network.architecture
        self.classes_ = classes
        self.image_shape_ = tuple(map(int, shape))
        self.n_features_in_ = int(np.prod(shape))

    def _restore(self, saved):
        """Take over what a checkpoint has learned."""
        self._adopt(saved.network, saved.image_shape, saved.classes)
        self._made_with["architecture"] = self.architecture_  # the parameter may say what the next fit is to make
        self.history_, self.interrupted_ = saved.history, False
        if saved.training_state is not None:
            self._training_state = saved.training_state

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
