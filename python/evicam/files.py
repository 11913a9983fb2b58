"""Writing files so that a reader sees the old content or the new, never a part."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from contextlib import contextmanager, suppress
from pathlib import Path


def as_path(value, name="path") -> Path:
    """What a caller gave as a path; TypeError or ValueError, which name the argument, where it can be none."""
    if not isinstance(value, (str, os.PathLike)) or isinstance(os.fspath(value), bytes):
        raise TypeError(f"{name} is {value!r:.200}, but must be a path: a str or os.PathLike")
    if not os.fspath(value) or "\0" in os.fspath(value):
        raise ValueError(f"{name} is {os.fspath(value)!r:.200}, but must be a path")
    return Path(value)


def write_file(path, data: bytes | str, keep=None) -> None:
    """Replace the file at `path` by `data` (text as UTF-8), or leave it as it was and raise OSError.

    The data goes to a temporary file in the same folder, is synced, and takes the old file's place and permissions at once;
    the old file takes that of `keep`, where one is named. Killed between the two, it is found there only. A link stays, and
    the file it leads to is replaced; a device or pipe, which nothing could replace, is written to.
    """
    path = as_path(path)
    check_folder(path)
    data = data.encode() if isinstance(data, str) else data
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder", str(path))
    with _named(path):
        _write(path, data, keep)


@contextmanager
def _named(path):
    """OSErrors of a descriptor, such as that of a full disk, say of which file they are."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise


def _write(path: Path, data: bytes, keep) -> None:
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    path = Path(os.path.realpath(path))
    check_folder(path)
    descriptor, temporary = _create_beside(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            os.chmod(temporary, stat.S_IMODE(path.stat().st_mode))
            if keep is not None:
                os.replace(path, keep)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _create_beside(path: Path) -> tuple[int, Path]:
    """A new file in the folder of `path`, with the permissions of any new file: its descriptor and its own path."""
    while True:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        with suppress(FileExistsError):
            return os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666), temporary


def remove_leftovers(path) -> None:
    """Delete the temporary files that `write_file` left for this path where its process was killed."""
    path = Path(os.path.realpath(path))
    left = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}\.tmp")
    for file in path.parent.iterdir():
        if left.fullmatch(file.name):
            with suppress(OSError):
                file.unlink()


def open_regular(path):
    """The file at `path`, opened to read bytes; OSError where there is none, and for a pipe or device, which may have no end."""
    path = Path(path)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError(errno.EINVAL, "is not a regular file", str(path))
    return open(path, "rb")


def cache_folder() -> Path:
    """Where what was downloaded is kept, by the system's custom."""
    import pooch

    return Path(pooch.os_cache("evicam"))


def check_folder(path) -> None:
    """FileNotFoundError unless there is a folder for the file at `path`."""
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder", str(folder))
