"""Evidence functions, losses and starts side by side: the tables of docs/training.md.

    make losses        LeNet on Fashion-MNIST (20 minutes on one core), then ResNet-9 on CIFAR-10 (two hours and a half on two)

The images of all are of the training set: some to train on, others held out and looked at once, at the end.
"""

import argparse
import warnings
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np

import evicam


def lenet():
    """Four seeds of the classifier as it comes, 6 epochs, with and without a start by cross-entropy."""
    functions = [("relu", "mse"), ("exponential", "mse"), ("exponential", "log"), ("exponential", "digamma")]
    for (evidence, loss), softmax_epochs in product(functions, (0, 1)):
        settings = dict(evidence=evidence, loss=loss, softmax_epochs=softmax_epochs, epochs=6)
        yield f"{evidence}, {loss}, {softmax_epochs}", [settings | dict(random_state=seed) for seed in range(4)]


def by_recipe(kind, epochs, average_decay, **changes):
    """The recipe of ResNet-9 at half its rate, its labels not smoothed; its average is as much shorter as the training."""
    settings = evicam.recipe("resnet9", "cifar-10", kind, epochs=epochs) | dict(average_decay=average_decay, random_state=0)
    del settings["validation_fraction"]
    return [settings | dict(learning_rate=0.1, label_smoothing=0) | changes]


def resnet9():
    """8 epochs, with other losses and longer or shorter starts by cross-entropy; and the softmax twin."""
    yield "softmax twin", by_recipe("softmax", 8, 0.99)
    for softmax_epochs in (0, 2, 6):
        yield f"log, {softmax_epochs}", by_recipe("evidential", 8, 0.99, softmax_epochs=softmax_epochs)
    for loss in ("mse", "digamma"):
        yield f"{loss}, 6", by_recipe("evidential", 8, 0.99, softmax_epochs=6, loss=loss)


def smoothing():
    """20 epochs, with and without smoothed labels, and at another rate."""
    for kind, name in (("softmax", "softmax twin"), ("evidential", "log, 15")):
        for smoothed in (0, 0.1):
            yield f"{name}, labels smoothed by {smoothed}", by_recipe(kind, 20, 0.995, label_smoothing=smoothed)
    changes = dict(label_smoothing=0.1, learning_rate=0.2)
    yield "log, 15, labels smoothed by 0.1, rate 0.2", by_recipe("evidential", 20, 0.995, **changes)


class Study(NamedTuple):
    """Rows of a table, the data set, and how many images of it to train on and to hold out."""

    rows: Callable
    dataset: str
    images: int
    held_out: int


STUDIES = {
    "lenet": Study(lenet, "fashion-mnist", 20_000, 5_000),
    "resnet9": Study(resnet9, "cifar-10", 15_000, 10_000),
    "smoothing": Study(smoothing, "cifar-10", 20_000, 25_000),
}


def line(name, seeds, train, held_out) -> str:
    """A row of the table: means over the seeds on the images held out."""
    scores = []
    for settings in seeds:
        evidential = "loss" in settings
        kind = evicam.EvidentialClassifier if evidential else evicam.SoftmaxClassifier
        classifier = kind(**settings, verbose=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", evicam.CollapseWarning)
            classifier.fit(*train)
        found = evicam.metrics.evaluate(classifier, *held_out)
        scores.append((found.accuracy, found.calibration_error, found.uncertainty.mean() if evidential else np.nan))
    accuracy, error, uncertainty = np.transpose(scores)
    worst = f" ({100 * accuracy.min():.1f})" if len(accuracy) > 1 else ""
    doubt = f"{uncertainty.mean():.2f}" if evidential else "-"
    return f"| {name} | {100 * accuracy.mean():.1f}{worst} | {error.mean():.3f} | {doubt} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="*", default=list(STUDIES), help=f"{', '.join(STUDIES)} (default all)")
    for name in parser.parse_args().studies:
        study = STUDIES[name]
        data = evicam.datasets.load(study.dataset, download=False)
        order = np.random.default_rng(0).permutation(len(data.images))
        then, first = order[: study.held_out], order[study.held_out : study.held_out + study.images]
        print(f"\n{name}, {study.dataset}: {study.images:,} images, {study.held_out:,} others held out\n")
        print("| evidence, loss, `softmax_epochs` | accuracy, % (worst) | calibration error | mean u |")
        print("|---|---|---|---|", flush=True)
        for row, seeds in study.rows():
            sets = [(data.images[part], data.labels[part]) for part in (first, then)]
            print(line(row, seeds, *sets), flush=True)


if __name__ == "__main__":
    main()
