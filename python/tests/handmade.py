"""PyTorch's files made by hand, right and wrong ones, without PyTorch."""

from __future__ import annotations

import base64
import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np

GOLDEN = json.loads((Path(__file__).parent / "torch_files_golden.json").read_text())
FORMATS = ["zip", "zip, protocol 4", "legacy"]


def golden(name, kind):
    """A file that PyTorch wrote."""
    return base64.b64decode(GOLDEN[name]["files"][kind])


class Global:
    """Pickled as the name of an object, which need not exist here."""

    def __init__(self, name):
        self.name = name


class Call:
    """Pickled as a call."""

    def __init__(self, name, *arguments, state=None):
        self.called, self.arguments, self.state = Global(name), arguments, state


class Persistent:
    def __init__(self, identity):
        self.identity = identity


class Pickler(pickle._Pickler):
    """The standard library's, in Python, that writes names without looking them up."""

    def persistent_id(self, value):
        return value.identity if isinstance(value, Persistent) else None

    def save(self, value, save_persistent_id=True):
        if isinstance(value, Global):
            module, name = value.name.rsplit(".", 1)
            self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        elif isinstance(value, Call):
            self.save(value.called)
            self.save(value.arguments)
            self.write(pickle.REDUCE)
            if value.state is not None:
                self.save(value.state)
                self.write(pickle.BUILD)
        else:
            super().save(value, save_persistent_id)


def dumps(value, protocol=2):
    file = io.BytesIO()
    Pickler(file, protocol).dump(value)
    return file.getvalue()


def archive(content, storages=None, byteorder=b"little", compression=zipfile.ZIP_STORED, more=()):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as entries:
        entries.writestr("archive/data.pkl", content)
        entries.writestr("archive/byteorder", byteorder)
        entries.writestr("archive/version", b"3\n")
        for name, data in {"0": np.arange(6, dtype=np.float32).tobytes()}.items() if storages is None else storages.items():
            entries.writestr(f"archive/data/{name}", data)
        for name in more:
            entries.writestr(name, b"")
    return file.getvalue()


def legacy(content, keys=("0",), storages=((6, np.arange(6, dtype=np.float32).tobytes()),)):
    head = [0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True}]
    parts = [*map(dumps, head), content, dumps(list(keys))]
    return b"".join(parts) + b"".join(struct.pack("<q", count) + data for count, data in storages)


def tensor(key="0", count=6, offset=0, size=(6,), stride=(1,), kind="torch.FloatStorage", identity=None, legacy=False):
    identity = ("storage", Global(kind), key, "cpu", count, *([None] if legacy else [])) if identity is None else identity
    storage = Persistent(identity)
    return Call("torch._utils._rebuild_tensor_v2", storage, offset, size, stride, False, Call("collections.OrderedDict"))


def tensor_pickle(**settings):
    return dumps({"w": tensor(**settings)})
