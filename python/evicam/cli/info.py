"""Show the engine, and what a saved classifier is: its classes, layers, receptive fields and settings."""

from __future__ import annotations

HELP = "show the engine, or what a saved classifier is"


def add_arguments(parser):
    parser.add_argument("model", nargs="?", metavar="MODEL", help="a file written by `evicam train` or `evicam reproduce`")


def run(options):
    from .. import _native

    print(f"EviCAM {_native.version()}, engine for {_native.isa()}, {_native.num_threads()} threads")
    if options.model is not None:
        from ..classifiers import load

        print(describe(load(options.model)))


def describe(classifier) -> str:
    """A saved classifier in words and tables."""
    height, width, channels = classifier.image_shape_
    colour = {1: "grey", 3: "RGB"}.get(channels, f"{channels} channels")
    layers = classifier.network_.layers()
    lines = [
        "",
        f"{type(classifier).__name__} of {height} x {width} {colour} images, "
        f"{sum(layer['parameters'] for layer in layers):,} weights",
        f"classes: {', '.join(map(str, classifier.classes_.tolist()))}",
        "",
        *_layers(layers),
        "",
        "settings:",
        *(f"  {name} = {value!r}" for name, value in classifier.get_params().items()),
    ]
    return "\n".join(lines)


def _layers(layers) -> list[str]:
    """One line a layer: its output and, where that is a map, what its cells see of the image."""
    rows = [("layer", "kind", "output", "weights", "sees, px", "jump", "start")]
    for layer in layers:
        shape = f"{layer['height']} x {layer['width']} x {layer['channels']}" if layer["spatial"] else f"{layer['channels']}"
        field = tuple(_pair(layer, name) for name in ("receptive_field", "jump", "start")) if layer["spatial"] else ("", "", "")
        rows.append((layer["name"], layer["kind"], shape, f"{layer['parameters']:,}", *field))
    widths = [max(map(len, column)) for column in zip(*rows)]
    flush_right = {3, 4, 5, 6}
    return [
        "  ".join(
            text.rjust(width) if index in flush_right else text.ljust(width)
            for index, (text, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]


def _pair(layer, name) -> str:
    """A quantity with a value along y and along x, written once where they agree."""
    y, x = f"{layer[f'{name}_y']:g}", f"{layer[f'{name}_x']:g}"
    return y if y == x else f"{y}, {x}"
