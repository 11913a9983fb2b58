"""Explanations batch by batch: the same as all at once, in bounded memory."""

import copy
import resource
import tracemalloc

import numpy as np
import pytest

import evicam
from trained import NAMES, SIZE, shapes, twins

X, Y = shapes(70, seed=4)


@pytest.fixture(scope="module")
def classifier():
    return twins()[0]


@pytest.mark.filterwarnings("ignore:empty heatmaps")
@pytest.mark.parametrize("target", ["predicted", "uncertainty", NAMES[1], Y])
@pytest.mark.parametrize("method", ["hirescam", evicam.methods.RISE(n_masks=50, random_state=1)])
def test_batches_are_parts_of_the_whole(classifier, target, method):
    whole = evicam.explain(classifier, X, method, target)
    parts = list(evicam.explain_batches(classifier, X, method, target, batch_size=32))
    assert [len(part) for part in parts] == [32, 32, 6]
    np.testing.assert_array_equal(np.concatenate([part.heatmap for part in parts]), whole.heatmap)
    np.testing.assert_array_equal(np.concatenate([part.predicted for part in parts]), whole.predicted)


@pytest.mark.filterwarnings("ignore:empty heatmaps")
@pytest.mark.parametrize("method", [evicam.methods.RISE, evicam.methods.SmoothGrad])
@pytest.mark.parametrize("random_state", [3, None, np.random.default_rng, np.random.RandomState])
def test_all_batches_meet_the_same_chance(classifier, method, random_state):
    count = dict(n_masks=40) if method is evicam.methods.RISE else dict(samples=5)

    def fresh():
        return method(**count, random_state=random_state(7) if callable(random_state) else random_state)

    same = np.repeat(X[:1], 9, axis=0)
    raw = np.concatenate([part.raw for part in evicam.explain_batches(classifier, same, fresh(), batch_size=4)])
    assert (raw == raw[0]).all()
    if random_state is not None:
        np.testing.assert_array_equal(raw, evicam.explain(classifier, same, fresh()).raw)


def test_layers_come_as_for_explain(classifier):
    part = next(iter(evicam.explain_batches(classifier, X, layer=["conv1", "conv2"], resize="bilinear")))
    assert list(part) == ["conv1", "conv2"] and part["conv1"].resize == "bilinear"


@pytest.mark.filterwarnings("ignore:empty heatmaps")
def test_with_mirror_images_batches_explain_what_predict_says(classifier):
    mirroring = copy.deepcopy(classifier).set_params(test_time_flip=True)
    images = np.random.default_rng(0).integers(0, 256, (40, SIZE, SIZE)).astype(np.uint8)
    parts = list(evicam.explain_batches(mirroring, images, batch_size=16))
    np.testing.assert_array_equal(np.concatenate([part.predicted for part in parts]), mirroring.predict(images))


def test_faults_show_before_the_first_batch(classifier):
    with pytest.raises(ValueError, match="target"):
        evicam.explain_batches(classifier, X, target=Y[:10])
    with pytest.raises(ValueError, match="scale is 'shared'"):
        evicam.explain_batches(classifier, X, scale="shared")
    with pytest.raises(ValueError, match="method is 'guess'"):
        evicam.explain_batches(classifier, X, "guess")
    with pytest.raises(ValueError, match="batch_size"):
        evicam.explain_batches(classifier, X, batch_size=0)
    with pytest.raises(ValueError, match="images of 19x20"):
        evicam.explain_batches(classifier, X[:, 1:])


@pytest.mark.filterwarnings("ignore:empty heatmaps")
def test_memory_does_not_grow_with_the_images(classifier, tmp_path):
    many = np.memmap(tmp_path / "images", np.uint8, "w+", shape=(30_000, SIZE, SIZE))
    many[:] = np.resize(X, many.shape)
    seen = 0
    tracemalloc.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for part in evicam.explain_batches(classifier, many, "layercam"):
        seen += len(part)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen == len(many)
    # All heatmaps together would take 48 MB.
    assert peak < 8 << 20
    # The mapped file itself, 12 MB, may count as resident.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 << 10
