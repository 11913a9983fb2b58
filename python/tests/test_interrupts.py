"""Ctrl-C: where it is raised, and with what status a process ends."""

import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

from evicam import interrupts
from evicam.interrupts import Interrupt, Watch, slices
from trained import shapes


def test_ctrl_c_is_raised_where_it_is_checked():
    with Interrupt() as interrupt:
        interrupt.check()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            interrupt.check()
        interrupt.check()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_is_raised_at_once():
    with pytest.raises(KeyboardInterrupt), Interrupt():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_after_the_last_check_is_raised_at_the_end():
    with pytest.raises(KeyboardInterrupt), Interrupt():
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), Interrupt():
        signal.raise_signal(signal.SIGINT)
        1 / 0


@pytest.mark.parametrize("seconds", [1e-7, 0.02, 7.0])
@pytest.mark.parametrize("count", [0, 1, 16, 17, 34, 35, 50, 51, 1000, 60_001])
def test_slices_cover_all_and_none_is_short(count, seconds, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(interrupts.time, "perf_counter", lambda: clock[0])
    parts = []
    for part in slices(count):
        parts.append(part)
        clock[0] += seconds * (part.stop - part.start)
    assert [part.start for part in parts] == [0, *(part.stop for part in parts)][: len(parts)]
    assert (parts[-1].stop if parts else 0) == count
    sizes = [part.stop - part.start for part in parts]
    assert all(size >= min(17, count) for size in sizes)
    if count == 60_001:
        assert max(sizes[1:-1]) == {1e-7: 8192, 0.02: 17, 7.0: 17}[seconds]


def test_a_watch_is_put_back_and_sees_what_comes():
    watch = Watch()
    old = signal.signal(signal.SIGINT, watch)
    try:
        with pytest.raises(KeyboardInterrupt), Interrupt() as interrupt:
            signal.raise_signal(signal.SIGINT)
            interrupt.check()
        assert signal.getsignal(signal.SIGINT) is watch and not watch.seen
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert watch.seen
        # As if a callback had swallowed that: the next piece of work is not begun.
        with pytest.raises(KeyboardInterrupt), Interrupt() as interrupt:
            interrupt.check()
    finally:
        signal.signal(signal.SIGINT, old)


def test_other_handlers_are_left_alone():
    seen = []
    old = signal.signal(signal.SIGINT, lambda *_: seen.append(1))
    try:
        with Interrupt() as interrupt:
            signal.raise_signal(signal.SIGINT)
            interrupt.check()
    finally:
        signal.signal(signal.SIGINT, old)
    assert seen == [1]


# ---- How the command's process ends ----


@pytest.fixture
def ends(tmp_path):
    """Status and stderr of a process of the command, as of ``python -m``, in which `body` was run first."""

    def ends(body, *arguments):
        program = f"import os, signal, sys\nfrom evicam import __main__, cli\n{body}\n__main__.run()"
        (tmp_path / "interrupted.py").write_text(program)
        command = [sys.executable, "-m", "interrupted", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
        return done.returncode, done.stderr

    return ends


@pytest.mark.parametrize(
    "body",
    [
        "def main(interrupted): signal.raise_signal(signal.SIGINT)",
        # As where a dataclass is made: the interpreter remembers that, and would end by the signal.
        "def main(interrupted): exec('signal.raise_signal(signal.SIGINT)')",
    ],
)
def test_ctrl_c_ends_with_a_status(ends, body):
    assert ends(f"{body}\ncli.main = main") == (130, "evicam: stopped\n")


@pytest.mark.parametrize("error", ["ImportError", "SystemError"])
def test_ctrl_c_that_a_library_turns_into_an_error_of_its_own_is_ctrl_c(ends, error):
    """As NumPy does while it is imported."""
    body = f"""
def load(name):
  try: signal.raise_signal(signal.SIGINT)
  except KeyboardInterrupt: raise {error}("importing the C extensions failed") from None
from evicam import classifiers
classifiers.load = load"""
    assert ends(body, "info", "model") == (130, "evicam: stopped\n")


def test_ctrl_c_while_the_interpreter_shuts_down_changes_nothing(ends):
    """The work is done. Python would restore, early in its shutdown, what the signal does by itself: end the process."""
    body = """
class Late:
  def __del__(self, kill=os.kill, own=os.getpid(), number=signal.SIGINT): kill(own, number)
sys.late = Late()"""
    assert ends(body, "info") == (0, "")


def test_ctrl_c_at_any_moment_ends_with_a_status(tmp_path):
    """While modules are imported, images read, a network trained; the interpreter's own start apart."""
    images, names = shapes(30)
    for index, (image, name) in enumerate(zip(images, names)):
        (tmp_path / "data" / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "data" / name / f"{index}.png")
    (tmp_path / "interrupted.py").write_text("from evicam.__main__ import run\nprint('started', flush=True)\nrun()")
    arguments = ["train", "--data", "data", "--model-out", "model", "--epochs", "100000", "--quiet"]
    for moment in (0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0):
        command = [sys.executable, "-m", "interrupted", *arguments]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
        try:
            assert child.stdout.readline() == "started\n"
            time.sleep(moment)
            child.send_signal(signal.SIGINT)
            err = child.communicate(timeout=30)[1]
        finally:
            child.kill()
        assert (child.returncode, err) == (130, "evicam: stopped\n"), moment
