"""Weights under PyTorch's names and in its layouts: the same logits as PyTorch, there and back without a change."""

from __future__ import annotations

import json
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

import evicam
import trained
from evicam import EvidentialClassifier, SoftmaxClassifier, WeightsError, load_torch_state
from evicam.exchange.description import read_description

# Made by benchmarks/golden/exchange.py.
GOLDEN = json.loads((Path(__file__).parent / "exchange_golden.json").read_text())
SMALL = """
conv = convolution(image, channels: 5, kernel: 3x2, padding: 1, bias: false)
pool = averagePooling(conv, kernel: 3, stride: 2, padding: 1)
flatten = flatten(pool)
bn1 = batchNormalisation(flatten)
relu1 = relu(bn1)
fc1 = linear(relu1, features: 8, bias: false)
bn2 = batchNormalisation(fc1)
relu2 = relu(bn2)
fc2 = linear(relu2, features: 3)
"""
ARCHITECTURES = {"lenet in colour": "lenet", "small": SMALL}


def weights(shapes):
    """What the script gives PyTorch's network."""
    random, found = np.random.RandomState(0), {}
    for name in sorted(name for name in shapes if not name.endswith("num_batches_tracked")):
        shape = shapes[name]
        if len(shape) > 1:
            values = random.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:]))
        elif name.endswith(("running_var", "weight")):
            values = random.uniform(0.5, 1.5, size=shape)
        else:
            values = random.normal(size=shape) * 0.1
        found[name] = values.astype(np.float32)
    return found


def images(shape):
    return np.random.RandomState(1).uniform(size=(2, *shape)).astype(np.float32)


def loaded(name, kind=EvidentialClassifier, **settings):
    """A classifier with a golden network's weights."""
    golden = GOLDEN[name]
    classes = range(len(golden["logits"][0]))
    classifier = kind(ARCHITECTURES.get(name, name), **settings)
    return classifier.load_torch_state(weights(golden["shapes"]), classes=classes, image_shape=golden["image_shape"])


@pytest.fixture
def lenet():
    """A LeNet of its own, and its weights."""
    return loaded("lenet"), weights(GOLDEN["lenet"]["shapes"])


# ---- there and back ----


@pytest.mark.smoke
@pytest.mark.isa
@pytest.mark.parametrize("name", GOLDEN)
def test_logits_are_those_of_pytorch(name):
    found = loaded(name).decision_function(images(GOLDEN[name]["image_shape"]))
    wanted = np.array(GOLDEN[name]["logits"])
    assert abs(found - wanted).max() <= 1e-4 * abs(wanted).max()


@pytest.mark.parametrize("name", GOLDEN)
def test_there_and_back(name):
    state = loaded(name).to_torch_state()
    given = weights(GOLDEN[name]["shapes"])
    assert {key: list(values.shape) for key, values in state.items()} == GOLDEN[name]["shapes"]
    for key, values in state.items():
        assert values.flags.c_contiguous
        if key.endswith("num_batches_tracked"):
            assert values.dtype == np.int64 and values == 0
        else:
            assert values.dtype == np.float32 and np.array_equal(values, given[key]), key


def test_there_and_back_by_a_file(tmp_path):
    classifier = loaded("small")
    classifier.network_.set_normalisation(np.array([0.25, 0.5], np.float32), np.array([0.5, 2], np.float32))
    state = classifier.to_torch_state(tmp_path / "weights.safetensors")
    again = load_torch_state(tmp_path / "weights.safetensors")
    assert all(np.array_equal(again[name], values) for name, values in state.items()) and set(again) == set(state)
    with safe_open(tmp_path / "weights.safetensors", framework="numpy") as file:
        metadata = file.metadata()
    assert metadata["format"] == "pt" and metadata["architecture"] == classifier.architecture_
    assert json.loads(metadata["classes"]) == ["0", "1", "2"] and json.loads(metadata["image_shape"]) == [7, 8, 2]
    assert json.loads(metadata["normalisation"]) == {"mean": [0.25, 0.5], "deviation": [0.5, 2.0]}
    other = EvidentialClassifier(SMALL)
    other.load_torch_state(str(tmp_path / "weights.safetensors"), classes=list("abc"), image_shape=(7, 8, 2))
    assert other.predict(images((7, 8, 2))).dtype.kind == "U"
    with pytest.raises(FileNotFoundError, match="no such folder"):
        classifier.to_torch_state(tmp_path / "nowhere" / "weights.safetensors")


