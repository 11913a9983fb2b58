"""Augmented images are what they are said to be, and the same however training is cut up."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest
from scipy import stats

import evicam
import trained
from evicam import Augmentation, EvidentialClassifier, SoftmaxClassifier

X, Y = trained.shapes(60)


def noise(count, height, width, channels=3):
    return np.random.default_rng(0).integers(1, 256, (count, height, width, channels)).astype(np.uint8)


def found_changes(image, augmented, crop):
    """All (dy, dx, mirrored) that make `image` into `augmented`."""
    height, width = image.shape[:2]
    padded = np.pad(image / np.float32(255), ((crop, crop), (crop, crop), (0, 0)))
    return [
        (dy - crop, dx - crop, mirrored)
        for mirrored in (False, True)
        for dy in range(2 * crop + 1)
        for dx in range(2 * crop + 1)
        if np.array_equal(padded[dy : dy + height, dx : dx + width][:, :: -1 if mirrored else 1], augmented)
    ]


@pytest.mark.parametrize("size", [(32, 32, 3), (7, 9, 1), (5, 11, 2)])
def test_crops_and_flips_are_those_of_numpy(size):
    """Each image is one of the crops of itself with a black border, mirrored or not; all come up equally often."""
    images = noise(600, *size)
    augmented = Augmentation(crop=2, flip=True).apply(images, seed=1)
    drawn = [found_changes(image, other, 2) for image, other in zip(images, augmented)]
    assert all(len(changes) == 1 for changes in drawn)
    counts = {}
    for ((dy, dx, mirrored),) in drawn:
        counts[dy, dx, mirrored] = counts.get((dy, dx, mirrored), 0) + 1
    assert len(counts) == 50
    assert stats.chisquare(list(counts.values())).pvalue > 1e-4


def test_two_epochs_show_both_sides_of_every_image():
    images, flip = noise(40, 6, 5), Augmentation(flip=True)
    epochs = [flip.apply(images, seed=3, epoch=epoch) for epoch in range(4)]
    assert np.array_equal(epochs[1], epochs[0][:, :, ::-1])
    assert np.array_equal(epochs[2], epochs[0]) and np.array_equal(epochs[3], epochs[1])


@pytest.mark.parametrize("side", [1, 4, 7])
def test_cutout_blanks_a_square(side):
    images = noise(500, 9, 8)
    blank = (Augmentation(cutout=side).apply(images, seed=2) == 0).all(axis=-1)
    kept = Augmentation(cutout=side).apply(images, seed=2)[~blank]
    assert np.array_equal(kept, images[~blank] / np.float32(255))
    centres = []
    for mask in blank:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert mask.sum() == len(rows) * len(columns) and len(rows) <= side and len(columns) <= side
        if len(rows) == side and len(columns) == side:
            centres.append((rows[0] + side // 2, columns[0] + side // 2))
    # Anywhere that leaves the square whole; those at the border are cut off.
    assert len(set(centres)) == (9 - side + 1) * (8 - side + 1)


def test_rotations_are_small_even_and_about_the_centre():
    """Of two ramps, which bilinear interpolation keeps exact: their slopes are the angle's cosine and sine."""
    y, x = np.mgrid[:21, :25]
    ramps = np.stack([(x + 5) / 40, (y + 5) / 40], axis=-1).astype(np.float32)
    turned = Augmentation(rotation=20).apply(np.repeat(ramps[None], 400, axis=0), seed=3)
    middle = turned[:, 10, 12]
    np.testing.assert_allclose(middle, np.broadcast_to(ramps[10, 12], middle.shape), atol=1e-6)
    along = (turned[:, 10, 16] - turned[:, 10, 8]) * 5  # one pixel to the right, in pixels of the source (x, y)
    angles = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    np.testing.assert_allclose(np.hypot(*along.T), 1, atol=1e-5)
    assert abs(angles).max() <= 20
    assert stats.kstest(angles, stats.uniform(-20, 40).cdf).pvalue > 1e-3
    assert (Augmentation(rotation=45).apply(np.ones((20, 9, 9), np.float32))[:, 0, 0] == 0).any()


