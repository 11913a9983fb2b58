"""Finding a data set's files: in a folder that was named, on this machine, or where they were published."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..checks import check_flag
from ..files import cache_folder
from . import cifar, idx
from .catalogue import CIFAR_FILES, ENTRIES, IDX_FILES, Entry
from .dataset import Dataset

SPLITS = ("train", "test")


def load(name: str, split: str = "train", root=None, *, download: bool = True) -> Dataset:
    """Load a data set that is known by name.

    The files are looked for in `root` alone if it is given; else in the folder that the environment variable
    ``EVICAM_DATA`` names, in that of Debian's package (Fashion-MNIST), in the cache; and are downloaded to the cache if
    none of these has them, which is the only time that the files' own checksums are compared. A folder may hold the
    files themselves or a folder ``mnist``, ``fashion-mnist`` or ``cifar-10`` that does.

    Parameters
    ----------
    name : {"mnist", "fashion-mnist", "cifar-10"}
        MNIST and Fashion-MNIST as IDX files, packed or not; CIFAR-10 in its binary version, as an archive or unpacked.
    split : {"train", "test"}
    root : str or os.PathLike, optional
        A folder.
    download : bool
        Whether what is not on this machine may be fetched.

    Returns
    -------
    Dataset
        ``images`` (N, 28, 28), or (N, 32, 32, 3) for CIFAR-10, uint8; ``labels`` (N,) int64.

    Raises
    ------
    ValueError
        An unknown name or split.
    DatasetError
        A file that is truncated, damaged, or not what its name says; it names the file and the reason.
    FileNotFoundError
        `root` does not hold the files; or nothing on this machine does, and `download` is False.
    ConnectionError
        The files are nowhere on this machine and could not be downloaded; it says where to put them.

    Examples
    --------
    >>> import evicam
    >>> data = evicam.datasets.load("fashion-mnist", split="test")  # doctest: +SKIP
    >>> data  # doctest: +SKIP
    Dataset fashion-mnist (test): 10,000 grey images of 28 x 28, 10 classes
    """
    entry = ENTRIES.get(name) if isinstance(name, str) else None
    if entry is None:
        raise ValueError(f"name is {name!r}, but known are {', '.join(map(repr, ENTRIES))}; for image files see from_folder")
    check_flag(download, "download")
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}, but must be 'train' or 'test'; for validation see validation_fraction")
    place = _in_root(entry, split, root) if root is not None else _on_this_machine(entry, split)
    if place is None and not download:
        raise FileNotFoundError(f"{entry.name} is not on this machine. {_remedy(entry, split)}")
    place = place or _downloaded(entry, split)
    images, labels = cifar.read_split(place, split) if entry.name == "cifar-10" else idx.read_split(place, entry.name, split)
    return Dataset(images, labels, entry.class_names, entry.name, split, str(place))


def _holding(entry: Entry, split: str, folder: Path) -> Path | None:
    """What in `folder` holds the split: for IDX the folder with both files, for CIFAR-10 a folder or an archive."""
    for candidate in (folder, folder / entry.name):
        if entry.name == "cifar-10":
            if (found := cifar.find(candidate)) is not None:
                return found
        elif all(idx.find(candidate, stem) is not None for stem in IDX_FILES[split]):
            return candidate
    return None


def _wanted(entry: Entry, split: str) -> str:
    """The files, in words."""
    if entry.name == "cifar-10":
        return f"cifar-10-binary.tar.gz, or {', '.join(CIFAR_FILES[split])}"
    return " and ".join(f"{stem}.gz" for stem in IDX_FILES[split])


def _in_root(entry: Entry, split: str, root) -> Path:
    folder = Path(root)
    if not folder.is_dir():
        raise FileNotFoundError(f"root is {str(folder)!r}, but there is no such folder")
    place = _holding(entry, split, folder)
    if place is None:
        other = cifar.find_python_version(folder) if entry.name == "cifar-10" else None
        reason = f"; {other.name}: {cifar.PYTHON_VERSION}" if other else ""
        raise FileNotFoundError(
            f"root is {str(folder)!r}, but neither it nor its folder {entry.name} holds {_wanted(entry, split)}{reason}"
        )
    return place


def _on_this_machine(entry: Entry, split: str) -> Path | None:
    return next((place for folder in _folders(entry) if (place := _holding(entry, split, folder)) is not None), None)


def _folders(entry: Entry) -> Iterator[Path]:
    if named := os.environ.get("EVICAM_DATA"):
        yield Path(named)
    if entry.debian is not None:
        yield Path(entry.debian)
    yield cache_folder()


def _downloaded(entry: Entry, split: str) -> Path:
    """Folder of the cache with the split's files, fetched and compared with their checksums."""
    import pooch

    folder = cache_folder() / entry.name
    names = list(entry.checksums) if entry.name == "cifar-10" else [f"{stem}.gz" for stem in IDX_FILES[split]]
    try:
        for name in names:
            pooch.retrieve(entry.address + name, f"md5:{entry.checksums[name]}", fname=name, path=folder, progressbar=True)
    except (OSError, ValueError) as error:  # no connection, no space, or other content than the checksum says
        raise ConnectionError(
            f"{entry.name} is not on this machine, and {entry.address} did not give it ({error}). {_remedy(entry, split)}"
        ) from error
    return folder / names[0] if entry.name == "cifar-10" else folder


def _remedy(entry: Entry, split: str) -> str:
    package = "; on Debian: apt-get install dataset-fashion-mnist" if entry.debian else ""
    return f"Put {_wanted(entry, split)} into a folder and name it by root= or EVICAM_DATA{package}"
