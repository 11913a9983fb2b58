"""Writing a run's results: all of them, or none."""

from __future__ import annotations

import errno
import json
import os
import shlex
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ..files import write_file
from .scores import HEAT_THRESHOLD, OBJECT_THRESHOLD

_DEFAULTS = {"heat_threshold": HEAT_THRESHOLD, "object_threshold": OBJECT_THRESHOLD, "effort": "full", "model": "lenet"}


def command(dataset, out, epochs, seed, root, asked) -> str:
    """The command line that does the same; `asked` holds the options by name, which are left out at their defaults."""
    words = ["evicam", "reproduce", "--dataset", dataset, "--out", str(out)]
    words += ["--epochs", str(epochs)] if epochs is not None else []
    words += ["--seed", str(seed)]
    words += ["--root", str(root)] if root is not None else []
    for name, value in asked.items():
        if value is None or _DEFAULTS.get(name) == value:
            continue
        words += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join(words)


@contextmanager
def temporary_folder(out):
    """A folder beside what a run leaves, for files that are moved into place when all are there."""
    with tempfile.TemporaryDirectory(prefix=".evicam-", dir=out, ignore_cleanup_errors=True) as name:
        yield Path(name)


def write(folder, results, figures, evidential, softmax) -> None:
    """All files of a run into an empty folder."""
    from .. import report

    (folder / "figures").mkdir()
    for name, png in figures.items():
        write_file(folder / "figures" / f"{name}.png", png)
    evidential.save(folder / "model.safetensors")
    softmax.save(folder / "softmax.safetensors")
    write_file(folder / "report.html", report.render(results, figures))
    write_file(folder / "results.json", json.dumps(results, indent=2, allow_nan=False) + "\n")


def publish(staging, out) -> None:
    """Move the finished files into place, ``results.json`` last: where it is new, so is all the rest.

    Raises
    ------
    OSError
        Where a folder is in the way of a file, or a file in that of the folder of figures; nothing is moved then.
    """
    files = sorted(path for path in staging.rglob("*") if path.is_file())
    moves = {path: out / path.relative_to(staging) for path in sorted(files, key=lambda path: path.name == "results.json")}
    for target in moves.values():
        target.parent.mkdir(exist_ok=True)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder", str(target))
    for path, target in moves.items():
        os.replace(path, target)