def test_the_same_for_any_threads_and_another_for_each_epoch_and_seed():
    images, augmentation = noise(50, 12, 13), Augmentation(crop=3, flip=True, cutout=4, rotation=15)
    first = augmentation.apply(images, seed=5, epoch=2)
    threads = evicam.num_threads()
    try:
        for count in (1, 3):
            evicam.set_num_threads(count)
            assert np.array_equal(augmentation.apply(images, seed=5, epoch=2), first)
    finally:
        evicam.set_num_threads(threads)
    assert np.array_equal(augmentation.apply(images[:7], seed=5, epoch=2), first[:7])
    assert not np.array_equal(augmentation.apply(images, seed=5, epoch=3), first)
    assert not np.array_equal(augmentation.apply(images, seed=6, epoch=2), first)


def test_bytes_and_floats_are_changed_alike():
    images, augmentation = noise(9, 8, 8), Augmentation(crop=3, flip=True, rotation=5)
    assert np.array_equal(augmentation.apply(images), augmentation.apply(images / np.float32(255)))
    assert np.array_equal(Augmentation().apply(images), images / np.float32(255))
    assert augmentation.apply(images[..., 0]).shape == (9, 8, 8)


@pytest.mark.parametrize("kind", [EvidentialClassifier, SoftmaxClassifier])
def test_training_sees_what_apply_shows(kind):
    """One epoch on augmented images is one epoch on the images that `apply` returns."""
    augmentation = Augmentation(crop=3, flip=True, rotation=10)
    settings = dict(epochs=1, batch_size=16, random_state=4, verbose=False)
    augmented = kind(augmentation=augmentation, **settings).fit(X, Y)
    plain = kind(**settings).fit(augmentation.apply(X, seed=4), Y)
    assert np.array_equal(augmented.decision_function(X), plain.decision_function(X))


def test_it_is_a_value():
    augmentation = Augmentation(crop=4, flip=True)
    assert augmentation == pickle.loads(pickle.dumps(augmentation)) == dataclasses.replace(augmentation, cutout=0)
    assert augmentation != Augmentation(crop=4) and hash(augmentation) == hash(Augmentation(crop=4, flip=True))
    classifier = EvidentialClassifier(augmentation=augmentation)
    assert repr(classifier) == f"EvidentialClassifier(augmentation={augmentation!r})"
    assert classifier.get_params()["augmentation"] is augmentation
    clone = pytest.importorskip("sklearn.base").clone(classifier)
    assert clone.augmentation == augmentation


def test_it_is_saved(tmp_path):
    augmentation = Augmentation(crop=2, cutout=3, rotation=np.float32(1.5))
    classifier = EvidentialClassifier(epochs=1, augmentation=augmentation, random_state=0, verbose=False).fit(X, Y)
    classifier.save(tmp_path / "model.safetensors")
    assert evicam.load(tmp_path / "model.safetensors").augmentation == augmentation


# ---- what goes wrong ----


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"crop": -1}, ValueError, "crop is -1, but must be at least 0"),
        ({"crop": 1.5}, TypeError, "crop is 1.5, but must be a whole number"),
        ({"cutout": "8"}, TypeError, "cutout is '8', but must be a whole number"),
        ({"rotation": 181}, ValueError, "rotation is 181, but must be at least 0 and at most 180"),
        ({"rotation": np.nan}, ValueError, "rotation is nan"),
        ({"flip": 1}, TypeError, "flip is 1, but must be True or False"),
    ],
)
def test_impossible_changes(settings, error, message):
    with pytest.raises(error, match=message):
        Augmentation(**settings)


def test_changes_too_large_for_the_images():
    with pytest.raises(ValueError, match="crop is 20, but must be 0 ... 19 for images of 20x20"):
        EvidentialClassifier(augmentation=Augmentation(crop=20)).fit(X, Y)
    with pytest.raises(ValueError, match="cutout is 21, but must be 0 ... 20 for images of 20x20"):
        SoftmaxClassifier(augmentation=Augmentation(cutout=21)).partial_fit(X, Y)
    with pytest.raises(ValueError, match="cutout is 6, but must be 0 ... 5 for images of 5x9"):
        Augmentation(cutout=6).apply(noise(2, 5, 9))
    with pytest.raises(TypeError, match="augmentation is a dict, but must be an evicam.Augmentation or None"):
        EvidentialClassifier(augmentation={"crop": 4}).fit(X, Y)
    with pytest.raises(ValueError, match="epoch is -1"):
        Augmentation().apply(X, epoch=-1)
