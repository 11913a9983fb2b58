"""Fits that start from weights of other images and other classes, from files and from addresses."""

from __future__ import annotations

import copy
import hashlib
import http.server
import re
import threading

import numpy as np
import pytest
from safetensors.numpy import save_file

import evicam
from evicam import EvidentialClassifier, SoftmaxClassifier, WeightsError
from evicam.normalisation import read_normalisation

SEED = 3
# A residual network in small, whose stem is the ImageNet one.
TEXT = """
conv1 = convolution(image, channels: 6, kernel: {kernel}, padding: {padding}, bias: false)
bn1 = batchNormalisation(conv1)
relu = relu(bn1)
layer1.conv = convolution(relu, channels: 6, kernel: 3, padding: 1, bias: false)
add = add(layer1.conv, relu)
pool = globalAveragePooling(add)
fc = linear(pool, features: {classes})
"""


def text(classes, kernel=7):
    return TEXT.format(classes=classes, kernel=kernel, padding=kernel // 2)


def images(channels, count=12, side=12, seed=0):
    shape = (count, side, side, channels) if channels > 1 else (count, side, side)
    return np.random.default_rng(seed).uniform(size=shape).astype(np.float32)


def untrained(architecture, classes=3, channels=3, **settings):
    """A classifier right before its first step: the learning rate is next to nothing."""
    settings = dict(epochs=1, batch_size=12, learning_rate=1e-30, random_state=SEED, verbose=False) | settings
    return SoftmaxClassifier(architecture, **settings).fit(images(channels), np.arange(12) % classes)


@pytest.fixture
def weights():
    """Weights of five classes, colour images and kernels of 7x7."""
    random = np.random.default_rng(1)
    state = untrained(text(5), classes=5).to_torch_state()
    return {name: values if values.ndim == 0 else random.uniform(0.1, 1, values.shape).astype(np.float32) / 10
            for name, values in state.items()}  # fmt: skip


@pytest.fixture
def file(tmp_path, weights):
    save_file(weights, tmp_path / "weights.safetensors")
    return tmp_path / "weights.safetensors"


def parameters(state):
    """What training changes, or leaves, of a state dict: all but the running statistics and the counters."""
    return {name: values for name, values in state.items() if name.endswith((".weight", ".bias"))}


# ---- what becomes of the weights ----


def test_the_same_network_starts_from_them_all(file, weights):
    found = untrained(text(5), classes=5, pretrained=file)
    assert found.pretrained_ == []
    assert all(np.array_equal(values, weights[name]) for name, values in parameters(found.to_torch_state()).items())


def test_another_number_of_classes_gets_a_fresh_head(file, weights):
    found = untrained(text(3), pretrained=file)
    fresh = untrained(text(3)).to_torch_state()
    for name, values in parameters(found.to_torch_state()).items():
        wanted = (fresh if name.startswith("fc.") else weights)[name]
        assert np.allclose(values, wanted, rtol=0, atol=1e-25), name  # biases of 0 have moved by the learning rate
    assert found.pretrained_ == ["layer 'fc' begins anew: the pretrained weights have 5 outputs, and there are 3 classes"]


def test_a_smaller_stem_gets_the_middle(file, weights):
    found = untrained(text(5, kernel=3), classes=5, pretrained=file)
    assert np.array_equal(found.to_torch_state()["conv1.weight"], weights["conv1.weight"][:, :, 2:5, 2:5])
    assert found.pretrained_ == ["layer 'conv1' begins with the middle 3x3 of its 7x7 kernels"]


@pytest.mark.parametrize("kernel", [4, 6, 9])
def test_other_stems_begin_anew(file, kernel):
    found = untrained(text(5, kernel=kernel), classes=5, pretrained=file)
    fresh = untrained(text(5, kernel=kernel), classes=5).to_torch_state()
    assert np.array_equal(found.to_torch_state()["conv1.weight"], fresh["conv1.weight"])
    assert found.pretrained_ == [f"layer 'conv1' begins anew: kernels of 7x7 cannot become {kernel}x{kernel}"]


@pytest.mark.filterwarnings("ignore:strict is False")
def test_grey_images_give_what_grey_ones_in_colour_gave(file, tmp_path):
    grey, three = images(1, seed=2), np.repeat(images(1, seed=2)[..., None], 3, axis=-1)
    in_colour = untrained(text(5), classes=5, pretrained=file)
    in_grey = untrained(text(5), classes=5, channels=1, pretrained=file)
    assert in_grey.pretrained_ == ["layer 'conv1' reads grey images with the sum of its kernels of 3 colours"]
    # The running statistics followed other images; with the same they are the same network.
    statistics = {name: values for name, values in in_colour.to_torch_state().items() if ".running" in name}
    in_grey.load_torch_state(statistics, strict=False)
    assert np.allclose(in_grey.decision_function(grey), in_colour.decision_function(three), rtol=1e-4, atol=1e-4)
    # And back again.
    in_grey.to_torch_state(tmp_path / "grey.safetensors")
    again = untrained(text(5), classes=5, pretrained=tmp_path / "grey.safetensors")
    assert again.pretrained_ == ["layer 'conv1' reads 3 colours with a third of its grey kernel each"]
    again.load_torch_state(statistics, strict=False)
    assert np.allclose(again.decision_function(three), in_colour.decision_function(three), rtol=1e-4, atol=1e-4)


def test_all_at_once_is_said(file, capsys):
    found = untrained(text(3, kernel=3), channels=1, pretrained=file, verbose=True)
    assert len(found.pretrained_) == 3
    shown = capsys.readouterr().err
    assert all(f"pretrained: {note}\n" in shown for note in found.pretrained_)


def test_images_of_another_size(file):
    found = SoftmaxClassifier(text(3), pretrained=file, epochs=1, verbose=False).fit(images(3, side=17), np.arange(12) % 3)
    assert found.image_shape_ == (17, 17, 3)


def test_checkpoints_of_evicam(tmp_path, file, weights):
    untrained(text(5), classes=5, pretrained=file).save(tmp_path / "own.safetensors")
    found = untrained(text(4), classes=4, pretrained=tmp_path / "own.safetensors").to_torch_state()
    assert np.array_equal(found["conv1.weight"], weights["conv1.weight"])


@pytest.mark.parametrize("written", ["save", "to_torch_state"])
def test_pixels_are_read_as_they_were(tmp_path, written):
    before = untrained(text(5), classes=5, normalisation="channels")
    getattr(before, written)(tmp_path / "own.safetensors")
    found = untrained(text(5), classes=5, pretrained=tmp_path / "own.safetensors")
    assert found.pretrained_ == ["pixels are normalised as they were for the pretrained weights"]
    pairs = [read_normalisation(classifier.network_, 3) for classifier in (before, found)]
    assert np.array_equal(*pairs)
    # By the new images where that is asked for; by the mean of the channels where there is one.
    own = untrained(text(5), classes=5, pretrained=tmp_path / "own.safetensors", normalisation="channels")
    assert own.pretrained_ == [] and read_normalisation(own.network_, 3) is not None
    grey = untrained(text(5), classes=5, channels=1, pretrained=tmp_path / "own.safetensors")
    assert grey.pretrained_[-1] == "pixels are normalised by the mean of the pretrained 3 channels'"
    assert np.allclose(read_normalisation(grey.network_, 1), np.mean(pairs[0], axis=1, keepdims=True))


def test_training_begins_there_and_changes_them(file, weights):
    settings = dict(pretrained=file, epochs=2, batch_size=4, random_state=0, verbose=False)
    first = EvidentialClassifier(text(3), **settings).fit(images(3), np.arange(12) % 3)
    second = EvidentialClassifier(text(3), **settings).fit(images(3), np.arange(12) % 3)
    state = first.to_torch_state()
    assert all(np.array_equal(values, state[name]) for name, values in second.to_torch_state().items())
    assert not np.array_equal(state["conv1.weight"], weights["conv1.weight"])
    apart = EvidentialClassifier(text(3), **(settings | {"pretrained": None})).fit(images(3), np.arange(12) % 3)
    assert np.linalg.norm(state["conv1.weight"] - weights["conv1.weight"]) < np.linalg.norm(
        apart.to_torch_state()["conv1.weight"] - weights["conv1.weight"]
    )


@pytest.mark.filterwarnings("ignore:strict is False")
def test_partial_fit_begins_there_once(file, weights):
    classifier = SoftmaxClassifier(text(3), pretrained=file, learning_rate=1e-30, random_state=0, verbose=False)
    classifier.partial_fit(images(3), np.arange(12) % 3)
    assert np.array_equal(classifier.to_torch_state()["conv1.weight"], weights["conv1.weight"])
    classifier.load_torch_state({"conv1.weight": np.ones((6, 3, 7, 7))}, strict=False)
    classifier.partial_fit(images(3), np.arange(12) % 3)
    assert (classifier.to_torch_state()["conv1.weight"] == 1).all()


@pytest.mark.filterwarnings("ignore:strict is False")
def test_a_fit_that_goes_on_does_not_begin_again(file, tmp_path):
    classifier = untrained(text(3), pretrained=file)
    classifier.load_torch_state({"conv1.weight": np.ones((6, 3, 7, 7))}, strict=False)
    file.unlink()
    classifier.set_params(warm_start=True).fit(images(3), np.arange(12) % 3)
    assert (classifier.to_torch_state()["conv1.weight"] == 1).all()


def test_it_is_saved_as_a_parameter(file, tmp_path):
    classifier = untrained(text(3), pretrained=file)
    classifier.save(tmp_path / "model.safetensors")
    assert evicam.load(tmp_path / "model.safetensors").pretrained == str(file)
    again = copy.deepcopy(classifier)
    assert again.pretrained == file and np.array_equal(
        again.decision_function(images(3)), classifier.decision_function(images(3))
    )


# ---- refused ----


def refused(message, architecture=None, kind=WeightsError, **settings):
    classifier = SoftmaxClassifier(architecture or text(3), epochs=1, verbose=False, **settings)
    with pytest.raises(kind, match=message):
        classifier.fit(images(3), np.arange(12) % 3)
    assert not hasattr(classifier, "network_")


def test_other_architectures_are_refused_with_a_list(file):
    other = text(3).replace("layer1.conv", "layer2.conv")
    refused(f"pretrained is '{re.escape(str(file))}', but .* lacks layer2.conv.weight; .* unknown tensors layer1.conv.weight",
            other, pretrained=file)  # fmt: skip
    wider = text(3).replace("channels: 6", "channels: 7")
    refused(r"bn1.bias has shape \(6,\), but must have \(7,\)", wider, pretrained=file)


def test_files_that_cannot_be(tmp_path, file):
    refused("nowhere", kind=FileNotFoundError, pretrained=tmp_path / "nowhere.pth")
    (tmp_path / "text.pth").write_text("hello")
    refused("text.pth: it is neither a whole safetensors file", pretrained=tmp_path / "text.pth")
    refused("pretrained is a int, but must be a file, an", kind=TypeError, pretrained=3)
    refused("must be the file's SHA-256", kind=ValueError, pretrained=file, pretrained_sha256="abc")
    refused("given without pretrained", kind=ValueError, pretrained_sha256="0123456789abcdef")
    refused(f"{re.escape(str(file))} has the SHA-256 [0-9a-f]{{64}}, but it must begin with 0123456789", pretrained=file,
            pretrained_sha256="0123456789")  # fmt: skip


def test_a_file_with_the_right_checksum(file):
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    for known in (digest, digest[:8], digest.upper()):
        assert untrained(text(3), pretrained=str(file), pretrained_sha256=known).pretrained_


@pytest.mark.parametrize(
    "place", ["ftp://localhost/a-01234567.pth", "file:///etc/passwd", "http://localhost/", "https://localhost"]
)
def test_addresses_that_cannot_be(place):
    refused("an address must be that of a file, by http or https", kind=ValueError, pretrained=place)


# ---- addresses ----


@pytest.fixture
def server(tmp_path, monkeypatch):
    """The address of a server on this machine, the folder it gives, and what was asked of it."""
    folder, asked = tmp_path / "served", []
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=folder)

        def log_message(self, *args):
            asked.append(self.path)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", folder, asked
        finally:
            server.shutdown()
            thread.join()


