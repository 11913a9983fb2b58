"""ONNX models say what the classifier says, to ONNX Runtime: for every kind of layer, every head, any batch."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

import evicam
import trained
from evicam import EvidentialClassifier, SoftmaxClassifier

HEAD = "\npool = globalAveragePooling({})\nfc = linear(pool, features: 3)"
LAYERS = {
    "convolution": "a = convolution(image, channels: 4, kernel: 3)" + HEAD.format("a"),
    "uneven convolution": "a = convolution(image, channels: 4, kernel: 3x2, stride: 2x1, padding: 1x2, dilation: 2x3)"
    + HEAD.format("a"),
    "max pooling": "a = maxPooling(image, kernel: 3x2, stride: 2x3)" + HEAD.format("a"),
    "padded max pooling": "c = convolution(image, channels: 4, kernel: 1)\na = maxPooling(c, kernel: 3, stride: 2, padding: 1)"
    + HEAD.format("a"),
    "average pooling": "a = averagePooling(image, kernel: 2x3)" + HEAD.format("a"),
    "padded average pooling": "a = averagePooling(image, kernel: 3, stride: 2, padding: 1x2)" + HEAD.format("a"),
    "batch normalisation": "c = convolution(image, channels: 4, kernel: 3)\na = batchNormalisation(c, epsilon: 0.01)"
    + HEAD.format("a"),
    "normalised features": "f = flatten(image)\nb = batchNormalisation(f)\nfc1 = linear(b, features: 5)\n"
    "b2 = batchNormalisation(fc1)\nfc = linear(b2, features: 3, bias: false)",
    "dropout": "a = convolution(image, channels: 4, kernel: 3)\nd = dropout(a, rate: 0.5)" + HEAD.format("d"),
    "last dropout": "f = flatten(image)\nfc = linear(f, features: 3)\nd = dropout(fc, rate: 0.5)",
    "add": "a = convolution(image, channels: 4, kernel: 1)\nb = relu(a)\nc = convolution(b, channels: 4, kernel: 3, padding: 1)\n"
    "s = add(a, b, c)" + HEAD.format("s"),
    "flattened map": "c = convolution(image, channels: 3, kernel: 4x5)\nr = relu(c)\nf = flatten(r)\nfc = linear(f, features: 3)",
    "a flattened map as logits": "c = convolution(image, channels: 2, kernel: 1)\np = maxPooling(c, kernel: 9x5)\nf = flatten(p)",
    "a mean as logits": "c = convolution(image, channels: 3, kernel: 3)\np = globalAveragePooling(c)",
    "names like the outputs": "logits = flatten(image)\nhead = linear(logits, features: 3)",
}
SHAPE = (9, 11, 2)


def images(shape=SHAPE, count=7, seed=0):
    return np.random.default_rng(seed).uniform(size=(count, *shape)).astype(np.float32)


def fitted(architecture, kind=SoftmaxClassifier, classes=3, shape=SHAPE, **settings):
    settings = dict(epochs=1, batch_size=6, random_state=0, verbose=False) | settings
    count = max(12, 2 * classes)
    return kind(architecture, **settings).fit(images(shape, count, seed=1), np.arange(count) % classes)


def run(path, X):
    """Outputs by name."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    pixels = X.astype(np.float32) / (255 if X.dtype == np.uint8 else 1)
    pixels = pixels[..., None] if pixels.ndim == 3 else pixels
    return dict(zip(names, session.run(None, {"image": np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))})))


def close(found, wanted):
    assert found.shape == wanted.shape
    assert abs(found - wanted).max() <= 1e-4 * max(1, abs(wanted).max())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.onnx"


# ---- networks ----


@pytest.mark.parametrize("name", LAYERS)
def test_every_kind_of_layer(path, name):
    classifier = fitted(LAYERS[name], classes=4 if name == "a flattened map as logits" else 3)
    classifier.to_onnx(path)
    for count in (1, 7):
        close(run(path, images(count=count))["logits"], classifier.decision_function(images(count=count)))


@pytest.mark.parametrize(
    "architecture, shape",
    [("lenet", (28, 28, 1)), ("lenet-pool1", (20, 22, 3)), ("resnet9", (32, 32, 3)), ("resnet18", (32, 32, 3)),
     ("resnet18-imagenet", (64, 70, 3))],
)  # fmt: skip
def test_named_architectures(path, architecture, shape):
    classifier = fitted(architecture, kind=EvidentialClassifier, classes=5, shape=shape, normalisation="channels")
    classifier.to_onnx(path)
    close(run(path, images(shape, 2))["logits"], classifier.decision_function(images(shape, 2)))