def test_a_classifier_without_training_is_a_whole_one(tmp_path):
    classifier = loaded("lenet", epochs=1, batch_size=2)
    X = images((28, 28, 1))
    assert classifier.history_ == {} and classifier.interrupted_ is False
    classifier.save(tmp_path / "model.safetensors")
    again = evicam.load(tmp_path / "model.safetensors")
    assert np.array_equal(again.decision_function(X), classifier.decision_function(X))
    assert np.array_equal(pickle.loads(pickle.dumps(classifier)).decision_function(X), classifier.decision_function(X))
    assert evicam.explain(classifier, X).heatmap.shape == (2, 28, 28)
    classifier.set_params(warm_start=True).fit(X, [3, 8])
    assert classifier.classes_.tolist() == list(range(10)) and len(classifier.history_["loss"]) == 1


def test_classes_keep_their_order():
    state = weights(GOLDEN["small"]["shapes"])
    classifier = EvidentialClassifier(SMALL).load_torch_state(state, classes=["z", "a", "m"], image_shape=(7, 8, 2))
    best = np.argmax(GOLDEN["small"]["logits"], axis=1)
    assert classifier.predict(images((7, 8, 2))).tolist() == [["z", "a", "m"][k] for k in best]


def test_normalisation_of_pixels():
    """The network sees (x - mean) / deviation: pixels made so that this is the golden images."""
    golden, X = GOLDEN["resnet18"], images((32, 32, 3))
    mean, deviation = [0.1, 0.2, 0.3], [0.5, 0.4, 0.7]
    classifier = SoftmaxClassifier("resnet18").load_torch_state(
        weights(golden["shapes"]), classes=range(10), image_shape=(32, 32, 3), normalisation=(mean, deviation)
    )
    found = classifier.decision_function(X * np.float32(deviation) + np.float32(mean))
    assert abs(found - golden["logits"]).max() <= 1e-4 * np.abs(golden["logits"]).max()


def test_a_file_says_what_its_network_was(tmp_path):
    X, path = images((7, 8, 2)), tmp_path / "weights.safetensors"
    classifier = loaded("small")
    plain = classifier.decision_function(X)
    classifier.network_.set_normalisation(np.array([0.25, 0.5], np.float32), np.array([0.5, 2], np.float32))
    classifier.to_torch_state(path)
    again = EvidentialClassifier(SMALL).load_torch_state(path)
    assert again.classes_.tolist() == ["0", "1", "2"] and again.image_shape_ == (7, 8, 2)
    assert np.array_equal(again.decision_function(X), classifier.decision_function(X))
    # Into one that is fitted, too; unless another is asked for.
    fitted = loaded("small").load_torch_state(path)
    assert np.array_equal(fitted.decision_function(X), classifier.decision_function(X))
    fitted.load_torch_state(path, normalisation=([0, 0], [1, 1]))
    assert np.array_equal(fitted.decision_function(X), plain)
    # A dict of arrays says nothing of pixels; a file of a network without normalisation does.
    again.load_torch_state(classifier.to_torch_state())
    assert np.array_equal(again.decision_function(X), classifier.decision_function(X))
    loaded("small").to_torch_state(path)
    assert np.array_equal(again.load_torch_state(path).decision_function(X), plain)


OURS = {"classes": '["a", "b", "c"]', "image_shape": "[7, 8, 2]"}


@pytest.mark.parametrize(
    "metadata",
    [
        {}, {"a": "b"}, OURS | {"classes": "["}, OURS | {"image_shape": "3"}, OURS | {"normalisation": "{}"},
        OURS | {"normalisation": "3"}, OURS | {"normalisation": '{"mean": ["a", "b"], "deviation": [1, 1]}'},
        OURS | {"normalisation": '{"mean": 3, "deviation": [1, 1]}'}, OURS | {"normalisation": '{"mean": [], "deviation": []}'},
    ],
)  # fmt: skip
def test_what_others_say_of_a_file_is_not_read(tmp_path, metadata):
    save_file(loaded("small").to_torch_state(), tmp_path / "weights.safetensors", metadata=metadata)
    with pytest.raises(ValueError, match="classes is needed"):
        EvidentialClassifier(SMALL).load_torch_state(tmp_path / "weights.safetensors")
    assert read_description(OURS).classes == ["a", "b", "c"]


class Tensor:
    """What is asked of PyTorch's tensors: on another device, with a gradient, no array."""

    def __init__(self, values, stage="detach"):
        self.values, self.stage = values, stage

    def detach(self):
        assert self.stage == "detach"
        return Tensor(self.values, "float")

    def float(self):
        assert self.stage == "float"
        return Tensor(self.values, "cpu")

    def cpu(self):
        assert self.stage == "cpu"
        return self.values


