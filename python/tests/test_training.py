"""The course of a fit: what it records and shows, how it stops, goes on and fails."""

import re
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest

import evicam
import trained
from evicam import CollapseWarning, EvidentialClassifier, SoftmaxClassifier
from evicam.classifiers import fitting
from evicam.progress import progress_bar

X, Y = trained.shapes(150)
ALWAYS = {"loss", "accuracy", "uncertainty", "evidence_correct", "evidence_wrong", "dead_evidence_fraction", "kl_share",
          "kl_weight", "learning_rate", "seconds"}  # fmt: skip


def quick(kind=EvidentialClassifier, **settings):
    return kind(**{**dict(epochs=3, batch_size=16, random_state=0, verbose=False), **settings})


def weights(classifier):
    return {name: values for name, values in evicam.parameters.read_parameters(classifier.network_).items()}


def assert_same(one, other):
    """The same weights and, but for the time it took, the same history, to the bit."""
    for name, values in weights(one).items():
        np.testing.assert_array_equal(values, weights(other)[name], err_msg=name)
    without_time = [{name: row for name, row in c.history_.items() if name != "seconds"} for c in (one, other)]
    assert without_time[0] == without_time[1]


class CtrlCAfter:
    """A progress bar that presses Ctrl-C once so many slices have passed."""

    def __init__(self, slices):
        self.left = slices

    def start(self, epochs, steps_per_epoch, progress): ...
    def epoch_done(self, row): ...
    def close(self): ...

    def advance(self, steps, measured):
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGINT)


def interrupted(monkeypatch, slices, **settings):
    """A classifier whose fit was stopped after so many slices of one step each."""
    with monkeypatch.context() as patch:
        patch.setattr("evicam.interrupts.SLICE", 0.0)
        patch.setattr(fitting, "progress_bar", lambda *_: CtrlCAfter(slices))
        with pytest.warns(UserWarning, match="training was interrupted after . of 3 epochs; .*resume=True"):
            return quick(**settings).fit(X, Y)


# ---- what is recorded ----


def test_history_has_one_entry_per_epoch():
    history = quick(validation_fraction=0.2).fit(X, Y).history_
    assert set(history) == ALWAYS | {"val_loss", "val_accuracy", "val_uncertainty"}
    for name, values in history.items():
        assert len(values) == 3 and all(isinstance(value, float) and np.isfinite(value) for value in values), name
    assert set(quick().fit(X, Y).history_) == ALWAYS


def test_history_says_what_happened():
    classifier = quick(epochs=8, schedule="constant", learning_rate=2e-3, kl_annealing=4).fit(X, Y)
    history = classifier.history_
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["uncertainty"][-1] < history["uncertainty"][0]
    assert 0 < history["kl_share"][-1] < 1
    assert history["learning_rate"] == pytest.approx([2e-3] * 8)
    # The weight of each epoch's first step: 10 steps an epoch, grown over 40.
    assert history["kl_weight"] == pytest.approx([0.1 * min(1, step / 40) for step in range(0, 80, 10)])
    opinion = classifier.predict_opinion(X)
    right = opinion.label == Y
    assert right.mean() > 0.9
    assert opinion.evidence[right].sum(axis=1).mean() > opinion.evidence[~right].sum(axis=1).mean() if (~right).any() else True


def test_evaluating_gives_what_the_opinions_say():
    """val_* are the means over the validation set, counted anew from the opinions."""
    classifier = quick(epochs=1).fit(X, Y, validation=(X[:60], Y[:60]))
    opinion = classifier.predict_opinion(X[:60])
    assert classifier.history_["val_accuracy"] == [np.mean(opinion.label == Y[:60])]
    assert classifier.history_["val_uncertainty"] == pytest.approx([opinion.uncertainty.mean()], rel=1e-5)


def test_the_authors_annealing():
    """min(1, epoch / 10), one value for each epoch."""
    history = quick(epochs=12, kl_weight=1.0, kl_annealing=10, kl_annealing_hold="epoch").fit(X, Y).history_
    assert history["kl_weight"] == pytest.approx([min(1, epoch / 10) for epoch in range(12)])


# ---- what is shown ----


