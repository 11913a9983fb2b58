"""Grad-CAM of a trained LeNet at its second convolution."""

import warnings

import lenet
import numpy as np
import torch

import evicam


def workloads():
    """(name, images, {contestant: work})"""
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    warnings.filterwarnings("ignore", "empty heatmaps")  # noise has them
    images = lenet.images_and_labels(128)[0]
    classifier = lenet.ours()
    model = lenet.to_torch(classifier)
    labels = classifier.predict(images)
    tensor = torch.from_numpy(lenet.as_floats(images))
    cam = GradCAM(model=model, target_layers=[model[3]])
    targets = [ClassifierOutputTarget(int(label)) for label in labels]
    work = {
        "EviCAM": lambda: evicam.explain(classifier, images, target=labels, layer="conv2", resize="bilinear").heatmap,
        "pytorch-grad-cam": lambda: cam(input_tensor=tensor, targets=targets),
    }
    check(evicam.explain(classifier, images, target=labels, layer="conv2"), model, tensor, labels)
    yield "Grad-CAM of 128 images", len(images), work


def check(explanation, model, tensor, labels):
    """Raw maps against PyTorch's gradients on the same weights."""
    activations = model[:4](tensor).detach().requires_grad_()
    logits = model[4:](activations)
    logits[torch.arange(len(labels)), torch.from_numpy(labels)].sum().backward()
    wanted = (activations.grad.sum((2, 3), keepdim=True) * activations).sum(1).detach().numpy()
    np.testing.assert_allclose(explanation.raw, wanted, atol=1e-4 * np.abs(wanted).max())
