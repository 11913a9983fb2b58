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


def labelled(data, split, root):
    """A split of a data set, or a folder with a folder per class, as a `Dataset`."""
    from .. import datasets

    return datasets.from_folder(data) if Path(data).is_dir() else datasets.load(data, split=split, root=root)


def named(found):
    """Images of a `Dataset`, and their labels as class names."""
    import numpy as np

    return found.images, np.asarray(found.class_names)[found.labels]


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
