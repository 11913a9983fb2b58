"""Insertion and deletion, equivariance and randomised weights: against plain loops, and with wrong input."""

import copy

import numpy as np
import pytest
from scipy import ndimage

import evicam
from evicam import baselines, metrics
from trained import shapes

X, Y = shapes(12, seed=3)
H = np.random.default_rng(0).random((12, 20, 20)).astype(np.float32)


def by_hand(kind, classifier, value, baseline, step):
    """Curves [N, T], an image and a step at a time."""
    curves = []
    for image, base, heatmap in zip(X / np.float32(255), baseline, H):
        order = np.argsort(-heatmap.ravel())
        curve = []
        for taken in [*range(0, 400, step), 400]:
            start, end = (image, base) if kind == "deletion" else (base, image)
            changed = start.copy().ravel()
            changed[order[:taken]] = end.ravel()[order[:taken]]
            curve.append(value(classifier, changed.reshape(1, 20, 20), image))
        curves.append(curve)
    return np.array(curves)


def of_predicted(classifier, changed, image):
    return classifier.predict_proba(changed)[0, classifier.predict_proba(image[None]).argmax()]


def of_disc(classifier, changed, image):
    return classifier.predict_proba(changed)[0, list(classifier.classes_).index("disc")]


def of_doubt(classifier, changed, image):
    return classifier.predict_opinion(changed).uncertainty[0]


def of_conflict(classifier, changed, image):
    return classifier.predict_opinion(changed).dissonance[0]


BLURRED = np.stack([ndimage.gaussian_filter(image / np.float32(255), 2.5, mode="nearest") for image in X])


@pytest.mark.smoke
@pytest.mark.parametrize("kind", ["deletion", "insertion"])
@pytest.mark.parametrize(
    "target, value", [("predicted", of_predicted), ("disc", of_disc), ("uncertainty", of_doubt), ("dissonance", of_conflict)]
)
def test_curves_are_those_of_a_plain_loop(evidential, kind, target, value):
    baseline = np.zeros((12, 20, 20), np.float32) if kind == "deletion" else BLURRED
    found = getattr(metrics, kind)(evidential, X, H, target, step=60)
    expected = by_hand(kind, evidential, value, baseline, 60)
    assert np.allclose(found.values, expected, atol=1e-5)
    assert np.allclose(found.fraction, [0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1])
    widths = np.diff(found.fraction)
    assert np.allclose(found.area, ((expected[:, 1:] + expected[:, :-1]) / 2 * widths).sum(axis=1), atol=1e-5)
    assert "curves of 12 images" in repr(found) and kind in repr(found).lower()


def test_softmax_classifiers_have_curves_of_classes(softmax):
    targets = np.array(["disc", "bar"] * 6)
    found = metrics.deletion(softmax, X, H, targets)
    assert np.allclose(found.values[1], metrics.deletion(softmax, X, H, "bar").values[1])
    assert len(found.fraction) == 21
    with pytest.raises(ValueError, match="target is 'uncertainty', but a SoftmaxClassifier has no opinion"):
        metrics.deletion(softmax, X, H, "uncertainty")


def test_a_label_may_be_a_tuple(evidential):
    classifier = copy.deepcopy(evidential)
    classifier.classes_ = np.empty(3, object)
    classifier.classes_[:] = [("a", 1), ("a", 2), ("b", (1, 2))]
    for name, label in zip(evidential.classes_, classifier.classes_):
        found = metrics.deletion(classifier, X, H, label, step=100)
        assert np.array_equal(found.values, metrics.deletion(evidential, X, H, name, step=100).values)
        assert found.target == f"probability of {label!r}"
    several = metrics.deletion(evidential, X, H, tuple(Y), step=100)  # no label itself
    assert np.array_equal(several.values, metrics.deletion(evidential, X, H, Y, step=100).values)


@pytest.mark.parametrize("batch_size", [1, 7, 8, 1000])
def test_batches_change_nothing(evidential, batch_size):
    whole = metrics.insertion(evidential, X, H, step=60)
    parts = metrics.insertion(evidential, X, H, step=60, batch_size=batch_size)
    assert np.allclose(parts.values, whole.values, atol=1e-6)


