"""Folders of image files, one folder a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..checks import check_image_shape
from ..files import as_path
from ..images import SUFFIXES, is_grey, opened, orientation, read_image
from .dataset import Dataset, DatasetError


def from_folder(folder, *, image_shape=None) -> Dataset:
    """Read a folder that has one folder of image files for each class.

    Parameters
    ----------
    folder : str or os.PathLike
        Its folders' names are the classes, in alphabetical order. Their files with an image suffix are read, at any
        depth; other files, and what begins with a dot, are passed over.
    image_shape : tuple of int, optional
        (H, W) or (H, W, C), C = 1 for grey or 3 for RGB: every image is resized and converted to it. Without (H, W) all
        images must have one size; without C they are grey if all files are: by their kind or, with a palette, if all
        colours seen are greys.

    Returns
    -------
    Dataset
        ``images`` (N, H, W) or (N, H, W, 3) uint8 in the order of the files' names within each class; its name is the
        folder's.

    Raises
    ------
    FileNotFoundError
        The folder does not exist.
    DatasetError
        Less than two classes, a class without images, images of several sizes, a file that is no image or is damaged.
    ValueError
        An `image_shape` of another form.
    """
    folder = as_path(folder, "folder")
    if not folder.is_dir():
        raise FileNotFoundError(f"folder is {str(folder)!r}, but there is no such folder")
    shape = () if image_shape is None else _checked(image_shape)
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if len(classes) < 2:
        raise DatasetError(
            f"{folder}: wanted a folder of images for each of at least 2 classes, but it holds {len(classes)} folders"
        )
    files, labels = [], []
    for label, path in enumerate(classes):
        found = sorted(file for file in path.rglob("*") if _is_image(file, path))
        if not found:
            raise DatasetError(f"{path}: no image files; known are {', '.join(sorted(SUFFIXES))}")
        files += found
        labels += [label] * len(found)
    try:
        if len(shape) < 3:
            shape = _common_shape(files, shape)
        images = np.empty((len(files), *shape), np.uint8)
        for position, file in enumerate(files):
            images[position], _ = read_image(file, shape)
    except ValueError as error:
        raise DatasetError(str(error)) from None
    images = images[..., 0] if shape[2] == 1 else images
    names = tuple(path.name for path in classes)
    return Dataset(images, np.array(labels, np.int64), names, folder.resolve().name, "all", str(folder))


def _is_image(file: Path, below: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(below).parts)
    return file.suffix.lower() in SUFFIXES and not hidden and file.is_file()


def _checked(image_shape) -> tuple[int, ...]:
    wanted = "(H, W), (H, W, 1) or (H, W, 3)"
    shape = check_image_shape(image_shape, wanted)
    if shape[2:] not in ((), (1,), (3,)):
        raise ValueError(f"image_shape is {image_shape!r}, but must be {wanted}")
    return shape


def _common_shape(files, size) -> tuple[int, int, int]:
    """(H, W, C) of all files, with the `size` (H, W) that they are to get, or without one their own."""
    first, grey = None, True
    for file in files:
        with opened(file) as picture:
            if picture.format == "TIFF":
                picture.load()  # turns it
            shape = (picture.height, picture.width)[:: -1 if orientation(picture) >= 5 else 1]  # read_image turns it upright
            grey = grey and is_grey(picture)
        first = first or (shape, file)
        if not size and shape != first[0]:
            raise DatasetError(
                f"{file} has {shape[0]} x {shape[1]} pixels (H x W), but {first[1]} has {first[0][0]} x {first[0][1]}; "
                "give image_shape=(H, W), in a shell --image-size, to resize them all"
            )
    return (*(size or first[0]), 1 if grey else 3)
