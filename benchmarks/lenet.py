"""The LeNet of the benchmarks, in EviCAM and, with the same weights, in the libraries it is compared with."""

import numpy as np
import torch

import evicam

CLASSES = 10


def images_and_labels(count):
    """Noise and labels: what is in the images has no bearing on the speed."""
    random = np.random.default_rng(0)
    return random.integers(0, 256, (count, 28, 28), dtype=np.uint8), np.arange(count) % CLASSES


def ours(**settings):
    """An evidential LeNet that knows its classes."""
    images, labels = images_and_labels(128)
    classifier = evicam.EvidentialClassifier(kl_annealing=0, learning_rate=1e-3, random_state=0, verbose=False, **settings)
    return classifier.partial_fit(images, labels, classes=np.arange(CLASSES))


def torch_lenet():
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(20, 50, 5), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Dropout(0.5), nn.Linear(500, CLASSES),
    )  # fmt: skip


def arrays(classifier):
    """Weights and biases of conv1, conv2, fc1, fc2 in the order PyTorch and ONNX have them: channels first."""
    values = evicam.checkpoint.read_parameters(classifier.network_)
    found = []
    for name in ("conv1", "conv2", "fc1", "fc2"):
        weight = values[f"{name}.weight"]
        if weight.ndim == 4:
            weight = weight.transpose(3, 2, 0, 1)
        else:
            weight = weight.T
            if name == "fc1":  # its inputs are a 4 x 4 map of 50 channels
                weight = weight.reshape(-1, 4, 4, 50).transpose(0, 3, 1, 2).reshape(len(weight), -1)
        found += [np.ascontiguousarray(weight), values[f"{name}.bias"]]
    return found


def to_torch(classifier):
    model = torch_lenet().eval()
    with torch.no_grad():
        for parameter, values in zip(model.parameters(), arrays(classifier), strict=True):
            parameter.copy_(torch.from_numpy(values))
    return model


def to_onnx(classifier):
    """The bytes of an ONNX model: images [N, 1, 28, 28] float32 to logits [N, 10]."""
    from onnx import TensorProto, helper, numpy_helper

    names = [f"{layer}.{part}" for layer in ("conv1", "conv2", "fc1", "fc2") for part in ("weight", "bias")]
    tensors = [numpy_helper.from_array(values, name) for name, values in zip(names, arrays(classifier), strict=True)]

    def node(kind, inputs, output, **options):
        return helper.make_node(kind, inputs, [output], **options)

    def block(index, source):
        name = f"conv{index}"
        pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
        return [
            node("Conv", [source, f"{name}.weight", f"{name}.bias"], name),
            node("MaxPool", [name], f"pool{index}", **pool),
            node("Relu", [f"pool{index}"], f"relu{index}"),
        ]

    nodes = [
        *block(1, "image"),
        *block(2, "relu1"),
        node("Flatten", ["relu2"], "flat"),
        node("Gemm", ["flat", "fc1.weight", "fc1.bias"], "fc1", transB=1),
        node("Relu", ["fc1"], "relu3"),
        node("Gemm", ["relu3", "fc2.weight", "fc2.bias"], "logits", transB=1),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 28, 28])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", CLASSES])
    graph = helper.make_graph(nodes, "lenet", [image], [logits], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def as_floats(images):
    """Channels first, 0..1, as the others want them."""
    return (images[:, None] / np.float32(255)).astype(np.float32)
