"""Architectures put together from layers."""

import copy
import pickle

import numpy as np
import pytest

import evicam
from evicam import _native, nn


def residual(**names):
    return nn.Sequential(
        nn.Convolution(8, (3, 5), stride=(2, 1), padding=(1, 2), bias=False),
        nn.BatchNormalisation(epsilon=1e-3),
        nn.ReLU(),
        nn.Residual(nn.Convolution(8, 3, padding=1, dilation=1), nn.Convolution(8, 1, bias=False), **names),
        nn.ReLU(),
        nn.AveragePooling(2, stride=1, padding=1),
        nn.Residual(nn.ReLU()),
        nn.MaxPooling(2),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(5, bias=False),
        nn.Linear(3),
    )


TEXT = """conv1 = convolution(image, channels: 8, kernel: 3x5, stride: 2x1, padding: 1x2, bias: false)
bn1 = batchNormalisation(conv1, epsilon: 0.001)
relu1 = relu(bn1)
conv2 = convolution(relu1, channels: 8, kernel: 3x3, padding: 1x1)
conv3 = convolution(relu1, channels: 8, kernel: 1x1, bias: false)
add1 = add(conv2, conv3)
relu2 = relu(add1)
pool1 = averagePooling(relu2, kernel: 2x2, stride: 1x1, padding: 1x1)
relu3 = relu(pool1)
add2 = add(relu3, pool1)
pool2 = maxPooling(add2, kernel: 2x2)
dropout1 = dropout(pool2, rate: 0.25)
flatten1 = flatten(dropout1)
fc1 = linear(flatten1, features: 5, bias: false)
fc2 = linear(fc1, features: 3)
"""


def test_the_text_is_what_one_would_write():
    assert residual().text() == TEXT
    network = _native.Network(residual().text(), 12, 12, 1, 0)
    assert network.classes == 3
    assert [layer["name"] for layer in network.layers()] == [line.split(" = ")[0] for line in TEXT.splitlines()]


def test_containers_put_their_name_before_those_inside():
    lines = residual(name="block").text().splitlines()
    assert [line.split(" = ")[0] for line in lines[2:8]] == [
        "relu1",
        "block.conv1",
        "block.conv2",
        "block.add1",
        "relu2",
        "pool1",
    ]
    nested = nn.Sequential(nn.Sequential(nn.ReLU(name="first"), nn.ReLU(), name="b"), name="a")
    assert nested.text() == "a.b.first = relu(image)\na.b.relu1 = relu(a.b.first)\n"


def test_automatic_names_give_way_to_given_ones():
    model = nn.Sequential(nn.ReLU(), nn.ReLU(name="relu1"), nn.ReLU())
    assert [line.split(" = ")[0] for line in model.text().splitlines()] == ["relu2", "relu1", "relu3"]


def test_it_prints_as_what_makes_it():
    model = residual(name="block")
    assert eval(repr(model), vars(nn)) == model
    assert repr(nn.Convolution(8, 3, padding=1, name="stem")) == "Convolution(8, 3, padding=1, name='stem')"
    assert repr(nn.Sequential()) == "Sequential()"
    assert eval(repr(nn.Sequential(nn.ReLU(), name="a")), vars(nn)) == nn.Sequential(nn.ReLU(), name="a")


def test_numpy_says_true_and_false_too():
    for flag in (np.True_, np.False_):
        assert nn.Linear(3, bias=flag).text() == nn.Linear(3, bias=bool(flag)).text()
    assert fit_through(nn.ReLU(name="a" * 63)).architecture_.startswith("a" * 63)


def test_models_are_values():
    assert residual() == residual() and hash(residual()) == hash(residual())
    assert residual() != residual(name="block")
    assert pickle.loads(pickle.dumps(residual())) == residual() == copy.deepcopy(residual())
    with pytest.raises(AttributeError):
        nn.Linear(3).features = 4


