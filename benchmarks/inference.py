"""Logits of a trained network, many images at a time and one."""

import numpy as np
import torch
from networks import to_onnx


def contestants(network, classifier, images, threads):
    """{name: function from nothing to logits [N, 10]}"""
    import onnxruntime
    import openvino

    floats = network.as_floats(images)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    onnx = to_onnx(classifier)
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    compiled = core.compile_model(core.read_model(onnx), "CPU", settings).create_infer_request()

    def by_torch(layout):
        model, tensor = network.to_torch(classifier, layout), network.as_tensor(images, layout)

        def logits():
            with torch.inference_mode():
                return model(tensor).numpy()

        return logits

    channels_last = np.ascontiguousarray(floats.transpose(0, 2, 3, 1))
    return {
        "EviCAM": lambda: classifier.decision_function(channels_last),
        **{f"PyTorch{suffix}": by_torch(layout) for suffix, layout in network.layouts.items()},
        "ONNX Runtime": lambda: session.run(None, {"image": floats})[0],
        "OpenVINO": lambda: compiled.infer({0: floats})[0],
    }


def workload(network, count, rounds, threads):
    """(name, images, {contestant: work})"""
    classifier = network.ours()
    work = contestants(network, classifier, network.images_and_labels(count)[0], threads)
    wanted = work["ONNX Runtime"]()
    for function in work.values():
        np.testing.assert_allclose(function(), wanted, atol=1e-4 * np.abs(wanted).max())
    repeated = {name: lambda function=function: [function() for _ in range(rounds)] for name, function in work.items()}
    return f"inference, batch {count}", count * rounds, repeated
