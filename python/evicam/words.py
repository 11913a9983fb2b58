"""Sentences made from data."""

import numbers

import numpy as np


def with_article(name: str) -> str:
    """A name at the beginning of a sentence: "A 6", "An ankle boot"."""
    return f"{'An' if name[:1].lower() in tuple('aeiou8') else 'A'} {name}"


def class_name(label, class_names=None) -> str:
    """Name of a class: from `class_names` where labels are positions in it, else the label itself."""
    if class_names is not None and isinstance(label, numbers.Integral):
        return str(class_names[label])
    return str(label)


def check_names(class_names, *labels) -> None:
    """TypeError or ValueError unless `class_names`, where given, has a name for each label in the arrays `labels`."""
    if class_names is None:
        return
    if isinstance(class_names, (str, dict)) or not hasattr(class_names, "__len__") or not hasattr(class_names, "__getitem__"):
        raise TypeError(f"class_names is {class_names!r:.50}, but must be a sequence of names")
    labels = [label for given in labels if given is not None for label in np.asarray(given).tolist()]
    if not all(isinstance(label, int) for label in labels):
        raise ValueError(f"class_names is given, but the labels, as {labels[0]!r}, are no positions in it: leave it out")
    if labels and not 0 <= min(labels) <= max(labels) < len(class_names):
        raise ValueError(
            f"class_names has {len(class_names)} names, but the labels run from {min(labels)} to {max(labels)}: "
            "each must be a position in it"
        )


def listed(names, word="and") -> str:
    """Names as a list in a sentence: "a", "a and b", "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} {word} {last}" if most else str(last)


def capital(name) -> str:
    """A name as it begins a sentence."""
    return name[:1].upper() + name[1:]
