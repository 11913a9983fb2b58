"""What the subcommands on image files and data sets share."""

from __future__ import annotations

import sys
from pathlib import Path

BATCH = 256  # images held at a time


def add_image_arguments(parser):
    parser.add_argument("model", metavar="MODEL", help="a file written by `evicam train` or `evicam reproduce`")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="image files, or folders of them")
    parser.add_argument("--invert", action="store_true", help="exchange dark and light: for ink on paper")


def batches(paths, image_shape, invert):
    """Files and their images [n, H, W, C], so many at a time; what was resized is said on stderr."""
    import numpy as np

    from ..images import image_files, read_image

    files = image_files(paths)
    for start in range(0, len(files), BATCH):
        part = files[start : start + BATCH]
        images = np.empty((len(part), *image_shape), np.uint8)
        for position, file in enumerate(part):
            images[position], note = read_image(file, image_shape, invert=invert)
            if note:
                print(f"evicam: note: {note}", file=sys.stderr)
        yield part, images


def add_data_arguments(parser, more=""):
    parser.add_argument(
        "--data", required=True, metavar="DATA", help=f"fashion-mnist, mnist, cifar-10, or a folder with a folder per class{more}"
    )
    parser.add_argument("--root", metavar="DIR", help="folder with the data set's files")


def labelled(options, split, image_shape=None):
    """A split of the data set, or the images in the folder, that --data names, as a `Dataset`; a folder's are brought to
    `image_shape`."""
    from .. import datasets

    is_folder = Path(options.data).is_dir()
    for name in ("split", "root") if is_folder else ("image_size",):
        if getattr(options, name, None) is not None:
            wanted, given = ("data set", "a folder") if is_folder else ("folder", "none")
            raise ValueError(f"--{name.replace('_', '-')} is of a {wanted}, but --data {options.data} is {given}")
    if is_folder:
        return datasets.from_folder(options.data, image_shape=image_shape)
    return datasets.load(options.data, split=split, root=options.root)


def named(found):
    """Images of a `Dataset`, and their labels as class names."""
    import numpy as np

    return found.images, np.asarray(found.class_names)[found.labels]


def numbered(found, classifier, options):
    """Images of a `Dataset`, and their labels as a classifier of numbers knows them: those that a folder's names say, or where
    they say none and are as many as the classes, their places in order."""
    import numpy as np

    known = {str(label): label for label in classifier.classes_.tolist()}
    strangers = [name for name in found.class_names if name not in known]
    if not strangers:
        return found.images, np.array([known[name] for name in found.class_names])[found.labels]
    if len(strangers) == len(known) and list(known.values()) == list(range(len(known))):
        return found.images, found.labels
    raise ValueError(f"--data {options.data} has a class {strangers[0]!r}, but those of {options.model} are {', '.join(known)}")


def plain(label):
    """A label as JSON and `print` know it."""
    return label.item() if hasattr(label, "item") else label


def free_name(folder: Path, stem: str, taken: set[str], kept: set[Path]) -> Path:
    """Path without suffix in `folder`, numbered where two images have the same name, or a picture of it would replace one of the
    files `kept`, which are resolved."""
    name, number = stem, 1
    while name in taken or (folder / f"{name}.png").resolve() in kept:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name)
    return folder / name
