"""Long fits go on after being killed, from a damaged checkpoint, and on a full disk."""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest

import evicam
import trained
from evicam import Augmentation, CheckpointError, CheckpointWarning, EvidentialClassifier, SoftmaxClassifier, parameters
from evicam.training import ResumeError, fingerprint

X, Y = trained.shapes(150)
RECIPE = dict(
    epochs=4, batch_size=16, random_state=0, verbose=False, optimiser="sgd", learning_rate=0.02, average_decay=0.9,
    normalisation="channels", augmentation=Augmentation(crop=2, flip=True, cutout=3, rotation=5), softmax_epochs=1,
)  # fmt: skip


def recipe(kind=EvidentialClassifier, **settings):
    return kind(**{**RECIPE, **settings})


def assert_same(one, other):
    for name, values in parameters.read_parameters(one.network_).items():
        np.testing.assert_array_equal(values, parameters.read_parameters(other.network_)[name], err_msg=name)
    without_time = [{name: row for name, row in c.history_.items() if name != "seconds"} for c in (one, other)]
    assert without_time[0] == without_time[1]


def stopped_after(path, done, **settings):
    """A checkpoint as a process leaves it that was killed after so many epochs of the recipe were done."""

    class Killed(BaseException): ...

    written = []
    write = evicam.resuming.TrainingFile.write

    def write_and_stop(*args):
        write(*args)
        written.append(1)
        if len(written) == done:
            raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(evicam.resuming.TrainingFile, "write", write_and_stop)
        recipe(**settings).fit(X, Y, checkpoint=path)
    return path


# ---- going on ----


@pytest.mark.parametrize("epochs", [1, 2, 4])
@pytest.mark.parametrize(
    "settings", [{}, {"optimiser": "adam", "validation_fraction": 0.2, "early_stopping": 9, "average_decay": 0.0}]
)
def test_going_on_gives_the_same_bits(tmp_path, epochs, settings):
    whole = recipe(**settings).fit(X, Y)
    path = stopped_after(tmp_path / "training.safetensors", epochs, **settings)
    rest = recipe(**settings).fit(X, Y, checkpoint=path, resume=True)
    assert_same(rest, whole)
    assert_same(evicam.load(path), whole)
    assert_same(recipe(**settings).fit(X, Y, checkpoint=path, resume=True), whole)  # nothing is left to do


def test_where_there_is_no_checkpoint_it_begins(tmp_path):
    classifier = recipe().fit(X, Y, checkpoint=tmp_path / "new.safetensors", resume=True)
    assert_same(classifier, recipe().fit(X, Y))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.safetensors", "new.safetensors.previous"]
    assert len(evicam.load(tmp_path / "new.safetensors.previous").history_["loss"]) == 3


def test_a_checkpoint_predicts(tmp_path):
    """In the middle of a training it holds the averaged weights, and what is left of it to do."""
    path = stopped_after(tmp_path / "training.safetensors", 2)
    loaded = evicam.load(path)
    arrays = loaded._training_state[1]
    assert np.array_equal(parameters.flat(parameters.read_parameters(loaded.network_)), arrays["average_parameters"])
    assert "second_moment" not in arrays and not np.array_equal(arrays["parameters"], arrays["average_parameters"])
    assert_same(loaded.fit(X, Y, resume=True), recipe().fit(X, Y))


