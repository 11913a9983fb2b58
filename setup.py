"""Builds the Swift engine and the C extension; everything else about the package is in pyproject.toml."""

import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import SetupError

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "python"))

from build_engine import BuildError, build_engine, wanted_levels  # noqa: E402


class BuildEngineAndExtension(build_ext):
    """The engine goes beside the extension: evicam/engine/libevicam-<level>.so."""

    def run(self):
        package = ROOT / "python" / "evicam" if self.inplace else Path(self.build_lib) / "evicam"
        suffix = "dylib" if sys.platform == "darwin" else "so"
        try:
            for level in wanted_levels():
                build_engine(level, package / "engine" / f"libevicam-{level}.{suffix}")
        except BuildError as error:
            raise SetupError(str(error)) from None
        super().run()


setup(
    ext_modules=[
        Extension(
            "evicam._native",
            sorted(str(path.relative_to(ROOT)) for path in (ROOT / "python/evicam/_native").glob("*.c")),
            include_dirs=["Sources/CEviCAM/include"],
            depends=[
                "python/evicam/_native/native.h",
                "Sources/CEviCAM/include/evicam.h",
                "Sources/CEviCAM/include/evicam_training.h",
            ],
            extra_compile_args=["-std=gnu11", "-O2", "-Wall", "-Wextra", "-fvisibility=hidden"],
            libraries=[] if sys.platform == "darwin" else ["dl"],
            py_limited_api=True,
        )
    ],
    cmdclass={"build_ext": BuildEngineAndExtension},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