def test_batches_are_as_large_as_was_asked_for():
    seen = []

    class Counting:
        classes_ = np.arange(2)

        def predict(self, X):
            return np.zeros(len(X), int)

        def predict_proba(self, X):
            seen.append(len(X))
            return np.full((len(X), 2), 0.5)

    metrics.deletion(Counting(), X, H, step=1, batch_size=100)
    assert max(seen) == 100 and sum(seen) == 12 * 401 and len(seen) == -(-12 * 401 // 100)


def test_a_baseline_of_ones_own(evidential):
    own = np.full(X.shape, 0.5)
    found = metrics.deletion(evidential, X, H, baseline=own, step=60)
    assert np.allclose(found.values, by_hand("deletion", evidential, of_predicted, own.astype(np.float32), 60), atol=1e-5)


@pytest.mark.parametrize("axes", [(20, 20), (20, 20, 1)])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float64, bool])
def test_other_classifiers_are_shown_images_as_they_were_given(dtype, axes):
    """What such a classifier learned may hang on dtype, range and axes: 0..255 is another thing than 0..1."""
    given = {"f": X / 255, "b": X > 99}.get(np.dtype(dtype).kind, X).astype(dtype).reshape(12, *axes)

    class Linear:
        classes_ = np.arange(2)

        def predict(self, X):
            return self.predict_proba(X).argmax(axis=1)

        def predict_proba(self, X):
            assert X.dtype == dtype and X.shape[1:] == axes
            share = 1 / (1 + np.exp(X.reshape(len(X), -1) @ np.linspace(-0.01, 0.011, 400)))
            return np.stack([share, 1 - share], axis=1)

    whole = Linear().predict_proba(given).max(axis=1)
    for baseline in ("zero", "blur", X / 255):
        assert np.array_equal(metrics.deletion(Linear(), given, H, baseline=baseline, step=100).values[:, 0], whole)
        found = metrics.insertion(Linear(), given, H, baseline=baseline, step=100).values
        assert np.array_equal(found[:, -1], whole)
    if dtype is not bool:  # the last baseline is X itself
        assert np.allclose(found, whole[:, None], atol=1e-6)


def test_a_pixel_goes_with_all_its_channels():
    class Brightness:
        classes_ = np.arange(3)

        def predict(self, X):
            return np.arange(len(X)) % 3

        def predict_proba(self, X):
            assert X.shape[1:] == (20, 20, 3) and X.dtype == np.float32
            return X.mean(axis=(1, 2))

    colour = np.random.default_rng(1).integers(0, 256, (3, 20, 20, 3)).astype(np.uint8)
    found = metrics.deletion(Brightness(), colour / np.float32(255), H[:3], step=399)
    first = [np.unravel_index(heatmap.argmin(), heatmap.shape) for heatmap in H[:3]]
    expected = [colour[i, *place, i] / 255 / 400 for i, place in enumerate(first)]  # one pixel is left
    assert np.allclose(found.values[:, 1], expected) and not found.values[:, 2].any()


def test_the_object_carries_the_class(evidential):
    masks = metrics.object_masks(X, threshold=0.5)
    found = {name: metrics.deletion(evidential, X, maps).area.mean() for name, maps in baselines.heatmaps(masks).items()}
    assert found["silhouette"] < min(found["uniform"], found["random"]) - 0.1


def test_equal_pixels_are_taken_in_no_order_of_place(evidential):
    uniform = baselines.uniform(H.shape)
    first, again, other = (metrics.deletion(evidential, X, uniform, random_state=seed) for seed in (0, 0, 1))
    assert np.array_equal(first.values, again.values) and not np.array_equal(first.values, other.values)
    rows = metrics.deletion(evidential, X, np.broadcast_to(np.arange(400, 0, -1).reshape(20, 20), H.shape))
    assert not np.allclose(first.values, rows.values)


def test_a_map_of_zeros_has_no_curve(evidential):
    maps = H.copy()
    maps[4] = 0
    found = metrics.deletion(evidential, X, maps)
    assert np.isnan(found.values[4]).all() and np.isnan(found.area).sum() == 1


@pytest.mark.parametrize(
    "arguments, settings, message",
    [
        ((X, H[:5]), {}, r"heatmap has shape \(5, 20, 20\), but X holds 12 images"),
        ((X, H * np.nan), {}, "heatmap holds NaN"),
        ((X, H, "nosuch"), {}, "target holds 'nosuch'"),
        ((X, H, ["disc"]), {}, "target has 1 labels"),
        ((X[:, :18], H[:, :18]), {}, "X holds images of 18x20x1"),
        ((X, H), dict(step=0), "step is 0"),
        ((X, H), dict(baseline="mean"), "baseline is 'mean', but must be 'zero', 'blur' or an array of the shape of X"),
        ((X, H), dict(baseline=None), "baseline is None, but must be 'zero', 'blur' or"),
        ((X, H), dict(baseline=X[0]), r"baseline has shape \(20, 20\), but must be .* of X, \(12, 20, 20, 1\)$"),
        ((X, H), dict(baseline=[[1], [1, 2]]), "baseline cannot become an array"),
        ((X, H), dict(baseline=X[:3]), "baseline has shape"),
        ((X, H), dict(sigma=-1), "sigma is -1"),
        ((X, H), dict(batch_size=0), "batch_size is 0"),
        ((X, H), dict(random_state="a"), "random_state is 'a'"),
    ],
)
def test_what_is_wrong_with_curves_is_named(evidential, arguments, settings, message):
    with pytest.raises((ValueError, TypeError), match=message):
        metrics.deletion(evidential, *arguments, **settings)
    with pytest.raises(TypeError, match="classifier is a str"):
        metrics.deletion("lenet", X, H)


