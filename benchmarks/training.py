"""Evidential training of LeNet: the same network, loss (expected squared error and KL) and optimiser (Adam)."""

import lenet
import numpy as np
import torch

BATCH = 128


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
    """Eager, with dropout."""

    def __init__(self, images, labels, autocast):
        torch.manual_seed(0)
        self.model = lenet.torch_lenet()
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.images = torch.from_numpy(images)
        self.targets = torch.nn.functional.one_hot(torch.from_numpy(labels), lenet.CLASSES).float()
        self.autocast = autocast

    def epoch(self):
        for chosen in torch.randperm(len(self.images)).split(BATCH):
            x = self.images[chosen][:, None].float() / 255
            with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
                logits = self.model(x)
            loss = evidential_loss(logits.float(), self.targets[chosen], 0.1)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()


def workloads(bfloat16):
    """(name, images, {contestant: work})"""
    images, labels = lenet.images_and_labels(50 * BATCH)
    classifier = lenet.ours(batch_size=BATCH)
    work = {
        "EviCAM": lambda: classifier.partial_fit(images, labels),
        "PyTorch float32": PyTorch(images, labels, False).epoch,
    }
    if bfloat16:
        work["PyTorch bfloat16"] = PyTorch(images, labels, True).epoch
    yield "training, batch 128", len(images), work


def check():
    """A batch's gradient, without dropout, is that of PyTorch's autograd on the same weights."""
    images, labels = lenet.images_and_labels(BATCH)
    classifier = lenet.ours(architecture=lenet.ours().architecture_.replace("rate: 0.5", "rate: 0"), batch_size=BATCH)
    theirs = PyTorch(images, labels, False)
    theirs.model = lenet.to_torch(classifier)
    logits = theirs.model(torch.from_numpy(lenet.as_floats(images)))
    evidential_loss(logits, theirs.targets, 0.1).backward()
    before = lenet.arrays(classifier)
    classifier.set_params(optimiser="sgd", learning_rate=1.0).partial_fit(images, labels)
    for old, new, parameter in zip(before, lenet.arrays(classifier), theirs.model.parameters(), strict=True):
        # With Nesterov's look-ahead, the first step is 1 + momentum times the gradient.
        gradient = parameter.grad.numpy()
        np.testing.assert_allclose((old - new) / 1.9, gradient, atol=2e-4 * np.abs(gradient).max() + 1e-6)
