"""Classify image files: the label of each, its probability and, by an evidential classifier, the uncertainty."""

from __future__ import annotations

import json

HELP = "classify image files"


def add_arguments(parser):
    from .files import add_image_arguments

    add_image_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--reject-above", type=float, metavar="U", help="give no label where the uncertainty is above U, 0 to 1")


def run(options):
    from ..classifiers import load
    from .files import batches

    classifier = load(options.model)
    evidential = hasattr(classifier, "predict_opinion")
    limit = options.reject_above
    if limit is not None and not evidential:
        raise ValueError("--reject-above: this is a softmax classifier, which has no uncertainty")
    if limit is not None and not 0 <= limit <= 1:
        raise ValueError(f"--reject-above: got {limit:g}, wanted 0 to 1")
    rows = []
    for files, images in batches(options.images, classifier.image_shape_, options.invert):
        rows += _answers(classifier, evidential, files, images, limit)
    print(json.dumps(rows, indent=2, ensure_ascii=False) if options.json else _table(rows))


def _answers(classifier, evidential, files, images, limit):
    from .files import plain

    position, probability, opinion = classifier._predicted(images)
    uncertainty = opinion.uncertainty.tolist() if evidential else [None] * len(files)
    for file, shares, u, best in zip(files, probability, uncertainty, position.tolist()):
        rejected = limit is not None and u > limit
        row = {"file": str(file), "label": None if rejected else plain(classifier.classes_[best])}
        row["probability"] = round(float(shares[best]), 6)
        if evidential:
            row["uncertainty"] = round(u, 6)
            row["rejected"] = rejected
        yield row


def _table(rows) -> str:
    """Aligned columns; a rejected image has a dash for its label."""
    lines = [["file", "label", "probability"] + ["uncertainty"] * ("uncertainty" in rows[0])]
    for row in rows:
        label = "-" if row.get("rejected") else str(row["label"])
        numbers = [f"{row[name]:.3f}" for name in ("probability", "uncertainty") if name in row]
        lines.append([row["file"], label, *numbers])
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join(
        "  ".join(text.ljust(width) if index < 2 else text.rjust(width) for index, (text, width) in enumerate(zip(line, widths)))
        for line in lines
    )
