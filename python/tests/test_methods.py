"""Every method's map against its equation, written out in NumPy on the same network."""

import numpy as np
import pytest

import evicam
from evicam import methods
from evicam.targets import OF_OPINION, Target
from trained import NAMES, quietly, shapes

X, Y = shapes(24, seed=3)
LAYERS = ["conv1", "relu1", "conv2", "relu2"]


def layer_values(classifier, layer, target="predicted", quantity="logit"):
    """Activations and gradients [N, h, w, C] in float64."""
    request = Target(classifier, target, quantity, len(X)).request(slice(None), layer)
    entry = next(entry for entry in classifier.network_.layers() if entry["name"] == layer)
    shape = (len(X), entry["height"], entry["width"], entry["channels"])
    activations, gradients = np.empty(shape, np.float32), np.empty(shape, np.float32)
    classifier.network_.layer_gradients(X[..., None], request, activations, gradients)
    return activations.astype(float), gradients.astype(float)


def weighted(activations, weights):
    return np.einsum("nhwc,nc->nhw", activations, weights)


def grad_cam_plus_plus(a, g):
    divisor = 2 * g**2 + g**3 * a.sum((1, 2), keepdims=True)
    alpha = np.divide(g**2, divisor, out=np.zeros_like(g), where=divisor != 0)
    return weighted(a, (alpha * np.maximum(g, 0)).sum((1, 2)))


def xgrad_cam(a, g):
    total = a.sum((1, 2))
    return weighted(a, np.divide((a * g).sum((1, 2)), total, out=np.zeros_like(total), where=total != 0))


def eigen_cam(a, g):
    flat = a.reshape(len(a), -1, a.shape[-1])
    first = np.linalg.svd(flat, full_matrices=False)[2][:, 0]
    maps = np.einsum("npc,nc->np", flat, first)
    return (maps * np.sign(maps.sum(1, keepdims=True))).reshape(a.shape[:3])


EQUATIONS = {
    "grad-cam": lambda a, g: weighted(a, g.sum((1, 2))),
    "hirescam": lambda a, g: (a * g).sum(3),
    "layercam": lambda a, g: (a * np.maximum(g, 0)).sum(3),
    "grad-cam++": grad_cam_plus_plus,
    "xgrad-cam": xgrad_cam,
    "eigen-cam": eigen_cam,
}


def scales(a, g, method):
    """How large the terms are that a map is a sum of: what rounding is relative to."""
    return np.abs(EQUATIONS[method](a, g)).max((1, 2), keepdims=True)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("method", EQUATIONS)
def test_maps_of_a_layer_follow_their_equations(evidential, method, layer):
    a, g = layer_values(evidential, layer)
    raw = quietly(evidential, X, method, layer=layer).raw
    assert (abs(raw - EQUATIONS[method](a, g)) <= 1e-4 * scales(a, g, method) + 1e-30).all()


@pytest.mark.parametrize("target, quantity", [("disc", "belief"), ("predicted", "evidence"), ("dissonance", "logit")])
@pytest.mark.parametrize("method", ["hirescam", "grad-cam++"])
def test_maps_of_a_layer_take_any_target(evidential, method, target, quantity):
    a, g = layer_values(evidential, "relu2", target, quantity)
    raw = quietly(evidential, X, method, layer="relu2", target=target, quantity=quantity).raw
    assert (abs(raw - EQUATIONS[method](a, g)) <= 1e-4 * scales(a, g, method) + 1e-30).all()


def bilinear(maps, size):
    """The usual resize of maps [n, h, w]."""

    def weights(cells):
        position = np.clip((np.arange(size) + 0.5) * cells / size - 0.5, 0, cells - 1)
        return np.maximum(0, 1 - abs(position[:, None] - np.arange(cells)))

    return np.einsum("yi,nij,xj->nyx", weights(maps.shape[1]), maps, weights(maps.shape[2]))


def stretched(maps):
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    return np.divide(maps - low, high - low, out=np.zeros_like(maps), where=high > low)


@pytest.mark.parametrize("layer", ["relu1", "conv2"])
def test_score_cam_asks_the_network_about_each_channel(evidential, layer):
    a, _ = layer_values(evidential, layer)
    explanation = quietly(evidential, X[:5], "score-cam", target="disc", layer=layer, resize="bilinear")
    for image in range(5):
        masks = stretched(bilinear(a[image].transpose(2, 0, 1), 20))
        scores = evidential.decision_function((X[image] / 255 * masks).astype(np.float32))[:, 1].astype(float)
        weights = np.exp(scores - scores.max())
        expected = np.einsum("hwc,c->hw", a[image], weights / weights.sum())
        assert abs(explanation.raw[image] - expected).max() <= 1e-4 * abs(a[image]).max()


