"""Explanations of a trained network: Grad-CAM at a convolution, and RISE."""

import warnings

import numpy as np
import torch
from networks import LENET

import evicam


def grad_cam(network, count, rounds):
    """(name, images, {contestant: work})"""
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    warnings.filterwarnings("ignore", "empty heatmaps")  # noise has them
    images = network.images_and_labels(count)[0]
    classifier = network.ours()
    labels = classifier.predict(images)
    targets = [ClassifierOutputTarget(int(label)) for label in labels]
    ours = dict(target=labels, layer=network.explained, resize="bilinear")

    def theirs(layout):
        model, tensor = network.to_torch(classifier, layout), network.as_tensor(images, layout)
        layer = model.get_submodule(network.explained)
        check(evicam.explain(classifier, images, **ours), model, layer, tensor, labels)
        cam = GradCAM(model=model, target_layers=[layer])
        return lambda: [cam(input_tensor=tensor, targets=targets) for _ in range(rounds)]

    work = {"EviCAM": lambda: [evicam.explain(classifier, images, **ours) for _ in range(rounds)]}
    work |= {f"pytorch-grad-cam{suffix}": theirs(layout) for suffix, layout in network.layouts.items()}
    return f"Grad-CAM of {count} images at {network.explained}", count * rounds, work


def check(explanation, model, layer, tensor, labels):
    """Raw maps against PyTorch's gradients on the same weights, as a whole: a ReLU's input may round to its other side."""
    kept = []
    hook = layer.register_forward_hook(lambda module, inputs, output: kept.append(output))
    logits = model(tensor)
    hook.remove()
    (gradient,) = torch.autograd.grad(logits[torch.arange(len(labels)), torch.from_numpy(labels)].sum(), kept)
    wanted = (gradient.sum((2, 3), keepdim=True) * kept[0]).sum(1).detach().numpy()
    difference = np.linalg.norm(explanation.raw - wanted) / np.linalg.norm(wanted)
    assert difference < 2e-3, f"the maps are off by {difference:.1e}"


def rise(count, masks):
    """(name, images, {contestant: work}) for LeNet. PyTorch's has its masks ready and does the same sums."""
    images = LENET.images_and_labels(count)[0]
    classifier = LENET.ours()
    labels = classifier.predict(images)
    settings = evicam.methods.RISE(n_masks=masks, random_state=0)
    coarse = (torch.rand(masks, 1, 7, 7, generator=torch.Generator().manual_seed(0)) < 0.5).float()
    drawn = torch.nn.functional.interpolate(coarse, size=(32, 32), mode="bilinear")[:, :, 2:30, 2:30].contiguous()

    def by_torch(layout):
        model, tensor = LENET.to_torch(classifier, layout), LENET.as_tensor(images, layout)

        def maps():
            found = torch.empty(len(tensor), 28, 28)
            with torch.inference_mode():
                for i, image in enumerate(tensor):
                    values = torch.cat([model(part * image)[:, int(labels[i])] for part in drawn.split(500)])
                    found[i] = torch.einsum("m,mhw->hw", values, drawn[:, 0]) / drawn[:, 0].sum(0)
            return found.numpy()

        return maps

    work = {"EviCAM": lambda: evicam.explain(classifier, images, method=settings, target=labels).raw}
    work |= {f"PyTorch{suffix}": by_torch(layout) for suffix, layout in LENET.layouts.items()}
    return f"RISE, {masks:,} masks", count, work
