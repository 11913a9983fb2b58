"""Heatmaps without a classifier."""

import numpy as np
import pytest

from evicam import baselines, metrics

MASKS = np.zeros((3, 12, 9), bool)
MASKS[0, 2:6, 1:4] = MASKS[1, 8, 8] = True


@pytest.mark.smoke
def test_all_baselines_are_heatmaps():
    found = baselines.heatmaps(MASKS)
    assert list(found) == ["centre blob", "uniform", "silhouette", "random"]
    for name, maps in found.items():
        assert maps.shape == MASKS.shape and maps.dtype == np.float32, name
        assert maps.min() >= 0
        assert np.array_equal(maps.max(axis=(1, 2)), [1, 1, 0] if name == "silhouette" else [1, 1, 1])
    assert np.array_equal(found["random"], baselines.heatmaps(MASKS, random_state=0)["random"])
    assert not np.array_equal(found["random"], baselines.heatmaps(MASKS, random_state=1)["random"])


@pytest.mark.parametrize("shape", [(2, 9, 9), (1, 8, 8), (1, 1, 1), (1, 5, 12)])
def test_the_blob_is_in_the_middle(shape):
    _, height, width = shape
    blob = baselines.centre_blob(shape)
    whole = np.ones(shape, bool)
    assert np.allclose(metrics.centroid_offset(blob, whole), 0, atol=1e-6)
    assert blob.max() == 1 and np.array_equal(blob, blob[:, ::-1, ::-1])
    y, x = np.mgrid[:height, :width] - np.array([(height - 1) / 2, (width - 1) / 2])[:, None, None]
    gaussian = np.exp(-(y**2 + x**2) / (2 * 1.5**2))
    assert np.allclose(baselines.centre_blob(shape, sigma=1.5), gaussian / gaussian.max(), atol=1e-6)


@pytest.mark.parametrize("sigma", [0.01, 1e-6])
def test_a_narrow_blob_is_what_is_next_to_the_middle(sigma):
    even, odd = baselines.centre_blob((1, 4, 4), sigma=sigma)[0], baselines.centre_blob((1, 3, 4), sigma=sigma)[0]
    assert np.array_equal(even, np.pad(np.ones((2, 2)), 1)) and np.array_equal(odd, np.pad(np.ones((1, 2)), 1))


def test_the_silhouette_is_the_object():
    assert np.array_equal(baselines.silhouette(MASKS, sigma=0), MASKS)
    found = metrics.centroid_offset(baselines.silhouette(MASKS)[:1], MASKS[:1])
    assert found.distance < 0.2
    assert metrics.pointing_game(baselines.silhouette(MASKS), MASKS)[:2].tolist() == [1, 1]


def test_noise_scores_what_chance_does():
    masks = np.zeros((2000, 12, 9), bool)
    masks[:, 2:6, 1:4] = True
    share = masks[0].mean()
    for sigma in (0, 2.0):
        noise = baselines.random_map(masks.shape, sigma=sigma)
        assert noise.min() == 0 and noise.max() == 1
        hits = metrics.pointing_game(noise, masks).mean()
        assert sigma or abs(hits - share) < 5 * np.sqrt(share * (1 - share) / 2000)  # blurred peaks shun the rim


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: baselines.uniform((3, 4)), r"shape is \(3, 4\)"),
        (lambda: baselines.uniform((0, 4, 4)), "shape's side is 0"),
        (lambda: baselines.centre_blob((1, 4, 4), sigma=0), "sigma is 0"),
        (lambda: baselines.random_map((1, 4, 4), random_state=-1), "random_state is -1"),
        (lambda: baselines.silhouette(MASKS[0]), r"masks has shape \(12, 9\)"),
        (lambda: baselines.silhouette(MASKS * 0.5), "masks holds float64"),
        (lambda: baselines.heatmaps(MASKS[:0]), "masks has shape"),
    ],
)
def test_what_is_wrong_is_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
