"""PyTorch's files are read without it: golden ones of both formats, and whatever else is in a pickle is refused."""

from __future__ import annotations

import json
import os
import struct
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

import evicam
from evicam import WeightsError, load_torch_state
from handmade import FORMATS, GOLDEN, Call, Global, Persistent, archive, dumps, golden, legacy, tensor, tensor_pickle

# ---- read ----


@pytest.mark.smoke
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", ["model", "dtypes", "views", "checkpoint"])
def test_golden_files(read_torch, name, kind):
    found = read_torch(golden(name, kind))
    assert list(found) == list(GOLDEN[name]["values"])
    for key, values in GOLDEN[name]["values"].items():
        dtype = GOLDEN[name]["dtypes"][key]
        assert found[key].dtype == ("float32" if dtype == "bfloat16" else dtype), key
        assert np.array_equal(found[key], np.array(values).reshape(found[key].shape)), key
    if name == "views":
        assert found["transposed"].shape == (3, 4) and found["none"].shape == (0, 3) and found["scalar"].shape == ()


def test_safetensors(tmp_path):
    from safetensors.numpy import save_file

    b = np.arange(6, dtype=np.float32).reshape(2, 3)
    arrays = {"b.weight": b, "a": np.array([1, 2]), "none": np.zeros((0, 2), np.float16)}
    save_file(arrays, tmp_path / "weights.bin")
    found = load_torch_state(str(tmp_path / "weights.bin"))
    assert sorted(found) == sorted(arrays)
    for name, values in arrays.items():
        assert found[name].dtype == values.dtype and np.array_equal(found[name], values)


