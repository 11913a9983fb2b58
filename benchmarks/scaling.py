"""Cost per image against the number of images, and against the batch size.

    make bench-scaling

Prints both, with the memory at its peak, and draws them into benchmarks/scaling.png. The images lie in a mapped file;
explanations are streamed.
"""

import resource
import statistics
import tempfile
import time
import warnings
from pathlib import Path

import matplotlib
import numpy as np

import evicam

matplotlib.use("Agg")

COUNTS = (1_000, 10_000, 100_000, 1_000_000)
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
TARGET = Path(__file__).parent / "scaling.png"


def microseconds(work, count, repeats):
    """Median cost of one of `count` images."""
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times) / count * 1e6


def stream(classifier, images):
    for _ in evicam.explain_batches(classifier, images, layer="conv2"):
        pass


def against_count(classifier, images):
    """(images, µs of predict, µs of explain_batches)"""
    for count in COUNTS:
        part, repeats = images[:count], 3 if count <= 100_000 else 1
        predicting = microseconds(lambda part=part: classifier.predict(part), count, repeats)
        yield count, predicting, microseconds(lambda part=part: stream(classifier, part), count, repeats)


def against_batch(classifier, images):
    """(images in a call, µs of predict, µs of explain)"""
    for count in BATCHES:
        part, repeats = images[:count], max(5, 2000 // count)
        predicting = microseconds(lambda part=part: classifier.predict(part), count, repeats)
        explaining = microseconds(lambda part=part: evicam.explain(classifier, part, layer="conv2"), count, repeats)
        yield count, predicting, explaining


def draw(tables):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained", sharey=True)
    for axis, (name, rows) in zip(axes, tables.items()):
        counts, predicting, explaining = zip(*rows)
        axis.loglog(counts, predicting, "o-", label="predict")
        axis.loglog(counts, explaining, "s-", label="Grad-CAM")
        axis.set_xlabel(name)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("µs per image")
    axes[0].legend()
    figure.savefig(TARGET, dpi=150)


def main():
    warnings.simplefilter("ignore")  # noise has empty heatmaps
    random = np.random.default_rng(0)
    known = random.integers(0, 256, (1000, 28, 28), dtype=np.uint8)
    classifier = evicam.EvidentialClassifier(epochs=1, random_state=0, verbose=False).fit(known, np.arange(1000) % 10)
    tables = {}
    with tempfile.NamedTemporaryFile() as file:
        images = np.memmap(file.name, np.uint8, "w+", shape=(max(COUNTS), 28, 28))
        for start in range(0, max(COUNTS), len(known)):
            images[start : start + len(known)] = known
        images.flush()
        images = np.memmap(file.name, np.uint8, "r", shape=images.shape)
        for name, rows in (
            ("images in a call", against_batch(classifier, images)),
            ("images in all", against_count(classifier, images)),
        ):
            print(f"| {name} | predict, µs per image | Grad-CAM, µs per image |\n|---|---|---|")
            tables[name] = []
            for row in rows:
                tables[name].append(row)
                print(f"| {row[0]:,} | {row[1]:.1f} | {row[2]:.1f} |", flush=True)
            print()
    draw(tables)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    mapped = images.nbytes / 2**20
    print(f"Peak memory {peak:,.0f} MiB, of which the mapped file may be up to {mapped:,.0f}. Drawn: benchmarks/{TARGET.name}")


if __name__ == "__main__":
    main()
