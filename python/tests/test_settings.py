"""Parameters are checked wherever they are used, and training that goes on keeps the network it has."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import evicam
import trained
from evicam import Augmentation, CheckpointError, EvidentialClassifier, SoftmaxClassifier, nn
from evicam.checkpoint.format import checksum
from evicam.normalisation import read_normalisation
from evicam.training import ResumeError

X, Y = trained.shapes(60)


def quick(kind=EvidentialClassifier, **settings):
    return kind(**{**dict(epochs=1, batch_size=16, random_state=0, verbose=False), **settings})


# ---- what predictions are made by ----

WRONG = [
    ("evidence", "softpluss", "evidence is 'softpluss', but must be one of .*did you mean 'softplus'"),
    ("evidence", None, "evidence is None, but must be one of"),
    ("evidence_clip", "abc", "evidence_clip is 'abc', but must be a number"),
    ("evidence_clip", 1e9, r"evidence_clip is 1e\+09, but must be at least 1 and at most 80"),
    ("test_time_flip", "no", "test_time_flip is 'no', but must be True or False"),
]


@pytest.mark.parametrize("name, value, message", WRONG)
def test_what_was_set_after_the_fit_is_checked_where_it_is_used(evidential, tmp_path, name, value, message):
    changed = copy.copy(evidential).set_params(**{name: value})
    state, path = evidential.to_torch_state(), tmp_path / "model"
    uses = [
        lambda: changed.predict(X), lambda: changed.predict(X, reject_above=0.5), lambda: changed.predict_proba(X),
        lambda: changed.predict_opinion(X), lambda: changed.logits(X), lambda: changed.score(X, Y),
        lambda: evicam.explain(changed, X, target="uncertainty"), lambda: changed.to_onnx(path, head="opinion"),
        lambda: changed.save(path), lambda: changed.load_torch_state(state), lambda: changed.fit(X, Y),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises((TypeError, ValueError), match=message):
            use()
    assert not path.exists()


@pytest.mark.parametrize("name, value, message", WRONG)
def test_what_a_file_says_is_checked(evidential, tmp_path, name, value, message):
    path = tmp_path / "model.safetensors"
    evidential.save(path)
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    metadata["params"] = json.dumps(json.loads(metadata["params"]) | {name: value})
    tensors = load_file(path)
    save_file(tensors, path, metadata | {"checksum": checksum(tensors, metadata)})
    with pytest.raises(CheckpointError, match=f"model.safetensors: {message}"):
        evicam.load(path)


# ---- training that goes on ----

ARCHITECTURE, NORMALISATION = (
    "architecture is 'resnet9', but the network was made with '(lenet'|conv1 = .*)",
    "normalisation is 'channels', but .* with None",
)


def loaded(classifier, tmp_path):
    classifier.save(tmp_path / "model.safetensors", training_state=True)
    return evicam.load(tmp_path / "model.safetensors")


@pytest.mark.parametrize("how", ["fitted", "pickled", "loaded"])
@pytest.mark.parametrize(
    "changed, message", [({"architecture": "resnet9"}, ARCHITECTURE), ({"normalisation": "channels"}, NORMALISATION)]
)
def test_another_network_is_no_training_that_goes_on(tmp_path, how, changed, message):
    classifier = quick().fit(X, Y)
    classifier = {"fitted": lambda: classifier, "pickled": lambda: pickle.loads(pickle.dumps(classifier)),
                  "loaded": lambda: loaded(classifier, tmp_path)}[how]()  # fmt: skip
    before = classifier.logits(X)
    classifier.set_params(warm_start=True, epochs=2, **changed)
    with pytest.raises(ValueError, match=message):
        classifier.fit(X, Y)
    with pytest.raises(ValueError, match=message):
        classifier.partial_fit(X, Y)
    with pytest.raises(ResumeError, match=f"{message}: cannot resume"):
        classifier.fit(X, Y, resume=True)
    assert np.array_equal(classifier.logits(X), before)
    classifier.set_params(warm_start=False).fit(X, Y).partial_fit(X, Y)  # anew


def test_the_same_network_in_other_words():
    """Names, text as people write it, and models are compared by what they say."""
    model = nn.Sequential(nn.Convolution(4, 3), nn.ReLU(), nn.GlobalAveragePooling(), nn.Linear(3))
    text = f"# four maps\n{model.text()}".replace("3x3", "3")
    classifier = quick(architecture=model, warm_start=True, schedule="constant").fit(X, Y)
    classifier.set_params(architecture=text).fit(X, Y).partial_fit(X, Y)
    classifier.set_params(architecture=model, epochs=3).fit(X, Y, resume=True)
    with pytest.raises(ValueError, match=r"architecture is 'lenet', but the network was made with Sequential\("):
        classifier.set_params(architecture="lenet").fit(X, Y)


def test_normalisation_that_came_with_weights_is_kept(tmp_path):
    """`normalisation=None` asks for none of one's own; it does not take away what weights brought."""
    quick(normalisation="channels").fit(X, Y).to_torch_state(tmp_path / "weights.safetensors")
    classifier = quick(warm_start=True).load_torch_state(tmp_path / "weights.safetensors")
    before = read_normalisation(classifier.network_, 1)
    classifier.fit(X, Y.astype(str)).partial_fit(X, Y)
    assert before is not None and np.array_equal(read_normalisation(classifier.network_, 1), before)


