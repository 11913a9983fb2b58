"""Training speed of the evidential LeNet beside PyTorch eager: the same network, loss, optimiser, data and threads.

    make bench

Alternates ours and theirs, and prints medians in images per second and the ratio with its spread. PyTorch is not needed
by the package: `make bench` installs it into an environment of its own.
"""

import argparse
import statistics
import time

import numpy as np
import torch

import evicam

BATCH = 128


def data(count):
    """Images and labels; what is in them has no bearing on the speed."""
    random = np.random.default_rng(0)
    return random.integers(0, 256, (count, 28, 28), dtype=np.uint8), np.arange(count) % 10


class LeNet(torch.nn.Sequential):
    def __init__(self):
        nn = torch.nn
        super().__init__(
            nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.ReLU(),
            nn.Conv2d(20, 50, 5), nn.MaxPool2d(2), nn.ReLU(),
            nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Dropout(0.5), nn.Linear(500, 10),
        )  # fmt: skip


def evidential_loss(logits, target, weight):
    """Expected squared error and the KL term of Sensoy et al. 2018, with exponential evidence."""
    alpha = logits.clamp(max=10).exp() + 1
    strength = alpha.sum(1, keepdim=True)
    p = alpha / strength
    fit = ((target - p) ** 2 + p * (1 - p) / (strength + 1)).sum(1)
    misleading = target + (1 - target) * alpha
    total, classes = misleading.sum(1), misleading.shape[1]
    divergence = (
        torch.lgamma(total)
        - torch.lgamma(torch.tensor(float(classes)))
        - torch.lgamma(misleading).sum(1)
        + ((misleading - 1) * (torch.digamma(misleading) - torch.digamma(total)[:, None])).sum(1)
    )
    return (fit + weight * divergence).mean()


class Theirs:
    """PyTorch, eager."""

    def __init__(self, images, labels, autocast=False):
        torch.manual_seed(0)
        self.model = LeNet()
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.images = torch.from_numpy(images)
        self.targets = torch.nn.functional.one_hot(torch.from_numpy(labels), 10).float()
        self.autocast = autocast

    def epoch(self):
        order = torch.randperm(len(self.images))
        for first in range(0, len(order), BATCH):
            chosen = order[first : first + BATCH]
            x = self.images[chosen][:, None].float() / 255
            with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
                logits = self.model(x)
            loss = evidential_loss(logits.float(), self.targets[chosen], 0.1)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()


class Ours:
    """EviCAM."""

    def __init__(self, images, labels):
        self.classifier = evicam.EvidentialClassifier(
            batch_size=BATCH, learning_rate=1e-3, kl_annealing=0, random_state=0, verbose=False
        )
        self.images, self.labels = images, labels
        self.classifier.partial_fit(images[:BATCH], labels[:BATCH], classes=np.arange(10))

    def epoch(self):
        self.classifier.partial_fit(self.images, self.labels)


def seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=6400)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=evicam.num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    evicam.set_num_threads(options.threads)
    images, labels = data(options.images)
    contestants = {
        "EviCAM": Ours(images, labels),
        "PyTorch float32": Theirs(images, labels),
        "PyTorch bfloat16 autocast": Theirs(images, labels, autocast=True),
    }
    times = {name: [] for name in contestants}
    for contestant in contestants.values():
        contestant.epoch()  # warm-up
    for _ in range(options.repeats):
        for name, contestant in contestants.items():
            times[name].append(seconds(contestant.epoch))
    print(f"LeNet, evidential training, batch {BATCH}, {options.threads} threads, engine {evicam.show_versions()['engine']['isa']}")
    for name, row in times.items():
        ratios = sorted(theirs / ours for theirs, ours in zip(row, times["EviCAM"]))
        speed = options.images / statistics.median(row)
        print(
            f"  {name:26} {speed:8,.0f} images/s   EviCAM is {statistics.median(ratios):.2f} times as fast "
            f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


main()