# ---- Turning -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_maps_that_turn_with_the_image_are_equivariant(evidential, turns):
    found = metrics.equivariance(evidential, X, lambda _, images: images[..., 0] / 255, quarter_turns=turns)
    assert np.array_equal(found.correlation, np.ones(12)) and np.array_equal(found.dice, np.ones(12))


def test_maps_that_stay_are_not(evidential):
    corner = np.zeros((12, 20, 20))
    corner[:, :4, :4] = np.arange(1, 17).reshape(4, 4)
    found = metrics.equivariance(evidential, X, lambda *_: corner)
    assert found.dice.max() == 0 and found.correlation.max() < 0.1


@pytest.mark.filterwarnings("error:empty heatmaps")
@pytest.mark.parametrize("target", ["predicted", "uncertainty", "disc"])
def test_equivariance_of_explanations_is_that_of_turning_them_by_hand(evidential, target):
    found = metrics.equivariance(evidential, X, target=target, layer="conv2")
    asked = evidential.predict(X) if target == "predicted" else target
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)
        upright = evicam.explain(evidential, X, target=asked, layer="conv2").heatmap
        turned = evicam.explain(evidential, np.rot90(X, 1, (1, 2)), target=asked, layer="conv2").heatmap
    back = np.rot90(turned, -1, (1, 2))
    assert np.array_equal(found.correlation, metrics.rank_correlation(upright, back), equal_nan=True)
    shown = ((upright > 0.5) | (back > 0.5)).any(axis=(1, 2))
    assert np.array_equal(found.dice[shown], metrics.dice(upright, back, threshold=0.5)[shown])
    assert np.isnan(found.dice[~shown]).all()


def test_what_equivariance_refuses(evidential):
    for settings, message in (
        (dict(quarter_turns=4), "quarter_turns is 4"),
        (dict(quarter_turns=0), "quarter_turns is 0"),
        (dict(layer=["conv1", "conv2"]), "layer names several layers"),
        (dict(explain=lambda *_: H[:, :5]), "explain's heatmap has shape"),
        (dict(explain=lambda *_: H * np.inf), "explain's heatmap holds NaN or infinity"),
        (dict(method="grad-camm"), "method is 'grad-camm'"),
    ):
        with pytest.raises(ValueError, match=message):
            metrics.equivariance(evidential, X, **settings)
    with pytest.raises(ValueError, match="a quarter turn needs square ones"):
        metrics.equivariance(evidential, X[:, :18], lambda *_: H)


# ---- Randomised weights ------------------------------------------------------------------------------------------


def test_a_map_of_the_image_alone_fails_the_sanity_check(evidential):
    found = metrics.parameter_randomisation(evidential, X, lambda _, images: images[..., 0] / 255)
    assert found.layers == ("fc2", "fc1", "conv2", "conv1")
    assert np.array_equal(found.correlation, np.ones((4, 12)))


def test_weights_are_drawn_anew_from_the_last_layer_on_in_a_copy(evidential):
    before = evicam.parameters.read_parameters(evidential.network_)
    drawn = []

    def changed_layers(classifier, images):
        now = evicam.parameters.read_parameters(classifier.network_)
        drawn.append({name.split(".")[0] for name in now if not np.array_equal(now[name], before[name])})
        return H

    metrics.parameter_randomisation(evidential, X, changed_layers)
    assert drawn == [set(), {"fc2"}, {"fc2", "fc1"}, {"fc2", "fc1", "conv2"}, {"fc2", "fc1", "conv2", "conv1"}]
    after = evicam.parameters.read_parameters(evidential.network_)
    assert all(np.array_equal(after[name], before[name]) for name in before)


def test_the_last_row_is_that_of_an_untrained_classifier(evidential):
    found = metrics.parameter_randomisation(evidential, X, target="uncertainty", random_state=5)
    untrained = copy.deepcopy(evidential)
    untrained.network_ = evicam._native.Network(evidential.architecture_, 20, 20, 1, 5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)
        maps = [evicam.explain(each, X, target="uncertainty").heatmap for each in (evidential, untrained)]
    assert np.array_equal(found.correlation[-1], metrics.rank_correlation(*maps), equal_nan=True)
    again = metrics.parameter_randomisation(evidential, X, target="uncertainty", random_state=5)
    assert np.array_equal(found.correlation, again.correlation, equal_nan=True)


def test_an_unfitted_classifier_is_refused():
    with pytest.raises(ValueError, match="not fitted"):
        metrics.parameter_randomisation(evicam.EvidentialClassifier(), X)