def test_score_cam_explains_each_image_by_its_own_class(evidential):
    labels = np.resize(NAMES, 20)
    together = quietly(evidential, X[:20], "score-cam", target=labels).raw
    for image in (0, 15, 16, 19):
        alone = quietly(evidential, X[image : image + 1], "score-cam", target=labels[image]).raw
        assert np.array_equal(together[image], alone[0])


def value(classifier, images, target="predicted", quantity="logit"):
    """The target's value in each image, for the classes predicted on `X`."""
    opinion = classifier.predict_opinion(images)
    if target in OF_OPINION:
        return getattr(opinion, target).astype(float)
    table = classifier.decision_function(images) if quantity == "logit" else getattr(opinion, quantity)
    return table[:, list(NAMES).index(target)].astype(float)


def test_occlusion_is_the_mean_fall_of_the_target_under_the_patches_over_a_pixel(evidential):
    method = methods.Occlusion(patch=(6, 4), stride=(3, 4), baseline=0.25)
    raw = quietly(evidential, X[:3], method, target="bar", quantity="probability").raw
    images = X[:3] / 255.0
    sums, covers = np.zeros((3, 20, 20)), np.zeros((20, 20))
    for top in range(0, 18, 3):
        for left in range(0, 20, 4):
            covered = images.copy()
            covered[:, top : top + 6, left : left + 4] = 0.25
            fall = value(evidential, images, "bar", "probability") - value(evidential, covered, "bar", "probability")
            sums[:, top : top + 6, left : left + 4] += fall[:, None, None]
            covers[top : top + 6, left : left + 4] += 1
    assert covers.min() == 1
    assert np.allclose(raw, sums / covers, atol=1e-5)


TARGETS = [("disc", "logit"), ("bar", "belief"), ("uncertainty", "logit"), ("strength", "logit"), ("dissonance", "logit")]


@pytest.mark.parametrize("target, quantity", TARGETS)
def test_integrated_gradients_are_complete(evidential, target, quantity):
    baseline = np.full((20, 20), 0.1)
    method = methods.IntegratedGradients(steps=512, baseline=baseline)
    raw = quietly(evidential, X, method, target=target, quantity=quantity).raw
    images = (X / 255.0).astype(np.float32)
    start = value(evidential, baseline[None].astype(np.float32), target, quantity)
    gap = raw.sum((1, 2), dtype=float) - (value(evidential, images, target, quantity) - start)
    scale = abs(raw).sum((1, 2))
    # Beyond the clip of exponential evidence the slope is not the value's own: those images are not looked at.
    within = evidential.decision_function(images).max(1) < evidential.evidence_clip
    assert within.sum() > 10 and (abs(gap) <= 0.01 * scale)[within].all()


def test_the_plain_gradient_agrees_with_finite_differences(evidential):
    raw = quietly(evidential, X[:1], methods.SmoothGrad(samples=1, noise=0.0), target="disc").raw[0]
    image = np.clip(X[0] / 255.0, 0.05, 0.95).astype(np.float32)
    raw = quietly(evidential, image[None], methods.SmoothGrad(samples=1, noise=0.0), target="disc").raw[0]
    steps = 0.002 * np.eye(400, dtype=np.float32).reshape(400, 20, 20)
    slopes = (value(evidential, image + steps, "disc") - value(evidential, image - steps, "disc")) / 0.004
    # Where a step crosses a kink of the network, the difference is of two slopes.
    assert np.mean(abs(raw.ravel() - slopes) <= 0.02 * abs(slopes).max()) > 0.9


def test_smoothgrad_depends_on_its_seed_and_nothing_else(evidential):
    method = methods.SmoothGrad(samples=40, random_state=1)
    one = quietly(evidential, X, method).raw
    assert np.array_equal(one[5:9], quietly(evidential, X[5:9], method).raw)
    assert not np.array_equal(one, quietly(evidential, X, methods.SmoothGrad(samples=40, random_state=2)).raw)
    plain = quietly(evidential, X, methods.SmoothGrad(samples=1, noise=0.0)).raw
    faint = quietly(evidential, X, methods.SmoothGrad(samples=40, noise=1e-6)).raw
    # The noise decides ties of the pooling between equal pixels; elsewhere it is too faint to matter.
    assert np.mean(np.isclose(plain, faint, atol=1e-3 * abs(plain).max())) > 0.9


