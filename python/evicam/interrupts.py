"""Ctrl-C at a moment of our choosing."""

import signal
import threading


class Interrupt:
    """While entered, Ctrl-C is noted, and raised where `check` is called: between two pieces of work, not within one.

    A second Ctrl-C is raised at once. Handlers that are not Python's own are left alone, and so are other threads than the
    main one, which no signal reaches.
    """

    def __enter__(self):
        self._noted = False
        self._ours = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self._ours:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_):
        self._restore()

    def _note(self, *_):
        self._noted = True
        self._restore()

    def _restore(self):
        if self._ours:
            self._ours = False
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def check(self):
        """KeyboardInterrupt if Ctrl-C was noted."""
        if self._noted:
            self._noted = False
            raise KeyboardInterrupt