def test_tensors_of_pytorch_and_other_dtypes(lenet):
    classifier, state = lenet
    X = images((28, 28, 1))
    before = classifier.decision_function(X)
    classifier.load_torch_state({name: Tensor(values) for name, values in state.items()})
    assert np.array_equal(classifier.decision_function(X), before)
    classifier.load_torch_state({name: values.astype(np.float64).tolist() for name, values in state.items()})
    assert np.array_equal(classifier.decision_function(X), before)
    classifier.load_torch_state({name: values.astype(np.float16) for name, values in state.items()})
    assert np.allclose(classifier.decision_function(X), before, rtol=0, atol=1e-2 * abs(before).max())


def test_features_that_are_a_map_have_its_order():
    """Logits that are a flattened map, and batch normalisation that follows it."""
    text = "conv = convolution(image, channels: 3, kernel: 2)\nflatten = flatten(conv)\nbn = batchNormalisation(flatten)\n"
    classifier = SoftmaxClassifier(text)
    state = {"conv.weight": np.ones((3, 1, 2, 2)), "conv.bias": np.zeros(3)}
    state |= {f"bn.{name}": np.arange(12.0) for name in ("weight", "bias", "running_mean", "running_var")}
    classifier.load_torch_state(state, classes=range(12), image_shape=(3, 3, 1))
    own = evicam.parameters.read_parameters(classifier.network_)["bn.bias"]
    assert own.tolist() == np.arange(12).reshape(3, 2, 2).transpose(1, 2, 0).ravel().tolist()
    assert np.array_equal(classifier.to_torch_state()["bn.bias"], np.arange(12))


def test_training_is_not_resumed_with_other_weights():
    X, y = trained.shapes(30)
    classifier = EvidentialClassifier(epochs=1, random_state=0, verbose=False).fit(X, y)
    classifier.load_torch_state(classifier.to_torch_state())
    with pytest.raises(ValueError, match="there is no training to go on with"):
        classifier.fit(X, y, resume=True)


# ---- refused ----


def refused(classifier, state, message, **settings):
    """All or nothing: whatever is wrong, the classifier stays as it was."""
    before = classifier.to_torch_state()
    with pytest.raises(WeightsError, match=message) as caught:
        classifier.load_torch_state(state, **settings)
    assert all(np.array_equal(values, before[name]) for name, values in classifier.to_torch_state().items())
    return str(caught.value)


def test_everything_that_does_not_fit_is_listed(lenet):
    classifier, state = lenet
    del state["conv1.bias"], state["fc1.weight"]
    state |= {"conv3.weight": np.zeros(3), "stranger": np.zeros(3), "conv2.weight": np.zeros((50, 20, 3, 3))}
    message = refused(classifier, state, "these weights do not fit the network")
    assert "lacks conv1.bias, fc1.weight" in message and "unknown tensors conv3.weight, stranger" in message
    assert "conv2.weight has shape (50, 20, 3, 3), but must have (50, 20, 5, 5)" in message


def test_another_number_of_classes_needs_a_new_head(lenet):
    classifier, state = lenet
    state |= {"fc2.weight": np.zeros((7, 500)), "fc2.bias": np.zeros(7)}
    refused(classifier, state, "They are for 7 classes and the network for 10: the parameter pretrained .* with a new head")
    refused(classifier, state, "for 7 classes", strict=False)


@pytest.mark.parametrize(
    "values, message",
    [
        (np.full((20, 1, 5, 5), np.nan), "conv1.weight holds NaN or infinity"),
        (np.full((20, 1, 5, 5), 1e300), "conv1.weight holds NaN or infinity"),
        (np.zeros((20, 1, 5, 5), complex), "conv1.weight has dtype complex128, but weights must be real numbers"),
        (np.full((20, 1, 5, 5), "a"), "conv1.weight has dtype <U1"),
        ([[1], [2, 3]], "'conv1.weight'. cannot become an array"),
        (np.zeros(()), r"conv1.weight has shape \(\)"),
        (None, "conv1.weight has dtype object"),
    ],
)
def test_values_that_cannot_be(lenet, values, message):
    refused(lenet[0], lenet[1] | {"conv1.weight": values}, message)


def test_negative_variances():
    state = weights(GOLDEN["small"]["shapes"])
    refused(loaded("small"), state | {"bn2.running_var": -np.ones(8)}, "bn2.running_var holds a negative variance")


def test_not_strict(lenet):
    classifier, state = lenet
    before = classifier.to_torch_state()
    with pytest.warns(UserWarning, match="False: 7 missing .* as they are: conv1.weight, .*; 1 of state passed over: stranger$"):
        classifier.load_torch_state({"conv1.bias": np.ones(20), "stranger": np.zeros(3)}, strict=False)
    after = classifier.to_torch_state()
    assert np.array_equal(after["conv1.bias"], np.ones(20))
    assert all(np.array_equal(values, before[name]) for name, values in after.items() if name != "conv1.bias")
    refused(classifier, {"conv1.bias": np.ones(21)}, r"conv1.bias has shape \(21,\)", strict=False)


