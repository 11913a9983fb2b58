"""The command `evicam`: one module for each of its subcommands."""

from __future__ import annotations

import argparse
import os
import sys
import warnings

from . import evaluate, explain, info, predict, reproduce, train

# What goes wrong by what was given; anything else is a mistake of ours, and shows where it came from.
EXPECTED = (ValueError, OSError, ImportError, MemoryError, OverflowError, FloatingPointError)
COMMANDS = (reproduce, train, evaluate, predict, explain, info)

DESCRIPTION = "Image classifiers that say how much evidence they have, and where in the image it lies."


def main(arguments: list[str] | None = None, interrupted=lambda: False) -> int:
    """Run the command line; the return value is the exit status.

    Parameters
    ----------
    arguments : list of str, optional
        Without the command's name; by default those of the process.
    interrupted : callable
        Says whether Ctrl-C was pressed: an error after that is how some library told of it.

    Returns
    -------
    int
        0 when all went well, 2 for a mistake in the input (one sentence on stderr says which).

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C; the process then ends with status 130.
    """
    options = _parser().parse_args(arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = lambda message, *_: print(f"evicam: note: {message}", file=sys.stderr)
        try:
            if options.threads is not None:
                from .. import _native

                _native.set_num_threads(options.threads)
            options.run(options)
            sys.stdout.flush()
            return 0
        except BrokenPipeError:  # the reader of our output, `head` say, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except Exception as error:
            if interrupted():
                raise KeyboardInterrupt from error
            if options.debug or not isinstance(error, EXPECTED):
                raise
            print(f"evicam: error: {_sentence(error, options)}", file=sys.stderr)
            return 2


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--threads", type=int, metavar="N", help="threads to compute with; the results do not depend on it")
    common.add_argument("--debug", action="store_true", help="show where an error came from")
    parser = argparse.ArgumentParser(prog="evicam", description=DESCRIPTION)
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(metavar="command", required=True)
    for module in COMMANDS:
        command = commands.add_parser(
            module.__name__.rpartition(".")[2],
            parents=[common],
            help=module.HELP,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


class _Version(argparse.Action):
    """Print the engine's version; the engine is loaded only when asked."""

    def __call__(self, parser, *_):
        from .. import _native

        print(f"evicam {_native.version()}")
        parser.exit()


def _sentence(error: BaseException, options: argparse.Namespace) -> str:
    """What went wrong, on one line."""
    large = [name for name, value in vars(options).items() if isinstance(value, int) and value.bit_length() > 63]
    if isinstance(error, OverflowError) and large:
        return f"--{large[0].replace('_', '-')} is {getattr(options, large[0])}, which is too large"
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    if isinstance(error, MemoryError):
        return f"not enough memory {error}".strip()
    return " ".join(str(error).split()) or type(error).__name__
