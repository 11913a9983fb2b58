"""Sentences made from data."""

import numbers


def with_article(name: str) -> str:
    """A name at the beginning of a sentence: "A 6", "An ankle boot"."""
    return f"{'An' if name[:1].lower() in tuple('aeiou8') else 'A'} {name}"


def class_name(label, class_names=None) -> str:
    """Name of a class: from `class_names` where labels are positions in it, else the label itself."""
    if class_names is not None and isinstance(label, numbers.Integral):
        return str(class_names[label])
    return str(label)


def listed(names, word="and") -> str:
    """Names as a list in a sentence: "a", "a and b", "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} {word} {last}" if most else str(last)


def capital(name) -> str:
    """A name as it begins a sentence."""
    return name[:1].upper() + name[1:]
