"""Heatmaps: their values, their geometry, their targets, and what is said when something is wrong."""

import copy

import numpy as np
import pytest

import evicam
from evicam import _native
from evicam.explanations import ReceptiveField
from trained import NAMES, quietly, shapes

X, Y = shapes(60, seed=1)


@pytest.fixture
def silenced(evidential):
    """A classifier whose logits depend on nothing: every gradient is zero, so every map is empty."""
    classifier = copy.deepcopy(evidential)
    names = [name for name, _ in classifier.network_.parameters()]
    index = names.index("fc2.weight")
    shape = classifier.network_.parameters()[index][1]
    classifier.network_.write_parameter(index, np.zeros(shape, np.float32))
    return classifier


def aligned(maps, start, jump, height, width):
    """The aligned resize, written out: bilinear between cell centres, fading to zero within a jump outside."""

    def weights(cells, pixels):
        position = (np.arange(pixels) - start) / jump
        return np.maximum(0, 1 - abs(position[:, None] - np.arange(cells)))

    rows, columns = weights(maps.shape[1], height), weights(maps.shape[2], width)
    return np.einsum("yi,nij,xj->nyx", rows, maps, columns)


@pytest.mark.smoke
def test_heatmaps_have_the_shape_of_the_images_and_reach_from_0_to_1(evidential):
    explanation = quietly(evidential, X)
    assert explanation.heatmap.shape == (60, 20, 20) and explanation.heatmap.dtype == np.float32
    assert explanation.raw.shape == (60, 4, 4) and explanation.raw.dtype == np.float32
    assert explanation.layer == "conv2" and explanation.method == "grad-cam" and explanation.target == "predicted"
    peaks = explanation.heatmap.max(axis=(1, 2))
    assert explanation.heatmap.min() >= 0
    assert np.array_equal(peaks, np.where(explanation.empty, 0, 1))
    assert not explanation.empty.all()
    assert np.array_equal(explanation.predicted, evidential.predict(X))


@pytest.mark.parametrize("layer", ["conv1", "pool1", "relu1", "conv2", "relu2"])
def test_the_raw_map_is_the_sum_of_activations_weighted_by_summed_gradients(evidential, layer):
    field = evicam.receptive_field(evidential, layer)
    channels = next(entry["channels"] for entry in evidential.network_.layers() if entry["name"] == layer)
    activations = np.empty((len(X), *field.cells, channels), np.float32)
    gradients = np.empty_like(activations)
    evidential.network_.layer_gradients(
        X[..., None], (layer, _native.TARGET_PREDICTED, 0, None, _native.WEIGHTS_SUM, 0, 0.0), activations, gradients
    )
    expected = np.einsum("nhwc,nc->nhw", activations.astype(np.float64), gradients.sum(axis=(1, 2), dtype=np.float64))
    raw = quietly(evidential, X, layer=layer).raw
    assert np.allclose(raw, expected, rtol=1e-4, atol=1e-4 * abs(expected).max())
    mean = quietly(evidential, X, layer=layer, method=evicam.methods.GradCAM(weights="mean"))
    assert np.allclose(mean.raw * np.prod(field.cells), raw, rtol=1e-5, atol=1e-6 * abs(raw).max())
    assert np.allclose(mean.heatmap, quietly(evidential, X, layer=layer).heatmap, atol=1e-5)


@pytest.mark.parametrize("layer", ["conv1", "conv2", "relu2"])
def test_the_heatmap_is_the_positive_raw_map_aligned_and_divided_by_its_maximum(evidential, layer):
    explanation = quietly(evidential, X, layer=layer)
    field = explanation.receptive_field
    expected = aligned(np.maximum(explanation.raw, 0), field.start[0], field.jump[0], 20, 20)
    peak = expected.max(axis=(1, 2), keepdims=True)
    expected = np.divide(expected, peak, out=np.zeros_like(expected), where=peak > 0)
    assert np.allclose(explanation.heatmap, expected, atol=1e-5)
    signed = aligned(explanation.raw, field.start[0], field.jump[0], 20, 20)
    assert np.allclose(explanation.signed(), signed, atol=1e-5 * abs(signed).max())


