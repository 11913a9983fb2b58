"""Image files as arrays of the shape and mode that a classifier knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}


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
        Anything Pillow reads. Turned upright as its camera noted; what is transparent becomes white.
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
        A file that is no image, is damaged or is too large to be one; a number of channels that is neither 1 nor 3.
    OSError
        A file that cannot be opened.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    height, width, channels = image_shape
    if channels not in (1, 3):
        raise ValueError(f"{path}: the classifier wants {channels} channels; image files are read as grey (1) or RGB (3)")
    try:
        with Image.open(path) as file:
            picture = ImageOps.exif_transpose(file)
            picture = _opaque(picture).convert("L" if channels == 1 else "RGB")
    except UnidentifiedImageError:
        raise ValueError(f"{path}: not an image file that can be read") from None
    except (SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path}: damaged image file ({error})") from None
    except OSError as error:
        if error.errno is not None:  # the file itself could not be read
            raise
        raise ValueError(f"{path}: damaged image file ({error})") from None
    note = None
    if picture.size != (width, height):
        note = f"{path}: resized from {picture.width} x {picture.height} to {width} x {height} pixels"
        picture = picture.resize((width, height), Image.Resampling.BOX if picture.width > width else Image.Resampling.BICUBIC)
    pixels = np.asarray(picture, np.uint8).reshape(image_shape)
    return (255 - pixels if invert else pixels), note


def _opaque(picture):
    """A picture without transparency, on white, with 8 bits a channel."""
    from PIL import Image

    if picture.mode.startswith("I"):  # 16 bits, which Pillow would cut off at 255
        values = np.asarray(picture, np.int64)
        return Image.fromarray((values.clip(0, 65535) // 257).astype(np.uint8))
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
