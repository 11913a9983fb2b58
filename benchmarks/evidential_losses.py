"""Evidence functions, losses and starts side by side: the tables of docs/training.md.

    make losses        LeNet on Fashion-MNIST (20 minutes on one core), then ResNet-9 on CIFAR-10 (as long on two)

The images of both are of the training set: some to train on, others held out.
"""

import argparse
import warnings
from itertools import product

import numpy as np

import evicam

EVIDENCE_AND_LOSS = [("relu", "mse"), ("exponential", "mse"), ("exponential", "log"), ("exponential", "digamma")]


def lenet():
    """Four seeds of the classifier as it comes, 6 epochs of 20,000 images, with and without a start by cross-entropy."""
    for (evidence, loss), softmax_epochs in product(EVIDENCE_AND_LOSS, (0, 1)):
        yield dict(evidence=evidence, loss=loss, softmax_epochs=softmax_epochs, epochs=6), range(4)


def resnet9():
    """The recipe with other losses, starts and weights of the KL term, 5 epochs of 10,000 images."""
    recipe = evicam.recipe("resnet9", "cifar-10", epochs=5) | dict(validation_fraction=0.0, average_decay=0.99)
    for (evidence, loss), softmax_epochs in product(EVIDENCE_AND_LOSS, (0, 2)):
        yield recipe | dict(evidence=evidence, loss=loss, softmax_epochs=softmax_epochs, kl_weight=0.05), range(1)
    for kl_weight in (0.0, 0.2, 1.0):
        yield recipe | dict(loss="log", softmax_epochs=2, kl_weight=kl_weight), range(1)


STUDIES = {"lenet": (lenet, "fashion-mnist", 20_000, 5_000), "resnet9": (resnet9, "cifar-10", 10_000, 2_000)}


def line(settings, seeds, images, labels, held_out, held_out_labels) -> str:
    """A row of the table: what was set, and means over the seeds on the images held out."""
    scores = []
    for seed in seeds:
        classifier = evicam.EvidentialClassifier(**settings, random_state=seed, verbose=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", evicam.CollapseWarning)
            classifier.fit(images, labels)
        opinion = classifier.predict_opinion(held_out)
        error = evicam.metrics.calibration_error(opinion.probability, held_out_labels)
        right = opinion.label == held_out_labels
        # Does u tell the images that are classified wrongly? 0.5 is chance.
        tells = evicam.metrics.auroc(opinion.uncertainty[~right], opinion.uncertainty[right])
        scores.append((right.mean(), error, opinion.uncertainty.mean(), tells))
    accuracy, error, uncertainty, tells = np.transpose(scores)
    names = ("evidence", "loss", "softmax_epochs", "kl_weight")
    cells = [settings.get(name, getattr(classifier, name)) for name in names]
    worst = f" ({100 * accuracy.min():.1f})" if len(accuracy) > 1 else ""
    cells += [f"{100 * accuracy.mean():.1f}{worst}", f"{error.mean():.3f}", f"{uncertainty.mean():.2f}", f"{tells.mean():.2f}"]
    return f"| {' | '.join(map(str, cells))} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="*", default=list(STUDIES), help="lenet, resnet9 (default both)")
    for name in parser.parse_args().studies:
        settings_of, dataset, train, held_out = STUDIES[name]
        data = evicam.datasets.load(dataset, download=False)
        order = np.random.default_rng(0).permutation(len(data.images))
        first, then = order[:train], order[train : train + held_out]
        print(f"\n{name} on {dataset}: {train:,} images, {held_out:,} others held out\n")
        print("| evidence | loss | `softmax_epochs` | `kl_weight` | accuracy, % | calibration error | mean u | AUROC of errors |")
        print("|---|---|---|---|---|---|---|---|", flush=True)
        for settings, seeds in settings_of():
            print(line(settings, seeds, data.images[first], data.labels[first], data.images[then], data.labels[then]), flush=True)


if __name__ == "__main__":
    main()
