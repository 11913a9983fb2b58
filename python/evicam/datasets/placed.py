"""Known objects in unknown places: the images of a data set on larger canvases."""

from __future__ import annotations

import numpy as np

from ..checks import check_positive_int
from ..metrics.masks import object_masks
from .located import LocatedDataset, checked_canvas, random_corners, windows

# Images that are worked on at a time.
_CHUNK = 4096


def placed(data, canvas=(56, 56), sizes=28, clutter=0, *, piece=8, threshold=0.1, seed=0) -> LocatedDataset:
    """Put the objects of a data set at random places of a larger, black canvas.

    Parameters
    ----------
    data : Dataset
        Of grey, square images that show their objects on black, such as MNIST and Fashion-MNIST; anything with
        ``images`` (N, H, H) uint8, ``labels`` and ``class_names`` will do.
    canvas : tuple (H, W)
        Size of the new images in pixels.
    sizes : int or sequence of int
        Side, in pixels, to which an image is resized with the margin it has; one of several is drawn for each image.
    clutter : int
        Pieces of other images of the data set that are strewn over each canvas, anywhere, at most 10,000. Where
        things overlap, the brighter pixel is seen.
    piece : int
        Side of a piece in pixels, smaller than the images: each is cut about a random pixel of an object, at its original
        size, and is no whole object.
    threshold : float
        Brightness, 0..1, above which a pixel belongs to the object; see `evicam.metrics.object_masks`.
    seed : int

    Returns
    -------
    LocatedDataset
        One image for each of `data`, in its order, with its label. The mask holds the object's own pixels, wherever
        clutter lies; pieces are in no mask.

    Raises
    ------
    ValueError, TypeError
        Data of another form; sizes larger than the canvas; other numbers out of range.

    Notes
    -----
    Clutter as in the cluttered MNIST of Mnih et al., "Recurrent Models of Visual Attention", NeurIPS 2014. Images are resized
    with a triangle filter as wide as the larger of the two pixels, as Pillow's bilinear filter does.

    Examples
    --------
    >>> import numpy as np
    >>> from evicam.datasets import Dataset
    >>> square = np.zeros((4, 28, 28), np.uint8)
    >>> square[:, 10:18, 10:18] = 255
    >>> data = placed(Dataset(square, np.arange(4), ("a", "b", "c", "d"), "squares", "all"), sizes=[14, 28])
    >>> data
    Dataset squares placed (all): 4 grey images of 56 x 56, 4 classes
    """
    images = _objects(data)
    count, side, _ = images.shape
    sizes = _sizes(sizes)
    canvas = checked_canvas(canvas, max(sizes))
    clutter = check_positive_int(clutter, "clutter", minimum=0, maximum=10_000)
    piece = check_positive_int(piece, "piece")
    if clutter and (count < 2 or piece >= side or piece > min(canvas)):
        raise ValueError(
            f"clutter is {clutter}, but takes at least two images (data has {count}) and a piece smaller than they are "
            f"(piece is {piece}, the images' side {side}, the canvas {canvas})"
        )
    random = np.random.default_rng(check_positive_int(seed, "seed", minimum=0))

    chosen = np.array(sizes)[random.integers(0, len(sizes), count)]
    corners = random_corners(random, canvas, chosen)
    out = np.zeros((count, *canvas), np.uint8)
    masks = np.zeros(out.shape, bool)
    if clutter:
        _strew(out, images, clutter, piece, threshold, random)
    for size in sizes:
        resample = _resampling(side, size)
        of_size = np.flatnonzero(chosen == size)
        for first in range(0, len(of_size), _CHUNK):
            part = of_size[first : first + _CHUNK]
            objects = np.rint(resample @ images[part].astype(np.float32) @ resample.T).astype(np.uint8)
            _, rows, columns = windows([corner[part] for corner in corners], size)
            square = part[:, None, None], rows, columns
            out[square] = np.maximum(out[square], objects)
            masks[square] = object_masks(objects, threshold=threshold)
    name, split = getattr(data, "name", "objects"), getattr(data, "split", "all")
    source = f"{getattr(data, 'source', '')}, placed with seed {seed}".lstrip(", ")
    labels = np.asarray(data.labels)
    return LocatedDataset(out, labels, tuple(data.class_names), f"{name} placed", split, source, masks=masks, sizes=chosen)


def _strew(out, images, clutter, piece, threshold, random) -> None:
    """Draw so many pieces of other images on each canvas of `out`."""
    count, side, _ = images.shape
    pixels, first, number = _object_pixels(images, threshold)
    for _ in range(clutter):
        # Any image but its own, and of it any pixel of the object; of one without an object, the middle.
        other = (np.arange(count) + random.integers(1, count, count)) % count
        pick = np.minimum((random.random(count) * number[other]).astype(np.int64), np.maximum(number[other] - 1, 0))
        place = np.where(number[other] > 0, pixels[np.minimum(first[other] + pick, len(pixels) - 1)], side * side // 2)
        centre = np.divmod(place, side)
        cut = [np.clip(at - piece // 2, 0, side - piece) for at in centre]
        corners = random_corners(random, out.shape[1:], np.full(count, piece))
        for begin in range(0, count, _CHUNK):
            part = slice(begin, begin + _CHUNK)
            _, rows, columns = windows([corner[part] for corner in cut], piece)
            pieces = images[other[part][:, None, None], rows, columns]
            target = out[part]  # a view
            square = windows([corner[part] for corner in corners], piece)
            target[square] = np.maximum(target[square], pieces)


def _object_pixels(images, threshold) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions y * side + x of the objects' pixels, image after image; where each image's begin; and how many it has."""
    found, number = [np.zeros(1, np.int32)], []  # a position to read, and not to use, where no image has any
    for first in range(0, len(images), _CHUNK):
        flat = object_masks(images[first : first + _CHUNK], threshold=threshold).reshape(-1, images[0].size)
        found.append((np.flatnonzero(flat) % flat.shape[1]).astype(np.int32))
        number.append(np.count_nonzero(flat, axis=1))
    number = np.concatenate(number)
    return np.concatenate(found), 1 + np.cumsum(number) - number, number


def _objects(data) -> np.ndarray:
    """The images (N, H, H) uint8 of a data set of grey, square ones."""
    missing = [name for name in ("images", "labels", "class_names") if not hasattr(data, name)]
    if missing:
        raise TypeError(f"data is a {type(data).__name__} without {', '.join(missing)}, but must be a data set, as load returns")
    images = np.asarray(data.images)
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if images.dtype != np.uint8 or images.ndim != 3 or 0 in images.shape or images.shape[1] != images.shape[2]:
        raise ValueError(
            f"data.images is {images.dtype} of shape {images.shape}, but must be grey, square uint8 images (N, H, H)"
        )
    if len(data.labels) != len(images):
        raise ValueError(f"data.labels has {len(data.labels)} labels, but data.images {len(images)} images")
    return images


def _sizes(sizes) -> list[int]:
    """Distinct sides, in the order given."""
    listed = list(sizes) if isinstance(sizes, (list, tuple, range, np.ndarray)) else [sizes]
    if not listed:
        raise ValueError("sizes is empty, but must hold at least one side in pixels")
    return list(dict.fromkeys(check_positive_int(size, "sizes") for size in listed))


def _resampling(side, size) -> np.ndarray:
    """Weights [size, side], float32, of old pixels in new ones: a triangle as wide as the larger of the two."""
    scale = side / size
    centres = (np.arange(size) + 0.5) * scale - 0.5
    weights = np.maximum(0, 1 - np.abs(np.arange(side) - centres[:, None]) / max(scale, 1))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
