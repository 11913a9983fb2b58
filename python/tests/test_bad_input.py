"""Anything may come in; what comes out is a result, or an exception that names the argument, what came and what is wanted."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest

import evicam
import trained
from evicam import EvidentialClassifier, SoftmaxClassifier

X, Y = trained.shapes(24)


def quick(kind=EvidentialClassifier, **settings):
    return kind(**{**dict(epochs=1, batch_size=8, random_state=0, verbose=False), **settings})


def with_value(value, dtype=np.float32):
    images = np.zeros(X.shape, dtype)
    images[3, 4, 5] = value
    return images


class Tensor:
    """What PyTorch's tensors do that cannot become an array: with a gradient, of bfloat16, without any data. Or one of (1,)."""

    def __init__(self, value):
        self.value = value

    def __array__(self, *args, **kwargs):
        if isinstance(self.value, Exception):
            raise self.value
        return np.array([self.value])


# ---- images ----

BAD_IMAGES = {
    "NaN": (with_value(np.nan), ValueError, r"X holds nan at \[3, 4, 5, 0\], but pixels must be finite"),
    "infinity": (with_value(-np.inf), ValueError, r"X holds -inf at \[3, 4, 5, 0\]"),
    "bright floats": (X.astype(np.float64), ValueError, r"floats from 0 to 2.., but floats must be 0..1 \(divide by 255"),
    "negative floats": (with_value(-0.5), ValueError, r"X holds floats from -0.5 to 0"),
    "large integers": (with_value(256, np.int32), ValueError, r"X holds whole numbers from 0 to 256.*must be 0..255"),
    "negative integers": (with_value(-1, np.int8), ValueError, "X holds whole numbers from -1 to 0"),
    "not quite bytes": (with_value(1.5), ValueError, r"floats from 0 to 1.5, but floats must be 0..1$"),
    "a little too bright": (with_value(1.00001), ValueError, r"floats from 0 to 1.00001, but floats must be 0..1$"),
    "a little more": (with_value(1 + 3e-6, float), ValueError, r"floats from 0 to 1.000003, but floats must be 0..1$"),
    "a little too dark": (with_value(-1e-5), ValueError, "floats from -1e-05 to 0, but floats"),
    "masked": (np.ma.masked_equal(X, X.max()), ValueError, "X is a masked array with masked pixels, but every pixel needs"),
    "a tensor with a gradient": (Tensor(RuntimeError("requires grad")), TypeError, "X cannot become an array: requires grad"),
    "a tensor of bfloat16": (Tensor(TypeError("BFloat16")), TypeError, "X cannot become an array: BFloat16"),
    "a tensor without data": (Tensor(NotImplementedError("meta")), TypeError, "X cannot become an array: meta"),
    "complex": (X.astype(complex), TypeError, "X has dtype complex128"),
    "strings": (np.full(X.shape, "a"), TypeError, "X has dtype <U1, but images must be uint8 0..255 or floats 0..1"),
    "objects": (X.astype(object), TypeError, "X has dtype object"),
    "dates": (X.astype("datetime64[s]"), TypeError, "X has dtype datetime64"),
    "ragged": ([[[1, 2], [3]]], ValueError, "X cannot become an array"),
    "None": (None, TypeError, "X has dtype object"),
    "a number": (3.0, ValueError, r"X has shape \(\), but images must be \(N, H, W\)"),
    "one image": (X[0], ValueError, r"X has shape \(20, 20\).*for a single image pass image\[None\]"),
    "five dimensions": (X[..., None, None], ValueError, r"X has shape \(24, 20, 20, 1, 1\)"),
    "flat": (X.reshape(24, -1), ValueError, r"X has shape \(24, 400\)"),
    "no images": (X[:0], ValueError, r"X is empty: its shape is \(0, 20, 20, 1\)"),
    "no rows": (X[:, :0], ValueError, "X is empty"),
    "no channels": (np.zeros((24, 20, 20, 0), np.uint8), ValueError, "X is empty"),
}


