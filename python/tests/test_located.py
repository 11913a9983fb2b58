"""Made data sets: the object is where they say, and nothing else tells the classes apart."""

import numpy as np
import pytest
from PIL import Image

from evicam import metrics
from evicam.datasets import Dataset, LocatedDataset, glyphs, placed

random = np.random.default_rng(0)
SHAPES = np.zeros((40, 28, 28), np.uint8)
for index in range(40):
    SHAPES[index, 4:24, 6 : 8 + index // 4] = random.integers(40, 256, (20, 2 + index // 4))
DATA = Dataset(SHAPES, np.arange(40) % 4, ("a", "b", "c", "d"), "bars", "train", "here")


def bounds(mask):
    """Rows and columns (first, last) of a mask."""
    return [(side.min(), side.max()) for side in np.nonzero(mask)]


# ---- Glyphs ------------------------------------------------------------------------------------------------------


@pytest.mark.smoke
@pytest.mark.parametrize("canvas, size", [((28, 28), 5), ((40, 31), 7), ((3, 3), 3), ((5, 64), 5)])
def test_glyphs_are_where_the_mask_says(canvas, size):
    data = glyphs(301, canvas, size=size, noise=50, brightness=200)
    assert isinstance(data, LocatedDataset) and len(data) == 301
    assert data.images.shape == (301, *canvas) and data.images.dtype == np.uint8
    assert np.bincount(data.labels).tolist() == [151, 150] and data.labels.dtype == np.int64
    radius = size // 2
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    patterns = (abs(y) == abs(x)) & (y != 0), abs(y) + abs(x) == radius
    for image, label, mask, centre in zip(data.images, data.labels, data.masks, data.centres):
        (top, bottom), (left, right) = bounds(mask)
        assert bottom - top == right - left == size - 1 and mask.sum() == size**2
        assert centre.tolist() == [top + radius, left + radius]
        assert np.array_equal(image[top : bottom + 1, left : right + 1] >= 200, patterns[label])
        assert image[~mask].max(initial=0) < 50


def test_only_the_glyph_tells_the_classes_apart():
    data = glyphs(20000, seed=2)
    cross, ring = (data.images[data.labels == label] for label in (0, 1))
    for number in (lambda images: images.sum(axis=(1, 2)), lambda images: (images > 100).sum(axis=(1, 2))):
        first, second = number(cross.astype(int)), number(ring.astype(int))
        error = np.sqrt(first.var() / len(first) + second.var() / len(second))
        assert abs(first.mean() - second.mean()) <= 4 * error
    centres = [data.centres[data.labels == label] for label in (0, 1)]
    assert np.abs(np.subtract(*(c.mean(axis=0) for c in centres))).max() < 4 * 6.9 * np.sqrt(2 / 10000)


def test_all_places_are_as_likely():
    places = np.unique(glyphs(22000, (14, 15)).centres, axis=0, return_counts=True)
    assert len(places[0]) == 10 * 11 and places[0].min() == 2 and places[0].max(axis=0).tolist() == [11, 12]
    assert np.abs(places[1] - 200).max() < 5 * np.sqrt(200)


def test_the_seed_decides_the_glyphs():
    first, again, other = glyphs(50, seed=1), glyphs(50, seed=1), glyphs(50, seed=2)
    assert np.array_equal(first.images, again.images) and np.array_equal(first.labels, again.labels)
    assert not np.array_equal(first.images, other.images)
    assert glyphs(5, noise=0).images.max() == 160 and glyphs(5, noise=0, brightness=255).images.max() == 255
    assert glyphs(200, brightness=255, noise=255).images[0].dtype == np.uint8


# ---- Placed objects ----------------------------------------------------------------------------------------------


@pytest.mark.smoke
def test_objects_are_moved_unchanged():
    data = placed(DATA, (56, 60))
    assert data.images.shape == (40, 56, 60) and np.array_equal(data.labels, DATA.labels)
    assert data.class_names == DATA.class_names and data.split == "train" and data.name == "bars placed"
    for image, mask, centre, original in zip(data.images, data.masks, data.centres, SHAPES):
        (top, bottom), (left, right) = bounds(mask)
        (y, y1), (x, x1) = bounds(original)
        assert np.array_equal(image[top : bottom + 1, left : right + 1], original[y : y1 + 1, x : x1 + 1])
        assert image.sum() == original.sum()
        assert np.array_equal(mask, image > 25)
        assert np.allclose(centre, [(top + bottom) / 2, (left + right) / 2])
    # The square of the image lies anywhere within the canvas.
    tops = np.concatenate([placed(DATA, (30, 30), seed=seed).centres[:, 0] for seed in range(20)])
    assert set(np.unique(tops)) == {13.5, 14.5, 15.5}


@pytest.mark.parametrize("size", [9, 14, 20, 28, 41, 56])
def test_objects_are_resized_as_pillow_does(size):
    data = placed(DATA, (56, 56), sizes=[size])
    assert np.array_equal(data.sizes, np.full(40, size))
    for image, original in zip(data.images, SHAPES):
        expected = np.asarray(Image.fromarray(original).resize((size, size), Image.Resampling.BILINEAR)).astype(int)
        places = np.lib.stride_tricks.sliding_window_view(image.astype(int), (size, size))
        differences = abs(places - expected).max(axis=(2, 3))
        assert differences.min() <= 1  # Pillow rounds between its two passes


def test_several_sizes_are_drawn_alike():
    many = Dataset(np.repeat(SHAPES, 50, axis=0), np.zeros(2000, int), ("a",), "bars", "all")
    data = placed(many, (40, 40), sizes=(14, 28, 14, 35))
    values, counts = np.unique(data.sizes, return_counts=True)
    assert values.tolist() == [14, 28, 35] and np.abs(counts - 2000 / 3).max() < 5 * np.sqrt(2000 * 2 / 9)
    areas = [data.masks[data.sizes == size].sum(axis=(1, 2)).mean() for size in (14, 28, 35)]
    assert areas[0] / areas[1] == pytest.approx(1 / 4, rel=0.2) and areas[2] / areas[1] == pytest.approx(25 / 16, rel=0.2)


def test_clutter_is_made_of_pieces_of_other_images():
    # Image i is filled with the brightness 100 + 3 i: what lies on a canvas tells where it came from.
    flat = np.zeros((40, 28, 28), np.uint8)
    flat[:, 4:24, 4:24] = (100 + 3 * np.arange(40))[:, None, None]
    base = Dataset(flat, np.arange(40), tuple(map(str, range(40))), "flat", "all")
    plain, cluttered = placed(base, (80, 80)), placed(base, (80, 80), clutter=4, piece=6)
    assert np.array_equal(plain.masks[0].sum(), cluttered.masks[0].sum())
    found = 0
    for index, (image, mask) in enumerate(zip(cluttered.images, cluttered.masks)):
        assert image[mask].min() >= 100 + 3 * index  # brighter clutter may cover the object
        others = np.setdiff1d(image[~mask], [0])
        assert 100 + 3 * index not in others and np.isin(others, 100 + 3 * np.arange(40)).all()
        assert np.count_nonzero(image[~mask]) <= 4 * 36
        found += len(others)
    assert found > 100  # of 160 pieces, most lie in the open
    again = placed(base, (80, 80), clutter=4, piece=6)
    assert np.array_equal(again.images, cluttered.images)


def test_images_without_an_object_have_no_place():
    dark = Dataset(np.concatenate([SHAPES[:2], np.full((1, 28, 28), 9, np.uint8)]), np.arange(3), ("a", "b", "c"), "x", "all")
    data = placed(dark, clutter=3)
    assert not data.masks[2].any() and np.isnan(data.centres[2]).all() and np.isfinite(data.centres[:2]).all()
    assert np.isnan(metrics.energy_inside(data.images, data.masks)[2])
    nothing = Dataset(np.zeros((3, 8, 8), np.uint8), np.arange(3), ("a", "b", "c"), "x", "all")
    assert not placed(nothing, (12, 12), 8, clutter=2, piece=3).images.any()


COLOUR = Dataset(np.zeros((2, 28, 28, 3), np.uint8), np.arange(2), ("a", "b"), "x", "all")
ONE = Dataset(SHAPES[:1], np.zeros(1, int), ("a",), "x", "all")


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: glyphs(0), "n is 0"),
        (lambda: glyphs(2.5), "n is 2.5"),
        (lambda: glyphs(5, size=4), "size is 4, but must be odd"),
        (lambda: glyphs(5, size=1), "size is 1"),
        (lambda: glyphs(5, (4, 28)), r"canvas is \(4, 28\), but must be \(H, W\) of at least 5"),
        (lambda: glyphs(5, 28), "canvas is 28"),
        (lambda: glyphs(5, (28, 28, 1)), "canvas is"),
        (lambda: glyphs(5, (28.0, 28)), "canvas is"),
        (lambda: glyphs(5, brightness=300), "brightness is 300"),
        (lambda: glyphs(5, noise=-1), "noise is -1"),
        (lambda: glyphs(5, seed=-1), "seed is -1"),
        (lambda: placed(SHAPES), "data is a ndarray without images, labels, class_names"),
        (lambda: placed(COLOUR), "data.images is uint8 of shape"),
        (lambda: placed(Dataset(SHAPES, np.arange(3), ("a",), "x", "all")), "data.labels has 3 labels"),
        (lambda: placed(Dataset(SHAPES / 255, DATA.labels, ("a",), "x", "all")), "data.images is float64"),
        (lambda: placed(DATA, sizes=[]), "sizes is empty"),
        (lambda: placed(DATA, sizes=57), r"canvas is \(56, 56\), but must be \(H, W\) of at least 57"),
        (lambda: placed(DATA, sizes=[28, 0]), "sizes is 0"),
        (lambda: placed(DATA, clutter=-1), "clutter is -1"),
        (lambda: placed(DATA, clutter=1, piece=28), "piece smaller than they are"),
        (lambda: placed(ONE, clutter=1), "takes at least two images"),
        (lambda: placed(DATA, threshold=2), "threshold is 2"),
        (lambda: placed(DATA, seed=None), "seed is None"),
    ],
)
def test_what_is_wrong_is_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
