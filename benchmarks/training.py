"""Evidential training: the same network, loss (expected squared error and KL) and optimiser."""

import numpy as np
import torch
from networks import CLASSES


def evidential_loss(logits, target, weight):
    """Sensoy et al. 2018, with exponential evidence."""
    alpha = logits.clamp(max=10).exp() + 1
    strength = alpha.sum(1, keepdim=True)
    p = alpha / strength
    fit = ((target - p) ** 2 + p * (1 - p) / (strength + 1)).sum(1)
    misleading = target + (1 - target) * alpha
    total, classes = misleading.sum(1), torch.tensor(float(misleading.shape[1]))
    divergence = (
        torch.lgamma(total)
        - torch.lgamma(classes)
        - torch.lgamma(misleading).sum(1)
        + ((misleading - 1) * (torch.digamma(misleading) - torch.digamma(total)[:, None])).sum(1)
    )
    return (fit + weight * divergence).mean()


class PyTorch:
    """Eager."""

    def __init__(self, network, images, labels, layout, autocast=False):
        torch.manual_seed(0)
        self.model = network.torch_model().to(memory_format=layout)
        self.optimiser = network.torch_optimiser(self.model.parameters())
        self.network = network
        self.layout = layout
        self.images = images
        self.targets = torch.nn.functional.one_hot(torch.from_numpy(labels), CLASSES).float()
        self.autocast = autocast

    def epoch(self):
        for chosen in torch.randperm(len(self.images)).split(self.network.batch):
            self.step(self.network.as_tensor(self.images[chosen.numpy()], self.layout), self.targets[chosen])

    def step(self, x, targets):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
            logits = self.model(x)
        loss = evidential_loss(logits.float(), targets, 0.1)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()


def workload(network, steps, bfloat16):
    """(name, images, {contestant: work})"""
    images, labels = network.images_and_labels(steps * network.batch)
    classifier = network.ours()
    work = {"EviCAM": lambda: classifier.partial_fit(images, labels)}
    for suffix, layout in network.layouts.items():
        work[f"PyTorch float32{suffix}"] = PyTorch(network, images, labels, layout).epoch
        if bfloat16:
            work[f"PyTorch bfloat16{suffix}"] = PyTorch(network, images, labels, layout, autocast=True).epoch
    return f"training, batch {network.batch}", len(images), work


def check(network, tolerance):
    """A batch's gradient, without dropout, is that of PyTorch's autograd on the same weights.

    Rounding grows with depth and with the fast convolutions, so the difference of a parameter's gradient is measured as a
    whole: its length over the gradient's, at most `tolerance`.
    """
    images, labels = network.images_and_labels(network.batch)
    architecture = network.ours().architecture_.replace("rate: 0.5", "rate: 0")
    # Another optimiser's first step leaves no momentum to the one that is looked at.
    classifier = network.ours(architecture=architecture, optimiser="adam", learning_rate=1e-3)
    theirs = PyTorch(network, images, labels, torch.channels_last)
    theirs.model = network.to_torch(classifier, theirs.layout).train()
    for layer in theirs.model.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0
    before = classifier.to_torch_state()
    evidential_loss(theirs.model(network.as_tensor(images, theirs.layout)), theirs.targets, 0.1).backward()
    classifier.set_params(optimiser="sgd", learning_rate=1.0).partial_fit(images, labels)
    after = classifier.to_torch_state()
    gradients = {name: parameter.grad.numpy() for name, parameter in theirs.model.named_parameters()}
    largest = max(np.linalg.norm(gradient) for gradient in gradients.values())
    for name, gradient in gradients.items():
        # With Nesterov's look-ahead, the first step is 1 + momentum times the gradient.
        ours = (before[name] - after[name]) / 1.9
        difference = np.linalg.norm(ours - gradient) / max(np.linalg.norm(gradient), 1e-3 * largest)
        assert difference < tolerance, f"{network.name}: the gradient of {name} is off by {difference:.1e}"