def test_the_bilinear_resize_spreads_over_the_whole_image_and_the_aligned_one_does_not(evidential):
    usual = quietly(evidential, X, resize="bilinear")
    explanation = quietly(evidential, X)
    assert np.array_equal(usual.raw, explanation.raw)
    # conv2 of 20 x 20 images: 4 cells at 6.5 ... 12.5, so nothing beyond 4.5 and 14.5.
    assert not explanation.heatmap[:, :5].any() and not explanation.heatmap[:, 15:].any()
    assert usual.heatmap[:, :4].any()


def test_a_class_can_be_named_once_or_for_each_image(evidential):
    labels = np.resize(NAMES[::-1], len(X))
    each = quietly(evidential, X, target=labels)
    assert np.array_equal(each.target, labels)
    for name in NAMES:
        one = quietly(evidential, X, target=name)
        assert np.array_equal(one.raw[labels == name], each.raw[labels == name])
    said = evidential.predict(X)
    assert np.array_equal(quietly(evidential, X, target=list(said)).raw, quietly(evidential, X).raw)


def test_a_class_called_like_a_target_is_named_by_a_list(evidential):
    classifier = copy.deepcopy(evidential)
    classifier.classes_ = np.array(["disc", "predicted", "uncertainty"])
    assert quietly(classifier, X, target="predicted").target == "predicted"
    named = quietly(classifier, X, target=["predicted"] * len(X))
    assert np.array_equal(named.raw, quietly(evidential, X, target="disc").raw)


def test_the_uncertainty_map_follows_the_chain_rule_through_the_evidence(evidential):
    """du/dA = sum_k du/dz_k dz_k/dA, with du/dz_k = -K / S^2 e_k for exponential evidence, for which e' = e."""
    assert evidential.evidence == "exponential"
    images = X[:6, :, :, None]
    field = evicam.receptive_field(evidential, "relu2")
    channels = next(entry["channels"] for entry in evidential.network_.layers() if entry["name"] == "relu2")
    activations = np.empty((6, *field.cells, channels), np.float32)
    by_class = np.empty((3, *activations.shape), np.float32)
    for k in range(3):
        evidential.network_.layer_gradients(
            images,
            ("relu2", _native.TARGET_CLASS, 0, np.full(6, k, np.int32), _native.WEIGHTS_SUM, 0, 0.0),
            activations,
            by_class[k],
        )
    opinion = evidential.predict_opinion(images)
    slope = -3 * opinion.evidence.astype(np.float64) / opinion.strength[:, None].astype(np.float64) ** 2
    weights = np.einsum("nk,knhwc->nc", slope, by_class)
    expected = np.einsum("nhwc,nc->nhw", activations, weights)
    explanation = quietly(evidential, images, target="uncertainty", layer="relu2")
    assert np.allclose(explanation.raw, expected, rtol=1e-3, atol=1e-4 * abs(expected).max())
    assert explanation.target == "uncertainty"


@pytest.mark.parametrize("settings", [dict(), dict(layer=["conv1", "relu2"]), dict(method="occlusion")], ids=str)
def test_with_mirror_images_the_class_that_predict_names_is_explained(evidential, settings):
    images = np.random.default_rng(0).integers(0, 256, (40, 20, 20)).astype(np.uint8)
    classifier = copy.deepcopy(evidential).set_params(test_time_flip=True)
    said = classifier.predict(images)
    assert (said != evidential.predict(images)).any()

    def explained(classifier, target):
        found = quietly(classifier, images, target=target, batch_size=7, **settings)
        return list(found.values()) if isinstance(found, dict) else [found]

    # Maps are of the images as they stand: those of the classifier without mirror images, for the same class.
    for own, plain in zip(explained(classifier, "predicted"), explained(evidential, said)):
        assert np.array_equal(own.predicted, said) and np.array_equal(own.raw, plain.raw) and own.target == "predicted"
    for other in (*explained(classifier, "uncertainty"), *explained(classifier, "disc")):
        assert np.array_equal(other.predicted, said)


def test_several_layers_give_one_explanation_each_by_name(evidential):
    found = quietly(evidential, X, layer=["relu2", "conv1"])
    assert list(found) == ["relu2", "conv1"]
    assert np.array_equal(found["conv1"].raw, quietly(evidential, X, layer="conv1").raw)


@pytest.mark.parametrize("size", [1, 7, 60, 1000])
def test_the_batch_size_changes_nothing(evidential, size):
    whole, parts = quietly(evidential, X), quietly(evidential, X, batch_size=size)
    assert np.array_equal(whole.raw, parts.raw) and np.array_equal(whole.heatmap, parts.heatmap)