def test_a_link_to_a_checkpoint(tmp_path):
    """Both files are where the link leads; it stays a link."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / "training.safetensors"
    link.symlink_to(elsewhere / "kept.safetensors")
    whole = recipe().fit(X, Y, checkpoint=link)
    assert link.is_symlink() and set(tmp_path.iterdir()) == {link, elsewhere}
    assert sorted(path.name for path in elsewhere.iterdir()) == ["kept.safetensors", "kept.safetensors.previous"]
    assert_same(recipe().fit(X, Y, checkpoint=link, resume=True), whole)


def test_early_stopping_stays_stopped(tmp_path):
    settings = dict(early_stopping=1, validation_fraction=0.3, epochs=30, softmax_epochs=0)
    stopped = recipe(**settings).fit(X, Y, checkpoint=tmp_path / "a.safetensors")
    assert len(stopped.history_["loss"]) < 30
    assert_same(recipe(**settings).fit(X, Y, checkpoint=tmp_path / "a.safetensors", resume=True), stopped)


@pytest.mark.filterwarnings("ignore::evicam.CollapseWarning")
def test_early_stopping_may_be_given_up(tmp_path):
    """The best weights so far are in the file, and no longer wanted."""
    settings, path = dict(validation_fraction=0.3, softmax_epochs=0), tmp_path / "a.safetensors"
    recipe(early_stopping=9, **settings).fit(X, Y, checkpoint=path)
    assert_same(recipe(**settings).fit(X, Y, checkpoint=path, resume=True), recipe(**settings).fit(X, Y))


@pytest.mark.filterwarnings("ignore::evicam.CollapseWarning")
def test_a_longer_training(tmp_path):
    settings = dict(schedule="constant", softmax_epochs=0)
    path = tmp_path / "training.safetensors"
    recipe(epochs=2, **settings).fit(X, Y, checkpoint=path)
    assert_same(recipe(**settings).fit(X, Y, checkpoint=path, resume=True), recipe(**settings).fit(X, Y))


@pytest.mark.filterwarnings("ignore::evicam.CollapseWarning")
def test_a_longer_training_with_a_longer_start(tmp_path):
    """As by a recipe, whose start by cross-entropy is a share of the epochs: what has passed of it stays passed."""
    short, long = (dict(schedule="constant", epochs=e, softmax_epochs=0.75 * e) for e in (2, 4))
    going = stopped_after(tmp_path / "going.safetensors", 1, **short)
    assert_same(recipe(**long).fit(X, Y, checkpoint=going, resume=True), recipe(**long).fit(X, Y))
    passed = stopped_after(tmp_path / "passed.safetensors", 2, **short)
    wanted = recipe(**{**long, "softmax_epochs": 1.5}).fit(X, Y)
    with pytest.warns(UserWarning, match="softmax_epochs is 3, but that part of this training ended after 1.5 epochs"):
        assert_same(recipe(**long).fit(X, Y, checkpoint=passed, resume=True), wanted)
    shorter = stopped_after(tmp_path / "shorter.safetensors", 2, **long)
    wanted = recipe(**{**long, "softmax_epochs": 2}).fit(X, Y)
    with pytest.warns(UserWarning, match="softmax_epochs is 0.5, but that part of this training ended after 2 epochs"):
        assert_same(recipe(**{**long, "softmax_epochs": 0.5}).fit(X, Y, checkpoint=shorter, resume=True), wanted)


PROGRAM = """
import sys
sys.path[:0] = {path!r}
import test_resuming as tests
classifier = tests.recipe(epochs=30).fit(tests.X, tests.Y, checkpoint={file!r}, resume=True)
classifier.save({file!r} + ".final")
"""


def test_killed_at_any_moment(tmp_path):
    """SIGKILL again and again, until it finishes: the same bits as without."""
    file, path = str(tmp_path / "training.safetensors"), [os.path.dirname(__file__), *sys.path]
    moments, kills = random.Random(1), 0
    while kills < 60:
        child = subprocess.Popen([sys.executable, "-c", PROGRAM.format(path=path, file=file)], stderr=subprocess.PIPE)
        try:
            # A moment of the training itself: after the first files of this process have appeared.
            before, deadline = mtime(file), time.monotonic() + 60
            while child.poll() is None and mtime(file) == before and time.monotonic() < deadline:
                time.sleep(0.001)
            time.sleep(moments.uniform(0, 0.05))
            if child.poll() is not None:
                break
            child.kill()
            kills += 1
        finally:
            child.kill()
            error = child.communicate()[1].decode()
        assert "Error" not in error, error
    assert child.returncode == 0, error
    assert kills >= 2
    # What a killed write left behind was cleared away by the next process.
    assert len(list(tmp_path.iterdir())) <= 4
    assert_same(evicam.load(file + ".final"), recipe(epochs=30).fit(X, Y))


def mtime(file):
    try:
        return os.stat(file).st_mtime_ns
    except FileNotFoundError:  # not yet written, or just making room for the next
        return None


def test_ctrl_c_leaves_a_checkpoint(tmp_path, monkeypatch):
    class CtrlC:
        def start(self, *_): ...
        def epoch_done(self, row): ...
        def close(self): ...

        def advance(self, steps, measured):
            if steps and measured.sums["count"] > 60:
                signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr("evicam.interrupts.SLICE", 0.0)
        patch.setattr("evicam.classifiers.fitting.progress_bar", lambda *_: CtrlC())
        with pytest.warns(UserWarning, match="training was interrupted after 0 of 4 epochs"):
            recipe().fit(X, Y, checkpoint=tmp_path / "a.safetensors")
    assert_same(recipe().fit(X, Y, checkpoint=tmp_path / "a.safetensors", resume=True), recipe().fit(X, Y))


def test_leftovers_of_killed_writes_are_cleared_away(tmp_path):
    path = stopped_after(tmp_path / "training.safetensors", 2)
    (tmp_path / ".training.safetensors.0a3f9abc.tmp").write_bytes(b"half")
    theirs = tmp_path / ".training.safetensors.settings"
    theirs.write_bytes(b"someone's")
    recipe().fit(X, Y, checkpoint=path, resume=True)
    theirs.unlink()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["training.safetensors", "training.safetensors.previous"]


# ---- damaged checkpoints ----


def damage(path, how):
    content = path.read_bytes()
    if how == "flipped":
        half = len(content) // 2
        path.write_bytes(content[:half] + bytes([content[half] ^ 4]) + content[half + 1 :])
    elif how == "gone":
        path.unlink()
    else:
        path.write_bytes(content[: {"empty": 0, "header": 50, "half": len(content) // 2}[how]])


@pytest.mark.parametrize("how", ["flipped", "empty", "header", "half", "gone"])
def test_the_one_before_is_used(tmp_path, how):
    path = stopped_after(tmp_path / "training.safetensors", 3)
    damage(path, how)
    with pytest.warns(CheckpointWarning, match=r"training\.safetensors.*: training goes on from .*\.previous"):
        rest = recipe().fit(X, Y, checkpoint=path, resume=True)
    assert_same(rest, recipe().fit(X, Y))


def test_a_damaged_checkpoint_does_not_take_the_place_of_the_good_one(tmp_path, monkeypatch):
    """Killed while the next one is written, the good one is still there."""
    path = stopped_after(tmp_path / "training.safetensors", 3)
    good = path.with_name(path.name + ".previous").read_bytes()
    damage(path, "half")
    with monkeypatch.context() as patch, pytest.warns(CheckpointWarning, match="training goes on from"):
        patch.setattr("os.replace", lambda source, target: sys.exit("killed"))
        with pytest.raises(SystemExit, match="killed"):
            recipe().fit(X, Y, checkpoint=path, resume=True)
    assert path.with_name(path.name + ".previous").read_bytes() == good
    with pytest.warns(CheckpointWarning, match="training goes on from"):
        assert_same(recipe().fit(X, Y, checkpoint=path, resume=True), recipe().fit(X, Y))
    assert len(evicam.load(path.with_name(path.name + ".previous")).history_["loss"]) == 3


def test_images_are_told_apart_by_every_pixel():
    images = np.zeros((200, 32, 32, 3), np.uint8)
    labels, seen = np.zeros(200, np.int32), set()
    for place in [(0, 0, 0, 0), (0, 0, 0, 1), (99, 5, 7, 2), (199, 31, 31, 2)]:
        images[place] ^= 1
        seen.add(fingerprint(images, labels))
    assert len(seen) == 4


def test_epochs_of_numpy(tmp_path):
    path = tmp_path / "a.safetensors"
    recipe(epochs=np.int64(2)).fit(X, Y, checkpoint=path)
    assert_same(
        recipe().fit(X, Y, checkpoint=path, resume=True), recipe(epochs=2).fit(X, Y).set_params(epochs=4).fit(X, Y, resume=True)
    )


def test_both_are_damaged(tmp_path):
    path = stopped_after(tmp_path / "training.safetensors", 2)
    previous = path.with_name(path.name + ".previous")
    contents = []
    for file in (path, previous):
        damage(file, "half")
        contents.append(file.read_bytes())
    with pytest.raises(CheckpointError, match=r"training\.safetensors is not .*\.previous is not .*cannot go on .delete them"):
        recipe().fit(X, Y, checkpoint=path, resume=True)
    assert [path.read_bytes(), previous.read_bytes()] == contents


def test_without_a_training_state(tmp_path):
    recipe().fit(X, Y).save(tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match="model.safetensors was saved without its training state"):
        recipe().fit(X, Y, checkpoint=tmp_path / "model.safetensors", resume=True)


# ---- another training ----


def test_another_training(tmp_path):
    path = stopped_after(tmp_path / "training.safetensors", 1)
    whole = path.read_bytes()

    def refuses(message, classifier, X=X, Y=Y, **arguments):
        with pytest.raises(ValueError, match=message) as caught:
            classifier.fit(X, Y, checkpoint=path, resume=True, **arguments)
        if "cannot resume" in str(caught.value):
            assert str(caught.value).endswith(f" from {path} (delete it to begin anew; to train longer, raise epochs alone)")
        assert path.read_bytes() == whole

    refuses("X and y are not the images and labels", recipe(), X=X[::-1], Y=Y[::-1])
    refuses("X and y are not the images and labels", recipe(), X=X[:-1], Y=Y[:-1])
    refuses("y holds 'ring', but the classifier knows", recipe(), Y=np.where(Y == "disc", "ring", Y))
    refuses("trained on 20x20x1", recipe(), X=X[:, 1:])
    refuses("the validation set is not the one", recipe(), validation=(X[:30], Y[:30]))
    refuses(r"another training \(learning_rate is 0.05, but was 0.02\)", recipe(learning_rate=0.05))
    refuses("augmentation is None, but was {'crop': 2", recipe(augmentation=None))
    refuses("loss is 'log', but was 'mse'; average_decay is 0.5, but was 0.9", recipe(loss="log", average_decay=0.5))
    path = stopped_after(tmp_path / "longer.safetensors", 3)
    whole = path.read_bytes()
    refuses("epochs is 2, but this training has gone through 3", recipe(epochs=2))
    refuses("random_state is 1, but this training was started with 0", recipe(random_state=1))
    told = pickle.loads(pickle.dumps(ResumeError("other images", " from here")))
    assert str(told) == "other images: cannot resume from here"
    settings = {name: value for name, value in RECIPE.items() if name != "softmax_epochs"}
    refuses("holds a EvidentialClassifier, not a SoftmaxClassifier", SoftmaxClassifier(**settings))


# ---- where it cannot be written ----


def test_folders_are_checked_before_training(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder.*nowhere"):
        recipe(epochs=10**6).fit(X, Y, checkpoint=tmp_path / "nowhere" / "a.safetensors")


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize(
    "name, error, message",
    [
        ("", ValueError, "checkpoint is '', but must be a path"),
        ("photos", IsADirectoryError, "checkpoint is 'photos', but photos is a folder: name a file"),
        ("link", IsADirectoryError, "checkpoint is 'link', but .*photos is a folder: name a file"),
        ("kept", IsADirectoryError, "checkpoint is 'kept', but kept.previous is a folder: name a file"),
    ],
)
def test_checkpoints_are_files(tmp_path, monkeypatch, name, error, message, resume):
    """Said before training, and without the advice to delete what is there."""
    monkeypatch.chdir(tmp_path)
    for folder in ("photos", "kept.previous"):
        (tmp_path / folder).mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    with pytest.raises(error, match=f"^{message}$"):
        recipe(epochs=10**6).fit(X, Y, checkpoint=name, resume=resume)


def test_classes_are_checked_before_training(tmp_path):
    with pytest.raises(TypeError, match="class frozenset.* is a frozenset, but a checkpoint can hold"):
        recipe(epochs=10**6).fit(X, [frozenset("a"), frozenset("b")] * 75, checkpoint=tmp_path / "a.safetensors")


def test_a_full_disk(tmp_path):
    """A limit on file sizes stands for the disk. Training goes on, says so after each epoch, and the old file stands."""
    path = stopped_after(tmp_path / "training.safetensors", 2)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    code = f"""
import resource, signal, sys, warnings
sys.path[:0] = {[os.path.dirname(__file__), *sys.path]!r}
import test_resuming as tests
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    classifier = tests.recipe().fit(tests.X, tests.Y, checkpoint={str(path)!r}, resume=True)
for warning in caught:
    print(warning.category.__name__, warning.message)
print(classifier.decision_function(tests.X[:3]).tolist())
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    for epoch, line in zip((3, 4), lines):
        assert line.startswith(f"CheckpointWarning the checkpoint after {epoch} epochs could not be written ([Errno 27]")
        assert line.endswith("training goes on, and what was there before stands")
    assert lines[2] == str(recipe().fit(X, Y).decision_function(X[:3]).tolist())
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_no_warning_where_all_is_well(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = stopped_after(tmp_path / "training.safetensors", 2)
        recipe().fit(X, Y, checkpoint=path, resume=True)