@pytest.mark.parametrize("images, error, message", BAD_IMAGES.values(), ids=BAD_IMAGES)
def test_images_that_are_none(images, error, message):
    with pytest.raises(error, match=message):
        quick().fit(images, Y)
    fitted = trained.twins()[0]
    for use in (fitted.predict, fitted.predict_proba, fitted.predict_opinion, lambda X: evicam.explain(fitted, X)):
        with pytest.raises(error, match=message):
            use(images)


def test_images_of_another_size():
    fitted = trained.twins()[0]
    with pytest.raises(ValueError, match=r"X holds images of 16x20x1 .*, but the classifier was trained on 20x20x1"):
        fitted.predict(X[:, :16])
    with pytest.raises(ValueError, match="X holds images of 20x20x3"):
        fitted.predict(np.repeat(X[..., None], 3, axis=3))
    colour = quick().fit(np.repeat(X[..., None], 3, axis=3), Y)
    with pytest.raises(ValueError, match=r"channels seem to come first; pass np.moveaxis\(X, 1, -1\)"):
        colour.predict(np.zeros((2, 3, 20, 20), np.uint8))


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_that_come_first(channels):
    images = np.zeros((8, channels, 32, 32), np.uint8)
    message = (
        rf"X has shape \(8, {channels}, 32, 32\), .* channels last: the channels seem to come first; pass np.moveaxis\(X, 1, -1\)"
    )
    for use in (quick().fit, quick().partial_fit):
        with pytest.raises(ValueError, match=message):
            use(images, [0, 1] * 4)
    quick().fit(np.moveaxis(images, 1, -1), [0, 1] * 4)
    with pytest.raises(ValueError, match="small"):  # low, but of as many channels as images have
        quick().fit(np.zeros((8, channels, 32, 4), np.uint8), [0, 1] * 4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_just_beyond_the_range_is_clipped(dtype):
    fitted, plain = trained.twins()[0], (X / 255).astype(dtype)
    beyond = np.where(plain == 0, -5e-7, np.where(plain == plain.max(), 1 + 5e-7, plain)).astype(dtype)
    kept = beyond.copy()
    assert np.array_equal(fitted.logits(beyond), fitted.logits(beyond.clip(0, 1))) and np.array_equal(beyond, kept)


@pytest.mark.parametrize("size", [(15, 15), (1, 1), (4, 100), (15, 16)])
def test_images_smaller_than_the_network_needs(size):
    with pytest.raises(ValueError, match="pool|conv|smaller|at least|small"):
        quick().fit(np.zeros((4, *size), np.uint8), [0, 1, 0, 1])


def unusual_arrays(tmp_path):
    """The same pixels in every layout and form that NumPy knows."""
    floats = (X / 255).astype(np.float32)
    yield "list", X.tolist(), X
    yield "Fortran order", np.asfortranarray(floats), floats
    yield "reversed", X[::-1, ::-1, ::-1], X[::-1, ::-1, ::-1].copy()
    yield "every second", np.repeat(X, 2, axis=1)[:, ::2], X
    yield "transposed", np.ascontiguousarray(X.transpose(2, 1, 0)).transpose(2, 1, 0), X
    yield "zero strides", np.broadcast_to(X[0], X.shape), np.repeat(X[:1], len(X), axis=0)
    yield "byte-swapped", floats.astype(">f4"), floats
    yield "byte-swapped integers", X.astype(">i4"), X
    yield "float64", floats.astype(np.float64), floats
    yield "float16", (X > 100).astype(np.float16), (X > 100).astype(np.float32)
    yield "bool", X > 100, (X > 100).astype(np.float32)
    yield "int64", X.astype(np.int64), X
    read_only = X.copy()
    read_only.flags.writeable = False
    yield "read-only", read_only, X
    odd = np.empty(X.size * 4 + 1, np.uint8)[1:].view(np.float32).reshape(X.shape)
    odd[:] = floats
    assert not odd.flags.aligned
    yield "not aligned", odd, floats
    np.save(tmp_path / "images.npy", X)
    yield "memory-mapped", np.load(tmp_path / "images.npy", mmap_mode="r"), X


@pytest.mark.filterwarnings("ignore:empty heatmaps")
def test_unusual_arrays_work(tmp_path):
    fitted = trained.twins()[0]
    for name, given, plain in unusual_arrays(tmp_path):
        assert np.array_equal(fitted.decision_function(given), fitted.decision_function(plain)), name
        a, b = quick().fit(given, Y), quick().fit(plain, Y)
        assert np.array_equal(a.decision_function(X), b.decision_function(X)), name
        assert np.array_equal(
            evicam.explain(fitted, given, target="uncertainty").raw, evicam.explain(fitted, plain, target="uncertainty").raw
        ), name


@pytest.mark.filterwarnings("ignore:empty heatmaps")
def test_inputs_are_left_as_they_are():
    images, labels = X.copy(), Y.copy()
    classifier = quick().fit(images, labels)
    evicam.explain(classifier, images, target="uncertainty")
    assert np.array_equal(images, X) and np.array_equal(labels, Y)


# ---- labels ----

BAD_LABELS = {
    "another length": (Y[:5], ValueError, "y has 5 labels, but X has 24 images"),
    "a column": (Y[:, None], ValueError, r"y has shape \(24, 1\), but labels must be \(N,\): pass y.ravel\(\)"),
    "one-hot": (np.eye(3)[np.arange(24) % 3], ValueError, r"y has shape \(24, 3\)"),
    "a single class": (np.full(24, "disc"), ValueError, "y holds the single class 'disc', but a classifier needs at least two"),
    "NaN": (np.where(np.arange(24) == 7, np.nan, 1.0), ValueError, r"y holds NaN at \[7\]"),
    "None": (["a"] * 23 + [None], ValueError, r"y holds None at \[23\]"),
    "masked": (np.ma.masked_equal(np.arange(24) % 3, 2), ValueError, "y is a masked array with masked labels, but every label"),
    "tensors of one": ([Tensor(k) for k in range(24)], ValueError, r"y has shape \(24, 1\), .* pass y.ravel\(\)"),
    "ragged": ([[1], [1, 2]] * 12, ValueError, "y cannot become an array: setting an array element"),
    "a set": (set(range(24)), TypeError, "y is a set, which has no order, but must be an array of labels"),
    "a tensor without data": (Tensor(NotImplementedError("meta")), TypeError, "y cannot become an array: meta"),
    "not hashable": ([{"a": 1}] * 24, TypeError, "not hashable"),
    "a string": ("bar" * 8, TypeError, "y is 'bar"),
    "nothing": (None, TypeError, "y is None"),
    "empty": ([], ValueError, "y has 0 labels"),
}


@pytest.mark.parametrize("labels, error, message", BAD_LABELS.values(), ids=BAD_LABELS)
def test_labels_that_are_none(labels, error, message):
    with pytest.raises(error, match=message):
        quick().fit(X, labels)


def test_labels_that_were_never_seen():
    fitted = trained.twins()[0]
    with pytest.raises(ValueError, match="y holds 'cube', but the classifier knows the classes 'bar', 'disc', 'frame'"):
        fitted.score(X[:1], ["cube"])
    with pytest.raises(ValueError, match="y holds 3, 4, 5, 6, 7 and 2 more"):
        fitted.score(X[:7], [3, 4, 5, 6, 7, 8, 9])
    with pytest.raises(ValueError, match="y has 3 labels, but X has 1 images"):
        fitted.score(X[:1], Y[:3])


@pytest.mark.parametrize(
    "weights, error, message",
    [
        ([1.0] * 5, ValueError, r"sample_weight has shape \(5,\), but must be \(24,\), one weight per image"),
        (1.0, ValueError, r"sample_weight has shape \(\)"),
        ([0] * 24, ValueError, "sample_weight holds only zeros, but at least one image must count"),
        ([1] * 23 + [-1], ValueError, r"sample_weight holds -1.0 at \[23\], but weights must be finite and at least 0"),
        ([np.nan] + [1] * 23, ValueError, r"sample_weight holds nan at \[0\]"),
        ([np.inf] + [1] * 23, ValueError, r"sample_weight holds inf at \[0\]"),
        (["1"] * 24, TypeError, "sample_weight has dtype <U1, but weights must be real numbers"),
        ([1j] * 24, TypeError, "sample_weight has dtype complex128"),
        ([None] * 24, TypeError, "sample_weight has dtype object"),
        ([[1], [1, 2]] * 12, ValueError, "sample_weight cannot become an array"),
        (np.ma.masked_equal(np.arange(24), 3), ValueError, "sample_weight is a masked array with masked weights"),
    ],
)
def test_weights_of_images_that_are_none(weights, error, message):
    with pytest.raises(error, match=message):
        trained.twins()[0].score(X, Y, sample_weight=weights)


def test_weights_of_images():
    fitted, right = trained.twins()[0], trained.twins()[0].predict(X)
    labels = np.where(np.arange(24) < 8, Y, np.roll(right, 1))
    correct = fitted.predict(X) == labels
    for weights in (np.arange(24), np.arange(24) % 2 == 0, np.arange(24) * 1e300, np.full(24, 1e308)):
        wanted = np.average(correct, weights=np.asarray(weights / np.max(weights), float))
        assert fitted.score(X, labels, sample_weight=weights) == pytest.approx(wanted)


# ---- settings ----


@pytest.mark.parametrize("name", ["epochs", "batch_size", "early_stopping"])
@pytest.mark.parametrize(
    "value, error", [(0, ValueError), (-3, ValueError), (1.5, TypeError), ("3", TypeError), (True, TypeError)]
)
def test_counts(name, value, error):
    with pytest.raises(error, match=f"{name} is {value!r}, but must be"):
        quick(**{name: value}).fit(X, Y)


@pytest.mark.parametrize("value", [5, b"bytes", [], "", "a\0b"])
def test_paths(evidential, value):
    calls = {
        "path": [
            evicam.load, evicam.load_torch_state, evidential.save, evidential.to_torch_state, evidential.to_onnx,
            lambda path: evicam.plot.save(evicam.plot.opinion_bars(evidential.predict_opinion(X[:1])), path),
        ],
        "checkpoint": [lambda path: quick().fit(X, Y, checkpoint=path)],
        "folder": [evicam.datasets.from_folder],
    }  # fmt: skip
    for name, functions in calls.items():
        for function in functions:
            with pytest.raises((TypeError, ValueError), match=re.escape(f"{name} is {value!r}, but must be a path")):
                function(value)


@pytest.mark.parametrize("value", ["no", 0, None, np.ones(2)])
def test_flags(evidential, tmp_path, value):
    calls = {
        "warm_start": lambda: quick(warm_start=value).fit(X, Y),
        "resume": lambda: quick().fit(X, Y, resume=value),
        "training_state": lambda: evidential.save(tmp_path / "model", training_state=value),
        "strict": lambda: copy.copy(evidential).load_torch_state(evidential.to_torch_state(), strict=value),
        "download": lambda: evicam.datasets.load("mnist", download=value),
    }
    for name, call in calls.items():
        with pytest.raises(TypeError, match=re.escape(f"{name} is {value!r}, but must be True or False")):
            call()
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("kind", [EvidentialClassifier, SoftmaxClassifier])
@pytest.mark.parametrize(
    "name, value, wanted",
    [
        ("learning_rate", 0.0, "above 0"),
        ("learning_rate", -1e-3, "above 0"),
        ("learning_rate", np.nan, "above 0"),
        ("learning_rate", np.inf, "above 0"),
        ("weight_decay", -1.0, "at least 0"),
        ("warmup", -1.0, "at least 0"),
        ("validation_fraction", -0.1, "at least 0"),
        ("validation_fraction", 1.0, "at least 0 and below 1"),
    ],
)
def test_numbers(kind, name, value, wanted):
    with pytest.raises(ValueError, match=f"{name} is .*, but must be {wanted}"):
        quick(kind, **{name: value}).fit(X, Y)
    with pytest.raises(TypeError, match=f"{name} is 'x', but must be a number"):
        quick(kind, **{name: "x"}).fit(X, Y)


@pytest.mark.parametrize(
    "name, value",
    [("evidence_clip", 0.5), ("evidence_clip", 100), ("kl_weight", -1), ("kl_annealing", -1), ("rescue_weight", -1)],
)
def test_numbers_of_the_evidence(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value:g}, but must be"):
        quick(**{name: value}).fit(X, Y)


@pytest.mark.parametrize(
    "name, known",
    [
        ("loss", "'mse', 'log', 'digamma'"),
        ("evidence", "'relu', 'softplus', 'exponential'"),
        ("optimiser", "'adam', 'adamw', 'sgd'"),
        ("schedule", "'constant', 'step', 'cosine', 'one-cycle'"),
        ("kl_annealing_hold", "'step', 'epoch'"),
        ("architecture", "'lenet', 'lenet-pool1'"),
    ],
)
def test_unknown_names_come_with_the_known_ones(name, known):
    for value in ("nonsense", 3, None, ["mse"]):
        with pytest.raises(ValueError, match=f"{name} is .*, but must be one of {known}"):
            quick(**{name: value}).fit(X, Y)
    near = known.split(", ")[0].strip("'")
    with pytest.raises(ValueError, match=f"did you mean '{near}'"):
        quick(**{name: near + "e"}).fit(X, Y)


def test_random_states_that_are_none():
    for value in ("seed", 1.5, -1):
        with pytest.raises((TypeError, ValueError), match="random_state is"):
            quick(random_state=value).fit(X, Y)


def test_a_fraction_that_leaves_nothing():
    with pytest.raises(ValueError, match="validation_fraction is 0.01, which leaves 24 images to train on and 0"):
        quick(validation_fraction=0.01).fit(X, Y)


@pytest.mark.parametrize(
    "text, message",
    [
        ("a = convolution(image)", "line 1 .*convolution needs the option"),
        ("a = nonsense(image)", "no layer kind 'nonsense'; the kinds are convolution, "),
        ("a = linear(b, features: 3)", "'b'"),
        ("a = flatten(image)\na = linear(a, features: 3)", "'a'"),
        ("a = flatten(image)\nb = linear(a, features: 5)", "ends in 5 logits, but there are 3 classes"),
        ("a = maxPooling(image, kernel: 20x6)\nb = flatten(a)", "no layer with weights: there is nothing to train"),
        ("a = convolution(image, channels: 4, kernel: 99)\nb = flatten(a)\nc = linear(b, features: 3)", "kernel|small|fit"),
        (
            "a = convolution(image, channels: 99999999999, kernel: 3)\nb = flatten(a)\nc = linear(b, features: 3)",
            "channels|large|much",
        ),
        ("= = =", "line 1"),
    ],
)
def test_architectures_that_are_none(text, message):
    with pytest.raises((ValueError, MemoryError), match=message):
        quick(architecture=text).fit(X, Y)


# ---- explaining ----


def test_layers_that_are_none():
    fitted = trained.twins()[0]
    with pytest.raises(ValueError, match="'conv9'.*conv1.*conv2"):
        evicam.explain(fitted, X, layer="conv9")
    with pytest.raises(ValueError, match="fc1.*spatial|fc1.*extent|fc1.*map"):
        evicam.explain(fitted, X, layer="fc1")


def test_explaining_before_fitting():
    with pytest.raises(ValueError, match="not fitted yet"):
        evicam.explain(quick(), X)
    with pytest.raises(TypeError, match="classifier|model"):
        evicam.explain("model.safetensors", X)


# ---- threads ----


@pytest.mark.parametrize("value", [0, -1, 257, 10**30, 1.5, "two", None])
def test_numbers_of_threads(value):
    with pytest.raises((TypeError, ValueError, OverflowError), match="threads|number|integer|int"):
        evicam.set_num_threads(value)


@pytest.mark.parametrize("value", [1, 0, "yes", None])
def test_winograd_is_on_or_off(value):
    with pytest.raises(TypeError, match="enabled is .*, but must be True or False"):
        evicam.set_winograd(value)