def test_float_lists_and_colour_axes_work(evidential):
    expected = quietly(evidential, X).raw
    for images in (X[..., None], X / 255.0, (X / 255.0).astype(np.float32).tolist(), X[:, ::-1][:, ::-1]):
        assert np.allclose(quietly(evidential, images).raw, expected, rtol=1e-3, atol=1e-4 * abs(expected).max())


def test_empty_maps_stay_zero_and_are_told_once(silenced):
    with pytest.warns(UserWarning, match=r"10 of 10 at 'conv1', 10 of 10 at 'conv2'") as told:
        found = evicam.explain(silenced, X[:10], layer=["conv1", "conv2"])
    assert len(told) == 1 and told[0].filename == __file__
    for explanation in found.values():
        assert explanation.empty.all() and not explanation.heatmap.any() and "10 empty" in repr(explanation)


def test_indexing_keeps_what_belongs_together(evidential):
    explanation = quietly(evidential, X, target=Y)
    for index, part in (
        (3, [3]),
        (-1, [59]),
        (slice(4, 8), range(4, 8)),
        ([5, 2], [5, 2]),
        (Y == "disc", np.flatnonzero(Y == "disc")),
    ):
        chosen = explanation[index]
        for name in ("heatmap", "raw", "empty", "target", "predicted", "images"):
            assert np.array_equal(getattr(chosen, name), getattr(explanation, name)[list(part)]), name
        assert chosen.layer == explanation.layer
    assert [len(one) for one in explanation[:3]] == [1, 1, 1]
    with pytest.raises(IndexError):
        explanation[60]


def test_repr_and_picture(evidential):
    explanation = quietly(evidential, X)
    assert "60 images" in repr(explanation) and "'conv2'" in repr(explanation) and "4 x 4" in repr(explanation)
    pytest.importorskip("matplotlib")
    assert explanation._repr_png_().startswith(b"\x89PNG")
    assert explanation[:0]._repr_png_() is None


@pytest.mark.parametrize(
    "settings, message",
    [
        (dict(method="guess"), "method is 'guess', but must be one of 'grad-cam'"),
        (dict(resize="nearest"), "resize is 'nearest', but must be one of 'aligned', 'bilinear'"),
        (dict(method=evicam.methods.GradCAM), "method is the class GradCAM, but must be an object"),
        (dict(scale="all"), "scale is 'all', but must be one of 'image', 'shared'"),
        (dict(quantity="doubt"), "quantity is 'doubt', but must be one of 'logit', 'evidence', 'belief', 'probability'"),
        (dict(quantity="belief", target="strength"), "quantity is 'belief', but target 'strength' is of no class"),
        (dict(batch_size=0), "batch_size is 0"),
        (dict(layer="conv9"), "layer is 'conv9', but must be one of conv1, pool1, .*fc2"),
        (dict(layer="fc1"), "layer is 'fc1', which has no spatial extent.*: conv1, pool1, relu1, conv2, pool2, relu2$"),
        (dict(layer=[]), "layer is an empty list"),
        (dict(target="cat"), "target holds 'cat', but the classifier knows the classes 'bar', 'disc', 'frame'"),
        (dict(target=3.5), "target holds 3.5, but"),
        (dict(target=None), "target holds None"),
        (dict(target=["bar", "disc"]), "target has 2 labels, but X has 60 images"),
        (dict(target={"bar": 1}), "target"),
        (dict(target=[["bar"]] * 60), "target has shape"),
    ],
)
def test_what_is_wrong_is_named(evidential, settings, message):
    with pytest.raises((ValueError, TypeError), match=message):
        evicam.explain(evidential, X, **settings)


@pytest.mark.parametrize(
    "images", [X[0], X[:0], X[:, :10], np.full((2, 20, 20), np.nan), X.astype(str), np.zeros((2, 20, 20, 3), np.uint8), 3]
)
def test_images_that_do_not_fit_are_refused(evidential, images):
    with pytest.raises((ValueError, TypeError), match="X"):
        evicam.explain(evidential, images)


def test_a_bad_pixel_in_a_later_batch_is_refused(evidential):
    images = X / 255.0
    images[50, 3, 3] = np.inf
    with pytest.raises(ValueError, match=r"X holds inf at \[50, 3, 3, 0\]"):
        evicam.explain(evidential, images, batch_size=8)


