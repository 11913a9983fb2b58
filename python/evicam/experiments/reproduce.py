"""The paper in one call: train both twins, test them, run the experiments, write results, figures and a report."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from .. import datasets, metrics
from ..arrays import check_choice, check_positive_int, check_real
from ..classifiers import EvidentialClassifier, SoftmaxClassifier
from ..versions import show_versions
from .effort import EFFORTS
from .fitting import fitted
from .out_of_sample import out_of_sample
from .overlays import overlays
from .publishing import command, publish, write
from .rotation import rotation
from .scores import HEAT_THRESHOLD, OBJECT_THRESHOLD
from .settling import settle

SCHEMA = 1
# The class that is turned: the paper's 6, which becomes a 9; a boot, whose sole should be down; a car on its wheels.
TURNED_CLASS = {"mnist": 6, "fashion-mnist": 9, "cifar-10": 1}
NOT_ASKED = {
    "localisation": [],
    "tests": [],
    "verdict": "Not asked: in colour photographs the object cannot be told by its brightness, so no score has a truth to go by.",
}


def reproduce(
    dataset="fashion-mnist",
    out="results",
    *,
    epochs=10,
    seed=0,
    root=None,
    limit=None,
    images=None,
    models=None,
    heat_threshold=HEAT_THRESHOLD,
    object_threshold=OBJECT_THRESHOLD,
    effort="full",
    verbose=True,
) -> dict:
    """Train an evidential LeNet and its softmax twin, repeat the paper's experiments with them, and settle its question.

    Parameters
    ----------
    dataset : {"fashion-mnist", "mnist", "cifar-10"}
        See `evicam.datasets.load`.
    out : str or os.PathLike
        Folder for the results; made if missing. Files of an earlier run are replaced when this one has ended
        well, other files are left alone.
    epochs : int
        Passes over the training images.
    seed : int
        Of the weights, the shuffling and the dropout, the same for both twins.
    root : str or os.PathLike, optional
        Folder with the data set's files.
    limit : int, optional
        Train on the first so many images only, to try things out.
    images : int, optional
        Test images whose heatmaps are scored, at least 1,000; by default all.
    models : int, optional
        Evidential LeNets from different seeds that answer the question, at least 2; by default 5.
    heat_threshold : float
        Share of a heatmap's largest value, 0..1, above which a pixel is of the map's region. The paper does not say
        where it cut; 0.15 is Grad-CAM's own (Selvaraju et al. 2017).
    object_threshold : float
        Brightness, 0..1, above which a pixel is the object's; see `evicam.metrics.object_masks`.
    effort : {"full", "short", "quick"}
        How much work the question gets: ``"short"`` is a first answer from fewer models and images, ``"quick"`` a look at
        the report, no results.
    verbose : bool
        Say what is being done, with a progress bar.

    Returns
    -------
    dict
        The content of ``results.json``. Also written: ``report.html``, ``figures/*.png``, ``model.safetensors`` (the
        evidential classifier) and ``softmax.safetensors``.

    Raises
    ------
    ValueError, OSError
        Unknown data set, bad settings, files that cannot be read or a folder that cannot be written. An earlier run's
        files then stand as they were.

    Notes
    -----
    The rotation experiment turns the first test image of one class that both twins classify correctly: a 6 for MNIST,
    as in the paper's Fig. 2, an ankle boot for Fashion-MNIST, a car for CIFAR-10.
    The out-of-sample picture (Figs. 3 and 4, there a photograph of an author) is a drawn face,
    `evicam.experiments.portrait`.
    Whether heatmaps lie on the object is asked where the object is what is not black: not for CIFAR-10.
    """
    say = print if verbose else lambda *_: None
    if limit is not None:
        check_positive_int(limit, "limit")
    if images is not None:
        check_positive_int(images, "images", minimum=100 if effort == "quick" else 1000)
    work = EFFORTS[check_choice(effort, "effort", EFFORTS)]
    if models is not None:
        work = dataclasses.replace(work, models=check_positive_int(models, "models", minimum=2))
    thresholds = {
        "heat_threshold": check_real(heat_threshold, "heat_threshold", 0, 1, high_open=True),
        "object_threshold": check_real(object_threshold, "object_threshold", 0, 1, high_open=True),
    }
    asked = {"limit": limit, "images": images, "models": models, **thresholds, "effort": effort}
    train = datasets.load(dataset, split="train", root=root)
    test = datasets.load(dataset, split="test", root=root)
    train = dataclasses.replace(train, images=train.images[:limit], labels=train.labels[:limit])
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    # Everything is made here and moved into place at the end, so a run that fails changes nothing.
    staging = Path(tempfile.mkdtemp(prefix=".evicam-", dir=out))
    try:
        say(f"Training an evidential LeNet on {len(train.images):,} images of {dataset}")
        evidential, evidential_times = _fit(EvidentialClassifier, train, epochs, seed, verbose)
        say("Training its softmax twin")
        softmax, softmax_times = _fit(SoftmaxClassifier, train, epochs, seed, verbose)
        say(f"Testing both on {len(test.images):,} images")
        tested = _Test(evidential, softmax, test)
        turning = rotation(evidential, softmax, *_example(tested, test, TURNED_CLASS.get(dataset, test.labels[0])))
        stranger = out_of_sample(evidential, softmax)
        shown = overlays(evidential, test.images, test.labels)
        settled = None
        if train.images.ndim == 3:
            part = dataclasses.replace(test, images=test.images[:images], labels=test.labels[:images])
            settled = settle(evidential, train, part, work, seed=seed, say=say, verbose=verbose, **thresholds)

        results = {
            "schema": SCHEMA,
            "dataset": dataset,
            "class_names": [str(name) for name in test.class_names],
            "seed": seed,
            "limit": limit,
            "training_images": len(train.images),
            "test_images": len(test.images),
            "command": command(dataset, out, epochs, seed, root, asked),
            "engine": show_versions()["engine"],
            "models": {
                "evidential": {**tested.evidential(evidential), **evidential_times, "settings": _settings(evidential)},
                "softmax": {**tested.softmax(), **softmax_times, "settings": _settings(softmax)},
            },
            "rotation": turning.as_json(),
            "out_of_sample": stranger.as_json(),
            "explanations": {"layer": shown.normal.layer, "method": shown.normal.method, "resize": shown.normal.resize},
            **(settled.results if settled else NOT_ASKED),
        }
        say("Drawing the figures")
        figures = _draw(evidential, softmax, tested, turning, stranger, shown, test.class_names)
        figures |= settled.figures() if settled else {}
        write(staging, results, figures, evidential, softmax)
        publish(staging, out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    say(f"Wrote {out / 'report.html'}")
    return results


def _fit(kind, train, epochs, seed, verbose):
    """A fitted classifier of `kind`, and what its training took."""
    classifier = kind(architecture="lenet", epochs=epochs, random_state=seed, verbose=verbose)
    begun = time.perf_counter()
    fitted(classifier, train.images, train.labels)
    seconds = time.perf_counter() - begun
    run = len(classifier.history_["loss"])  # fewer than asked for where training stopped early
    return classifier, {"epochs": run, "seconds_per_epoch": round(seconds / run, 4)}


class _Test:
    """What the twins say about the test images."""

    def __init__(self, evidential, softmax, test):
        opinion = evidential.predict_opinion(test.images)
        probability = softmax.predict_proba(test.images)
        self.uncertainty = opinion.uncertainty
        self.evidential_right = opinion.label == test.labels
        self.softmax_right = softmax.classes_[probability.argmax(axis=1)] == test.labels
        self.evidential_reliability = metrics.reliability(opinion.probability, test.labels, classes=evidential.classes_)
        self.softmax_reliability = metrics.reliability(probability, test.labels, classes=softmax.classes_)

    def evidential(self, classifier) -> dict:
        right = self.evidential_right
        return {
            "test_accuracy": float(right.mean()),
            "calibration_error": self.evidential_reliability.error,
            "uncertainty_correct": _mean(self.uncertainty[right]),
            "uncertainty_wrong": _mean(self.uncertainty[~right]),
            "dead_evidence_fraction": float(classifier.history_["dead_evidence_fraction"][-1]),
        }

    def softmax(self) -> dict:
        return {
            "test_accuracy": float(self.softmax_right.mean()),
            "calibration_error": self.softmax_reliability.error,
        }


def _mean(values) -> float | None:
    """Mean of float32 values; None of none, which JSON can hold and NaN it cannot."""
    return float(values.mean(dtype=np.float64)) if len(values) else None


def _example(tested, test, label):
    """First test image of class `label` that both twins classify correctly, or else the first of the class; and its label."""
    of_class = test.labels == label
    both = of_class & tested.evidential_right & tested.softmax_right
    index = np.flatnonzero(both if both.any() else of_class)[0]
    return test.images[index], test.labels[index]


def _settings(classifier) -> dict:
    """The classifier's parameters that bear on the result."""
    return {name: value for name, value in classifier.get_params().items() if name != "verbose"}


def _draw(evidential, softmax, tested, turning, stranger, shown, class_names) -> dict[str, bytes]:
    """PNG files by name."""
    from .. import plot

    upright = dict(labels=shown.labels, opinion=shown.normal_opinion, class_names=class_names)
    quarter = dict(labels=shown.labels, opinion=shown.rotated_opinion, class_names=class_names)
    pictures = {
        "rotation": plot.rotation(turning, class_names=class_names),
        "out_of_sample": plot.out_of_sample(stranger, class_names=class_names),
        "overlay_normal": plot.overlay(shown.normal, **upright),
        "overlay_rotated": plot.overlay(shown.rotated, **quarter),
        "overlay_doubt": plot.overlay(shown.doubt, signed=True, **quarter),
        "uncertainty": plot.uncertainty_histogram(tested.uncertainty, tested.evidential_right),
        "reliability": plot.reliability(tested.evidential_reliability, tested.softmax_reliability),
        "history": plot.history(evidential, softmax),
    }
    return {name: plot.as_png(picture) for name, picture in pictures.items()}
