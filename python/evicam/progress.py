"""The progress bar of a fit: loss, accuracy, uncertainty and the time left."""


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
        from tqdm.auto import tqdm

        self._epochs = epochs
        self._epoch = progress["epoch"]
        self._validation = ""
        self._bar = tqdm(
            total=epochs * steps_per_epoch,
            initial=progress["step"],
            unit=" steps",
            dynamic_ncols=True,
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed} < {remaining}{postfix}",
        )
        self._describe()

    def _describe(self):
        self._bar.set_description_str(f"epoch {min(self._epoch + 1, self._epochs)}/{self._epochs}", refresh=False)

    def advance(self, steps, measured):
        text = f"loss {measured.mean('loss'):.3f}, accuracy {measured.mean('correct'):.3f}"
        if self._evidential:
            text += f", uncertainty {measured.mean('uncertainty'):.3f}"
        self._bar.set_postfix_str(text + self._validation, refresh=False)
        self._bar.update(steps)

    def epoch_done(self, row):
        self._epoch += 1
        if "val_accuracy" in row:
            self._validation = f", validation {row['val_accuracy']:.3f}"
        self._describe()

    def close(self):
        if self._bar is not None:
            self._bar.close()


def progress_bar(verbose, evidential):
    """A bar for `verbose` True, or for "auto" where someone is watching; else a silent one."""
    if verbose == "auto":
        verbose = _is_watched()
    return Bar(evidential) if verbose else Silent()


def _is_watched():
    import sys

    stream = sys.stderr
    return "ipykernel" in sys.modules or bool(stream is not None and getattr(stream, "isatty", lambda: False)())
