"""The C interface, tried by a C program: Tests/ABITests, built against the header and the engine in use."""

import re
import shutil
import subprocess
from pathlib import Path
from unittest import mock

import pytest

from evicam import _native

ROOT = Path(__file__).resolve().parents[2]
HEADERS = sorted((ROOT / "Sources/CEviCAM/include").glob("*.h"))
TESTS = "symbols null_pointers handles sizes settings texts results explanations allocations memory threads fork".split()

pytestmark = [
    pytest.mark.isa,
    pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler"),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    built = tmp_path_factory.mktemp("abi") / "abitests"
    sources = sorted((ROOT / "Tests/ABITests").glob("*.c"))
    engine = Path(_native.__file__).parent / f"engine/libevicam-{_native.isa()}.so"
    warnings = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-g"]
    libraries = ["-lm", "-lpthread", f"-Wl,-rpath,{engine.parent}"]
    subprocess.run(["cc", *warnings, "-I", HEADERS[0].parent, *sources, engine, "-o", built, *libraries], check=True)
    return built


def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("name", TESTS)
def test_from_c(program, name):
    result = run(program, name)
    assert result.returncode == 0, result.stderr


def test_all_tests_are_run(program):
    assert run(program).stdout.split() == TESTS


def test_every_function_of_the_header_is_linked(program):
    declared = set(re.findall(r"\b(evicam_\w+)\(", "".join(header.read_text() for header in HEADERS)))
    assert set(run(program, "symbols").stdout.split()) == declared


def test_header_is_valid_c_and_cpp(tmp_path):
    for name, compiler, standard in (("a.c", "cc", "-std=c99"), ("a.cpp", "c++", "-std=c++11")):
        if shutil.which(compiler) is None:
            continue
        (tmp_path / name).write_text('#include "evicam.h"\n')
        flags = [standard, "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only"]
        subprocess.run([compiler, *flags, "-I", HEADERS[0].parent, tmp_path / name], check=True)


TRAINING = dict(
    loss=_native.LOSS_MSE, evidence=_native.EVIDENCE_EXPONENTIAL, evidence_clip=10.0, kl_weight=0.1, kl_annealing_steps=0,
    kl_annealing_hold=1, rescue_weight=0.0, optimiser=_native.OPTIMISER_ADAM, learning_rate=0.01, weight_decay=0.0, beta1=0.9,
    beta2=0.999, epsilon=1e-8, momentum=0.9, nesterov=True, schedule=_native.SCHEDULE_CONSTANT, schedule_period=1,
    schedule_decay=0.1, total_steps=1, warmup_steps=0, batch_size=4, seed=0, cross_entropy_steps=0, label_smoothing=0.0,
    average_decay=0.0, decay_spares_vectors=False, head_rate=1.0, crop=0, flip=False, cutout=0, rotation=0.0,
)  # fmt: skip


def test_what_only_claims_to_be_a_network_is_not_read():
    network = _native.Network("a = flatten(image)\nb = linear(a, features: 2)", 4, 4, 1, 0)
    assert _native.Trainer(network, **TRAINING).progress()["step"] == 0
    for impostor in (mock.Mock(spec=_native.Network), mock.Mock(spec=network), None, _native.Network):
        with pytest.raises(TypeError, match="network must be a Network, not"):
            _native.Trainer(impostor, **TRAINING)
