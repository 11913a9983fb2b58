"""Ctrl-C at a moment of our choosing."""

import signal
import threading
import time

# How long the engine works between two moments at which Ctrl-C is answered, seconds.
SLICE = 0.15
# Images of a part, at most: converted copies stay small; and at least: for fewer the engine may have another order of its sums.
_MOST, _LEAST = 8192, 17


def paced(size, done, seconds):
    """The size of the next piece of work, after one of `size` of which so much was done in so many seconds: grows slowly."""
    return min(4 * size, round(done * SLICE / max(seconds, 1e-6)))


def slices(count):
    """Parts of `count` images, in order: what is done with each takes about `SLICE`, and Ctrl-C comes between two.

    What comes out for an image does not depend on how long they take.
    """
    first, size = 0, 2 * _LEAST
    while first < count:
        end = first + size if count - first - size >= _LEAST else count
        begun = time.perf_counter()
        yield slice(first, end)
        seconds = time.perf_counter() - begun
        first, size = end, max(_LEAST, min(_MOST, paced(size, end - first, seconds)))


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
        """KeyboardInterrupt if Ctrl-C was noted, or came earlier and was swallowed by a callback of some library."""
        if self._noted or (isinstance(self._before, Watch) and self._before.seen):
            self._noted = False
            raise KeyboardInterrupt
