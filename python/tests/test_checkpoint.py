"""Checkpoints come back as they were, and a file that is none is refused with its name and the reason."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import evicam
import trained
from evicam import CheckpointError, EvidentialClassifier, SoftmaxClassifier
from evicam.checkpoint.format import checksum

X, Y = trained.shapes(60)
QUICK = dict(epochs=1, batch_size=16, random_state=0, verbose=False)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.safetensors"
    trained.twins()[0].save(path)
    return path


def rewritten(path, tensors=None, **metadata):
    """The same file with other tensors or metadata, and a checksum of them; None removes an entry."""
    tensors = load_file(path) if tensors is None else tensors
    with safe_open(path, framework="numpy") as file:
        values = {name: value for name, value in {**file.metadata(), **metadata}.items() if value is not None}
    if "checksum" not in metadata:
        values["checksum"] = checksum(tensors, values)
    save_file(tensors, path, values)
    return path


def refused(path, message):
    with pytest.raises(CheckpointError, match=message) as caught:
        evicam.load(path)
    assert str(path) in str(caught.value)


# ---- there and back ----


@pytest.mark.smoke
@pytest.mark.parametrize("kind", [EvidentialClassifier, SoftmaxClassifier])
@pytest.mark.parametrize(
    "labels",
    [
        Y,
        np.arange(60) % 4,
        np.arange(60) % 2 == 0,
        np.arange(60) % 2 / 2,
        (np.arange(60) % 3 / 4).astype(np.longdouble),
        [("a", 1), ("b", (2.5, True))] * 30,
        ["a", 1, 2.5] * 20,
    ],
    ids=["str", "int", "bool", "float", "longdouble", "tuple", "mixed"],
)
def test_there_and_back(tmp_path, kind, labels):
    classifier = kind(**QUICK).fit(X, labels)
    classifier.save(tmp_path / "model.safetensors")
    again = evicam.load(tmp_path / "model.safetensors")
    assert type(again) is kind and again.get_params() == classifier.get_params()
    assert np.array_equal(again.decision_function(X), classifier.decision_function(X))
    assert again.predict(X).tolist() == classifier.predict(X).tolist()
    assert again.classes_.dtype == classifier.classes_.dtype
    assert again.history_ == classifier.history_
    assert (again.image_shape_, again.architecture_) == (classifier.image_shape_, classifier.architecture_)
    again.partial_fit(X, labels)  # nothing about it is read-only


def test_training_goes_on_after_loading(tmp_path):
    settings = {**QUICK, "schedule": "constant"}
    whole = EvidentialClassifier(**{**settings, "epochs": 4}).fit(X, Y)
    half = EvidentialClassifier(**{**settings, "epochs": 2}).fit(X, Y)
    half.save(tmp_path / "half.safetensors", training_state=True)
    again = evicam.load(tmp_path / "half.safetensors").set_params(epochs=4)
    again.fit(X, Y, resume=True)
    # Nothing in a step depends on how long the fit is meant to be, so the bits are the same.
    assert np.array_equal(again.decision_function(X), whole.decision_function(X))
    assert [len(values) for values in again.history_.values()] == [4] * len(again.history_)


def test_random_generators_are_not_saved(tmp_path):
    classifier = EvidentialClassifier(**{**QUICK, "random_state": np.random.default_rng(0)}).fit(X, Y)
    classifier.save(tmp_path / "model.safetensors")
    assert evicam.load(tmp_path / "model.safetensors").random_state is None


def test_labels_that_json_cannot_hold(tmp_path):
    classifier = EvidentialClassifier(**QUICK).fit(X, [frozenset("a"), frozenset("b")] * 30)
    with pytest.raises(TypeError, match="class frozenset.* is a frozenset, but a checkpoint can hold"):
        classifier.save(tmp_path / "model.safetensors")
    assert not list(tmp_path.iterdir())


class Extended(EvidentialClassifier):
    """A subclass of somebody's."""

    def __init__(self, flavour="plain", **others):
        super().__init__(**others)
        self.flavour = flavour


