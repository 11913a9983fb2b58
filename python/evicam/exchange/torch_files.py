"""PyTorch's two file formats, read without PyTorch: a zip archive (since 1.6) and a row of pickles (before)."""

from __future__ import annotations

import io
import zipfile

from .pickles import WeightsError, described, read_pickle
from .tensors import KNOWN, decode, make_storage

ZIP_MAGIC = b"PK\x03\x04"
_PICKLE_MAGIC = b"\x80"

# What begins a row of pickles, and its version.
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_VERSION = 1001

# What zipfile raises on archives that are damaged; an OSError is a place outside of the bytes.
_DAMAGE = (zipfile.BadZipFile, ValueError, RuntimeError, NotImplementedError, EOFError, OSError, OverflowError, KeyError)


def is_legacy(data):
    """Whether bytes begin as a row of pickles does, and not as a safetensors file with a header of 128 mod 256 bytes."""
    return data.startswith(_PICKLE_MAGIC) and data[4:9] != b"\0\0\0\0{"


def read_zip(data):
    """What a file of PyTorch 1.6 or newer holds, and the storages' elements.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    content
        Containers of `Tensor` and plain values.
    values : dict of Storage to 1-d array

    Raises
    ------
    WeightsError
    """
    archive = _Archive(data)
    storages = _Storages(5)
    content = read_pickle(io.BytesIO(archive.read("data.pkl")), KNOWN, storages)
    little = "byteorder" not in archive or archive.read("byteorder").strip() != b"big"
    values = {}
    for key, storage in storages.found.items():
        stored, size = archive.read(f"data/{key}"), storage.count * storage.kind.itemsize
        if len(stored) < size:
            raise WeightsError(f"its storage {key!r} has {len(stored)} bytes, but needs {size}")
        values[storage] = decode(memoryview(stored)[:size], storage.kind, little)
    return content, values


def read_legacy(data):
    """The same of a file of PyTorch before 1.6: magic number, version, system, content, storage keys, then the storages."""
    file = io.BytesIO(data)
    if read_pickle(file, {}) != _LEGACY_MAGIC:
        raise WeightsError("it is a pickle, but not one that torch.save wrote")
    version = read_pickle(file, {})
    if version != _LEGACY_VERSION:
        raise WeightsError(f"its format has version {described(version)}, but only {_LEGACY_VERSION} is known")
    system = read_pickle(file, {})
    little = not isinstance(system, dict) or system.get("little_endian", True) is not False
    storages = _Storages(6)
    content = read_pickle(file, KNOWN, storages)
    keys = read_pickle(file, {})
    if type(keys) is not list or not all(isinstance(key, str) for key in keys) or sorted(keys) != sorted(storages.found):
        raise WeightsError("its list of storages is not that of its tensors")
    values = {}
    for key in keys:
        storage, first = storages.found[key], file.tell() + 8
        count = int.from_bytes(data[first - 8 : first], "little" if little else "big")
        last = first + storage.count * storage.kind.itemsize
        if count != storage.count or last > len(data):
            raise WeightsError(f"it is truncated or damaged at its storage {key!r}")
        values[storage] = decode(memoryview(data)[first:last], storage.kind, little)
        file.seek(last)
    return content, values


class _Storages:
    """Storages from their persistent ids: ("storage", kind, key, device, count), and in old files a view of another."""

    def __init__(self, length):
        self._length = length
        self.found = {}

    def __call__(self, identity):
        if type(identity) is not tuple or len(identity) != self._length or identity[0] != "storage":
            raise WeightsError("its pickle refers to something outside of it that is not a storage")
        _, kind, key, _, count, *view = identity
        if view not in ([], [None]):
            raise WeightsError("its storages are views of others, as only PyTorch before 0.4 wrote them: save it again")
        storage = make_storage(kind, key, count)
        if self.found.setdefault(key, storage) != storage:
            raise WeightsError(f"its storage {key!r} is told of in two ways")
        return storage


class _Archive:
    """The files in a zip archive's one folder, each read as it is stored: never unpacked, so never larger than the archive."""

    def __init__(self, data):
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGE as error:
            raise WeightsError(f"its zip archive is damaged or cut off ({error})") from None
        entries = self._zip.infolist()
        self._entries = {entry.filename: entry for entry in entries}
        if len(self._entries) != len(entries):
            raise WeightsError("its zip archive has two entries of one name")
        roots = [name.split("/")[0] for name in self._entries if name.count("/") == 1 and name.endswith("/data.pkl")]
        if len(roots) != 1:
            raise WeightsError("it is a zip archive, but not one of PyTorch: those hold one folder with data.pkl")
        self._root = roots[0]
        if "constants.pkl" in self:
            raise WeightsError("it is a TorchScript program: save model.state_dict() instead")
        if sum(entry.file_size for entry in entries) > len(data):
            raise WeightsError("its zip archive claims more content than it has bytes")

    def __contains__(self, name):
        return f"{self._root}/{name}" in self._entries

    def read(self, name):
        """An entry's bytes; zipfile compares their checksum."""
        entry = self._entries.get(f"{self._root}/{name}")
        if entry is None:
            raise WeightsError(f"its zip archive lacks {name!r}")
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
            raise WeightsError(f"its entry {name!r} is compressed or encrypted, but PyTorch writes neither: save it again")
        try:
            content = self._zip.read(entry)
        except _DAMAGE as error:
            raise WeightsError(f"its zip archive is damaged ({error})") from None
        if len(content) != entry.file_size:
            raise WeightsError(f"its zip archive is damaged: {name!r} is cut off")
        return content