def test_addresses_are_downloaded_once_and_checked(server, file, weights, tmp_path):
    address, folder, asked = server
    data = file.read_bytes()
    name = f"net-{hashlib.sha256(data).hexdigest()[:8]}.safetensors"
    (folder / name).write_bytes(data)
    kept = tmp_path / "cache/evicam/weights" / name
    for _ in range(2):
        found = untrained(text(3), pretrained=f"{address}/{name}?download=true").to_torch_state()
        assert np.array_equal(found["conv1.weight"], weights["conv1.weight"])
    assert len(asked) == 1 and kept.read_bytes() == data
    kept.write_bytes(data[:-1])  # damaged there: fetched again
    untrained(text(3), pretrained=f"{address}/{name}")
    assert len(asked) == 2 and kept.read_bytes() == data
    assert [path.name for path in kept.parent.iterdir()] == [name]


def test_what_was_downloaded_must_be_what_was_meant(server, file, tmp_path):
    address, folder, _ = server
    (folder / "net-00000000.safetensors").write_bytes(file.read_bytes())
    (folder / "net.safetensors").write_bytes(file.read_bytes())
    refused("has the SHA-256 .* must begin with 00000000", pretrained=f"{address}/net-00000000.safetensors")
    refused("must begin with 11111111", pretrained=f"{address}/net.safetensors", pretrained_sha256="1" * 8)
    refused("nothing vouches for: pass pretrained_sha256", kind=ValueError, pretrained=f"{address}/net.safetensors")
    refused("could not be downloaded .*404", kind=ConnectionError, pretrained=f"{address}/gone-00000000.pth")
    assert list((tmp_path / "cache/evicam/weights").iterdir()) == []
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert untrained(text(3), pretrained=f"{address}/net.safetensors", pretrained_sha256=digest).pretrained_
    (folder / "net-20240131.safetensors").write_bytes(file.read_bytes())  # a date, not a checksum
    assert untrained(text(3), pretrained=f"{address}/net-20240131.safetensors", pretrained_sha256=digest).pretrained_


def test_nobody_there():
    refused("could not be downloaded", kind=ConnectionError, pretrained="http://127.0.0.1:9/net-00000000.pth")