def test_a_softmax_classifier_has_no_uncertainty_but_has_heatmaps(softmax):
    with pytest.raises(ValueError, match="target is 'uncertainty', but a softmax classifier has none"):
        evicam.explain(softmax, X, target="uncertainty")
    assert quietly(softmax, X).heatmap.any()


def test_a_classifier_must_be_fitted():
    with pytest.raises(ValueError, match="fit"):
        evicam.explain(evicam.EvidentialClassifier(), X)
    with pytest.raises(TypeError, match="classifier is list, but must be"):
        evicam.explain([], X)


# Field notes' table: kernel, jump, start and centres of the paper's LeNet on 28 x 28 images.
@pytest.mark.parametrize(
    "layer, jump, size, start, cells, furthest",
    [("conv2", 2, 14, 6.5, 8, 5.25), ("pool2", 4, 16, 7.5, 4, 4.5), ("conv1", 1, 5, 2, 24, 1.9167)],
)
def test_geometry_of_the_papers_lenet(layer, jump, size, start, cells, furthest):
    field = evicam.receptive_field(_native.architecture("lenet", 10), layer, image_shape=(28, 28))
    assert (field.jump, field.size, field.start, field.cells) == ((jump, jump), (size, size), (start, start), (cells, cells))
    centres = field.centres()
    assert np.array_equal(centres[0], start + jump * np.arange(cells)) and np.array_equal(centres[0], centres[1])
    rows, columns = field.naive_displacement()
    assert abs(rows).max() == pytest.approx(furthest, abs=1e-3)
    expected = np.mean([np.hypot(a, b) for a in rows for b in columns])
    assert field.naive_error() == pytest.approx(expected)
    assert not field.exceeds_image and "larger than the image" not in repr(field)


def test_the_usual_resize_is_exact_where_cells_tile_the_image():
    vgg = ReceptiveField("pool5", "maxPooling", (32.0, 32.0), (212.0, 212.0), (15.5, 15.5), (7, 7), (224, 224))
    assert vgg.naive_error() == 0


def test_a_receptive_field_larger_than_the_image_does_not_mean_that_every_cell_sees_all():
    layers = "\n".join(
        f"c{n} = convolution({source}, channels: 2, kernel: 11, padding: 5)" for n, source in enumerate(("image", "c0", "c1"))
    )
    field = evicam.receptive_field(f"{layers}\nf = flatten(c2)\nz = linear(f, features: 2)", "c2", image_shape=(28, 28))
    reach, pixels = (field.size[0] - 1) / 2, np.arange(28)
    seen = [np.count_nonzero(abs(pixels - centre) <= reach) for centre in field.centres()[0]]
    assert field.exceeds_image and seen[0] == 16 and min(seen) > 14 and max(seen) == 28
    assert "a cell sees most of it, or all" in repr(field) and "sees all of it" not in repr(field)


def test_a_receptive_field_larger_than_the_image_is_told():
    field = ReceptiveField("layer4", "convolution", (8.0, 8.0), (109.0, 109.0), (0.0, 0.0), (4, 4), (32, 32))
    assert field.exceeds_image and "larger than the image" in repr(field)
    assert field.naive_displacement()[0] == pytest.approx([3.5] * 4)


def test_cells_without_one_centre_are_told_and_not_drawn(evidential, monkeypatch):
    from evicam import explanations

    nowhere = ReceptiveField("sum", "add", (2.0, 2.0), (9.0, 9.0), (np.nan, np.nan), (4, 4), (20, 20))
    assert "no one centre" in repr(nowhere)
    monkeypatch.setattr(explanations, "describe_field", lambda *_: nowhere)
    with pytest.raises(ValueError, match="layer is 'sum', where branches"):
        evicam.explain(evidential, X)


def test_receptive_field_of_a_classifier(evidential):
    field = evicam.receptive_field(evidential)
    assert field.layer == "conv2" and field.image == (20, 20)
    assert field == evicam.receptive_field(evidential, "conv2", image_shape=(20, 20))
    with pytest.raises(ValueError, match="image_shape is .28, 28., but"):
        evicam.receptive_field(evidential, image_shape=(28, 28))
    with pytest.raises(ValueError, match="image_shape"):
        evicam.receptive_field(_native.architecture("lenet", 10), "conv2")
