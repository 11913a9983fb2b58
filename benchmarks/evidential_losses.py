"""Evidence functions, losses and starts side by side: the tables of docs/training.md.

    make losses        LeNet on Fashion-MNIST (20 minutes on one core), then ResNet-9 on CIFAR-10 (an hour on two)

The images of both are of the training set: some to train on, others held out.
"""

import argparse
import warnings
from itertools import product

import numpy as np

import evicam


def lenet():
    """Four seeds of the classifier as it comes, 6 epochs, with and without a start by cross-entropy."""
    functions = [("relu", "mse"), ("exponential", "mse"), ("exponential", "log"), ("exponential", "digamma")]
    for (evidence, loss), softmax_epochs in product(functions, (0, 1)):
        settings = dict(evidence=evidence, loss=loss, softmax_epochs=softmax_epochs, epochs=6)
        yield f"{evidence}, {loss}, {softmax_epochs}", [settings | dict(random_state=seed) for seed in range(4)]


def resnet9():
    """The recipe in 8 epochs, with other losses and longer or shorter starts by cross-entropy; and its softmax twin."""

    def recipe(kind, **changes):
        settings = evicam.recipe("resnet9", "cifar-10", kind, epochs=8) | dict(average_decay=0.99, random_state=0)
        del settings["validation_fraction"]
        return [settings | changes]

    yield "softmax twin", recipe("softmax")
    for softmax_epochs in (0, 2, 6):
        yield f"log, {softmax_epochs}", recipe("evidential", softmax_epochs=softmax_epochs)
    for loss in ("mse", "digamma"):
        yield f"{loss}, 6", recipe("evidential", softmax_epochs=6, loss=loss)


STUDIES = {"lenet": (lenet, "fashion-mnist", 20_000, 5_000), "resnet9": (resnet9, "cifar-10", 25_000, 5_000)}


def line(name, seeds, train, held_out) -> str:
    """A row of the table: means over the seeds on the images held out, by the weights of the epoch that suits them best."""
    scores = []
    for settings in seeds:
        evidential = "loss" in settings
        kind = evicam.EvidentialClassifier if evidential else evicam.SoftmaxClassifier
        classifier = kind(**settings, verbose=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", evicam.CollapseWarning)
            classifier.fit(*train, validation=held_out)
        found = evicam.metrics.evaluate(classifier, *held_out)
        scores.append((found.accuracy, found.calibration_error, found.uncertainty.mean() if evidential else np.nan))
    accuracy, error, uncertainty = np.transpose(scores)
    worst = f" ({100 * accuracy.min():.1f})" if len(accuracy) > 1 else ""
    doubt = f"{uncertainty.mean():.2f}" if evidential else "-"
    return f"| {name} | {100 * accuracy.mean():.1f}{worst} | {error.mean():.3f} | {doubt} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="*", default=list(STUDIES), help="lenet, resnet9 (default both)")
    for name in parser.parse_args().studies:
        rows, dataset, train, held_out = STUDIES[name]
        data = evicam.datasets.load(dataset, download=False)
        order = np.random.default_rng(0).permutation(len(data.images))
        then, first = order[:held_out], order[held_out : held_out + train]
        print(f"\n{name} on {dataset}: {train:,} images, {held_out:,} others held out\n")
        print("| evidence, loss, `softmax_epochs` | accuracy, % (worst) | calibration error | mean u |")
        print("|---|---|---|---|", flush=True)
        for row, seeds in rows():
            sets = [(data.images[part], data.labels[part]) for part in (first, then)]
            print(line(row, seeds, *sets), flush=True)


if __name__ == "__main__":
    main()
