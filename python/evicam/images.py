"""Image files as arrays of the shape and mode that a classifier knows."""

from __future__ import annotations

import struct
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .arrays import as_images

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
_ORIENTATION = 0x0112  # in EXIF
# What turns a picture upright, by its orientation, in Pillow's words.
_TURNS = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90",
}  # fmt: skip


def image_files(paths) -> list[Path]:
    """The files named by `paths`: each file itself, each folder's images in order of their names, at any depth.

    Raises
    ------
    FileNotFoundError, ValueError
        A path that does not exist; a folder without images.
    """
    files = []
    for path in map(Path, paths):
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
            if not found:
                raise ValueError(f"{path}: no image files in this folder; known are {', '.join(sorted(SUFFIXES))}")
            files += found
        elif path.exists():
            files.append(path)
        else:
            raise FileNotFoundError(f"{path}: no such file or folder")
    return files


def read_image(path, image_shape, *, invert=False) -> tuple[np.ndarray, str | None]:
    """Read an image file as a classifier wants it.

    Parameters
    ----------
    path : str or os.PathLike
        Anything Pillow reads, of 8 or 16 bits or of floats 0..1. Turned upright as its camera noted; what is transparent
        becomes white.
    image_shape : tuple of int
        (H, W, C) with C = 1, grey, or 3, RGB.
    invert : bool
        Exchange dark and light: for ink on paper where the classifier learned light strokes on black.

    Returns
    -------
    image : ndarray of shape `image_shape`, uint8
    note : str or None
        What was changed, in words, where the size was another.

    Raises
    ------
    ValueError
        A file that is no image, is damaged, is too large to be one or does not say which of its values is white; a number
        of channels that is neither 1 nor 3.
    OSError
        A file that cannot be opened.
    """
    from PIL import Image

    height, width, channels = image_shape
    if channels not in (1, 3):
        raise ValueError(f"{path}: the classifier wants {channels} channels; image files are read as grey (1) or RGB (3)")
    mode = "L" if channels == 1 else "RGB"
    with opened(path) as file:
        file.load()
        turn = _TURNS.get(orientation(file))
        picture = None if _is_deep(file) else _opaque(file).convert(mode)
    picture = _of_bytes(file, path).convert(mode) if picture is None else picture
    picture = picture if turn is None else picture.transpose(Image.Transpose[turn])
    note = None
    if picture.size != (width, height):
        note = f"{path}: resized from {picture.width} x {picture.height} to {width} x {height} pixels"
        # Axis by axis: a picture may be too long one way and too short the other.
        picture = picture.resize((width, picture.height), _filter(picture.width, width))
        picture = picture.resize((width, height), _filter(picture.height, height))
    pixels = np.asarray(picture, np.uint8).reshape(image_shape)
    return (255 - pixels if invert else pixels), note


@contextmanager
def opened(path):
    """An image file, opened by Pillow: a ValueError says which file is no image, or is damaged as far as it is looked at."""
    from PIL import Image, UnidentifiedImageError

    try:
        # Not by its name: Pillow would map the file, and of a TIFF that lies on its side mix up the rows and columns.
        with open(path, "rb") as file, Image.open(file) as picture:
            yield picture
    except UnidentifiedImageError:
        raise ValueError(f"{path}: not an image file that can be read") from None
    except (SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path}: damaged image file ({error})") from None
    except OSError as error:
        if error.errno is not None:  # the file itself could not be read
            raise
        raise ValueError(f"{path}: damaged image file ({error})") from None


def orientation(picture) -> int:
    """How a picture lies, 1 (upright) to 8, as its camera noted; 1 for any other note. From 5 on, on its side.

    Pillow turns a TIFF upright as it is loaded, but keeps the note before version 10.1.
    """
    if picture.format == "TIFF":
        return 1
    try:
        noted = picture.getexif().get(_ORIENTATION)
    except (SyntaxError, struct.error):  # a note that cannot be read, beside a picture that can
        return 1
    return noted if isinstance(noted, int) and noted in _TURNS else 1


def is_grey(picture) -> bool:
    """Whether an opened picture is grey: by its mode or, where it has a palette, if all that is seen of that is."""
    if picture.mode != "P":
        return picture.mode in ("1", "L", "LA") or _is_deep(picture)
    colours = np.asarray(_opaque(picture).convert("RGB"))
    return bool((colours == colours[..., :1]).all())


def _is_deep(picture) -> bool:
    """Whether a picture is of floats or of more than 8 bits, which Pillow would cut off at 255."""
    return picture.mode == "F" or picture.mode.startswith("I")


def _of_bytes(picture, path):
    """A deep picture, which has one channel, with 8 bits."""
    from PIL import Image

    values = np.asarray(picture)
    if picture.mode == "F":
        return Image.fromarray(np.rint(255 * as_images(values[None], f"{path}:")[0, ..., 0]).astype(np.uint8))
    # Pillow gives the 16 bits of these formats as 32; those of others could mean anything.
    if picture.mode == "I" and picture.format not in ("PNG", "PPM"):
        raise ValueError(
            f"{path}: holds whole numbers from {values.min()} to {values.max()}, and does not say which of them is white: "
            "save it with 8 or 16 bits without sign, or as floats 0..1"
        )
    return Image.fromarray(np.rint(values / 257).astype(np.uint8))


def _filter(size, wanted):
    """How to change the size of an axis: means of pixels where it shrinks, smooth where it grows."""
    from PIL import Image

    return Image.Resampling.BOX if size > wanted else Image.Resampling.BICUBIC


def _opaque(picture):
    """A picture without transparency, on white."""
    from PIL import Image

    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