def test_subclasses_come_back_as_what_they_extend(tmp_path):
    extended = Extended("odd", **QUICK).fit(X, Y)
    assert extended.get_params() == {"flavour": "odd"} and "flavour='odd'" in repr(extended)
    extended.save(tmp_path / "model.safetensors")
    loaded = evicam.load(tmp_path / "model.safetensors")
    assert type(loaded) is EvidentialClassifier and loaded.batch_size == 16
    assert np.array_equal(loaded.logits(X), extended.logits(X))


def test_nothing_to_save(tmp_path):
    with pytest.raises(ValueError, match="not fitted yet"):
        EvidentialClassifier().save(tmp_path / "model.safetensors")


def test_files_are_plain_safetensors(saved):
    tensors = load_file(saved)
    assert sorted(tensors) == sorted(
        f"parameter.{layer}.{kind}" for layer in ("conv1", "conv2", "fc1", "fc2") for kind in ("weight", "bias")
    )
    assert tensors["parameter.conv1.weight"].shape == (5, 5, 1, 20)
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(saved.stat().st_mode) == 0o666 & ~umask


# ---- refused ----


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        evicam.load(tmp_path / "nowhere.safetensors")
    with pytest.raises(OSError):
        evicam.load(tmp_path)


@pytest.mark.parametrize("length", [0, 4, 8, 100, 2000, -1, -5000])
def test_truncated_files(saved, length):
    saved.write_bytes(saved.read_bytes()[:length])
    refused(saved, "not a whole safetensors file")


@pytest.mark.parametrize("place", [0.2, 0.5, 0.999999])
def test_flipped_bits(saved, place):
    content = bytearray(saved.read_bytes())
    content[int(place * len(content))] ^= 1
    saved.write_bytes(content)
    refused(saved, "is damaged: its content does not have the checksum")
    for wrong in ("00000000", "", None):
        rewritten(saved, history="{}", checksum=wrong)
        refused(saved, "is damaged")


def test_a_fraction_as_a_number(tmp_path):
    EvidentialClassifier(**QUICK, learning_rate=Fraction(1, 512)).fit(X, Y).save(tmp_path / "a.safetensors")
    assert evicam.load(tmp_path / "a.safetensors").learning_rate == 1 / 512


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is always full")
def test_a_full_disk_is_told_with_the_file():
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        trained.twins()[0].save("/dev/full")


def test_a_class_that_is_named_twice(saved):
    rewritten(saved, classes='{"dtype": "<i8", "values": [1, 2, 1]}')
    refused(saved, r"names a class twice: \[1, 2, 1\]")


def test_foreign_files(saved):
    whole = saved.read_bytes()
    for content in (b"\x80\x04pickle" * 50, b"PK\x03\x04" + whole, b"\xff" * 64, b"{}" * 30):
        saved.write_bytes(content)
        refused(saved, "not a whole safetensors file")
    save_file({"weight": np.zeros(3, np.float32)}, saved)
    refused(saved, "not a checkpoint of EvidentialClassifier")


def test_other_versions(saved):
    refused(rewritten(saved, version="2"), "has checkpoint version 2, but this evicam reads version 1: upgrade evicam")


def test_missing_extra_and_misshapen_tensors(saved):
    tensors = load_file(saved)
    name = "parameter.conv1.weight"
    refused(rewritten(saved, {key: value for key, value in tensors.items() if key != name}), "lacks parameter.conv1.weight")
    refused(rewritten(saved, {**tensors, "parameter.conv9.weight": tensors[name]}), "unknown tensors parameter.conv9.weight")
    refused(rewritten(saved, {**tensors, "stranger": tensors[name]}), "unknown tensors stranger")
    refused(rewritten(saved, {**tensors, name: tensors[name][1:]}), r"conv1.weight has shape \(4, 5, 1, 20\), but must have")
    refused(rewritten(saved, {**tensors, name: tensors[name].astype(np.float16)}), "conv1.weight is float16, but must be float32")
    broken = tensors[name].copy()
    broken[0] = np.nan
    refused(rewritten(saved, {**tensors, name: broken}), "conv1.weight holds NaN or infinity")


