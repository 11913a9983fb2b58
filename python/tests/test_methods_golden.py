"""Maps against other libraries' on the same weights: benchmarks/golden/methods.py made the values."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import evicam
from evicam import methods

GOLDEN = json.loads((Path(__file__).parent / "methods_golden.json").read_text())
TEXT = """conv = convolution(image, channels: 3, kernel: 3x3)
pool = maxPooling(conv, kernel: 2x2, stride: 2x2)
relu = relu(pool)
flat = flatten(relu)
fc = linear(flat, features: 3)"""


@pytest.fixture(scope="module")
def case():
    """A classifier with the golden script's weights, and its images."""
    random = np.random.RandomState(0)
    values = [random.normal(size=shape).astype(np.float32) for shape in ((3, 3, 1, 3), 3, (48, 3), 3)]
    images = random.uniform(size=(3, 10, 10)).astype(np.float32)
    classifier = evicam.SoftmaxClassifier(TEXT, epochs=1, random_state=0, verbose=False).fit(images, [0, 1, 2])
    for index, array in enumerate(values):
        classifier.network_.write_parameter(index, array)
    return classifier, images


def test_logits(case):
    classifier, images = case
    assert np.allclose(classifier.decision_function(images), GOLDEN["logits"], atol=2e-5)


@pytest.mark.parametrize(
    "name, method",
    [
        ("mean", methods.GradCAM(weights="mean")),
        ("captum mean", methods.GradCAM(weights="mean")),
        ("hirescam", methods.HiResCAM()),
        ("layercam", methods.LayerCAM()),
        ("grad-cam++", methods.GradCAMPlusPlus()),
        ("xgrad-cam", methods.XGradCAM()),
        ("occlusion", methods.Occlusion(patch=(4, 3), stride=(2, 3), baseline=0.25)),
        ("integrated-gradients", methods.IntegratedGradients(steps=20, baseline=0.25)),
        ("gradient", methods.SmoothGrad(samples=1, noise=0.0)),
    ],
)
def test_maps(case, name, method):
    classifier, images = case
    layer = "relu" if method.reads_layer else None
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "empty heatmaps")
        raw = evicam.explain(classifier, images, method, target=[0, 1, 2], layer=layer).raw
    expected = np.array(GOLDEN[name])
    assert raw.shape == expected.shape
    assert (abs(raw - expected) <= 1e-4 * abs(expected).max((1, 2), keepdims=True)).all()
