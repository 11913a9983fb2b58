"""The checkpoint that a long fit leaves after every epoch, so that it can go on after being killed."""

from __future__ import annotations

import warnings
from contextlib import contextmanager

from . import checkpoint
from .files import as_path, check_folder, remove_leftovers, write_file
from .parameters import by_name
from .training import ResumeError

# Parameters that another value of which still makes the same training, longer or shorter.
_FREE = {"epochs", "softmax_epochs", "early_stopping", "warm_start", "random_state", "verbose", "test_time_flip"}


class CheckpointWarning(UserWarning):
    """A checkpoint could not be written, or not be used when training was to go on from it."""


class TrainingFile:
    """The checkpoint at `path`, and the one before it at `path` + ".previous".

    Raises
    ------
    ValueError
        If the path is empty.
    FileNotFoundError
        If there is no folder for it.
    IsADirectoryError
        If either is a folder.
    """

    def __init__(self, path):
        self.path = as_path(path, "checkpoint")
        if self.path.is_symlink():
            # Both files are to be where the link leads.
            self.path = self.path.resolve()
        self.previous = self.path.with_name(self.path.name + ".previous")
        # What becomes of the file that is there when the next is written.
        self._keeps = self.previous
        check_folder(self.path)
        for file in (self.path, self.previous):
            if file.is_dir():
                raise IsADirectoryError(f"checkpoint is {str(path)!r}, but {file} is a folder: name a file")

    def read(self):
        """What the checkpoint holds, or else the one before it, with a warning.

        Returns
        -------
        Saved or None
            With its training state; None if there is neither file.

        Raises
        ------
        CheckpointError
            If there are files, but none that can be used.
        """
        remove_leftovers(self.path)
        problems = []
        for path in (self.path, self.previous):
            try:
                saved = checkpoint.read(path)
                if saved.training_state is None:
                    raise checkpoint.CheckpointError(f"{path} was saved without its training state")
            except FileNotFoundError:
                problems.append(f"there is no {path}")
            except (OSError, checkpoint.CheckpointError) as error:
                problems.append(str(error))
            else:
                if problems:
                    # The next one takes the place of the damaged one, which is not to take that of this.
                    self._keeps = None
                    warnings.warn(f"{problems[0]}: training goes on from {path}", CheckpointWarning, stacklevel=4)
                return saved
        if not self.path.exists() and not self.previous.exists():
            return None
        raise checkpoint.CheckpointError(f"{'; '.join(problems)}: training cannot go on (delete them to begin anew)")

    def check(self, classifier):
        """TypeError now, not after the first epoch, if the classes cannot be written."""
        checkpoint.classes_to_json(classifier.classes_)

    def write(self, classifier, run):
        """Save the training as it stands; a warning if that fails, for the training is worth more than its checkpoint."""
        state = run.state()
        network, done = classifier.network_, run.trainer.progress()
        data = checkpoint.to_bytes(classifier, by_name(network, run.predicting(state[1])), state)
        try:
            write_file(self.path, data, keep=self._keeps)
            self._keeps = self.previous
        except OSError as error:
            warnings.warn(
                f"the checkpoint after {done['epoch']} epochs could not be written ({error}): training goes on, and what "
                "was there before stands",
                CheckpointWarning,
                stacklevel=4,
            )


@contextmanager
def naming(file):
    """Where training is to go on from a file, and it is another training's, say which file and what can be done."""
    try:
        yield
    except ResumeError as error:
        if file is None:
            raise
        raise ResumeError(
            error.reason, f" from {file.path} (delete it to begin anew; to train longer, raise epochs alone)"
        ) from None


def check_same_training(classifier, saved):
    """ResumeError unless what was read from a checkpoint is of the same kind of classifier with the same parameters."""
    kind = checkpoint.saved_kind(classifier)
    if saved.kind != kind.__name__:
        raise ResumeError(f"the checkpoint holds a {saved.kind}, not a {kind.__name__}")
    given = checkpoint.params_to_json(classifier.get_params())
    before = checkpoint.params_to_json(kind().get_params() | saved.params)
    changed = [
        f"{name} is {given.get(name)!r}, but was {value!r}"
        for name, value in before.items()
        if name not in _FREE and given.get(name) != value
    ]
    if changed:
        raise ResumeError(f"the checkpoint is of another training ({'; '.join(changed)})")
