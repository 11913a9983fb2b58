"""What is installed here."""

import importlib.metadata
import platform

from . import _native

__version__ = _native.version()


def show_versions():
    """Versions of the package, the engine and what they run on.

    Returns
    -------
    dict
        "evicam", "engine" {"version", "isa", "threads", "winograd"}, "python", "platform", and the versions of the libraries used
        (None where one is missing).
    """

    def version(name):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return None

    libraries = ("numpy", "scipy", "matplotlib", "pillow", "tqdm", "pooch", "safetensors", "scikit-learn")
    return {
        "evicam": __version__,
        "engine": {
            "version": _native.version(),
            "isa": _native.isa(),
            "threads": _native.num_threads(),
            "winograd": _native.winograd(),
        },
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: version(name) for name in libraries},
    }
