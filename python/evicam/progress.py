"""The progress of a fit: loss, accuracy, uncertainty and the time left."""

import sys
import warnings


class Silent:
    """A bar that shows nothing."""

    def start(self, epochs, steps_per_epoch, progress):
        pass

    def advance(self, steps, measured):
        pass

    def epoch_done(self, row):
        pass

    def close(self):
        pass


class Bar:
    """A tqdm bar over all steps of a fit; tqdm draws it in a terminal or a notebook."""

    def __init__(self, evidential):
        self._evidential = evidential
        self._bar = None

    def start(self, epochs, steps_per_epoch, progress):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "IProgress not found")  # a notebook without widgets: a line of text does
            from tqdm.auto import tqdm

        self._epochs = epochs
        self._epoch = progress["epoch"]
        self._validation = ""
        self._bar = tqdm(
            total=epochs * steps_per_epoch,
            initial=progress["epoch"] * steps_per_epoch + progress["step_in_epoch"],
            unit=" steps",
            dynamic_ncols=True,
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed} < {remaining}{postfix}",
        )
        self._describe()

    def _describe(self):
        self._bar.set_description_str(f"epoch {min(self._epoch + 1, self._epochs)}/{self._epochs}", refresh=False)

    def advance(self, steps, measured):
        uncertainty = self._evidential and measured.mean("uncertainty")
        text = _figures(measured.mean("loss"), measured.mean("correct"), uncertainty)
        self._bar.set_postfix_str(text + self._validation, refresh=False)
        self._bar.update(steps)

    def epoch_done(self, row):
        self._epoch += 1
        self._validation = _validation(row)
        self._describe()

    def close(self):
        if self._bar is not None:
            self._bar.close()


class Lines:
    """A line for each epoch, where nobody watches but a log is kept."""

    def __init__(self, evidential):
        self._evidential = evidential

    def start(self, epochs, steps_per_epoch, progress):
        self._epochs = epochs
        self._epoch = progress["epoch"]

    def advance(self, steps, measured):
        pass

    def epoch_done(self, row):
        from tqdm import tqdm

        self._epoch += 1
        figures = _figures(row["loss"], row["accuracy"], self._evidential and row["uncertainty"])
        text = f"epoch {self._epoch}/{self._epochs}: {figures}{_validation(row)}, {row['seconds']:.1f} s"
        left = (self._epochs - self._epoch) * row["seconds"]
        if left > 0:
            text += f", {tqdm.format_interval(left)} left"
        print(text, file=sys.stderr, flush=True)

    def close(self):
        pass


def _figures(loss, accuracy, uncertainty):
    """`uncertainty` is False where the classifier has none."""
    text = f"loss {loss:.3f}, accuracy {accuracy:.3f}"
    return text if uncertainty is False else f"{text}, uncertainty {uncertainty:.3f}"


def _validation(row):
    return f", validation {row['val_accuracy']:.3f}" if "val_accuracy" in row else ""


def progress_bar(verbose, evidential):
    """A bar where someone is watching; elsewhere lines for `verbose` True and nothing for "auto"."""
    if not verbose:
        return Silent()
    if _is_watched():
        return Bar(evidential)
    return Silent() if verbose == "auto" else Lines(evidential)


def _is_watched():
    # Not whether ipykernel is imported: whoever runs notebooks of others imports it too.
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if hasattr(shell, "kernel"):
        return True
    stream = sys.stderr
    return bool(stream is not None and getattr(stream, "isatty", lambda: False)())


def say(verbose, sentence):
    """A sentence where `progress_bar` shows something."""
    if verbose and (verbose != "auto" or _is_watched()):
        print(sentence, file=sys.stderr, flush=True)
