"""Logits of a trained LeNet, many images at a time and one."""

import lenet
import numpy as np
import torch


def contestants(classifier, images, threads):
    """{name: function from nothing to logits [N, 10]}"""
    import onnxruntime
    import openvino

    floats = lenet.as_floats(images)
    model, tensor = lenet.to_torch(classifier), torch.from_numpy(floats)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    onnx = lenet.to_onnx(classifier)
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    compiled = core.compile_model(core.read_model(onnx), "CPU", settings).create_infer_request()

    def by_torch():
        with torch.inference_mode():
            return model(tensor).numpy()

    channels_last = np.ascontiguousarray(floats.transpose(0, 2, 3, 1))
    return {
        "EviCAM": lambda: classifier.decision_function(channels_last),
        "PyTorch": by_torch,
        "ONNX Runtime": lambda: session.run(None, {"image": floats})[0],
        "OpenVINO": lambda: compiled.infer({0: floats})[0],
    }


def workloads(threads):
    """(name, images, {contestant: work})"""
    classifier = lenet.ours()
    for count, rounds in ((128, 20), (1, 500)):
        work = contestants(classifier, lenet.images_and_labels(count)[0], threads)
        wanted = work["PyTorch"]()
        for function in work.values():
            np.testing.assert_allclose(function(), wanted, atol=1e-4 * np.abs(wanted).max())
        repeated = {name: lambda function=function: [function() for _ in range(rounds)] for name, function in work.items()}
        yield f"inference, batch {count}", count * rounds, repeated