@pytest.mark.parametrize("length", range(120, 1200, 8))
def test_safetensors_with_a_header_of_any_length(read_torch, length):
    """Its first bytes are the length: 128 and others begin like a pickle."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode().ljust(length)
    assert read_torch(struct.pack("<Q", length) + header + struct.pack("<f", 2.5))["w"].tolist() == [2.5]


def test_safetensors_of_bfloat16(read_torch):
    header = json.dumps({"w": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    data = struct.pack("<Q", len(header)) + header + struct.pack("<2H", 0x3F80, 0xC049)
    assert read_torch(data)["w"].tolist() == [1.0, -3.140625]


def test_big_endian_files(read_torch):
    values = np.arange(6, dtype=">f4").reshape(2, 3)
    data = archive(tensor_pickle(count=6, size=(2, 3), stride=(3, 1)), {"0": values.tobytes()}, byteorder=b"big")
    found = read_torch(data)["w"]
    assert found.dtype.isnative and np.array_equal(found, values)


# ---- refused: tensors that cannot be ----


@pytest.mark.parametrize(
    "settings, message",
    [
        (dict(size=(7,)), "ends at element 6 of its storage, which has 6"),
        (dict(offset=1), "ends at element 6"),
        (dict(offset=1 << 61), "ends at element"),
        (dict(stride=(2,)), "ends at element 10"),
        (dict(size=(2, 3), stride=(1 << 60, 1)), "ends at element"),
        (dict(size=(1 << 61, 1 << 61), stride=(0, 0)), "repeats a storage of 6 elements"),
        (dict(size=(1 << 61, 0), stride=(0, 0)), "cannot be"),
        (dict(size=(7,), stride=(0,)), "repeats"),
        (dict(offset=-1), "offset -1"),
        (dict(stride=(-1,), offset=5), r"strides \(-1,\)"),
        (dict(size=(-6,)), r"shape \(-6,\)"),
        (dict(size=(1 << 62,)), "with offset"),
        (dict(size=(6.0,)), r"shape \(6.0,\)"),
        (dict(size=(True,)), r"shape \(True,\)"),
        (dict(size=[6]), r"shape \[6\]"),
        (dict(size=(2, 3)), "strides"),
        (dict(size=(1,) * 33, stride=(1,) * 33), "shape"),
        (dict(size=None), "shape None"),
        (dict(count=7), "has 24 bytes, but needs 28"),
        (dict(count=-1), "has -1 elements"),
        (dict(count=1 << 61), "elements"),
        (dict(count="6"), "has '6' elements"),
        (dict(key="../../../../etc/passwd"), "'../../../../etc/passwd' is not named by plain letters and digits"),
        (dict(key="/etc/passwd"), "is not named by plain"),
        (dict(key=""), "is not named by plain"),
        (dict(key=0), "storage 0 is not named"),
        (dict(key="1"), "lacks 'data/1'"),
        (dict(kind="torch.Size"), "a storage of no known type"),
        (dict(kind="torch.float32"), "a storage of no known type"),
        (dict(kind="torch.ComplexFloatStorage"), "asks for torch.ComplexFloatStorage"),
        (dict(identity=("module", Global("torch.Size"), "x.py", "import os")), "not a storage"),
        (dict(identity="0"), "not a storage"),
        (dict(identity=()), "not a storage"),
    ],
)
def test_impossible_tensors(refused_torch, settings, message):
    refused_torch(archive(tensor_pickle(**settings)), message)


def test_storages_told_of_in_two_ways(refused_torch):
    refused_torch(archive(dumps({"a": tensor(), "b": tensor(kind="torch.IntStorage")})), "'0' is told of in two ways")
    refused_torch(archive(dumps({"a": tensor(), "b": tensor(count=3, size=(3,))})), "'0' is told of in two ways")


def test_tensors_made_of_other_things(refused_torch):
    call = Call("torch._utils._rebuild_tensor_v2", "0", 0, (6,), (1,), False, None)
    refused_torch(archive(dumps({"w": call})), "a tensor without a storage")
    refused_torch(
        archive(dumps({"w": Call("torch._utils._rebuild_parameter", 3, True, None)})), "a parameter that is not a tensor"
    )
    refused_torch(archive(dumps({"w": Call("torch.Size", 3)})), "a torch.Size that is not a list")
    refused_torch(archive(dumps(Call("collections.OrderedDict", [1]))), "an OrderedDict that is not made of names and values")


# ---- refused: archives and files that cannot be ----


def test_archives_that_are_not_whole(refused_torch):
    whole = archive(tensor_pickle())
    refused_torch(whole[:-30], "zip archive is damaged or cut off")
    refused_torch(archive(tensor_pickle(), {}), "lacks 'data/0'")
    refused_torch(archive(tensor_pickle(), {"0": b"\0" * 23}), "has 23 bytes, but needs 24")
    refused_torch(archive(tensor_pickle(), compression=zipfile.ZIP_DEFLATED), "compressed or encrypted")
    refused_torch(archive(tensor_pickle(), more=["archive/constants.pkl"]), "TorchScript program")
    refused_torch(archive(tensor_pickle(), more=["other/data.pkl"]), "not one of PyTorch")
    refused_torch(archive(b"")[:0] + b"PK\3\4", "damaged or cut off")
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = archive(tensor_pickle(), more=["archive/data.pkl"])
    refused_torch(twice, "two entries of one name")
    offset = whole.index(np.arange(6, dtype=np.float32).tobytes())
    refused_torch(whole[: offset + 4] + b"\1" + whole[offset + 5 :], "damaged.*CRC")


def test_archives_that_claim_too_much(refused_torch):
    whole = bytearray(archive(tensor_pickle()))
    directory = whole.index(b"PK\1\2")
    whole[directory + 20 : directory + 28] = struct.pack("<2L", 1 << 30, 1 << 30)  # a gigabyte of data.pkl
    refused_torch(bytes(whole), "claims more content than it has bytes")


@pytest.mark.parametrize("content", [b"", b"{}", b"hello " * 50, b"\x80\x02K\x01.", b"\x89HDF\r\n", b"\xff" * 64, b"\x80"])
def test_other_files(refused_torch, content):
    refused_torch(content, "pickle|neither a whole safetensors file")


def test_legacy_files_that_are_not_whole(refused_torch):
    content = tensor_pickle(legacy=True)
    refused_torch(legacy(content)[:-1], "truncated or damaged at its storage '0'")
    refused_torch(legacy(content, storages=((5, b"\0" * 20),)), "truncated or damaged at its storage '0'")
    refused_torch(legacy(content, storages=()), "truncated or damaged at its storage '0'")
    refused_torch(legacy(content, keys=()), "list of storages is not that of its tensors")
    refused_torch(legacy(content, keys=("0", "1")), "list of storages is not that of its tensors")
    refused_torch(legacy(content, keys=(0,)), "list of storages is not that of its tensors")
    view = ("storage", Global("torch.FloatStorage"), "0", "cpu", 6, ("1", 0, 6))
    refused_torch(legacy(tensor_pickle(identity=view)), "views of others")
    refused_torch(dumps(0x1950A86A20F9469CFC6C) + dumps(1002), "version 1002")
    refused_torch(dumps(OrderedDict()), "asks for collections.OrderedDict")
    refused_torch(dumps(Persistent("0")), "refers to an object outside of it")


def test_paths(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_torch_state(tmp_path / "nowhere.pth")
    with pytest.raises(IsADirectoryError):
        load_torch_state(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    X, y = np.zeros((4, 16, 16), np.uint8), [0, 1, 0, 1]
    for path in ("/dev/zero", tmp_path / "pipe"):
        for read in (load_torch_state, evicam.load, lambda path: evicam.SoftmaxClassifier(pretrained=str(path)).fit(X, y)):
            with pytest.raises(OSError, match=f"is not a regular file.*{path}"):
                read(path)


def test_checkpoints_are_told_apart(tmp_path, evidential):
    evidential.save(tmp_path / "own.safetensors")
    with pytest.raises(WeightsError, match="a checkpoint of evicam: load it with evicam.load"):
        evicam.load_torch_state(tmp_path / "own.safetensors")


@pytest.mark.parametrize("kind", FORMATS)
def test_random_damage_is_answered_with_a_sentence(read_torch, kind):
    """Some damage lies in what nobody reads; all else is a WeightsError, never another exception."""
    random = np.random.default_rng(0)
    whole, right, refusals = golden("model", kind), read_torch(golden("model", kind)), 0
    for _ in range(400):
        data = bytearray(whole)
        match random.integers(4):
            case 0:
                del data[random.integers(len(data)) :]
            case 1:
                for place in random.integers(len(data), size=random.integers(1, 4)):
                    data[place] = random.integers(256)
            case 2:
                first = random.integers(len(data))
                data[first : first + 8] = random.bytes(8)
            case 3:
                first = random.integers(len(data))
                del data[first : first + random.integers(1, 40)]
        try:
            found = read_torch(bytes(data))
        except WeightsError:
            refusals += 1
        else:
            assert all(isinstance(values, np.ndarray) and values.size <= len(data) for values in found.values())
    assert refusals > 150 and list(right) == list(GOLDEN["model"]["values"])
