"""Networks with batch normalisation: training, saving, resuming, explaining, and what goes wrong."""

import numpy as np
import pytest

import evicam
from evicam import nn, parameters
from trained import shapes

X, Y = shapes(480)


def tiny(last=None):
    """A residual network that learns bars, discs and frames in seconds."""

    def normalised(channels, kernel, **options):
        return [nn.Convolution(channels, kernel, bias=False, **options), nn.BatchNormalisation()]  # fmt: skip

    return nn.Sequential(
        *normalised(8, 3, padding=1), nn.ReLU(),
        nn.Residual(
            nn.Sequential(*normalised(16, 3, stride=2, padding=1), nn.ReLU(), *normalised(16, 3, padding=1)),
            nn.Sequential(*normalised(16, 1, stride=2)),
        ),
        nn.ReLU(name="block"),
        *([nn.Convolution(16, 10), nn.BatchNormalisation(name="single")] if last else []),
        nn.GlobalAveragePooling(),
        nn.Linear(3),
    )  # fmt: skip


def quick(**settings):
    given = dict(epochs=8, batch_size=24, learning_rate=1e-2, random_state=0, verbose=False)
    return evicam.EvidentialClassifier(settings.pop("architecture", tiny()), **{**given, **settings})


@pytest.fixture(scope="module")
def fitted():
    return quick().fit(X, Y)


def test_it_learns(fitted):
    assert fitted.score(*shapes(150, seed=1)) > 0.9


def test_running_statistics_follow_the_batches(fitted):
    found = parameters.read_parameters(fitted.network_)
    assert (found["bn1.running_var"] > 0).all() and not np.allclose(found["bn1.running_var"], 1, atol=0.05)
    assert not np.allclose(found["bn2.running_mean"], 0, atol=0.05)
    assert found["bn1.running_mean"].shape == (8,)


@pytest.mark.parametrize("threads", [1, 3, 8])
def test_any_number_of_threads_gives_the_same_bits(fitted, threads):
    before = evicam.num_threads()
    evicam.set_num_threads(threads)
    try:
        again = quick().fit(X, Y)
        one, other = parameters.read_parameters(fitted.network_), parameters.read_parameters(again.network_)
        assert all(np.array_equal(one[name], other[name]) for name in one)
        assert np.array_equal(again.decision_function(X), fitted.decision_function(X))
    finally:
        evicam.set_num_threads(before)


def test_a_checkpoint_holds_all_of_it(fitted, tmp_path):
    fitted.save(tmp_path / "model.safetensors")
    loaded = evicam.load(tmp_path / "model.safetensors")
    assert np.array_equal(loaded.decision_function(X), fitted.decision_function(X))


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_a_resumed_fit_ends_with_the_same_bits(tmp_path, average):
    settings = dict(average_decay=average, validation_fraction=0.2, early_stopping=4, schedule="constant")
    whole = quick(**settings, epochs=4).fit(X, Y)
    half = quick(**settings, epochs=2).fit(X, Y)
    half.save(tmp_path / "half.safetensors", training_state=True)
    rest = evicam.load(tmp_path / "half.safetensors").set_params(epochs=4, verbose=False).fit(X, Y, resume=True)
    assert rest.history_["val_loss"] == whole.history_["val_loss"]
    assert np.array_equal(rest.decision_function(X), whole.decision_function(X))


def test_the_best_weights_come_with_their_statistics():
    """The network that is kept scores what was measured when it was the best, to the bit."""
    held_out = shapes(90, seed=2)
    classifier = quick(epochs=7, schedule="constant", learning_rate=2e-2, early_stopping=7).fit(X, Y, validation=held_out)
    best = max(classifier.history_["val_accuracy"])
    assert classifier.history_["val_accuracy"][-1] != best or len(set(classifier.history_["val_loss"])) > 1
    assert classifier.score(*held_out) == best


def test_every_layer_can_be_explained(fitted):
    for layer in fitted.network_.layers():
        if layer["spatial"]:
            found = evicam.explain(fitted, X[:4], "layercam", layer=layer["name"], target=["bar", "disc", "frame", "bar"])
            assert found.raw.shape == (4, layer["height"], layer["width"]), layer["name"]
            assert np.isfinite(found.raw).all()


def test_fields_meet_where_branches_do():
    """Both ways through a block look at the same places; the sum sees as far as the longer one."""
    block, short = (evicam.receptive_field(tiny(), name, image_shape=(20, 20)) for name in ("block", "conv4"))
    assert block.start == short.start == (0, 0) and block.jump == short.jump == (2, 2)
    assert short.size == (3, 3) and block.size == (9, 9)
    field = evicam.receptive_field("resnet18", "layer3.1.relu2", image_shape=(32, 32))
    assert field.has_centres and field.jump == (4, 4) and field.cells == (8, 8)


@pytest.mark.parametrize(
    "architecture, layer, found",
    [
        ("resnet18", None, "layer4.1.relu2"),
        ("resnet18", "layer3", "layer3.1.relu2"),
        ("resnet18", "layer2.0", "layer2.0.relu2"),
        ("resnet18", "layer2.0.downsample", "layer2.0.downsample.1"),
        ("resnet9", None, "layer3.residual.sum"),
        ("lenet", None, "conv2"),
    ],
)
def test_blocks_stand_for_their_last_layer(architecture, layer, found):
    assert evicam.receptive_field(architecture, layer, image_shape=(32, 32)).layer == found


def test_an_unknown_block_is_told():
    with pytest.raises(ValueError, match="layer is 'layer5', but must be one of conv1"):
        evicam.receptive_field("resnet18", "layer5", image_shape=(32, 32))


def test_a_batch_of_one_without_a_variance_is_refused():
    with pytest.raises(ValueError, match=r"25 images in batches of 24 .*'single'.*another batch size"):
        quick(architecture=tiny(last=True)).fit(X[:25], Y[:25])
    with pytest.raises(ValueError, match="in batches of 1 "):
        quick(architecture=tiny(last=True), batch_size=1).fit(X[:6], Y[:6])
    quick(epochs=1, batch_size=1).fit(X[:6], Y[:6])  # maps of many pixels have one


def test_a_negative_variance_is_refused(fitted):
    names = [name for name, _ in fitted.network_.parameters()]
    with pytest.raises(ValueError, match="'bn1.running_var' holds -1"):
        fitted.network_.write_parameter(names.index("bn1.running_var"), np.full(8, -1, np.float32))


def test_images_too_small_for_the_strides_are_refused():
    with pytest.raises(ValueError, match=r"images of 1x1 .*'conv1'"):
        quick(architecture=nn.Sequential(nn.Convolution(4, 3), nn.GlobalAveragePooling(), nn.Linear(3))).fit(X[:6, :1, :1], Y[:6])