def test_a_line_for_each_epoch_where_nobody_watches(capsys):
    quick(verbose=True, validation_fraction=0.2).fit(X, Y)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    for word in ("loss ", "accuracy ", "uncertainty ", "validation ", " s"):
        assert word in lines[0]
    assert [" left" in line for line in lines] == [True, True, False]
    quick(SoftmaxClassifier, verbose=True).fit(X, Y)
    assert "uncertainty" not in capsys.readouterr().err


@pytest.mark.parametrize("verbose", [False, 0, "auto"])
def test_silence(capsys, verbose):
    quick(verbose=verbose).fit(X, Y)
    assert capsys.readouterr() == ("", "")


def test_the_bar_in_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("evicam.progress._is_watched", lambda: True)
    quick(verbose="auto", validation_fraction=0.2).fit(X, Y)
    shown = capsys.readouterr().err
    for words in ("epoch 3/3", "100%", "loss ", "accuracy ", "uncertainty ", "validation ", "<"):
        assert words in shown


def test_verbose_that_is_none():
    with pytest.raises(TypeError, match="verbose is 'loud', but must be 'auto', True or False"):
        quick(verbose="loud").fit(X, Y)


def test_no_stream_at_all(monkeypatch):
    """Under pythonw and the like there is no stderr."""
    monkeypatch.setattr(sys, "stderr", None)
    assert type(progress_bar("auto", True)).__name__ == "Silent"


# ---- Ctrl-C ----


@pytest.mark.parametrize("slices", [1, 7, 10, 13, 30])
@pytest.mark.parametrize("settings", [{}, {"validation_fraction": 0.2}, {"optimiser": "sgd", "schedule": "step"}])
def test_resuming_gives_the_same_bits(monkeypatch, slices, settings):
    whole = quick(**settings).fit(X, Y)
    stopped = interrupted(monkeypatch, min(slices, 8 * 3 if "validation_fraction" in settings else 30), **settings)
    assert stopped.interrupted_
    assert stopped.predict(X).shape == Y.shape
    stopped.fit(X, Y, resume=True)
    assert not stopped.interrupted_
    assert_same(stopped, whole)


@pytest.mark.parametrize("part", [1, 2, 3, 8, 9])
def test_ctrl_c_during_validation(monkeypatch, part):
    """Answered between its parts; what was not measured then is when training goes on, and the best epoch is the same."""
    monkeypatch.setattr("evicam.training._PART", 10)
    settings = {"validation_fraction": 0.2, "early_stopping": 3}
    whole = quick(**settings).fit(X, Y)
    pressed = []

    class CtrlCIn:
        def __init__(self, trainer):
            self._trainer = trainer

        def __getattr__(self, name):
            return getattr(self._trainer, name)

        def evaluate(self, images, labels):
            pressed.append(len(images))
            if len(pressed) == part:
                signal.raise_signal(signal.SIGINT)
            return self._trainer.evaluate(images, labels)

    with monkeypatch.context() as patch:
        make = evicam._native.Trainer
        patch.setattr(evicam._native, "Trainer", lambda *args, **keywords: CtrlCIn(make(*args, **keywords)))
        with pytest.warns(UserWarning, match=rf"interrupted after {-(-part // 3)} of 3 epochs; .*resume=True"):
            stopped = quick(**settings).fit(X, Y)
    assert pressed == [10] * part
    assert len(stopped.history_.get("loss", [])) == part // 3
    stopped.fit(X, Y, resume=True)
    assert not stopped.interrupted_
    assert_same(stopped, whole)


def test_resuming_after_saving_and_with_other_threads(monkeypatch, tmp_path):
    whole = quick().fit(X, Y)
    interrupted(monkeypatch, 14).save(tmp_path / "half.safetensors", training_state=True)
    half = evicam.load(tmp_path / "half.safetensors")
    threads = evicam.num_threads()
    try:
        evicam.set_num_threads(3)
        assert_same(half.fit(X, Y, resume=True), whole)
    finally:
        evicam.set_num_threads(threads)


def test_a_longer_training():
    settings = dict(schedule="constant", kl_annealing=3)
    longer = quick(**settings).fit(X, Y).set_params(epochs=5).fit(X, Y, resume=True)
    assert_same(longer, quick(epochs=5, **settings).fit(X, Y))


