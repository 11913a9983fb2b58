"""Residual networks beside torchvision's and PyTorch's: benchmarks/golden/residual.py made the values."""

import json
from pathlib import Path

import numpy as np
import pytest

import evicam
from evicam import _native, nn, parameters

GOLDEN = json.loads((Path(__file__).parent / "residual_golden.json").read_text())


def values_for(name, shape, random):
    """The golden script's formula."""
    if len(shape) > 1:
        values = random.normal(size=shape) * np.sqrt(2 / np.prod(shape[:-1]))
    elif name.endswith(("running_var", "weight")):
        values = random.uniform(0.5, 1.5, size=shape)
    else:
        values = random.normal(size=shape) * 0.1
    return values.astype(np.float32)


def images(count, side, channels):
    return np.random.RandomState(1).uniform(size=(count, side, side, channels)).astype(np.float32)


def fill(network):
    """Give a network the formula's weights, drawn in the order of the names."""
    random = np.random.RandomState(0)
    numbered = {name: (index, shape) for index, (name, shape) in enumerate(network.parameters())}
    for name in sorted(numbered):
        index, shape = numbered[name]
        network.write_parameter(index, values_for(name, shape, random))
    return network


def close(got, wanted, relative):
    got, wanted = np.asarray(got), np.asarray(wanted)
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).max() <= relative * np.abs(wanted).max()


@pytest.mark.parametrize("name", ["resnet18", "resnet34"])
def test_names_and_shapes_are_torchvisions(name):
    network = _native.Network(_native.architecture(f"{name}-imagenet", 10), 64, 64, 3, 0)
    assert {key: list(shape) for key, shape in network.parameters()} == GOLDEN["shapes"][name]


def test_many_images_are_computed_as_few_are():
    """With eight images on, the widest convolutions are done by minimal filtering too; nineteen do not fill their parts."""
    network = fill(_native.Network(_native.architecture("resnet18", 10), 32, 32, 3, 0))
    seen = images(19, 32, 3)
    alone, together = np.empty((19, 10), np.float32), np.empty((19, 10), np.float32)
    for image, logits in zip(np.split(seen, 19), np.split(alone, 19), strict=True):
        network.logits(image, logits)
    network.logits(seen, together)
    close(together, alone, 2e-5)


@pytest.mark.parametrize("winograd, relative", [(False, 2e-6), (True, 2e-5)])
@pytest.mark.parametrize("name, side", [("resnet18", 32), ("resnet18-imagenet", 70)])
def test_the_logits_are_torchvisions(name, side, winograd, relative):
    before = evicam.winograd()
    evicam.set_winograd(winograd)
    try:
        network = fill(_native.Network(_native.architecture(name, 10), side, side, 3, 0))
        logits = np.empty((2, 10), np.float32)
        network.logits(images(2, side, 3), logits)
        close(logits, GOLDEN[name]["logits"], relative)
    finally:
        evicam.set_winograd(before)


def small():
    """The golden script's network."""
    block = nn.Residual(
        nn.Sequential(
            nn.Convolution(12, 3, stride=2, padding=1, bias=False, name="conv1"),
            nn.BatchNormalisation(name="bn1"),
            nn.ReLU(),
            nn.Convolution(12, 3, padding=1, bias=False, name="conv2"),
            nn.BatchNormalisation(epsilon=1e-3, momentum=0.3, name="bn2"),
        ),
        nn.Sequential(nn.Convolution(12, 1, stride=2, bias=False, name="short"), nn.BatchNormalisation(name="bn3")),
        name="block",
    )
    return nn.Sequential(
        nn.Convolution(9, 3, padding=1, name="stem"), nn.BatchNormalisation(name="bn"), nn.ReLU(), block, nn.ReLU(),
        nn.GlobalAveragePooling(), nn.Linear(3, name="fc"),
    )  # fmt: skip


def test_a_training_step_is_pytorchs():
    X, y = images(6, 7, 2), np.arange(6) % 3
    classifier = evicam.SoftmaxClassifier(
        small(), optimiser="sgd", schedule="constant", batch_size=6, epochs=1, weight_decay=0.0, warm_start=True,
        random_state=0, verbose=False,
    ).fit(X, y)  # fmt: skip
    fill(classifier.network_)
    classifier.fit(X, y)
    assert classifier.history_["loss"] == [pytest.approx(GOLDEN["step"]["loss"], rel=1e-6)]

    # The first velocity is the gradient.
    velocity = parameters.by_name(classifier.network_, classifier._training_state[1]["first_moment"])
    after = parameters.read_parameters(classifier.network_)
    trained = [name for name in velocity if "running" not in name]
    largest = max(np.abs(GOLDEN["step"][name]).max() for name in trained)
    for name, gradient in velocity.items():
        if name in trained:
            # A bias before a batch normalisation has no slope: what is left of it is rounding.
            assert np.abs(gradient.ravel() - GOLDEN["step"][name]).max() <= 3e-6 * largest, name
        else:
            close(after[name], GOLDEN["step"][name], 1e-6)
            assert not gradient.any()
