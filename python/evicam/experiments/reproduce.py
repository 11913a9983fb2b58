"""The paper in one call: train both twins, test them, run the experiments, write results, figures and a report."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from .. import datasets, metrics
from ..architectures import WRITTEN
from ..checks import check_choice, check_positive_int, check_real
from ..versions import show_versions
from ..words import listed
from .effort import EFFORTS
from .out_of_sample import out_of_sample
from .overlays import overlays
from .publishing import command, publish, temporary_folder, write
from .rotation import rotation
from .scores import HEAT_THRESHOLD, OBJECT_THRESHOLD
from .settling import settle
from .stages import localising_layer, stages
from .strangers import strangers
from .twins import KINDS, Tested, row, train_twin

SCHEMA = 1
# The class that is turned: the paper's 6, which becomes a 9; a boot, whose sole should be down; a car on its wheels.
TURNED_CLASS = {"mnist": 6, "fashion-mnist": 9, "cifar-10": 1}
STAGED = 4  # images whose maps are shown at every stage


def reproduce(
    dataset="fashion-mnist",
    out="results",
    *,
    model="lenet",
    epochs=None,
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
    """Train an evidential network and its softmax twin, repeat the paper's experiments with them, and settle its question.

    Parameters
    ----------
    dataset : {"fashion-mnist", "mnist", "cifar-10"}
        See `evicam.datasets.load`.
    out : str or os.PathLike
        Folder for the results; made if missing. Files of an earlier run are replaced when this one has ended
        well, other files are left alone.
    model : {"lenet", "resnet9", "resnet18", "resnet34"}
        The paper's LeNet, or a residual network: see `evicam.recipe`. A training that takes longer than a minute or two, that
        of a residual network or on CIFAR-10, is kept in ``out/training``: the same command goes on where a killed one
        stopped, to the same bits, and one with more epochs where it ended.
    epochs : int, optional
        Passes over the training images; by default those of the recipe.
    seed : int
        Of the weights, the shuffling, the augmentation and the dropout, the same for both twins.
    root : str or os.PathLike, optional
        Folder with the data set's files.
    limit : int, optional
        Train on the first so many images only, to try things out.
    images : int, optional
        Test images whose heatmaps are scored, at least 1,000 (100 for ``"quick"``); by default all.
    models : int, optional
        Evidential LeNets from different seeds that answer the question, at least 2; by default 5, or 2 where `effort` is less
        than full.
    heat_threshold : float
        Share of a heatmap's largest value, 0..1, above which a pixel is of the map's region. The paper does not say
        where it cut; 0.15 is Grad-CAM's own (Selvaraju et al. 2017).
    object_threshold : float
        Brightness, 0..1, above which a pixel is the object's; see `evicam.metrics.object_masks`.
    effort : {"full", "short", "quick"}
        How much work the question gets: ``"short"`` is a first answer from fewer models and images, ``"quick"`` a look at
        the report, whose numbers mean nothing.
    verbose : bool
        Say what is being done, with a progress bar.

    Returns
    -------
    dict
        The content of ``results.json``. Also written: ``report.html``, ``figures/*.png``, ``model.safetensors`` (the
        evidential classifier) and ``softmax.safetensors``.

    Raises
    ------
    ValueError, TypeError, OSError
        Unknown data set, bad settings, files that cannot be read or a folder that cannot be written. An earlier run's
        files then stand as they were.

    Notes
    -----
    The rotation experiment turns the first test image of one class that both twins classify correctly: a 6 for MNIST,
    as in the paper's Fig. 2, an ankle boot for Fashion-MNIST, a car for CIFAR-10.
    The out-of-sample picture (Figs. 3 and 4, there a photograph of an author) is a drawn face,
    `evicam.experiments.portrait`.
    Whether heatmaps lie on the object is asked of the LeNet, and where the object is what is not black: not for CIFAR-10.
    """
    say = print if verbose else lambda *_: None
    check_choice(model, "model", WRITTEN)
    check_positive_int(seed, "seed", minimum=0)
    if epochs is not None:
        check_positive_int(epochs, "epochs")
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
    asked = {"model": model, "limit": limit, "images": images, "models": models, **thresholds, "effort": effort}
    train = datasets.load(dataset, split="train", root=root)
    test = datasets.load(dataset, split="test", root=root)
    train = dataclasses.replace(train, images=train.images[:limit], labels=train.labels[:limit])
    missing = sorted({*test.labels.tolist()} - {*train.labels.tolist()})
    if missing:
        names = listed([repr(str(test.class_names[label])) for label in missing])
        raise ValueError(f"limit is {limit}, but the first {len(train.images)} training images have none of class {names}")
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    part = "" if limit is None else f"-{limit}"
    training = None if (model == "lenet" and dataset != "cifar-10") else out / "training" / f"{dataset}-{model}-{seed}{part}"
    with temporary_folder(out):
        pass  # what cannot be written to is told now, not after the training
    twins = []
    for kind in KINDS:
        say(f"Training the {kind} {WRITTEN[model]} on {len(train.images):,} images of {dataset}")
        twins.append(train_twin(kind, model, train, epochs=epochs, seed=seed, folder=training, verbose=verbose))
    say(f"Testing both on {len(test.images):,} images")
    evidential, softmax = twins
    tested = Tested(*(metrics.evaluate(twin, test.images, test.labels) for twin in twins))
    turning = rotation(*twins, *tested.example(test, TURNED_CLASS.get(dataset, test.labels[0])))
    stranger = out_of_sample(*twins)
    strange = strangers(*twins, test.images, dataset, seed=seed)
    shown = overlays(evidential, test.images, test.labels, layer=localising_layer(evidential))
    staged = stages(evidential, test.images[:STAGED], test.labels[:STAGED])
    settled = None
    unasked = _unasked(model, train)
    if unasked is None:
        part = dataclasses.replace(test, images=test.images[:images], labels=test.labels[:images])
        settled = settle(evidential, train, part, work, seed=seed, say=say, verbose=verbose, **thresholds)

    results = {
        "schema": SCHEMA,
        "dataset": dataset,
        "class_names": [str(name) for name in test.class_names],
        "model": model,
        "seed": seed,
        "limit": limit,
        "training_images": len(train.images),
        "test_images": len(test.images),
        "command": command(dataset, out, epochs, seed, root, asked),
        "engine": show_versions()["engine"],
        "models": {kind: row(twin, found) for kind, twin, found in zip(KINDS, twins, tested)},
        "rotation": turning.as_json(),
        "out_of_sample": stranger.as_json(),
        "strangers": [kind.as_json() for kind in strange],
        "explanations": {"layer": shown.normal.layer, "method": shown.normal.method, "resize": shown.normal.resize},
        "stages": staged.as_json(),
        **(settled.results if settled else {"localisation": [], "tests": [], "verdict": unasked}),
    }
    say("Drawing the figures")
    figures = _draw(twins, tested, turning, stranger, strange, shown, staged, test.class_names)
    figures |= settled.figures() if settled else {}
    with temporary_folder(out) as staging:
        write(staging, results, figures, *twins)
        publish(staging, out)
    say(f"Wrote {out / 'report.html'}")
    return results


def _unasked(model, train) -> str | None:
    """Why the paper's question is not asked; None where it is."""
    if train.images.ndim != 3:
        return "Not asked: in colour photographs the object cannot be told by its brightness, so no score has a truth to go by."
    return None if model == "lenet" else "Not asked: the paper puts its question to the LeNet."


def _draw(twins, tested, turning, stranger, strange, shown, staged, class_names) -> dict[str, bytes]:
    """PNG files by name."""
    from .. import plot

    upright = dict(labels=shown.labels, opinion=shown.normal_opinion, class_names=class_names)
    quarter = dict(labels=shown.labels, opinion=shown.rotated_opinion, class_names=class_names)
    pictures = {
        "rotation": plot.rotation(turning, class_names=class_names),
        "out_of_sample": plot.out_of_sample(stranger, class_names=class_names),
        "strangers": plot.strangers(strange),
        "overlay_normal": plot.overlay(shown.normal, **upright),
        "overlay_rotated": plot.overlay(shown.rotated, **quarter),
        "overlay_doubt": plot.overlay(shown.doubt, signed=True, **quarter),
        "stages": plot.stages(staged, class_names=class_names),
        "uncertainty": plot.uncertainty_histogram(tested.evidential.uncertainty, tested.evidential.correct),
        "reliability": plot.reliability(*(found.reliability for found in tested)),
        "history": plot.history(*twins),
    }
    if all(len(twin.history_.get("val_accuracy", ())) for twin in twins):
        pictures["learning_curve"] = plot.learning_curve(*twins)
    return {name: plot.as_png(picture) for name, picture in pictures.items()}
