"""Train a classifier on a data set, or on a folder with one folder of images for each class, and save it."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

HELP = "train a classifier and save it"


def add_arguments(parser):
    from .files import add_data_arguments

    add_data_arguments(parser)
    parser.add_argument(
        "--image-size",
        metavar="H,W",
        help="resize a folder's images to it, or to squares of one number (default: they must have one size)",
    )
    parser.add_argument("--model-out", required=True, metavar="FILE", help="where to save it, e.g. model.safetensors")
    parser.add_argument("--limit", type=int, metavar="N", help="train on the first N images only")
    parser.add_argument("--softmax", action="store_true", help="train the softmax twin instead of the evidential classifier")
    parser.add_argument("--architecture", default="lenet", help="lenet (default), resnet18 or another name, or architecture text")
    parser.add_argument(
        "--recipe",
        metavar="DATASET",
        help="instead of the defaults, what suits a named architecture on fashion-mnist, mnist, cifar-10 or images like theirs",
    )
    parser.add_argument(
        "--pretrained",
        metavar="FILE",
        help="begin with the weights of a model of evicam or of PyTorch (.pth, .safetensors), or a URL",
    )
    parser.add_argument("--pretrained-sha256", metavar="DIGITS", help="of that file: the first 8 digits or more")
    parser.add_argument("--loss", help="mse (default, or the recipe's), log or digamma; of the evidential classifier")
    parser.add_argument("--evidence", help="exponential (default), softplus or relu; of the evidential classifier")
    parser.add_argument("--epochs", type=int, metavar="N", help="passes over the training images (default 10, or the recipe's)")
    parser.add_argument("--batch-size", type=int, metavar="N", help="images in a step (default 128)")
    parser.add_argument("--learning-rate", type=float, metavar="RATE", help="at its highest (default 0.002, or the recipe's)")
    parser.add_argument(
        "--validation-fraction",
        type=float,
        metavar="SHARE",
        help="share of the images kept from training (default 0, or the recipe's)",
    )
    parser.add_argument(
        "--checkpoint", metavar="FILE", help="save the training there after every epoch, and go on from it if it is there"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the same seed gives the same classifier (default 0)")
    parser.add_argument("--quiet", action="store_true", help="say nothing while working")


def run(options):
    from ..checks import check_positive_int
    from ..classifiers import EvidentialClassifier, SoftmaxClassifier
    from ..metrics import evaluate

    kind = SoftmaxClassifier if options.softmax else EvidentialClassifier
    classifier = kind(**_settings(options))
    limit = None if options.limit is None else check_positive_int(options.limit, "--limit")
    target = Path(options.model_out)
    _check_target(target, options.checkpoint)
    size = None if options.image_size is None else _size(options.image_size)
    say = (lambda *_: None) if options.quiet else print
    images, labels, test = _data(options, limit, size)
    say(f"Training on {len(images):,} images")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "training was interrupted")
        classifier.fit(images, labels, checkpoint=options.checkpoint, resume=options.checkpoint is not None)
    done = len(classifier.history_.get("loss", ()))
    if not done:
        raise KeyboardInterrupt
    classifier.save(target)
    say(f"Saved {target} after {done} epochs, accuracy {classifier.history_['accuracy'][-1]:.4f} while training")
    if classifier.interrupted_:
        raise KeyboardInterrupt
    if test is not None:
        say(f"Test images: {evaluate(classifier, *test)}")


def _size(text) -> tuple[int, int]:
    """(H, W) as "H,W", or as one number where they are the same."""
    sides = text.split(",")
    if len(sides) > 2 or not all(side.isdecimal() and int(side) for side in sides):
        raise ValueError(f"--image-size is {text!r}, but must be H,W or one number for both, in pixels")
    return int(sides[0]), int(sides[-1])


def _check_target(target, checkpoint):
    """OSError or ValueError now, rather than after the training, where no file can be written."""
    from ..resuming import TrainingFile

    folder = target.resolve().parent
    if not folder.is_dir():
        raise FileNotFoundError(f"--model-out: there is no folder {folder}")
    if target.is_dir():
        raise IsADirectoryError(f"--model-out: {target} is a folder")
    if not os.access(target if target.exists() and not target.is_file() else folder, os.W_OK):
        raise PermissionError(f"--model-out: {target} cannot be written to")
    if checkpoint is not None:
        file = TrainingFile(checkpoint)
        if target.resolve() in (file.path.resolve(), file.previous.resolve()):
            raise ValueError(f"--model-out: {target} is kept for --checkpoint {checkpoint}; name another file")


def _settings(options) -> dict:
    """What was given of the classifier's parameters; the others are the recipe's, or keep the classifier's own defaults."""
    from ..recipes import recipe

    names = ["epochs", "batch_size", "learning_rate", "validation_fraction", "pretrained", "pretrained_sha256"]
    if options.softmax:
        for name in ("loss", "evidence"):
            if getattr(options, name) is not None:
                raise ValueError(f"--{name} is of the evidential classifier, but --softmax was given")
    else:
        names += ["loss", "evidence"]
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    if options.recipe is not None:
        kind = "softmax" if options.softmax else "evidential"
        given = recipe(options.architecture, options.recipe, kind, options.epochs) | given
    return given | dict(architecture=options.architecture, random_state=options.seed, verbose=not options.quiet)


def _data(options, limit, size):
    """Training images, their labels as class names, and a test set where there is one."""
    from .files import labelled, named

    images, labels = named(labelled(options, "train", size))
    test = None if Path(options.data).is_dir() else named(labelled(options, "test"))
    return images[:limit], labels[:limit], test