def test_resuming_what_cannot_be(monkeypatch):
    with pytest.raises(ValueError, match="there is no training to go on with"):
        quick().fit(X, Y, resume=True)
    stopped = interrupted(monkeypatch, 4)
    with pytest.raises(ValueError, match="not the images and labels"):
        stopped.fit(X[::-1], Y[::-1], resume=True)
    with pytest.raises(ValueError, match="batch_size.* changed since"):
        stopped.set_params(batch_size=8).fit(X, Y, resume=True)


def test_ctrl_c_in_a_script_stops_soon_and_leaves_a_usable_classifier():
    """What would take hours ends at once; the child is a process of its own, with the signal a terminal sends."""
    program = """
import numpy as np, evicam
images = np.random.default_rng(0).integers(0, 256, (20_000, 28, 28)).astype(np.uint8)
classifier = evicam.EvidentialClassifier(epochs=10_000, random_state=0, verbose=False)
print("started", flush=True)
classifier.fit(images, np.arange(20_000) % 10)
print(classifier.interrupted_, classifier.predict(images[:5]).shape, flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "started\n"
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(1)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    finally:
        child.kill()
    assert (out, child.returncode) == ("True (5,)\n", 0)
    assert re.search(r"training was interrupted after \d+ of 10000 epochs", err)


# ---- what goes wrong ----


@pytest.mark.parametrize("kind", [EvidentialClassifier, SoftmaxClassifier])
def test_logits_that_leave_the_numbers_are_told(kind):
    """Weights so large are finite, but say nothing: neither probabilities nor an opinion."""
    classifier = quick(kind, epochs=1).fit(X, Y)
    large = weights(classifier)
    evicam.parameters.write_parameters(classifier.network_, {name: np.full_like(w, 1e30) for name, w in large.items()})
    for method in (classifier.predict, classifier.predict_proba, classifier.logits):
        with pytest.raises(FloatingPointError, match="the logits of image 0 are no longer finite"):
            method(X[:3])


@pytest.mark.filterwarnings("ignore::evicam.CollapseWarning")
def test_a_loss_that_leaves_the_numbers():
    classifier = quick(learning_rate=1e30, schedule="constant")
    with pytest.raises(FloatingPointError, match="no longer finite"):
        classifier.fit(X, Y)
    with pytest.raises(ValueError, match="not fitted"):
        classifier.predict(X)


@pytest.mark.parametrize("kind", [EvidentialClassifier, SoftmaxClassifier])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_last_step_that_leaves_the_numbers(kind):
    """The weights are still finite, and no loss tells of what they give."""
    with pytest.raises(FloatingPointError, match="are no longer finite; try a smaller learning rate"):
        quick(kind, learning_rate=1e30, epochs=1, batch_size=len(X), schedule="constant").fit(X, Y)
    with pytest.raises(FloatingPointError, match="the optimiser's moments are no longer finite"):
        quick(kind, weight_decay=1e30, epochs=1, batch_size=len(X), learning_rate=1e-33, schedule="constant").fit(X, Y)


def test_a_loss_that_leaves_the_numbers_late(monkeypatch):
    """With early stopping the best weights until then stay."""
    advance = fitting.Run._steps

    def until_the_third(run, *arguments):
        if run.trainer.progress()["epoch"] == 2:
            raise FloatingPointError("the loss is no longer finite")
        advance(run, *arguments)

    monkeypatch.setattr(fitting.Run, "_steps", until_the_third)
    classifier = quick(validation_fraction=0.3, epochs=5, early_stopping=5)
    with pytest.raises(FloatingPointError, match="no longer finite"):
        classifier.fit(X, Y)
    assert len(classifier.history_["loss"]) == 2 and classifier.predict(X).shape == Y.shape


def test_a_dead_class_is_told_once():
    classifier = quick(evidence="relu", kl_weight=0.0, schedule="constant", warm_start=True, epochs=1).fit(X, Y)
    # No logit of "disc" is above zero any more, so neither evidence nor gradient is.
    index = [name for name, _ in classifier.network_.parameters()].index("fc2.bias")
    bias = weights(classifier)["fc2.bias"].copy()
    bias[1] = -1e4
    classifier.network_.write_parameter(index, bias)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        classifier.set_params(epochs=4).fit(X, Y)
    told = [str(warning.message) for warning in caught if warning.category is CollapseWarning]
    assert len(told) == 1
    assert "class 'disc' is dead: since epoch 1 not one of its images" in told[0]
    assert all(words in told[0] for words in ("evidence='exponential'", "rescue_weight", "kl_weight"))
    assert classifier.history_["dead_evidence_fraction"][-1] == pytest.approx(1 / 3, abs=0.2)
    assert "disc" not in classifier.predict(X)


@pytest.mark.filterwarnings("ignore::evicam.CollapseWarning")
def test_the_rescue_thaws_what_is_frozen():
    """All logits below zero, so no evidence and no slope: only the rescue term moves anything."""

    def after(rescue_weight):
        classifier = quick(evidence="relu", schedule="constant", learning_rate=2e-3, warm_start=True, epochs=1).fit(X, Y)
        names = [name for name, _ in classifier.network_.parameters()]
        frozen = weights(classifier)
        classifier.network_.write_parameter(names.index("fc2.weight"), 0 * frozen["fc2.weight"])
        classifier.network_.write_parameter(names.index("fc2.bias"), np.full(3, -0.5, np.float32))
        classifier.set_params(epochs=15, rescue_weight=rescue_weight).fit(X, Y)
        return classifier

    assert after(0.0).history_["dead_evidence_fraction"] == [1.0] * 15
    thawed = after(0.1)
    assert thawed.history_["dead_evidence_fraction"][-1] < 0.1
    assert thawed.score(X, Y) > 0.9


# ---- what fails changes nothing ----


@pytest.mark.parametrize(
    "settings, arguments, message",
    [
        ({}, dict(validation=(X[:5], ["stranger"] * 5)), "stranger"),
        (dict(batch_size=1 << 21), {}, "batch_size"),
        (dict(early_stopping=2), {}, "early_stopping is 2, but there are no images to validate with"),
        (dict(learning_rate=1e38, schedule="constant"), {}, "no longer finite"),
        (dict(learning_rate=1e38, schedule="constant", epochs=1, batch_size=150), {}, "weights are no longer finite"),
        (
            dict(learning_rate=1e38, schedule="constant", epochs=1, batch_size=150),
            dict(validation=(X, Y)),
            "validation images is no longer finite",
        ),
    ],
)
def test_a_fit_that_fails_leaves_what_was_there(settings, arguments, message):
    fitted = quick().fit(X, Y)
    before = fitted.predict_proba(X), dict(fitted.history_)
    with pytest.raises((ValueError, FloatingPointError), match=message):
        fitted.set_params(**settings).fit(X, Y, **arguments)
    assert np.array_equal(fitted.predict_proba(X), before[0]) and fitted.history_ == before[1]
    fresh = quick(**settings)
    with pytest.raises((ValueError, FloatingPointError), match=message):
        fresh.fit(X, Y, **arguments)
    with pytest.raises(ValueError, match="not fitted"):
        fresh.predict(X)


def test_a_partial_fit_that_fails_leaves_what_was_there():
    classifier = quick()
    with pytest.raises(ValueError, match="stranger"):
        classifier.partial_fit(X, ["stranger", *Y[1:]], classes=["bar", "disc", "frame"])
    classifier.partial_fit(X, Y)
    before = classifier.predict_proba(X)
    with pytest.raises(ValueError, match=r"classes are \['bar', 'disc'\], but were \['bar', 'disc', 'frame'\]"):
        classifier.partial_fit(X, Y, classes=["bar", "disc"])
    with pytest.raises(FloatingPointError, match="no longer finite"):
        classifier.set_params(learning_rate=1e38).partial_fit(X, Y)
    assert np.array_equal(classifier.predict_proba(X), before)
    classifier.set_params(learning_rate=1e-3).partial_fit(X, Y, classes=["frame", "disc", "bar"])


def test_partial_fit_goes_on_after_an_early_stop():
    classifier = quick(early_stopping=1, validation_fraction=0.3, epochs=50).fit(X, Y)
    epochs, before = len(classifier.history_["loss"]), classifier.predict_proba(X)
    assert epochs < 50
    classifier.partial_fit(X, Y)
    assert len(classifier.history_["loss"]) == epochs + 1
    assert not np.array_equal(classifier.predict_proba(X), before)
