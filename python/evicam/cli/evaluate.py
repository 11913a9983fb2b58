"""Test a classifier on a data set, or on a folder with one folder of images for each class."""

from __future__ import annotations

import json

HELP = "test a classifier on labelled images"


def add_arguments(parser):
    from .files import add_data_arguments

    parser.add_argument("model", metavar="MODEL", help="a file written by `evicam train` or `evicam reproduce`")
    add_data_arguments(parser, ", whose images are resized to the classifier's size")
    parser.add_argument("--split", help="test (default) or train; of a data set")
    parser.add_argument("--flip", action="store_true", help="mean of the logits of image and mirror image")
    parser.add_argument("--json", action="store_true", help="print JSON instead of words")


def run(options):
    from ..classifiers import load
    from ..metrics import evaluate
    from .files import labelled, named, numbered

    classifier = load(options.model)
    if options.flip:
        classifier.set_params(test_time_flip=True)
    found = labelled(options, options.split or "test", classifier.image_shape_)
    # `reproduce` trains on the numbers of a data set's classes, `train` on their names.
    images, labels = numbered(found, classifier, options) if classifier.classes_.dtype.kind in "iu" else named(found)
    tested = evaluate(classifier, images, labels)
    print(json.dumps(tested.summary(), indent=2) if options.json else tested)
