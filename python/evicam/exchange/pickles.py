"""A machine for pickles that makes containers, numbers, texts and what it was told of; it runs no code.

A subclass of ``pickle.Unpickler`` with a list of allowed names is not enough: the real machine hands out functions and
classes that later operations may call, change (BUILD sets attributes, of functions too) or hash (keys nested a million
deep overflow the stack), and reserves memory for numbers in the file. Here operations are only *read* by the standard
library's `pickletools`; those that a state dict needs are carried out, the others are refused.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass


class WeightsError(ValueError):
    """A file or dict of weights that cannot be used; the message says why."""


@dataclass(frozen=True)
class Constructor:
    """Something a pickle may call, always with a tuple of arguments. It must check them."""

    name: str
    make: Callable


class Mapping(dict):
    """What a pickled OrderedDict becomes."""


# Operations that put their argument on the stack.
_VALUES = {
    "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "BINSTRING", "SHORT_BINSTRING",
    "BINBYTES", "SHORT_BINBYTES",
}  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_NEW = {"EMPTY_TUPLE": tuple, "EMPTY_LIST": list, "EMPTY_DICT": dict}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_NOTHING = {"PROTO", "FRAME", "STOP"}

# A state dict's largest whole number is legacy's magic one, of 10 bytes.
_LONGEST_NUMBER = 1 << 127


def read_pickle(file, known, persistent=None):
    """Read one pickle of protocol 2 or newer.

    Parameters
    ----------
    file : binary file
        Is left behind the pickle's end.
    known : dict of str to object
        What the pickle may name, by "module.name"; a `Constructor` is what it may call.
    persistent : callable, optional
        Gives the object for a persistent id; without it, there may be none.

    Raises
    ------
    WeightsError
        If the pickle is damaged, names anything else, or asks for any other operation.
    """
    machine = _Machine(known, persistent)
    try:
        for opcode, argument, _ in pickletools.genops(file):
            machine.step(opcode.name, argument)
        return machine.pop()
    except WeightsError:
        raise
    except (ValueError, IndexError, KeyError, MemoryError, OverflowError, RecursionError) as error:
        raise WeightsError(f"its pickle is damaged ({type(error).__name__}: {error})") from None


class _Machine:
    def __init__(self, known, persistent):
        self.known = known
        self.persistent = persistent
        self.stack = []
        self.below = []  # the stacks beneath marks
        self.memo = {}

    def pop(self):
        return self.stack.pop()

    def pop_mark(self):
        """What lies above the last mark."""
        items, self.stack = self.stack, self.below.pop()
        return items

    def step(self, name, argument):
        stack = self.stack
        if name in _VALUES:
            if isinstance(argument, int) and abs(argument) > _LONGEST_NUMBER:
                raise WeightsError("its pickle holds a whole number of more than 16 bytes")
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _NEW:
            stack.append(_NEW[name]())
        elif name in _TUPLES:
            count = _TUPLES[name]
            if len(stack) < count:
                raise IndexError("too few values for a tuple")
            stack[-count:] = [tuple(stack[-count:])]
        elif name in ("BINPUT", "LONG_BINPUT"):
            self.memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(self.memo[argument])
        elif name not in _NOTHING:
            operation = _OPERATIONS.get(name)
            if operation is None:
                raise WeightsError(f"its pickle asks for the operation {name}, which no state dict of tensors needs")
            operation(self, argument)

    def mark(self, _):
        self.below.append(self.stack)
        self.stack = []

    def memoize(self, _):
        self.memo[len(self.memo)] = self.stack[-1]

    def tuple(self, _):
        items = self.pop_mark()
        self.stack.append(tuple(items))

    def append(self, _):
        self._extend([self.pop()])

    def appends(self, _):
        self._extend(self.pop_mark())

    def _extend(self, items):
        if type(self.stack[-1]) is not list:
            raise WeightsError(f"its pickle appends to {described(self.stack[-1])}")
        self.stack[-1].extend(items)

    def set_item(self, _):
        value = self.pop()
        self._update([self.pop(), value])

    def set_items(self, _):
        self._update(self.pop_mark())

    def _update(self, items):
        target = self.stack[-1]
        if type(target) not in (dict, Mapping):
            raise WeightsError(f"its pickle sets items of {described(target)}")
        if len(items) % 2:
            raise IndexError("a key without a value")
        for key, value in zip(items[::2], items[1::2]):
            if not isinstance(key, (str, int)):
                raise WeightsError(f"its pickle has a dict with the key {described(key)}, but keys must be texts or numbers")
            target[key] = value

    def find(self, argument):
        module, name = argument.split(" ", 1)
        self._find(f"{module}.{name}")

    def stack_find(self, _):
        name, module = self.pop(), self.pop()
        if not (isinstance(name, str) and isinstance(module, str)):
            raise WeightsError(f"its pickle names an object by {described(module)} and {described(name)}")
        self._find(f"{module}.{name}")

    def _find(self, name):
        if name not in self.known:
            raise WeightsError(
                f"its pickle asks for {name:.200}, and only tensors in plain containers are loaded: whatever else it does would "
                "run code from the file. If you trust it, load it with PyTorch and save model.state_dict() alone"
            )
        self.stack.append(self.known[name])

    def reduce(self, _):
        arguments, constructor = self.pop(), self.pop()
        if not isinstance(constructor, Constructor) or type(arguments) is not tuple:
            raise WeightsError(f"its pickle calls {described(constructor)} with {described(arguments)}")
        try:
            self.stack.append(constructor.make(*arguments))
        except TypeError:
            raise WeightsError(f"its pickle calls {constructor.name} with {len(arguments)} arguments that do not fit") from None

    def build(self, _):
        """State of a state dict is torch's ``_metadata``, versions of modules: not needed. Others have none."""
        self.pop()
        if type(self.stack[-1]) is not Mapping:
            raise WeightsError(f"its pickle sets the state of {described(self.stack[-1])}")

    def persist(self, _):
        if self.persistent is None:
            raise WeightsError("its pickle refers to an object outside of it where there can be none")
        self.stack.append(self.persistent(self.pop()))


_OPERATIONS = {
    "MARK": _Machine.mark,
    "MEMOIZE": _Machine.memoize,
    "TUPLE": _Machine.tuple,
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "GLOBAL": _Machine.find,
    "STACK_GLOBAL": _Machine.stack_find,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.persist,
}


def described(value):
    """A value by its kind, and a short one by itself: what containers hold is not followed, which could take for ever."""
    if isinstance(value, Constructor):
        return value.name
    return f"{value!r:.60}" if isinstance(value, (str, int, float, bytes)) else f"a {type(value).__name__}"
