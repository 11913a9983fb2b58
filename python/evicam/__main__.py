"""The process of the command `evicam`, also `python -m evicam`: how it ends, whatever is interrupted and whenever.

Left to itself, Python ends by the signal and not with a status where Ctrl-C comes while modules are imported outside of any
handler, or while the interpreter shuts down; and where it was raised within an ``exec`` of text, as `dataclasses` has, however
it was handled after. And a library in C may turn it into an error of its own. All of that lies within `run`; what is left is
the interpreter's own start.
"""

import signal
import sys

from .interrupts import Watch


def run():
    """Run the command line and leave with its status; 130 after Ctrl-C."""
    watch = Watch()
    try:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where it is ignored, as by nohup
            signal.signal(signal.SIGINT, watch)
        from .cli import main

        status = main(interrupted=lambda: watch.seen)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the work is done
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is being given up already
        print("evicam: stopped", file=sys.stderr)
        status = 130
        exec("")  # the interpreter forgets a KeyboardInterrupt that left an earlier exec: it would end by the signal
    sys.exit(status)


if __name__ == "__main__":
    run()
