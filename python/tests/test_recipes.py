"""What a training recipe is made of: averages, decay, smoothed labels, a start with softmax, flips at test time."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import evicam
import evicam.architectures
import trained
from evicam import EvidentialClassifier, SoftmaxClassifier, parameters

X, Y = trained.shapes(150)
KINDS = [EvidentialClassifier, SoftmaxClassifier]


def quick(kind=EvidentialClassifier, **settings):
    return kind(**{**dict(epochs=3, batch_size=16, random_state=0, verbose=False), **settings})


def weights(classifier):
    return parameters.flat(parameters.read_parameters(classifier.network_))


# ---- by name ----


def test_recipes_are_what_classifiers_take():
    """Each fits its kind; the last quarter of however long a training is evidential."""
    for architecture in evicam.architectures.ARCHITECTURES:
        for dataset in ("mnist", "fashion-mnist", "cifar-10"):
            for name, kind in (("evidential", EvidentialClassifier), ("softmax", SoftmaxClassifier)):
                settings = evicam.recipe(architecture, dataset, name)
                assert kind(**settings).get_params()["architecture"] == architecture and settings["epochs"] >= 10
    assert evicam.recipe("resnet9")["softmax_epochs"] == 30 and evicam.recipe("resnet9", epochs=1)["softmax_epochs"] == 0.75
    assert "softmax_epochs" not in evicam.recipe("lenet") | evicam.recipe("resnet9", kind="softmax")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (dict(architecture="resnet-18"), "architecture is 'resnet-18', but must be one of .* (did you mean 'resnet18'?)"),
        (dict(architecture=evicam.nn.ReLU()), "architecture is .*ReLU.*, but must be one of"),
        (dict(dataset="svhn"), "dataset is 'svhn', but must be one of 'mnist', 'fashion-mnist', 'cifar-10'"),
        (dict(kind=None), "kind is None, but must be one of 'evidential', 'softmax'"),
        (dict(epochs=0), "epochs is 0"),
    ],
)
def test_recipes_name_what_they_do_not_know(arguments, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(").replace(")", r"\)").replace("?", r"\?")):
        evicam.recipe(**arguments)


# ---- averages ----


def test_the_average_predicts():
    """One step at a time, the average of the weights that plain training passes through."""
    decay, path = 0.8, []
    plain = quick(epochs=1, schedule="constant", batch_size=150)
    plain.partial_fit(X, Y)
    averaged = quick(epochs=1, schedule="constant", batch_size=150, average_decay=decay)
    averaged.partial_fit(X, Y)
    start = quick(epochs=1, schedule="constant", batch_size=150, learning_rate=1e-30).partial_fit(X, Y)
    average = weights(start).astype(np.float64)
    for step in range(6):
        path.append(weights(plain))
        rate = 1 - min(decay, (1 + step) / (10 + step))
        average += rate * (path[-1] - average)
        np.testing.assert_allclose(weights(averaged), average, atol=1e-6)
        plain.partial_fit(X, Y)
        averaged.partial_fit(X, Y)


@pytest.mark.parametrize("kind", KINDS)
def test_the_average_is_validated_and_saved(kind, tmp_path):
    classifier = quick(kind, average_decay=0.9).fit(X, Y, validation=(X[:60], Y[:60]))
    assert classifier.score(X[:60], Y[:60]) == classifier.history_["val_accuracy"][-1]
    classifier = quick(kind, average_decay=0.9).fit(X, Y)
    arrays = classifier._training_state[1]
    assert np.array_equal(weights(classifier), arrays["average_parameters"])
    assert not np.array_equal(weights(classifier), arrays["parameters"])
    classifier.save(tmp_path / "model.safetensors", training_state=True)
    again = evicam.load(tmp_path / "model.safetensors")
    assert np.array_equal(weights(again), weights(classifier))
    for name, values in arrays.items():
        assert np.array_equal(again._training_state[1][name], values), name


def test_averages_do_not_change_the_training():
    plain, averaged = quick().fit(X, Y), quick(average_decay=0.9).fit(X, Y)
    assert plain.history_["loss"] == averaged.history_["loss"]
    assert np.array_equal(weights(plain), averaged._training_state[1]["parameters"])


# ---- decay ----


NORMALISED = """
conv = convolution(image, channels: 4, kernel: 3, bias: false)
bn = batchNormalisation(conv)
pool = globalAveragePooling(bn)
fc = linear(pool, features: 3)
"""


@pytest.mark.parametrize("architecture", ["lenet", NORMALISED], ids=["lenet", "normalised"])
@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
def test_decay_spares_parameters_of_one_axis(optimiser, architecture):
    """One step with decay and one without differ in the weights, and in the others only where decay meets them."""

    def moved(decay_biases):
        classifier = quick(optimiser=optimiser, schedule="constant", learning_rate=0.01, epochs=1, warm_start=True)
        classifier.set_params(architecture=architecture).fit(X, Y)
        for index, (name, shape) in enumerate(classifier.network_.parameters()):
            if name.endswith("bias"):
                classifier.network_.write_parameter(index, np.full(shape, 0.5, np.float32))
        before = parameters.read_parameters(classifier.network_)
        after = {}
        for decay in (0.0, 0.5):
            other = copy.deepcopy(classifier).set_params(weight_decay=decay, decay_biases=decay_biases, batch_size=150)
            after[decay] = parameters.read_parameters(other.fit(X, Y).network_)
        names = [name for name in before if not name.startswith("bn.running")]
        return {name: (before[name].ndim, np.abs(after[0.5][name] - after[0.0][name]).max()) for name in names}

    for choice in (False, True, "auto"):
        spared = choice is False or (choice == "auto" and architecture == NORMALISED)
        for name, (axes, most) in moved(choice).items():
            assert (most == 0) == (spared and axes == 1), (name, choice)


# ---- the head's rate ----


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
def test_the_head_has_a_rate_of_its_own(optimiser):
    """After one step from the same weights, the head has gone a third as far, and everything else the same way."""

    def moved(rate):
        classifier = quick(optimiser=optimiser, schedule="constant", learning_rate=0.01, batch_size=150, warm_start=True)
        start = parameters.read_parameters(classifier.set_params(epochs=1).fit(X, Y).network_)
        classifier.set_params(head_rate=rate).fit(X, Y)
        return {name: values - start[name] for name, values in parameters.read_parameters(classifier.network_).items()}

    full, slow = moved(1.0), moved(1 / 3)
    for name, values in full.items():
        np.testing.assert_allclose(slow[name], values / 3 if name.startswith("fc2") else values, rtol=1e-3, atol=1e-7)
        assert np.abs(values).max() > 1e-5


# ---- smoothed labels ----


def test_smoothed_labels_leave_less_confidence():
    sharp = quick(SoftmaxClassifier, epochs=15).fit(X, Y).predict_proba(X).max(axis=1).mean()
    smooth = quick(SoftmaxClassifier, epochs=15, label_smoothing=0.3).fit(X, Y).predict_proba(X).max(axis=1).mean()
    # The best fit to smoothed labels is 1 - 0.3 + 0.3 / 3.
    assert sharp > 0.95 and abs(smooth - 0.8) < 0.08


# ---- softmax first ----


@pytest.mark.parametrize("smoothing", [0, 0.1])
def test_softmax_first_is_softmax_training(smoothing):
    """Until the switch the weights are those of the softmax twin; KL and its annealing begin after it."""
    settings = dict(schedule="constant", epochs=4, label_smoothing=smoothing)
    classifier = quick(softmax_epochs=2, kl_annealing=2, **settings).fit(X, Y)
    twin = quick(SoftmaxClassifier, **settings).fit(X, Y)
    assert classifier.history_["loss"][:2] == twin.history_["loss"][:2]
    assert classifier.history_["loss"][2] != twin.history_["loss"][2]
    assert classifier.history_["kl_share"][:2] == [0, 0] and classifier.history_["kl_share"][3] > 0
    assert classifier.history_["kl_weight"] == pytest.approx([0, 0, 0, 0.05])
    # The opinions of that time are recorded as they would be read.
    assert all(0 < u < 1 for u in classifier.history_["uncertainty"])


def test_softmax_weights_are_never_kept():
    """However accurate they are: epoch 1 is validated, but only later ones can be the best."""
    classifier = quick(softmax_epochs=2, validation_fraction=0.3, epochs=4, early_stopping=2).fit(X, Y)
    numbers, _ = classifier._training_state
    assert numbers["progress"]["best_epoch"] >= 3
    assert len(classifier.history_["val_accuracy"]) == 4


@pytest.mark.parametrize("value", [-1, 3, 5.5, np.nan])
def test_softmax_epochs_out_of_range(value):
    with pytest.raises(ValueError, match="softmax_epochs is .* but must be at least 0 and below 3"):
        quick(softmax_epochs=value).fit(X, Y)


def test_labels_that_are_smoothed_in_vain():
    with pytest.raises(ValueError, match="label_smoothing is 0.1, but softmax_epochs is 0"):
        quick(label_smoothing=0.1).fit(X, Y)
    with pytest.raises(ValueError, match="label_smoothing is 1.5, but must be at least 0 and below 1"):
        quick(label_smoothing=1.5, softmax_epochs=1).fit(X, Y)


# ---- flips at test time ----


@pytest.mark.parametrize("kind", KINDS)
def test_flips_take_the_mean_of_the_logits(kind):
    classifier = quick(kind).fit(X, Y)
    wanted = (classifier.decision_function(X) + classifier.decision_function(X[:, :, ::-1])) / 2
    classifier.set_params(test_time_flip=True)
    assert np.array_equal(classifier.decision_function(X), wanted)
    assert np.array_equal(classifier.predict(X), classifier.classes_[wanted.argmax(axis=1)])
    assert classifier.score(X, Y) == np.mean(classifier.predict(X) == Y)
    np.testing.assert_array_equal(classifier.predict_proba(X), classifier.predict_proba(X[:, :, ::-1]))


def test_flips_are_the_geometric_mean_of_evidence():
    classifier = quick(evidence_clip=80).fit(X, Y)
    one, other = (classifier.predict_opinion(x).evidence.astype(np.float64) for x in (X, X[:, :, ::-1]))
    both = classifier.set_params(test_time_flip=True).predict_opinion(X).evidence
    np.testing.assert_allclose(both, np.sqrt(one * other), rtol=1e-4)


# ---- all together ----


@pytest.mark.filterwarnings("ignore::evicam.CollapseWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_bits_for_any_threads(kind):
    settings = dict(
        optimiser="sgd", learning_rate=0.02, weight_decay=5e-4, decay_biases=False, schedule="cosine", warmup=1,
        average_decay=0.9, normalisation="channels", augmentation=evicam.Augmentation(crop=2, flip=True, cutout=4, rotation=5),
        validation_fraction=0.2, test_time_flip=True,
    )  # fmt: skip
    threads = evicam.num_threads()
    try:
        results = []
        for count in (1, 2, 5):
            evicam.set_num_threads(count)
            results.append(quick(kind, **settings).fit(X, Y).decision_function(X))
    finally:
        evicam.set_num_threads(threads)
    assert np.array_equal(results[0], results[1]) and np.array_equal(results[0], results[2])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"average_decay": 1}, "average_decay is 1, but must be at least 0 and below 1"),
        ({"head_rate": 0}, "head_rate is 0, but must be at least 1e-09 and at most 1e\\+09"),
        ({"decay_biases": "never"}, "decay_biases is 'never', but must be 'auto', True or False"),
        ({"test_time_flip": "yes"}, "test_time_flip is 'yes', but must be True or False"),
    ],
)
def test_impossible_settings(settings, message):
    for kind in KINDS:
        with pytest.raises((TypeError, ValueError), match=message):
            quick(kind, **settings).fit(X, Y)
    with pytest.raises(ValueError, match="label_smoothing is 1, but must be at least 0 and below 1"):
        quick(SoftmaxClassifier, label_smoothing=1).fit(X, Y)
