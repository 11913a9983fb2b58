"""The rules of the house: who imports whom, what the engine links and exports, what the repository holds."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import evicam
from evicam import _native

ROOT = Path(__file__).resolve().parents[2]
ENGINES = sorted((Path(_native.__file__).parent / "engine").glob("libevicam-*.so"))

# Module -> the modules it may import, besides those of the system.
MAY_IMPORT = {
    "Kernels": {"CPrefetch"},
    "Tensors": {"Kernels"},
    "Networks": {"Kernels", "Tensors"},
    "Evidential": {"Kernels", "Tensors", "Networks", "RealModule"},
    "Explanations": {"Kernels", "Tensors", "Networks", "Evidential"},
    "Metrics": {"Tensors"},
    "EviCAM": {"Tensors", "Networks", "Evidential", "Explanations", "Metrics"},
    "EviCAMABI": {"CEviCAM", "EviCAM", "Kernels"},
}
SYSTEM = {"Glibc", "Darwin", "Synchronization"}


def imports(file):
    line = r"^ *(?:@\S+ +)*(?:(?:public|internal) +)?import +(?:(?:struct|class|func|enum) +)?(\w+)"
    return set(re.findall(line, file.read_text(), re.MULTILINE))


# ---- Swift ----


def test_every_swift_module_is_known():
    folders = {path.name for path in (ROOT / "Sources").iterdir() if any(path.rglob("*.swift"))}
    assert folders == set(MAY_IMPORT)


@pytest.mark.parametrize("module", MAY_IMPORT)
def test_swift_imports_flow_one_way(module):
    for file in (ROOT / "Sources" / module).rglob("*.swift"):
        assert imports(file) <= MAY_IMPORT[module] | SYSTEM, file


def test_every_module_but_the_interface_has_swift_tests():
    tested = {path.name.removesuffix("Tests") for path in (ROOT / "Tests").glob("*Tests") if any(path.rglob("*.swift"))}
    # EviCAM only gathers the others; the interface is tested by Tests/ABITests, in C.
    assert tested == set(MAY_IMPORT) - {"EviCAM", "EviCAMABI"}


# ---- The built engine ----


def lines(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.skipif(shutil.which("readelf") is None, reason="needs binutils")
@pytest.mark.parametrize("engine", ENGINES, ids=lambda path: path.stem)
def test_engine_needs_the_system_only(engine):
    needed = {re.search(r"\[(.+)\]", line)[1].split(".so")[0] for line in lines("readelf", "-d", engine) if "NEEDED" in line}
    assert needed <= {"libc", "libm", "libstdc++", "libgcc_s", "libpthread", "libdl", "librt", "ld-linux-x86-64"}


@pytest.mark.skipif(shutil.which("nm") is None, reason="needs binutils")
@pytest.mark.parametrize("engine", ENGINES, ids=lambda path: path.stem)
def test_engine_exports_the_header_and_nothing_else(engine):
    symbols = (line.split() for line in lines("nm", "-D", "--defined-only", engine))
    exported = {name for _, kind, name in symbols if kind.isupper()}  # small letters: known inside only
    header = "".join(file.read_text() for file in (ROOT / "Sources/CEviCAM/include").glob("*.h"))
    assert exported == set(re.findall(r"\b(evicam_\w+)\(", header))


@pytest.mark.parametrize("engine", ENGINES, ids=lambda path: path.stem)
def test_engine_stays_small(engine):
    limits = json.loads((ROOT / "python/tests/limits.json").read_text())
    assert engine.stat().st_size <= limits["engine_bytes"]


def test_versions_agree():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert _native.version() == evicam.__version__ == declared
    header = (ROOT / "Sources/CEviCAM/include/evicam.h").read_text()
    assert _native.abi_version() == int(re.search(r"#define EVICAM_ABI_VERSION (\d+)", header)[1])


# ---- Python ----


@pytest.mark.smoke
def test_import_is_light():
    heavy = "scipy matplotlib PIL tqdm pooch safetensors sklearn pandas torch"
    program = f"import sys, evicam; print(*(name for name in {heavy.split()} if name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split() == []


def test_everything_public_is_there_and_documented():
    for name in evicam.__all__:
        assert name == "__version__" or getattr(evicam, name).__doc__, name
        assert name in dir(evicam)
    with pytest.raises(AttributeError, match="has no attribute 'nosuch'"):
        evicam.nosuch


# ---- The repository ----


@pytest.fixture(scope="module")
def tracked():
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    return [ROOT / name for name in lines("git", "-C", ROOT, "ls-files") if (ROOT / name).exists()]


def test_files_stay_small(tracked):
    long = {file.name: n for file in tracked if (n := file.read_bytes().count(b"\n")) > 400}
    assert long == {}
    assert [file.name for file in tracked if file.stat().st_size > 60_000] == []


def test_no_data_and_nothing_built_is_tracked(tracked):
    foreign = {".gz", ".xz", ".bin", ".idx", ".npy", ".npz", ".safetensors", ".so", ".o", ".a", ".png", ".pyc", ".whl"}
    assert [file.name for file in tracked if file.suffix in foreign or file.name == "Package.resolved"] == []


def test_relative_links_of_the_pages_lead_somewhere(tracked):
    for page in (file for file in tracked if file.suffix == ".md"):
        for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
            assert "://" in link or (page.parent / link).exists(), f"{page}: {link}"