@pytest.mark.parametrize("entry", ["class", "architecture", "image_shape", "classes", "params", "history"])
def test_missing_and_nonsensical_metadata(saved, entry):
    whole = saved.read_bytes()
    refused(rewritten(saved, **{entry: None}), f"lacks the metadata entry '{entry}'")
    for nonsense in ("", "{", "[[]]", '"x"', "-1", '{"a": 1}', "null", "[1e99, 1e99, 1]", "[1000000000, 1000000000, 1]"):
        saved.write_bytes(whole)
        rewritten(saved, **{entry: nonsense})
        refused(saved, r"model\.safetensors")


def test_nonsensical_training_states(tmp_path):
    path = tmp_path / "model.safetensors"
    EvidentialClassifier(**QUICK).fit(X, Y).save(path, training_state=True)
    whole = path.read_bytes()
    tensors = load_file(path)
    refused(rewritten(path, {k: v for k, v in tensors.items() if k != "training.first_moment"}), "lacks training.first_moment")
    path.write_bytes(whole)
    refused(rewritten(path, {**tensors, "training.first_moment": np.zeros(3, np.float32)}), r"first_moment has shape \(3,\)")
    for nonsense in ("", "[]", "{}", '{"progress": {}, "settings": {}}'):
        path.write_bytes(whole)
        rewritten(path, tensors, training=nonsense)
        with pytest.raises((CheckpointError, ValueError)):
            evicam.load(path).fit(X, Y, resume=True)


# ---- atomic ----


def test_a_full_disk_leaves_the_old_file(saved):
    """A limit on file sizes stands for the disk: writing fails half-way, as it does on a full one."""
    before = saved.read_bytes()
    code = f"""
import resource, signal, sys
sys.path[:0] = {sys.path!r}
import evicam
classifier = evicam.load({str(saved)!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    classifier.save({str(saved)!r})
except OSError as error:
    print("refused:", error)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "refused:" in done.stdout
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_folders_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder.*nowhere"):
        trained.twins()[0].save(tmp_path / "nowhere" / "model.safetensors")


def test_links_lead_on_and_permissions_stay(saved):
    target = saved.with_name("elsewhere")
    target.mkdir()
    target = target / "model.safetensors"
    os.replace(saved, target)
    target.chmod(0o640)
    saved.symlink_to(target)
    before = target.stat().st_ino
    trained.twins()[0].save(saved)
    assert saved.is_symlink() and target.stat().st_ino != before
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert list(target.parent.iterdir()) == [target]


def test_pipes_are_written_to(tmp_path):
    pipe, copy = tmp_path / "pipe", tmp_path / "copy"
    os.mkfifo(pipe)
    with copy.open("wb") as file, subprocess.Popen(["cat", pipe], stdout=file):
        trained.twins()[0].save(pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert (evicam.load(copy).predict(X) == trained.twins()[0].predict(X)).all()


def test_standard_output_is_written_to(tmp_path):
    """A pipe that has no path of its own."""
    code = f"import sys; sys.path[:0] = {sys.path!r}\nfrom evicam.files import write_file; write_file('/dev/stdout', 'said')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("said", "")


def test_classes_that_no_file_can_hold(tmp_path):
    """Known before the training, not after its first epoch."""
    path = tmp_path / "training.safetensors"
    long = 1 / np.arange(3, 5, dtype=np.longdouble)  # a third has more digits than JSON's floats
    finer = [long] if np.finfo(long.dtype).nmant > 52 else []  # not on every machine
    for classes in ([b"a", b"b"], np.array(["2024-01-01", "2024-01-02"], "datetime64[D]"), *finer):
        labels = np.asarray(classes)[np.arange(len(X)) % 2]
        with pytest.raises(TypeError, match="class .* but a checkpoint can hold"):
            EvidentialClassifier(**QUICK).fit(X, labels, checkpoint=path)
        assert not path.exists()


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(IsADirectoryError, match="folder"):
        trained.twins()[0].save(tmp_path)


def test_metadata_is_json(saved):
    with safe_open(saved, framework="numpy") as file:
        metadata = file.metadata()
    assert metadata["format"] == "evicam" and metadata["version"] == "1"
    assert json.loads(metadata["classes"])["values"] == ["bar", "disc", "frame"]
