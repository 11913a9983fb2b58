"""Folders of image files, one folder a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..images import SUFFIXES, read_image
from .dataset import Dataset, DatasetError


def from_folder(folder, *, image_shape=None) -> Dataset:
    """Read a folder that has one folder of image files for each class.

    Parameters
    ----------
    folder : str or os.PathLike
        Its folders' names are the classes, in alphabetical order. Their files with an image suffix are read, at any
        depth; other files, and what begins with a dot, are passed over.
    image_shape : tuple of int, optional
        (H, W) or (H, W, C), C = 1 for grey or 3 for RGB: every image is resized and converted to it. By default all
        images must have one size, and are grey if all files are.

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
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"folder is {str(folder)!r}, but there is no such folder")
    shape = None if image_shape is None else _checked(image_shape)
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
    shape = shape or _common_shape(files)
    images = np.empty((len(files), *shape), np.uint8)
    for position, file in enumerate(files):
        try:
            images[position], _ = read_image(file, shape)
        except ValueError as error:
            raise DatasetError(str(error)) from None
    images = images[..., 0] if shape[2] == 1 else images
    names = tuple(path.name for path in classes)
    return Dataset(images, np.array(labels, np.int64), names, folder.resolve().name, "all", str(folder))


def _is_image(file: Path, below: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(below).parts)
    return file.suffix.lower() in SUFFIXES and not hidden and file.is_file()


def _checked(image_shape) -> tuple[int, int, int]:
    shape = tuple(image_shape) if isinstance(image_shape, (tuple, list)) else ()
    whole = all(isinstance(side, (int, np.integer)) and side >= 1 for side in shape)
    if len(shape) not in (2, 3) or not whole or shape[2:] not in ((), (1,), (3,)):
        raise ValueError(f"image_shape is {image_shape!r}, but must be (H, W), (H, W, 1) or (H, W, 3)")
    return (*map(int, shape), 1)[:3]


def _common_shape(files) -> tuple[int, int, int]:
    """(H, W, C) of all files, from their headers."""
    from PIL import Image, UnidentifiedImageError

    first, grey = None, True
    for file in files:
        try:
            with Image.open(file) as picture:
                height, width = picture.height, picture.width
                if picture.getexif().get(0x0112, 1) >= 5:  # the camera lay on its side: read_image turns it upright
                    height, width = width, height
                grey = grey and picture.mode in ("1", "L", "LA", "I", "I;16", "F")
        except UnidentifiedImageError:
            raise DatasetError(f"{file}: not an image file that can be read") from None
        except (SyntaxError, ValueError, EOFError, OSError) as error:
            raise DatasetError(f"{file}: damaged image file ({error})") from None
        first = first or ((height, width), file)
        if (height, width) != first[0]:
            raise DatasetError(
                f"{file} has {height} x {width} pixels (H x W), but {first[1]} has {first[0][0]} x {first[0][1]}; "
                "give image_shape=(H, W) to resize them all"
            )
    return (*first[0], 1 if grey else 3)
