"""A long training by recipe: accuracy and calibration on the test images, and accuracy against minutes on the way.

    make accuracy      the evidential ResNet-18 on CIFAR-10 (an hour and a half on two cores)
    python benchmarks/accuracy.py --architecture resnet9 --dataset fashion-mnist --target 0.957

Run again, it goes on where it was stopped. The test images are looked at once, at the end.
"""

import argparse
from pathlib import Path

import numpy as np

import evicam
from evicam.experiments.twins import train_twin


def curve(classifier, columns=12) -> str:
    """Some epochs of the history as a table: minutes so far, validation among them, and accuracy on the images held out."""
    minutes = np.cumsum(classifier.history_["seconds"]) / 60
    accuracy = classifier.history_["val_accuracy"]
    shown = np.unique(np.linspace(0, len(minutes) - 1, columns).round().astype(int))
    lines = [
        ["epoch", *(str(epoch + 1) for epoch in shown)],
        ["---"] * (len(shown) + 1),
        ["minutes", *(f"{minutes[epoch]:.0f}" for epoch in shown)],
        ["accuracy, held out, %", *(f"{100 * accuracy[epoch]:.1f}" for epoch in shown)],
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--architecture", default="resnet18")
    parser.add_argument("--dataset", default="cifar-10")
    parser.add_argument("--softmax", action="store_true", help="the softmax twin")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", type=float, default=0.94, help="accuracy to draw a line at (default 0.94)")
    parser.add_argument("--out", type=Path, default=Path("accuracy"), help="folder for the training and the curve")
    options = parser.parse_args()

    kind = "softmax" if options.softmax else "evidential"
    train = evicam.datasets.load(options.dataset, split="train")
    test = evicam.datasets.load(options.dataset, split="test")
    folder = options.out / f"{options.dataset}-{options.architecture}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    classifier = train_twin(kind, options.architecture, train, epochs=options.epochs, seed=options.seed, folder=folder)

    evicam.plot.save(evicam.plot.learning_curve(classifier, target=options.target), folder / f"{kind}.png")
    print(f"\n{folder.name}-{kind}, {classifier.epochs} epochs\n\n{curve(classifier)}\n")
    print(f"test images: {evicam.metrics.evaluate(classifier, test.images, test.labels)}")


if __name__ == "__main__":
    main()
