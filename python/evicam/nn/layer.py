"""What all layers share: a name, a line of architecture text, and how they are printed."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from typing import ClassVar


@dataclass(frozen=True, repr=False)
class Layer:
    """A layer, or several of them: what a model is put together from.

    Attributes
    ----------
    name : str, optional
        What `explain(layer=...)`, messages and checkpoints call it. By default the kind and a number, counted from the
        image on: ``"conv1"``, ``"bn1"``, ``"conv2"``. Containers put theirs before what they hold: ``"block1.conv1"``.
        A letter and then letters, digits, ``.``, ``_`` and ``-``, with what stands before it at most 63 in all, and not
        ``"image"``, which is what the first layer reads.
    """

    name: str | None = field(default=None, kw_only=True)

    # The word in architecture text, and what automatic names begin with.
    kind: ClassVar[str]
    label: ClassVar[str]

    def __post_init__(self):
        if type(self) is Layer:
            raise TypeError("nn.Layer is what all layers share, and none by itself: take another of evicam.nn, such as nn.Linear")
        if self.name is not None and not isinstance(self.name, str):
            raise TypeError(f"name is {self.name!r}, but must be a str")

    def text(self) -> str:
        """The architecture text that the engine reads, one layer a line; see `docs/architecture.md`.

        Returns
        -------
        str

        Raises
        ------
        ValueError
            If there is no layer, or a `Residual` whose two branches hold none.
        """
        lines = Lines(self._names(""))
        if self.write(lines, Lines.IMAGE, "") == Lines.IMAGE:
            raise ValueError("the model has no layers")
        return "".join(f"{line}\n" for line in lines.written)

    def write(self, lines: Lines, source: str, prefix: str) -> str:
        """Write this layer's lines, which read `source`; the name under which its output is read."""
        return lines.add(self, [source], prefix)

    def options(self) -> list[tuple[str, object]]:
        """Names and values of the options that stand in its line."""
        return []

    def _names(self, prefix):
        """The names that were given to layers."""
        return set() if self.name is None else {prefix + self.name}

    def __repr__(self) -> str:
        arguments = []
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.default is MISSING:
                arguments.append(repr(value))
            elif value != entry.default and entry.name != "name":
                arguments.append(f"{entry.name}={value!r}")
        return self._call(arguments)

    def _call(self, arguments, separator=", ", before="", after=""):
        if self.name is not None:
            arguments = [*arguments, f"name={self.name!r}"]
        return f"{type(self).__name__}({before}{separator.join(arguments)}{after})"


class Lines:
    """Lines of architecture text as they are written.

    Parameters
    ----------
    given : set of str
        Names that automatic ones must not take.
    """

    IMAGE = "image"

    def __init__(self, given):
        self.written = []
        self._given = given
        self._counts = {}

    def add(self, layer, sources, prefix):
        """Write a layer's line; the layer's name."""
        name = self._number(prefix + layer.label) if layer.name is None else prefix + layer.name
        options = [f"{option}: {value}" for option, value in layer.options()]
        self.written.append(f"{name} = {layer.kind}({', '.join([*sources, *options])})")
        return name

    def _number(self, label):
        while True:
            self._counts[label] = self._counts.get(label, 0) + 1
            name = f"{label}{self._counts[label]}"
            if name not in self._given:
                return name
