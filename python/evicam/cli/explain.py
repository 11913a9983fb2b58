"""Show where in each image a decision, or the doubt about it, comes from: writes an overlay for every image."""

from __future__ import annotations

from pathlib import Path

HELP = "draw where in image files a decision comes from"


def add_arguments(parser):
    from .files import add_image_arguments

    add_image_arguments(parser)
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the pictures, NAME.png for each image")
    parser.add_argument(
        "--method",
        default="grad-cam",
        help="grad-cam (default), hirescam, layercam, grad-cam++, xgrad-cam, eigen-cam, score-cam, rise, occlusion, "
        "integrated-gradients or smoothgrad",
    )
    parser.add_argument(
        "--target", default="predicted", help="predicted (default), uncertainty, dissonance, strength, or a class label"
    )
    parser.add_argument("--quantity", default="logit", help="what of the class: logit (default), evidence, belief or probability")
    parser.add_argument("--scale", default="image", help="image (default): each heatmap reaches 1; shared: one scale per batch")
    parser.add_argument(
        "--layer",
        help="layer to explain at (default: the last convolution or its sum); `evicam info MODEL` lists them",
    )
    parser.add_argument("--resize", default="aligned", help="aligned (default) or bilinear")
    parser.add_argument("--signed", action="store_true", help="show what lowers the target as well as what raises it")
    parser.add_argument("--raw", action="store_true", help="write the raw map too, NAME.npy, in the target's units")


def run(options):
    import io

    import numpy as np

    from .. import plot
    from ..classifiers import load
    from ..explanations import explain
    from ..files import write_file
    from ..images import image_files
    from .files import batches, free_name

    classifier = load(options.model)
    target = _label(classifier.classes_, options.target)
    folder = Path(options.out)
    taken: set[str] = set()
    given = image_files(options.images)
    kept = {file.resolve() for file in given}
    if folder.resolve() in {file.parent for file in kept}:
        # The pictures beside those given too: an overlay may have the name of one.
        kept.update(file.resolve() for file in folder.iterdir())
    for files, images in batches(given, classifier.image_shape_, options.invert):
        explanation = explain(
            classifier,
            images,
            options.method,
            target,
            options.layer,
            options.resize,
            quantity=options.quantity,
            scale=options.scale,
        )
        folder.mkdir(parents=True, exist_ok=True)
        opinion = classifier.predict_opinion(images) if hasattr(classifier, "predict_opinion") else None
        for position, file in enumerate(files):
            path = free_name(folder, file.stem, taken, kept)
            one = slice(position, position + 1)
            picture = plot.overlay(explanation[one], opinion=None if opinion is None else opinion[one], signed=options.signed)
            plot.save(picture, path.with_name(f"{path.name}.png"))
            if options.raw:
                buffer = io.BytesIO()
                np.save(buffer, explanation.raw[position])
                write_file(path.with_name(f"{path.name}.npy"), buffer.getvalue())
            print(path.with_name(f"{path.name}.png"))


def _label(classes, text):
    """The label that `text` names: labels need not be strings, but a command line's words are."""
    from ..targets import WORDS

    if text in WORDS:
        return text
    return next((label for label in classes.tolist() if str(label) == text), text)