def test_a_layer_of_one_cell_is_told():
    text = """c = convolution(image, channels: 4, kernel: 20x20)
r = relu(c)
f = flatten(r)
z = linear(f, features: 3)"""
    classifier = evicam.EvidentialClassifier(text, epochs=1, random_state=0, verbose=False).fit(*shapes(60))
    for resize in ("aligned", "bilinear"):
        with pytest.warns(UserWarning, match="layer 'c' is a single cell"):
            explanation = quietly(classifier, X, resize=resize)
        assert np.isfinite(explanation.heatmap).all()
        assert resize == "aligned" or (np.ptp(explanation.heatmap, axis=(1, 2)) < 1e-6).all()


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: methods.RISE(n_masks=0), "n_masks is 0, but must be at least 2"),
        (lambda: methods.RISE(n_masks=2**32), "n_masks is 4294967296, but must be at most"),
        (lambda: methods.RISE(n_masks=10.0), "n_masks is 10.0"),
        (lambda: methods.RISE(grid=0), "grid is 0"),
        (lambda: methods.RISE(keep=1), "keep is 1, but must be above 0 and below 1"),
        (lambda: methods.RISE(keep=float("nan")), "keep is nan"),
        (lambda: methods.RISE(random_state=-1), "random_state is -1"),
        (lambda: methods.GradCAM(weights=None), "weights is None, but must be one of 'sum', 'mean'"),
        (lambda: methods.Occlusion(patch=0), "patch is 0"),
        (lambda: methods.Occlusion(patch=(1, 2, 3)), "patch is .1, 2, 3., but must be one number or"),
        (lambda: methods.Occlusion(patch=2, stride=3), "stride is 3, but must be at most patch"),
        (lambda: methods.Occlusion(baseline="grey"), "baseline is 'grey'"),
        (lambda: methods.Occlusion(baseline=255), "baseline must hold numbers 0..1"),
        (lambda: methods.IntegratedGradients(baseline=np.full((2, 2), np.nan)), "baseline must hold numbers 0..1"),
        (lambda: methods.IntegratedGradients(baseline=np.zeros(4)), "baseline has shape .4,."),
        (lambda: methods.IntegratedGradients(steps=0), "steps is 0"),
        (lambda: methods.SmoothGrad(samples=0), "samples is 0"),
        (lambda: methods.SmoothGrad(noise=-1), "noise is -1"),
    ],
)
def test_settings_that_cannot_be_are_refused_when_they_are_made(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


@pytest.mark.parametrize(
    "method, message",
    [
        (methods.RISE(grid=21), "grid is 21, but must be at most 20"),
        (methods.Occlusion(patch=21), "patch is 21, but must be at most 20 x 20"),
        (methods.Occlusion(baseline=np.zeros((20, 19))), "baseline has shape .20, 19., but the images are 20x20x1"),
        (methods.IntegratedGradients(baseline=np.zeros((20, 20, 3))), "baseline has shape .20, 20, 3."),
    ],
)
def test_settings_that_do_not_fit_the_images_are_refused(evidential, method, message):
    with pytest.raises(ValueError, match=message):
        evicam.explain(evidential, X, method)


@pytest.mark.parametrize("method", [methods.Occlusion, methods.IntegratedGradients])
def test_methods_with_a_baseline_image_are_values_too(method):
    black, list_of_it = method(baseline=np.zeros((2, 3))), method(baseline=[[0.0] * 3] * 2)
    assert black == method(baseline=np.zeros((2, 3), np.float32)) == list_of_it
    assert len({black, list_of_it, method(baseline=np.zeros((3, 2))), method(baseline=np.ones((2, 3))), method()}) == 4
    assert method() == method(baseline=np.array(0.0)) and repr(method(baseline=np.array(0.0))) == f"{method.__name__}()"


def test_methods_are_values():
    assert methods.RISE() == methods.RISE(n_masks=4000) != methods.RISE(grid=6)
    assert repr(methods.Occlusion(patch=(3, 4), stride=1)) == "Occlusion(patch=(3, 4), stride=1)"
    assert repr(methods.IntegratedGradients(baseline=np.zeros((2, 2)))).startswith("IntegratedGradients(baseline=array(")
    with pytest.raises(AttributeError):
        methods.RISE().grid = 3
    assert methods.GradCAM() != methods.HiResCAM() and methods.GradCAM() != "grad-cam"
    assert set(EQUATIONS) <= set(methods.BY_NAME)
    assert all(kind().name == name for name, kind in methods.BY_NAME.items())