def test_a_classifier_takes_it_and_a_checkpoint_keeps_it(tmp_path):
    random = np.random.default_rng(0)
    X, y = random.integers(0, 256, (40, 12, 12), np.uint8), random.integers(0, 3, 40)
    model = residual()
    classifier = evicam.SoftmaxClassifier(model, epochs=1, random_state=0, verbose=False).fit(X, y)
    assert classifier.architecture is model and "bn1 = batchNormalisation(conv1" in classifier.architecture_
    classifier.save(tmp_path / "model.safetensors")
    loaded = evicam.load(tmp_path / "model.safetensors")
    assert loaded.architecture == model.text()
    assert np.array_equal(loaded.decision_function(X), classifier.decision_function(X))
    field = evicam.receptive_field(model, "conv1", image_shape=(12, 12))
    assert field.size == (3, 5) and field.jump == (2, 1)


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: nn.Convolution(8, "3"), TypeError, "kernel is '3', but must be a whole number or a pair"),
        (lambda: nn.Convolution(8, 3, stride=1.5), TypeError, "stride is 1.5"),
        (lambda: nn.Convolution(8.0, 3), TypeError, "channels is 8.0, but must be a whole number"),
        (lambda: nn.Convolution(True, 3), TypeError, "channels is True"),
        (lambda: nn.MaxPooling((2, 2, 2)), TypeError, r"kernel is \(2, 2, 2\)"),
        (lambda: nn.Dropout("half"), TypeError, "rate is 'half', but must be a number"),
        (lambda: nn.BatchNormalisation(momentum=None), TypeError, "momentum is None"),
        (lambda: nn.Linear(None), TypeError, "features is None"),
        (lambda: nn.Convolution(4, 3, bias="false"), TypeError, "bias is 'false', but must be True or False"),
        (lambda: nn.Linear(4, bias=0), TypeError, "bias is 0, but must be True or False"),
        (lambda: nn.Layer(), TypeError, "nn.Layer is what all layers share.* such as nn.Linear"),
        (lambda: nn.ReLU(name=3), TypeError, "name is 3, but must be a str"),
        (lambda: nn.Sequential(nn.ReLU(), "relu"), TypeError, "layer 1 is 'relu', but must be a layer of evicam.nn"),
        (lambda: nn.Sequential([nn.ReLU()]), TypeError, r"layer 0 is \[ReLU\(\)\]"),
        (lambda: nn.Residual(None), TypeError, "branch is None"),
        (lambda: nn.Residual(nn.ReLU(), 3), TypeError, "shortcut is 3"),
        (lambda: nn.Sequential().text(), ValueError, "no layers"),
        (lambda: nn.Residual(nn.Sequential()).text(), ValueError, "no layer on either way"),
        (lambda: fit_through(nn.ReLU(name="relu 1")), ValueError, "'relu 1' is not a layer name"),
        (lambda: fit_through(nn.ReLU(name="image")), ValueError, "'image' is not a layer name"),
        (lambda: fit(nn.Sequential(nn.ReLU(name="a" * 32), name="b" * 31)), ValueError, "is not a layer name.* at most 63"),
        (lambda: fit_through(nn.ReLU(name="a"), nn.ReLU(name="a")), ValueError, "'a' is used twice"),
        (lambda: fit_through(nn.Convolution(0, 3)), ValueError, "layer 'conv1': channels is 0"),
        (lambda: fit_through(nn.Dropout(1.0)), ValueError, "rate is 1.0"),
        (lambda: fit_through(nn.BatchNormalisation(0.0)), ValueError, "epsilon is 0.0"),
        (lambda: fit_through(nn.BatchNormalisation(float("nan"))), ValueError, "epsilon is"),
        (lambda: fit_through(nn.BatchNormalisation(momentum=2)), ValueError, "momentum is 2.0"),
        (lambda: fit(nn.Sequential(nn.Flatten(), nn.Linear(4))), ValueError, "ends in 4 logits, but there are 3 classes"),
        (lambda: fit(nn.Residual(nn.Convolution(2, 3))), ValueError, "'add1' adds"),
        (lambda: fit(nn.Linear), (TypeError, ValueError), "architecture"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(make, error, message):
    with pytest.raises(error, match=message):
        make()


def fit(model):
    return evicam.SoftmaxClassifier(model, epochs=1, verbose=False).fit(np.zeros((6, 8, 8), np.uint8), np.arange(6) % 3)


def fit_through(*layers):
    return fit(nn.Sequential(*layers, nn.Flatten(), nn.Linear(3)))