@pytest.mark.parametrize("names", [["model.conv1.weight", "model.conv1.bias"], ["bn.num_batches_tracked"], []])
def test_not_strict_but_of_this_network(lenet, names):
    """Names that are all others' would leave a classifier as it is, or make one of chance."""
    state = {name: np.ones(20) for name in names}
    message = (
        "no name of state is one of the network's: it has (model.conv1.weight, model.conv1.bias|none), and the network conv1"
    )
    refused(lenet[0], state, message, strict=False)
    classifier = EvidentialClassifier()
    with pytest.raises(WeightsError, match=message):
        classifier.load_torch_state(state, strict=False, classes=range(10), image_shape=(28, 28, 1))
    assert not hasattr(classifier, "network_")


def test_no_warning_where_nothing_is_passed_over(lenet):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lenet[0].load_torch_state(lenet[1], strict=False)


@pytest.mark.parametrize(
    "settings, message",
    [
        (dict(image_shape=(28, 28, 1)), "classes is needed"),
        (dict(classes=range(10)), "image_shape is needed"),
        (dict(classes=range(11), image_shape=(28, 28, 1)), "for 10 classes and the network for 11"),
        (dict(classes=[1] * 10, image_shape=(28, 28, 1)), "must be two or more that differ"),
        (dict(classes=[1], image_shape=(28, 28, 1)), "must be two or more"),
        (dict(classes=10, image_shape=(28, 28, 1)), "classes is 10, but must be an array"),
        (dict(classes=range(10), image_shape=(28, 28)), r"image_shape is \(28, 28\), but must be"),
        (dict(classes=range(10), image_shape=(28, 28, 0)), "whole numbers of at least 1"),
        (dict(classes=range(10), image_shape=(28, 28, 1.0)), "whole numbers of at least 1"),
        (dict(classes=range(10), image_shape=(8, 8, 1)), "too small"),
        (dict(classes=range(10), image_shape=(36, 28, 1)), r"fc1.weight has shape \(500, 800\), but must have"),
        (dict(classes=range(10), image_shape=(28, 28, 1), normalisation=3), "must be a tuple"),
        (dict(classes=range(10), image_shape=(28, 28, 1), normalisation=([0], [0])), "deviation is .* above 0"),
        (dict(classes=range(10), image_shape=(28, 28, 1), normalisation=([0], [1e-40])), "deviation is .* above 0"),
        (dict(classes=range(10), image_shape=(28, 28, 1), normalisation=([0, 1], [1])), "mean is .* 1 finite"),
        (dict(classes=range(10), image_shape=(28, 28, 1), normalisation=(["x"], [1])), "mean is .* must be numbers"),
    ],
)
def test_what_an_unfitted_classifier_needs(settings, message):
    classifier = EvidentialClassifier()
    with pytest.raises((TypeError, ValueError), match=message):
        classifier.load_torch_state(weights(GOLDEN["lenet"]["shapes"]), **settings)
    assert not hasattr(classifier, "network_") and not hasattr(classifier, "classes_")


def test_what_a_fitted_classifier_does_not_need(lenet):
    with pytest.raises(ValueError, match="for a classifier that is not fitted; this one has its own"):
        lenet[0].load_torch_state(lenet[1], classes=range(10))
    with pytest.raises(TypeError, match="state is a list, but must be a path or a dict"):
        lenet[0].load_torch_state([1])
    with pytest.raises(ValueError, match="state is '', but must be a path"):
        EvidentialClassifier("lenet").load_torch_state("")
    with pytest.raises(WeightsError, match="state has the key 3, but weights are named by texts"):
        lenet[0].load_torch_state({3: np.zeros(3)})
    with pytest.raises(ValueError, match="not fitted"):
        EvidentialClassifier().to_torch_state()


def test_sums_that_pytorch_cannot_have():
    text = """
    conv = convolution(image, channels: 2, kernel: 2)
    flatten = flatten(conv)
    same = flatten(image)
    fc = linear(same, features: 8)
    add = add(flatten, fc)
    out = linear(add, features: 2)
    """
    classifier = EvidentialClassifier(text, epochs=1, random_state=0, verbose=False)
    classifier.fit(np.random.default_rng(0).uniform(size=(8, 3, 3)), [0, 1] * 4)
    with pytest.raises(WeightsError, match="layer 'add' adds a flattened map to other features"):
        classifier.to_torch_state()