def test_what_was_made_is_known_after_loading(tmp_path):
    """The file holds the parameters as they are, and the network as it was made."""
    quick().fit(X, Y).set_params(architecture="resnet9").save(tmp_path / "model.safetensors")
    classifier = evicam.load(tmp_path / "model.safetensors").set_params(warm_start=True)
    with pytest.raises(ValueError, match="architecture is 'resnet9', but the network was made with "):
        classifier.fit(X, Y)
    classifier.set_params(architecture="lenet").fit(X, Y)


# ---- batches larger than what there is ----


@pytest.mark.parametrize("kind", [EvidentialClassifier, SoftmaxClassifier])
def test_a_batch_takes_no_more_memory_than_there_are_images(kind):
    classifier = quick(kind, batch_size=2**20).fit(X, Y)
    assert classifier._training_state[0]["settings"]["batch_size"] == 1024  # for its dropout
    assert np.array_equal(classifier.logits(X), quick(kind, batch_size=60).fit(X, Y).logits(X))
    classifier.partial_fit(X[:7], Y[:7]).partial_fit(X, Y)


@pytest.mark.parametrize("count", [3, 16, 33])
@pytest.mark.parametrize("architecture", ["lenet", "resnet9"])
def test_room_decides_nothing(monkeypatch, count, architecture):
    """With dropout and without: the bits of a trainer that has room for a whole batch."""

    def fitted():
        return quick(architecture=architecture, epochs=3, batch_size=100).fit(X[:count], Y[:count]).logits(X)

    found = fitted()
    monkeypatch.setattr("evicam.classifiers.settings.Settings._room", lambda self, batch_size, count: batch_size)
    assert np.array_equal(found, fitted())


def test_a_training_from_before_there_was_less_room_goes_on():
    """Its settings name the whole batch."""
    settings = dict(architecture="resnet9", batch_size=100, schedule="constant")
    classifier = quick(**settings).fit(X, Y)
    classifier._training_state[0]["settings"]["batch_size"] = 100
    classifier.set_params(epochs=2).fit(X, Y, resume=True)
    assert np.array_equal(classifier.logits(X), quick(**settings, epochs=2).fit(X, Y).logits(X))


# ---- numbers without bounds ----


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"epochs": 10**20}, "epochs is 1(0){20}, but must be at most 1000000"),
        ({"batch_size": 10**20}, "batch_size is 1(0){20}, but must be at most 1048576"),
        ({"warmup": 1e300}, r"warmup is 1e\+300, but must be at least 0 and at most 1e\+06"),
        ({"kl_annealing": 1e300}, r"kl_annealing is 1e\+300, but must be at least 0 and at most 1e\+06"),
        ({"learning_rate": 10**400}, "learning_rate is inf, but must be above 0"),
        ({"weight_decay": -(10**400)}, "weight_decay is -inf, but must be at least 0"),
        ({"average_decay": 1.0000000001}, "average_decay is 1.0000000001, but must be at least 0 and below 1"),
    ],
)
def test_numbers_beyond_all_bounds(settings, message):
    with pytest.raises(ValueError, match=message):
        quick(**settings).fit(X, Y)


@pytest.mark.parametrize("name", ["crop", "cutout"])
def test_changes_beyond_all_bounds(name):
    with pytest.raises(ValueError, match=f"{name} is 1(0){{20}}, but must be at most 2147483648"):
        Augmentation(**{name: 10**20})
    with pytest.raises(ValueError, match="epoch is 1(0){20}, but must be at most 2147483648"):
        Augmentation().apply(X, epoch=10**20)


# ---- what a softmax classifier has not ----


def test_the_history_of_a_softmax_classifier_says_nothing_of_evidence():
    history = quick(SoftmaxClassifier, epochs=2).fit(X, Y, validation=(X, Y)).history_
    silent = {name for name, values in history.items() if values == [0, 0]}
    assert {"uncertainty", "evidence_correct", "dead_evidence_fraction", "kl_share"} <= silent
    said = SoftmaxClassifier.__doc__.split("gathers no evidence")[1].split("which says nothing")[0]
    assert all(name in said for name in silent)
