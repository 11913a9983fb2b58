"""Ctrl-C at a moment of our choosing."""

import signal
import threading


class Watch:
    """A handler of Ctrl-C that does what Python's own does, and remembers that it did."""

    seen = False

    def __call__(self, *_):
        self.seen = True
        raise KeyboardInterrupt


class Interrupt:
    """While entered, Ctrl-C is noted, and raised where `check` is called: between two pieces of work, not within one.

    A second Ctrl-C is raised at once, and one that comes after the last `check` at the end. Handlers that are neither Python's
    own nor a `Watch` are left alone, and so are other threads than the main one, which no signal reaches.
    """

    def __enter__(self):
        self._noted = False
        self._before = signal.getsignal(signal.SIGINT)
        self._ours = threading.current_thread() is threading.main_thread() and (
            self._before is signal.default_int_handler or isinstance(self._before, Watch)
        )
        if self._ours:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, kind, *_):
        self._restore()
        if kind is None:
            self.check()

    def _note(self, *_):
        self._noted = True
        self._restore()

    def _restore(self):
        if self._ours:
            self._ours = False
            signal.signal(signal.SIGINT, self._before)

    def check(self):
        """KeyboardInterrupt if Ctrl-C was noted."""
        if self._noted:
            self._noted = False
            raise KeyboardInterrupt
