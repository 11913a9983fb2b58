"""The IDX format of MNIST: four bytes of magic, one big-endian 32-bit length per dimension, the values."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from .catalogue import IDX_FILES, LABEL_CHECKSUMS
from .dataset import DatasetError

UNSIGNED_BYTES = 0x08


def read_split(folder: Path, name: str, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, H, W) uint8 and labels (N,) int64 of the pair of files that holds `split`.

    Raises
    ------
    DatasetError
        A file that is damaged or holds something else; a pair that does not belong together.
    """
    image_file, label_file = (find(folder, stem) for stem in IDX_FILES[split])
    images = _parse(image_file, _content(image_file), 3)
    content = _content(label_file)
    labels = _parse(label_file, content, 1)
    known = LABEL_CHECKSUMS.get(zlib.crc32(content))
    if known is not None and known != (name, split):
        raise DatasetError(f"{label_file}: wanted the labels of {name} ({split}), but these are those of {known[0]} ({known[1]})")
    if len(images) != len(labels):
        raise DatasetError(f"{image_file} holds {len(images)} images, but {label_file.name} beside it holds {len(labels)} labels")
    if len(labels) and labels.max() > 9:
        raise DatasetError(f"{label_file}: holds the label {labels.max()}, but {name} has the classes 0 to 9")
    return images, labels.astype(np.int64)


def find(folder: Path, stem: str) -> Path | None:
    """The file of this name in `folder`, packed or not; also with a dot before "idx", as some copies have it."""
    spellings = (stem, stem.replace("-idx", ".idx"))
    candidates = (folder / f"{spelling}{suffix}" for spelling in spellings for suffix in (".gz", ""))
    return next((path for path in candidates if path.is_file()), None)


def _content(path: Path) -> bytes:
    """The file's bytes, unpacked if they are packed, whatever the name says."""
    data = path.read_bytes()
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except EOFError:
        raise DatasetError(f"{path}: truncated; the packed data ends too early") from None
    except (OSError, zlib.error) as error:
        raise DatasetError(f"{path}: damaged gzip file ({error})") from None


def _parse(path: Path, content: bytes, rank: int) -> np.ndarray:
    """The array that `content` holds, which must have `rank` dimensions of unsigned bytes."""
    wanted = {1: "labels (IDX with 1 dimension of unsigned bytes)", 3: "images (IDX with 3 dimensions of unsigned bytes)"}[rank]
    if len(content) < 4 or content[:2] != b"\0\0":
        raise DatasetError(
            f"{path}: wanted {wanted}, but this is no IDX file (it begins with {content[:4].hex(' ') or 'nothing'})"
        )
    if content[2] != UNSIGNED_BYTES or content[3] != rank:
        raise DatasetError(f"{path}: wanted {wanted}, but it holds {content[3]} dimensions of type 0x{content[2]:02x}")
    start = 4 + 4 * rank
    if len(content) < start:
        raise DatasetError(f"{path}: truncated; it ends within the header")
    shape = tuple(int(length) for length in np.frombuffer(content, ">u4", rank, 4))
    expected, present = int(np.prod(shape, dtype=object)), len(content) - start
    if present != expected:
        what = "truncated" if present < expected else "too long"
        raise DatasetError(f"{path}: {what}; its header promises {' x '.join(map(str, shape))} bytes, but {present} follow")
    return np.frombuffer(content, np.uint8, expected, start).reshape(shape).copy()  # the caller may write to it