def test_normalisation_is_part_of_the_model(path):
    classifier = fitted(LAYERS["convolution"], normalisation="channels")
    classifier.to_onnx(path)
    close(run(path, images())["logits"], classifier.decision_function(images()))
    plain = fitted(LAYERS["convolution"])
    plain.load_torch_state(classifier.to_torch_state())
    assert not np.allclose(plain.decision_function(images()), classifier.decision_function(images()), atol=1e-2)


@pytest.mark.parametrize("count", [1, 5])
def test_mirrored_views_are_part_of_the_model(path, count):
    classifier = fitted(LAYERS["flattened map"], test_time_flip=True)
    classifier.to_onnx(path)
    close(run(path, images(count=count))["logits"], classifier.decision_function(images(count=count)))
    once = classifier.set_params(test_time_flip=False).decision_function(images(count=count))
    assert not np.allclose(once, run(path, images(count=count))["logits"], atol=1e-3)


# ---- heads ----


@pytest.mark.filterwarnings("ignore::evicam.CollapseWarning")
@pytest.mark.parametrize("evidence", ["exponential", "softplus", "relu"])
def test_opinions(path, evidence):
    X, y = trained.shapes(60)
    classifier = EvidentialClassifier(
        evidence=evidence, evidence_clip=1.5, epochs=3, batch_size=16, random_state=0, verbose=False
    )
    classifier.fit(X, y).to_onnx(path, head="opinion")
    found, opinion = run(path, X), classifier.predict_opinion(X)
    assert list(found) == ["evidence", "alpha", "belief", "uncertainty", "probability"]
    for name, values in found.items():
        close(values, getattr(opinion, name))
    if evidence == "exponential":
        assert (classifier.decision_function(X) > 1.5).any()  # the clip is met
    classifier.to_onnx(path, head="probability")
    assert list(run(path, X)) == ["probability"]
    close(run(path, X)["probability"], classifier.predict_proba(X))


def test_softmax(path, softmax):
    X = trained.shapes(20)[0]
    softmax.to_onnx(path, head="probability")
    close(run(path, X)["probability"], softmax.predict_proba(X))
    softmax.to_onnx(path, "logits")
    close(run(path, X)["logits"], softmax.decision_function(X))
    with pytest.raises(ValueError, match="head is 'opinion', but must be 'logits' or 'probability'|head"):
        softmax.to_onnx(path, head="opinion")


# ---- files ----


@pytest.mark.parametrize("opset", [15, 17, 18, 21])
def test_opsets(path, evidential, opset):
    import onnx

    evidential.to_onnx(path, head="opinion", opset=opset)
    model = onnx.load(path)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", opset)]
    close(run(path, trained.shapes(6)[0])["alpha"], evidential.predict_opinion(trained.shapes(6)[0]).alpha)


def test_what_the_file_says_of_itself(path):
    import onnx

    classifier = fitted(LAYERS["convolution"], kind=EvidentialClassifier, normalisation="channels")
    classifier.to_onnx(path, head="opinion")
    model = onnx.load(path)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert metadata["input"] == "image: float32 [N, C, H, W], channels first, pixels 0..1"
    assert metadata["head"] == "opinion" and metadata["evidence"] == "exponential" and metadata["evidence_clip"] == "10.0"
    assert metadata["architecture"] == classifier.architecture_ and json.loads(metadata["classes"]) == ["0", "1", "2"]
    assert len(json.loads(metadata["normalisation"])["mean"]) == 2
    extents = [extent.dim_param or extent.dim_value for extent in model.graph.input[0].type.tensor_type.shape.dim]
    assert extents == ["N", 2, 9, 11]


def test_bad_arguments(path, evidential):
    with pytest.raises(ValueError, match="not fitted"):
        EvidentialClassifier().to_onnx(path)
    with pytest.raises(ValueError, match="head is 'logit'"):
        evidential.to_onnx(path, head="logit")
    for opset in (14, 1000):
        with pytest.raises(ValueError, match=f"opset is {opset}, but must be 15 to"):
            evidential.to_onnx(path, opset=opset)
    with pytest.raises(TypeError, match="opset is 17.0, but must be a whole number"):
        evidential.to_onnx(path, opset=17.0)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        evidential.to_onnx(path.parent / "nowhere" / "model.onnx")
    assert list(path.parent.iterdir()) == []


def test_without_onnx(path, tmp_path):
    """The package is not needed until a model is exported, and its lack is told of in words."""
    trained.twins()[1].save(tmp_path / "model.safetensors")
    code = f"""
import sys
sys.path[:0] = {sys.path!r}
sys.modules["onnx"] = None
import evicam
try:
    evicam.load({str(tmp_path / "model.safetensors")!r}).to_onnx({str(path)!r})
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "to_onnx needs the package onnx: pip install 'evicam[onnx]'\n"
    assert not path.exists()


def test_importing_evicam_does_not_import_onnx():
    code = f"import sys; sys.path[:0] = {sys.path!r}; import evicam; evicam.EvidentialClassifier; print('onnx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n" and evicam is not None
