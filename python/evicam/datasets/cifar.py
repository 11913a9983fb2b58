"""The binary version of CIFAR-10: records of one label byte and 3072 pixels, channel by channel, row by row."""

from __future__ import annotations

import lzma
import tarfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import numpy as np

from .catalogue import CIFAR_ARCHIVES, CIFAR_FILES, CIFAR_FOLDER
from .dataset import DatasetError

RECORD = 1 + 3 * 32 * 32
PYTHON_VERSION = "this is the version for Python (pickled); wanted is the binary version, cifar-10-binary.tar.gz"


def find(folder: Path) -> Path | None:
    """What holds the batches: a folder of .bin files, or an archive of one."""
    for path in (folder, folder / CIFAR_FOLDER):
        if any((path / name).is_file() for names in CIFAR_FILES.values() for name in names):
            return path
    return next((folder / name for name in CIFAR_ARCHIVES if (folder / name).is_file()), None)


def find_python_version(folder: Path) -> Path | None:
    """The data in its other format, which unpickles and is not read here."""
    names = ("cifar-10-python.tar.gz", "cifar-10-batches-py", "data_batch_1")
    return next((folder / name for name in names if (folder / name).exists()), None)


def read_split(place: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 32, 32, 3) uint8 and labels (N,) int64 of all batches of `split`, in order.

    Raises
    ------
    DatasetError
        A batch that is missing, damaged or holds something else.
    """
    batches = _from_folder(place, split) if place.is_dir() else _from_archive(place, split)
    missing = [name for name in CIFAR_FILES[split] if name not in batches]
    if missing:
        raise DatasetError(f"{place}: {', '.join(missing)} missing; the {split} split needs {', '.join(CIFAR_FILES[split])}")
    records = [_records(place / name, batches[name]) for name in CIFAR_FILES[split]]
    labels = np.concatenate([batch[:, 0] for batch in records]).astype(np.int64)
    images = np.empty((len(labels), 32, 32, 3), np.uint8)
    start = 0
    for batch in records:
        images[start : start + len(batch)] = batch[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        start += len(batch)
    return images, labels


def _records(path: Path, content: bytes) -> np.ndarray:
    """[records, 3073] of one batch."""
    if not content or len(content) % RECORD:
        raise DatasetError(f"{path}: truncated or foreign; {len(content)} bytes are no whole number of {RECORD}-byte records")
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    if records[:, 0].max() > 9:
        raise DatasetError(f"{path}: holds the label {records[:, 0].max()}, but CIFAR-10 has the classes 0 to 9")
    return records


def _from_folder(folder: Path, split: str) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in CIFAR_FILES[split] if (folder / name).is_file()}


def _from_archive(archive: Path, split: str) -> dict[str, bytes]:
    """The wanted batches, read in one pass without unpacking to disk."""
    wanted = set(CIFAR_FILES[split])
    batches: dict[str, bytes] = {}
    with _damage_named(archive), tarfile.open(archive, "r|*") as files:
        for member in files:
            name = PurePosixPath(member.name).name
            if member.isfile() and name in wanted:
                batches[name] = files.extractfile(member).read()
                if len(batches) == len(wanted):
                    break
    return batches


@contextmanager
def _damage_named(archive: Path):
    try:
        yield
    except EOFError:
        raise DatasetError(f"{archive}: truncated; the packed data ends too early") from None
    except (tarfile.TarError, lzma.LZMAError, zlib.error) as error:
        raise DatasetError(f"{archive}: damaged archive ({error})") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise DatasetError(f"{archive}: damaged archive ({error})") from None
