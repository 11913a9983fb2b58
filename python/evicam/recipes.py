"""Training recipes: the parameters that suit each network; docs/results.md says what they reach."""

from __future__ import annotations

from .architectures import ARCHITECTURES
from .augmentation import Augmentation
from .checks import check_choice, check_positive_int

KINDS = ("evidential", "softmax")
DATASETS = ("mnist", "fashion-mnist", "cifar-10")

# The LeNet as it comes, Adam and one cycle, is what grey images want; photographs are changed at random, and want more time.
_LENET = {
    "mnist": dict(epochs=10),
    "fashion-mnist": dict(epochs=10),
    "cifar-10": dict(
        epochs=60, learning_rate=2e-3, average_decay=0.998, normalisation="channels", validation_fraction=0.05,
        augmentation=Augmentation(crop=3, flip=True),
    ),
}  # fmt: skip
# Residual networks: momentum at a rate that the head would not bear, one cycle, averaged weights.
_RESIDUAL = dict(
    batch_size=128, optimiser="sgd", learning_rate=0.1, head_rate=1 / 64, weight_decay=5e-4, schedule="one-cycle",
    average_decay=0.998, normalisation="channels", validation_fraction=0.05,
)  # fmt: skip
_CHANGES = {
    "mnist": Augmentation(crop=2, rotation=10),
    "fashion-mnist": Augmentation(crop=2, flip=True, cutout=8),
    "cifar-10": Augmentation(crop=4, flip=True, cutout=8),
}
_OWN = {"resnet9": dict(epochs=40, learning_rate=0.2), "resnet18": dict(epochs=28), "resnet34": dict(epochs=28)}
# What the evidential twin has besides. Cross-entropy ranks the classes, and what is left suffices to learn how much evidence
# there is: as accurate, and better calibrated than where all but the beginning is evidential. It also mends the
# under-confidence of smooth labels, which the twin would be left with (docs/training.md).
_RESIDUAL_EVIDENTIAL = dict(loss="log", kl_weight=0.05, label_smoothing=0.1)
_SOFTMAX_SHARE = 0.75
_LENET_EVIDENTIAL = {"mnist": {}, "fashion-mnist": {}, "cifar-10": dict(loss="log")}


def recipe(architecture="resnet18", dataset="cifar-10", kind="evidential", epochs=None) -> dict:
    """The parameters of a classifier that trains an architecture well.

    Parameters
    ----------
    architecture : str
        A name that `EvidentialClassifier` knows.
    dataset : {"cifar-10", "fashion-mnist", "mnist"}
        What the images are like: photographs, grey pictures that may be mirrored, or signs that may not. For images of
        your own, take what comes nearest.
    kind : {"evidential", "softmax"}
        For an `EvidentialClassifier` or its `SoftmaxClassifier` twin.
    epochs : int, optional
        Passes over the training images, where the recipe's are too many or too few.

    Returns
    -------
    dict
        Parameters for the classifier, `architecture` and `epochs` among them; the others keep their defaults.

    Raises
    ------
    ValueError, TypeError
        For an unknown word, or fewer epochs than 1.

    Examples
    --------
    >>> import evicam
    >>> classifier = evicam.EvidentialClassifier(**evicam.recipe("resnet18"), random_state=0)
    >>> classifier.optimiser
    'sgd'
    """
    check_choice(architecture, "architecture", ARCHITECTURES)
    check_choice(dataset, "dataset", DATASETS)
    check_choice(kind, "kind", KINDS)
    if epochs is not None:
        check_positive_int(epochs, "epochs")
    if architecture.startswith("lenet"):
        shared, evidential = _LENET[dataset], _LENET_EVIDENTIAL[dataset]
        epochs = epochs or shared["epochs"]
    else:
        own, changes = _OWN[architecture.removesuffix("-imagenet")], _CHANGES[dataset]
        epochs = epochs or own["epochs"]
        shared = _RESIDUAL | own | dict(augmentation=changes, test_time_flip=changes.flip)
        evidential = _RESIDUAL_EVIDENTIAL | dict(softmax_epochs=_SOFTMAX_SHARE * epochs)
    return {"architecture": architecture, **shared, "epochs": epochs, **(evidential if kind == "evidential" else {})}
