"""Data sets: found where they should be, read right, and refused with a reason where they are damaged or foreign."""

from __future__ import annotations

import dataclasses
import functools
import gzip
import hashlib
import http.server
import io
import tarfile
import threading

import numpy as np
import pytest
from PIL import Image

import evicam
from evicam.datasets import DatasetError, catalogue

FASHION = "/usr/share/datasets/fashion-mnist"


@pytest.fixture(autouse=True)
def nothing_at_hand(monkeypatch, tmp_path_factory):
    """No data set on this machine, and no way out of it."""
    monkeypatch.delenv("EVICAM_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    for name, entry in list(catalogue.ENTRIES.items()):
        changed = dataclasses.replace(entry, debian=entry.debian and "/nowhere", address="http://127.0.0.1:9/")
        monkeypatch.setitem(catalogue.ENTRIES, name, changed)


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(length.to_bytes(4, "big") for length in array.shape)
    return header + array.astype(np.uint8).tobytes()


IMAGES = np.random.default_rng(0).integers(0, 256, (12, 28, 28)).astype(np.uint8)
LABELS = np.arange(12) % 10
TRAIN = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")


def write_mnist(folder, images=IMAGES, labels=LABELS, pack=gzip.compress, suffix=".gz"):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(TRAIN, (images, labels)):
        (folder / f"{name}{suffix}").write_bytes(pack(idx(array)))
    return folder


def cifar_batch(start, count=4):
    """Records whose pixel (channel c, row y, column x) is c * 100 + y + x, and whose labels count up from `start`."""
    c, y, x = np.mgrid[:3, :32, :32]
    pixels = (c * 80 + y + x).astype(np.uint8).reshape(-1)
    labels = (np.arange(start, start + count) % 10).astype(np.uint8)
    return b"".join(bytes([label]) + pixels.tobytes() for label in labels)


def write_cifar(folder):
    batches = folder / "cifar-10-batches-bin"
    batches.mkdir(parents=True)
    for number in range(1, 6):
        (batches / f"data_batch_{number}.bin").write_bytes(cifar_batch(number))
    (batches / "test_batch.bin").write_bytes(cifar_batch(7, 3))
    return batches


# ---- where they are found ----


@pytest.mark.parametrize("below", ["", "mnist"])
@pytest.mark.parametrize("pack, suffix", [(gzip.compress, ".gz"), (bytes, ""), (bytes, ".gz")])
def test_a_root_holds_the_files_or_a_folder_of_them(tmp_path, below, pack, suffix):
    write_mnist(tmp_path / below, pack=pack, suffix=suffix)
    data = evicam.datasets.load("mnist", root=tmp_path)
    assert np.array_equal(data.images, IMAGES) and data.images.dtype == np.uint8
    assert np.array_equal(data.labels, LABELS) and data.labels.dtype == np.int64
    assert data.class_names == tuple("0123456789")
    data.images[0] = 0  # the caller's own copy


def test_the_environment_names_a_folder(tmp_path, monkeypatch):
    write_mnist(tmp_path / "mnist")
    monkeypatch.setenv("EVICAM_DATA", str(tmp_path))
    assert len(evicam.datasets.load("mnist")) == 12


def test_debians_package_is_found(tmp_path, monkeypatch):
    folder = write_mnist(tmp_path / "package")
    entry = dataclasses.replace(catalogue.ENTRIES["fashion-mnist"], debian=str(folder))
    monkeypatch.setitem(catalogue.ENTRIES, "fashion-mnist", entry)
    assert evicam.datasets.load("fashion-mnist").source == str(folder)
    assert evicam.datasets.load("fashion-mnist").class_names[9] == "ankle boot"


def test_a_root_without_the_files_is_not_passed_over(tmp_path, monkeypatch):
    write_mnist(tmp_path / "mnist")
    monkeypatch.setenv("EVICAM_DATA", str(tmp_path))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(FileNotFoundError, match="root is .*empty.*train-images-idx3-ubyte"):
        evicam.datasets.load("mnist", root=empty)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        evicam.datasets.load("mnist", root=tmp_path / "nowhere")


def test_what_is_nowhere_says_where_to_put_it():
    with pytest.raises(ConnectionError, match="EVICAM_DATA; on Debian: apt-get install dataset-fashion-mnist"):
        evicam.datasets.load("fashion-mnist")


def test_nothing_is_fetched_where_that_is_not_wanted(server):
    with pytest.raises(FileNotFoundError, match="mnist is not on this machine. Put train-images.* EVICAM_DATA$"):
        evicam.datasets.load("mnist", download=False)
    evicam.datasets.load("mnist")
    assert len(evicam.datasets.load("mnist", download=False)) == len(LABELS)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A folder that is served as the place where MNIST was published, with the checksums of what is in it."""
    folder = write_mnist(tmp_path / "published")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    handler.func.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as http_server:
        thread = threading.Thread(target=http_server.serve_forever)
        thread.start()
        checksums = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        entry = dataclasses.replace(
            catalogue.ENTRIES["mnist"], address=f"http://127.0.0.1:{http_server.server_port}/", checksums=checksums
        )
        monkeypatch.setitem(catalogue.ENTRIES, "mnist", entry)
        yield folder
        http_server.shutdown()
        thread.join()


def test_a_download_is_kept(server):
    assert np.array_equal(evicam.datasets.load("mnist").images, IMAGES)
    for path in server.iterdir():
        path.unlink()
    assert np.array_equal(evicam.datasets.load("mnist").images, IMAGES)


def test_a_download_with_another_checksum_is_refused(server):
    write_mnist(server, labels=LABELS[::-1])
    with pytest.raises(ConnectionError, match="hash"):
        evicam.datasets.load("mnist")


# ---- what is refused ----


def test_unknown_names_come_with_the_known_ones():
    with pytest.raises(ValueError, match="'minst', but known are 'mnist', 'fashion-mnist', 'cifar-10'"):
        evicam.datasets.load("minst")
    with pytest.raises(ValueError, match="split is 'val'"):
        evicam.datasets.load("mnist", split="val")


def refused(folder, match):
    with pytest.raises(DatasetError, match=match):
        evicam.datasets.load("mnist", root=folder)


def test_damaged_idx_files_are_named(tmp_path):
    images, labels = (write_mnist(tmp_path) / f"{name}.gz" for name in TRAIN)
    whole = images.read_bytes()
    images.write_bytes(whole[:-400])
    refused(tmp_path, f"{TRAIN[0]}.gz: truncated")
    images.write_bytes(whole[:3000] + bytes([whole[3000] ^ 1]) + whole[3001:])
    refused(tmp_path, f"{TRAIN[0]}.gz: (damaged|truncated)")
    images.write_bytes(idx(IMAGES)[:-1])
    refused(tmp_path, r"truncated; its header promises 12 x 28 x 28 bytes, but 9407 follow")
    images.write_bytes(idx(IMAGES) + b"x")
    refused(tmp_path, "too long")
    images.write_bytes(b"\0\0\x08\x03\0\0")
    refused(tmp_path, "ends within the header")
    images.write_bytes(b"")
    refused(tmp_path, "no IDX file")
    images.write_bytes(whole)
    labels.write_bytes(idx(LABELS[:5]))
    refused(tmp_path, "12 images, but .* holds 5 labels")


def test_foreign_idx_files_are_named(tmp_path):
    images, labels = (write_mnist(tmp_path) / f"{name}.gz" for name in TRAIN)
    labels.write_bytes(idx(IMAGES))
    refused(tmp_path, "wanted labels .*, but it holds 3 dimensions")
    labels.write_bytes(idx(LABELS + 20))
    refused(tmp_path, "holds the label 29")
    labels.write_bytes(b"<html>not found</html>")
    refused(tmp_path, "no IDX file")
    images.write_bytes(b"\0\0\x0d\x03" + idx(IMAGES)[4:])
    refused(tmp_path, "type 0x0d")


def test_real_labels_under_another_name_are_noticed(tmp_path):
    with open(f"{FASHION}/train-labels-idx1-ubyte.gz", "rb") as file:
        content = file.read()
    write_mnist(tmp_path)
    (tmp_path / f"{TRAIN[1]}.gz").write_bytes(content)
    refused(tmp_path, r"wanted the labels of mnist \(train\), but these are those of fashion-mnist \(train\)")


# ---- CIFAR-10 ----


def archive_of(folder, path, mode):
    with tarfile.open(path, mode) as archive:
        archive.add(folder, "cifar-10-batches-bin")
    return path


@pytest.mark.parametrize("kind", ["folder", "inside", "gz", "xz"])
def test_cifar_is_read_from_a_folder_or_an_archive(tmp_path, kind):
    batches = write_cifar(tmp_path / "made")
    root = {"folder": batches.parent, "inside": batches}.get(kind, tmp_path)
    if kind in ("gz", "xz"):
        archive_of(batches, tmp_path / f"cifar-10-binary.tar.{kind}", f"w:{kind}")
    train = evicam.datasets.load("cifar-10", root=root)
    assert train.images.shape == (20, 32, 32, 3)
    assert train.images[3, 5, 7].tolist() == [12, 92, 172]  # channels last
    assert train.labels.tolist() == [(n + i) % 10 for n in range(1, 6) for i in range(4)]
    assert evicam.datasets.load("cifar-10", split="test", root=root).labels.tolist() == [7, 8, 9]


def test_damaged_cifar_files_are_named(tmp_path):
    batches = write_cifar(tmp_path)

    def refused(match):
        with pytest.raises(DatasetError, match=match):
            evicam.datasets.load("cifar-10", root=tmp_path)

    (batches / "data_batch_3.bin").write_bytes(cifar_batch(0)[:-1])
    refused("data_batch_3.bin: truncated or foreign")
    (batches / "data_batch_3.bin").write_bytes(b"\xff" + cifar_batch(0)[1:])
    refused("data_batch_3.bin: holds the label 255")
    (batches / "data_batch_3.bin").unlink()
    refused("data_batch_3.bin missing")


def test_a_damaged_archive_is_named(tmp_path):
    archive = archive_of(write_cifar(tmp_path / "made"), tmp_path / "cifar-10-binary.tar.xz", "w:xz")
    whole = archive.read_bytes()
    for content in (whole[: len(whole) // 2], b"no archive at all", whole[:200] + b"\0" * 50 + whole[250:]):
        archive.write_bytes(content)
        with pytest.raises(DatasetError, match="cifar-10-binary.tar.xz: "):
            evicam.datasets.load("cifar-10", root=tmp_path)


def test_the_pickled_cifar_is_refused_by_name(tmp_path):
    (tmp_path / "cifar-10-batches-py").mkdir()
    with pytest.raises(FileNotFoundError, match="version for Python"):
        evicam.datasets.load("cifar-10", root=tmp_path)


# ---- folders of images ----


def write_images(folder, colour=False, size=(7, 9)):
    random = np.random.default_rng(1)
    made = {}
    for name in ("owl", "cat"):
        (folder / name / "more").mkdir(parents=True)
        for position, place in enumerate(("b.png", "a.png", "more/c.png")):
            pixels = random.integers(0, 256, (*size, 3) if colour else size).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / place)
            made[name, place] = pixels
        (folder / name / "notes.txt").write_text("not an image")
    return made


@pytest.mark.parametrize("colour", [False, True])
def test_a_folder_a_class(tmp_path, colour):
    made = write_images(tmp_path, colour)
    data = evicam.datasets.from_folder(tmp_path)
    assert data.class_names == ("cat", "owl") and data.labels.tolist() == [0, 0, 0, 1, 1, 1]
    places = ["a.png", "b.png", "more/c.png"]
    wanted = np.stack([made[name, place] for name in ("cat", "owl") for place in places])
    assert np.array_equal(data.images, wanted)


def test_images_of_several_sizes_need_a_shape(tmp_path):
    write_images(tmp_path)
    Image.new("L", (20, 10), 255).save(tmp_path / "cat" / "wide.png")
    with pytest.raises(DatasetError, match=r"wide.png has 10 x 20 pixels .*, but .*a.png has 7 x 9.*image_shape"):
        evicam.datasets.from_folder(tmp_path)
    assert evicam.datasets.from_folder(tmp_path, image_shape=(8, 8)).images.shape == (7, 8, 8)
    assert evicam.datasets.from_folder(tmp_path, image_shape=(8, 6, 3)).images.shape == (7, 8, 6, 3)
    for shape in [(8,), (8, 8, 2), (0, 8), "ab", 8, (8.5, 8)]:
        with pytest.raises(ValueError, match="image_shape is"):
            evicam.datasets.from_folder(tmp_path, image_shape=shape)


def test_folders_that_are_no_data_set(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        evicam.datasets.from_folder(tmp_path / "nowhere")
    (tmp_path / "only").mkdir()
    with pytest.raises(DatasetError, match="at least 2 classes, but it holds 1"):
        evicam.datasets.from_folder(tmp_path)
    (tmp_path / "other").mkdir()
    with pytest.raises(DatasetError, match="only: no image files"):
        evicam.datasets.from_folder(tmp_path)


def test_damaged_and_foreign_images_are_named(tmp_path):
    write_images(tmp_path)
    (tmp_path / "cat" / "z.png").write_text("not an image")
    with pytest.raises(DatasetError, match="z.png: not an image"):
        evicam.datasets.from_folder(tmp_path)
    whole = (tmp_path / "cat" / "a.png").read_bytes()
    (tmp_path / "cat" / "z.png").write_bytes(whole[:60])
    with pytest.raises(DatasetError, match="z.png"):
        evicam.datasets.from_folder(tmp_path)


# ---- Dataset ----


def test_a_data_set_shows_itself(tmp_path):
    data = evicam.datasets.load("mnist", root=write_mnist(tmp_path))
    assert repr(data) == "Dataset mnist (train): 12 grey images of 28 x 28, 10 classes"
    with Image.open(io.BytesIO(data._repr_png_())) as picture:
        assert picture.size == (12 * 30, 10 * 30)
        assert np.array_equal(np.asarray(picture)[1:29, 1:29], IMAGES[0])


@pytest.mark.parametrize("split, count", [("train", 60_000), ("test", 10_000)])
def test_the_real_fashion_mnist(split, count):
    data = evicam.datasets.load("fashion-mnist", split=split, root=FASHION)
    assert data.images.shape == (count, 28, 28)
    assert np.array_equal(np.bincount(data.labels), [count // 10] * 10)
