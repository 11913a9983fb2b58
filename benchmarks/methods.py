"""How long each method takes on a trained LeNet, how near RISE is to plain inference, and how often maps are empty.

    python benchmarks/methods.py            # MNIST and Fashion-MNIST; needs evicam and the data only

Maps are of images kept from training; "empty" is the share whose heatmap shows nothing for the predicted class.
"""

import time
import warnings

import numpy as np

import evicam

LAYERS = ("conv1", "pool1", "relu1", "conv2", "pool2", "relu2")
TRAINING = 50_000


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rise(classifier, images):
    many = np.repeat(images, 100, axis=0)
    classifier.predict(many)
    rate = len(many) / seconds(lambda: classifier.predict(many))
    masks = evicam.methods.RISE().n_masks
    taken = seconds(lambda: evicam.explain(classifier, images, "rise"))
    share = len(images) * masks / rate / taken
    print(
        f"RISE, {masks} masks, {len(images)} images: {taken:.1f} s; inference alone at {rate:,.0f} images/s is {share:.0%} of it"
    )


def table(classifier, images):
    print("| method | s for 100 images | empty at " + " | ".join(LAYERS) + " |")
    print("|---" * (len(LAYERS) + 2) + "|")
    for kind in evicam.methods.BY_NAME.values():
        method = kind()
        taken = seconds(lambda: evicam.explain(classifier, images[:100], method))
        if method.reads_layer:
            chosen = images[:1000] if method.name == "score-cam" else images
            found = evicam.explain(classifier, chosen, method, layer=list(LAYERS)).values()
            empty = [f"{explanation.empty.mean():.1%}" for explanation in found]
        else:
            empty = [f"{evicam.explain(classifier, images[:100], method).empty.mean():.1%} (pixels)"]
        print(f"| {method.name} | {taken:.3f} | {' | '.join(empty)} |", flush=True)


def main():
    warnings.filterwarnings("ignore", "empty heatmaps")
    for name in ("mnist", "fashion-mnist"):
        data = evicam.datasets.load(name, split="train", download=False)
        classifier = evicam.EvidentialClassifier(epochs=5, random_state=0, verbose=False)
        classifier.fit(data.images[:TRAINING], data.labels[:TRAINING])
        held_out = data.images[TRAINING:]
        print(f"{name}: accuracy {classifier.score(held_out, data.labels[TRAINING:]):.2%}, {evicam.num_threads()} threads")
        rise(classifier, held_out[:100])
        table(classifier, held_out)


if __name__ == "__main__":
    main()
