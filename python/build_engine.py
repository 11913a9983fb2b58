"""The recipe for the engine: from Swift sources to one shared library per instruction-set level.

setup.py calls `build_engine`; as a script it tells the Makefile about levels:

    python build_engine.py levels        the levels this processor runs, lowest first
    python build_engine.py flags LEVEL   what `swift build` and `swift test` must be told for one (or for `best`)
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class BuildError(Exception):
    """A build step failed; the message holds what it printed."""


# Instruction-set level -> what `swift build` is told. One engine per level: mixing levels in one binary could leak
# wide instructions into the narrow path through merged specialisations.
LEVELS = {
    "x86-64-v2": ["-Xcc", "-march=x86-64-v2", "-Xswiftc", "-DEVICAM_X86_64_V2"],
    "x86-64-v3": ["-Xcc", "-march=x86-64-v3", "-Xswiftc", "-DEVICAM_X86_64_V3"],
    "x86-64-v4": ["-Xcc", "-march=x86-64-v4", "-Xswiftc", "-DEVICAM_X86_64_V4"],
    "arm64": [],
}

# Processor flags (as Linux names them) that tell the levels apart.
FLAGS = {
    "x86-64-v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "x86-64-v3": {"avx2", "bmi1", "bmi2", "fma"},
}

# Modules whose objects make up the engine. Objects and not the archive: the linker hides an archive's symbols.
MODULES = ["Kernels", "Tensors", "Networks", "Evidential", "Explanations", "Metrics", "EviCAM", "EviCAMABI", "RealModule"]


def platform_levels():
    """Levels of this platform, lowest first."""
    if platform.machine() in ("arm64", "aarch64"):
        return ["arm64"]
    return [level for level in LEVELS if level.startswith("x86-64")]


def host_levels():
    """Levels this processor can run, lowest first."""
    levels = platform_levels()
    if levels == ["arm64"]:
        return levels
    try:
        text = Path("/proc/cpuinfo").read_text()
        flags = set(next(line for line in text.splitlines() if line.startswith("flags")).split())
    except (OSError, StopIteration):
        flags = set()
    return [level for level in levels if all(FLAGS.get(lower, set()) <= flags for lower in levels[: levels.index(level) + 1])]


def wanted_levels():
    """Levels to build, by EVICAM_BUILD_LEVELS: `host` (the best one here), `runnable`, `all`, or names with commas."""
    wanted = os.environ.get("EVICAM_BUILD_LEVELS", "host")
    if wanted == "host":
        return host_levels()[-1:]
    if wanted == "runnable":
        return host_levels()
    if wanted == "all":
        return platform_levels()
    levels = wanted.split(",")
    unknown = [level for level in levels if level not in platform_levels()]
    if unknown:
        raise BuildError(f"EVICAM_BUILD_LEVELS names {unknown[0]!r}; the levels here are {', '.join(platform_levels())}")
    return levels


def run(command, **options):
    """Runs a command and shows what it printed only if it fails."""
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if result.returncode != 0:
        raise BuildError(f"{' '.join(map(str, command[:6]))} ... failed:\n{result.stdout}")


def compiled_objects(folder):
    """Object files of a module's sources as they are now: those of deleted sources stay in the folder."""
    sources = json.loads((folder / "output-file-map.json").read_text())
    return sorted(output["object"] for source, output in sources.items() if source)


def build_engine(level, target):
    """Compiles the engine for one level into the shared library `target`."""
    if shutil.which("swift") is None:
        raise BuildError("building EviCAM needs Swift 6.3 or newer on the PATH (swift.org/install)")
    scratch = ROOT / f".build-{level}"
    run(["swift", "build", "-c", "release", "--product", "EviCAMEngine", "--scratch-path", scratch, *LEVELS[level]])
    objects = [path for module in MODULES for path in compiled_objects(scratch / "release" / f"{module}.build")]
    newest = max(Path(path).stat().st_mtime for path in [*objects, __file__])
    if target.exists() and target.stat().st_mtime > newest:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        if sys.platform == "darwin":
            exports = ["-Xlinker", "-exported_symbol", "-Xlinker", "_evicam_*", "-Xlinker", "-dead_strip"]
        else:
            script = Path(folder) / "exports.map"
            script.write_text("{ global: evicam_*; local: *; };\n")
            exports = ["-static-stdlib"]
            for option in (f"--version-script={script}", "--gc-sections", "-z", "defs", "-s"):
                exports += ["-Xlinker", option]
        fresh = Path(folder) / target.name
        run(["swiftc", "-emit-library", "-o", fresh, *objects, *exports])
        shutil.copy(fresh, target.with_suffix(".new"))
        os.replace(target.with_suffix(".new"), target)


if __name__ == "__main__":
    if sys.argv[1:] == ["levels"]:
        print(*host_levels())
    elif sys.argv[1:2] == ["flags"] and len(sys.argv) == 3:
        print(*LEVELS[host_levels()[-1] if sys.argv[2] == "best" else sys.argv[2]])
    else:
        sys.exit(__doc__)
