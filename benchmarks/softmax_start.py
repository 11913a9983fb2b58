"""What a start with cross-entropy changes, by evidence function and loss: the table of docs/training.md (20 minutes on one core).

    PYTHONPATH=python python benchmarks/softmax_start.py

20,000 training images of Fashion-MNIST, 5,000 others of the training set held out.
"""

import warnings

import numpy as np

import evicam

SEEDS = 4


def main():
    data = evicam.datasets.load("fashion-mnist", download=False)
    order = np.random.default_rng(0).permutation(len(data.images))
    train, held_out = order[:20_000], order[20_000:25_000]
    for evidence, loss in [("relu", "mse"), ("exponential", "mse"), ("exponential", "log"), ("exponential", "digamma")]:
        for softmax_epochs in (0, 1):
            scores = []
            for seed in range(SEEDS):
                classifier = evicam.EvidentialClassifier(
                    evidence=evidence, loss=loss, softmax_epochs=softmax_epochs, epochs=6, random_state=seed, verbose=False
                )
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", evicam.CollapseWarning)
                    classifier.fit(data.images[train], data.labels[train])
                opinion = classifier.predict_opinion(data.images[held_out])
                labels = data.labels[held_out]
                error = evicam.metrics.calibration_error(opinion.probability, labels)
                scores.append((np.mean(opinion.label == labels), error, opinion.uncertainty.mean()))
            accuracy, error, uncertainty = np.transpose(scores)
            print(
                f"{evidence:12} {loss:8} softmax_epochs={softmax_epochs}: accuracy {accuracy.mean():.3f} "
                f"(worst {accuracy.min():.3f}), calibration error {error.mean():.3f}, u {uncertainty.mean():.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
