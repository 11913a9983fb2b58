"""A classifier as an ONNX model: pixels in, logits, probabilities or opinions out."""

from __future__ import annotations

import numpy as np

from ..checks import check_choice, check_positive_int
from ..normalisation import read_normalisation
from .description import describe
from .onnx_graph import Graph, require_onnx
from .onnx_layers import write_layers

HEADS = ("logits", "probability", "opinion")

# The oldest opset whose operators all mean what is meant here (BatchNormalization's outputs changed last).
OLDEST_OPSET = 15


def to_onnx(classifier, head, opset):
    """The content of an ONNX file; see `EvidentialClassifier.to_onnx`."""
    evidential = hasattr(classifier, "evidence")
    check_choice(head, "head", HEADS if evidential else HEADS[:2])
    newest = require_onnx().defs.onnx_opset_version()
    if not OLDEST_OPSET <= check_positive_int(opset, "opset") <= newest:
        raise ValueError(f"opset is {opset}, but must be {OLDEST_OPSET} to {newest}")
    graph, network, shape = Graph(), classifier.network_, classifier.image_shape_
    source = _normalised(graph, network, shape, "image")
    if classifier.test_time_flip:
        source = _with_mirrored(graph, source)
    classes = network.classes
    logits = write_layers(graph, network, shape, source)
    if classifier.test_time_flip:
        logits = _mean_of_halves(graph, logits, classes)
    if head == "logits":
        graph.output(graph.add("Identity", [logits], "logits"), classes)
    elif not evidential:
        graph.output(graph.add("Softmax", [logits], "probability", axis=1), classes)
    else:
        _write_opinion(graph, logits, classifier, classes, head == "opinion")
    metadata = {
        "input": "image: float32 [N, C, H, W], channels first, pixels 0..1",
        "head": head,
        **({"evidence": classifier.evidence, "evidence_clip": repr(float(classifier.evidence_clip))} if evidential else {}),
        **describe(classifier),
    }
    return graph.to_bytes(shape, opset, metadata)


def _normalised(graph, network, shape, image):
    """(x - mean) / deviation, where the network has them."""
    normalisation = read_normalisation(network, shape[2])
    if normalisation is None:
        return image
    mean, deviation = (values.reshape(1, -1, 1, 1) for values in normalisation)
    centred = graph.add("Sub", [image, graph.constant("image/mean", mean)], "image/centred")
    return graph.add("Div", [centred, graph.constant("image/deviation", deviation)], "image/normalised")


def _with_mirrored(graph, image):
    """[2 N, C, H, W]: the images, then their mirror images."""
    first, last, axis, step = (
        graph.constant(f"image/mirror {name}", np.array([value], np.int64))
        for name, value in (("first", -1), ("last", np.iinfo(np.int64).min), ("axis", 3), ("step", -1))
    )
    mirrored = graph.add("Slice", [image, first, last, axis, step], "image/mirrored")
    return graph.add("Concat", [image, mirrored], "image/both", axis=0)


def _mean_of_halves(graph, logits, classes):
    """[2 N, K] to [N, K]."""
    shape = graph.constant("head/halves", np.array([2, -1, classes], np.int64))
    first = graph.constant("head/first", np.array([0], np.int64))
    halves = graph.add("Reshape", [logits, shape], "head/views")
    total = graph.add("ReduceSum", [halves, first], "head/total", keepdims=0)
    return graph.add("Mul", [total, graph.constant("head/half", np.float32(0.5))], "head/mean")


def _write_opinion(graph, logits, classifier, classes, whole):
    """Evidence e = f(z); alpha = e + 1; S = sum of alpha; probability alpha / S; belief e / S; uncertainty K / S."""
    one, axis = graph.constant("head/one", np.float32(1)), graph.constant("head/axis", np.array([1], np.int64))
    evidence = _write_evidence(graph, logits, classifier)
    alpha = graph.add("Add", [evidence, one], "alpha")
    strength = graph.add("ReduceSum", [alpha, axis], "head/strength", keepdims=1)  # [N, 1]
    if whole:
        count = graph.constant("head/classes", np.float32(classes))
        belief = graph.add("Div", [evidence, strength], "belief")
        share = graph.add("Div", [count, strength], "head/share")
        uncertainty = graph.add("Squeeze", [share, axis], "uncertainty")
        for name in (evidence, alpha, belief):
            graph.output(name, classes)
        graph.output(uncertainty)
    graph.output(graph.add("Div", [alpha, strength], "probability"), classes)


def _write_evidence(graph, logits, classifier):
    if classifier.evidence == "relu":
        return graph.add("Relu", [logits], "evidence")
    if classifier.evidence == "softplus":
        return graph.add("Softplus", [logits], "evidence")
    clip = graph.constant("head/clip", np.float32(classifier.evidence_clip))
    return graph.add("Exp", [graph.add("Min", [logits, clip], "head/clipped")], "evidence")
