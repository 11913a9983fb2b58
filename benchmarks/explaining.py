"""Explanations of a trained LeNet: Grad-CAM at its second convolution, and RISE."""

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
    yield "RISE, 4,000 masks", 4, rise(classifier, model, images[:4], labels[:4])


def rise(classifier, model, images, labels):
    """{name: function from nothing to maps [N, 28, 28]}. PyTorch's has its masks ready and does the same sums."""
    settings = evicam.methods.RISE(n_masks=4000, random_state=0)
    tensor = torch.from_numpy(lenet.as_floats(images))
    coarse = (torch.rand(4000, 1, 7, 7, generator=torch.Generator().manual_seed(0)) < 0.5).float()
    masks = torch.nn.functional.interpolate(coarse, size=(32, 32), mode="bilinear")[:, :, 2:30, 2:30].contiguous()

    def by_torch():
        maps = torch.empty(len(tensor), 28, 28)
        with torch.inference_mode():
            for i, image in enumerate(tensor):
                values = torch.cat([model(part * image)[:, int(labels[i])] for part in masks.split(500)])
                maps[i] = torch.einsum("m,mhw->hw", values, masks[:, 0]) / masks[:, 0].sum(0)
        return maps.numpy()

    return {"EviCAM": lambda: evicam.explain(classifier, images, method=settings, target=labels).raw, "PyTorch": by_torch}


def check(explanation, model, tensor, labels):
    """Raw maps against PyTorch's gradients on the same weights."""
    activations = model[:4](tensor).detach().requires_grad_()
    logits = model[4:](activations)
    logits[torch.arange(len(labels)), torch.from_numpy(labels)].sum().backward()
    wanted = (activations.grad.sum((2, 3), keepdim=True) * activations).sum(1).detach().numpy()
    np.testing.assert_allclose(explanation.raw, wanted, atol=1e-4 * np.abs(wanted).max())
