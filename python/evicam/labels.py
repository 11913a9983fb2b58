"""Labels: from what users pass in to an array, and to positions among the classes."""

import numbers

import numpy as np

from .arrays import to_array


def as_labels(y, count=None, name="y"):
    """Check labels: one hashable class per image.

    Parameters
    ----------
    y : array-like of shape (N,)
        Numbers, strings, booleans, or any hashable objects.
    count : int, optional
        How many images there are; any number otherwise.
    name : str
        What to call it in a message.

    Returns
    -------
    ndarray of shape (N,)
        Of dtype object where the classes are of no one NumPy type.

    Raises
    ------
    ValueError
        For another length, another rank, or missing labels (NaN, None, masked).
    TypeError
        For labels that are not hashable, and a set, which has no order.
    """
    if isinstance(y, (str, bytes)) or not hasattr(y, "__len__") and not hasattr(y, "__array__"):
        raise TypeError(f"{name} is {y!r:.50}, but must be an array of {'' if count is None else f'{count} '}labels")
    if isinstance(y, (set, frozenset)):
        raise TypeError(f"{name} is a {type(y).__name__}, which has no order, but must be an array of labels")
    labels = to_array(y, name, "label", label_array)
    if labels.ndim == 2 and labels.shape[1] == 1:
        raise ValueError(f"{name} has shape {labels.shape}, but labels must be (N,): pass {name}.ravel()")
    if labels.ndim != 1:
        raise ValueError(f"{name} has shape {labels.shape}, but labels must be (N,), one class per image")
    if count is not None and len(labels) != count:
        raise ValueError(f"{name} has {len(labels)} labels, but X has {count} images")
    if labels.dtype.kind in "fmM":
        missing = labels != labels
        if missing.any():
            word = "NaN" if labels.dtype.kind == "f" else "NaT"
            raise ValueError(f"{name} holds {word} at [{int(missing.argmax())}], but every image needs a label")
    if labels.dtype == object:
        for index, label in enumerate(labels):
            try:
                hash(label)
            except TypeError:
                raise TypeError(f"{name} holds {label!r:.50} at [{index}], which is not hashable") from None
            if _is_missing(label):
                raise ValueError(f"{name} holds {label} at [{index}], but every image needs a label")
    return labels


def _is_missing(label):
    """Whether a label is None or, as NaN is, not equal to itself; pandas' NA does not even say."""
    try:
        return label is None or bool(label != label)
    except (TypeError, ValueError):
        return True


def plain_label(label):
    """A label out of an array without axes: a tensor of PyTorch is another key than its equals."""
    if not _is_array(label) or getattr(label, "ndim", None) != 0:
        return label
    return label.item() if hasattr(label, "item") and not isinstance(label, np.ndarray) else np.asarray(label)[()]


def _is_array(value):
    return hasattr(value, "__array__") and not isinstance(value, np.generic)


def label_array(y):
    """Labels as an array; lists of tuples and mixed types stay objects. Nothing is checked."""
    if hasattr(y, "__array__"):
        return np.asanyarray(y)
    values = [plain_label(label) for label in y]
    kinds = {type(value) for value in values}
    if all(issubclass(kind, (str, numbers.Number, np.generic)) for kind in kinds) and not (
        len(kinds) > 1 and any(issubclass(kind, str) for kind in kinds)
    ):
        return np.asarray(values)
    if any(isinstance(value, list) or _is_array(value) for value in values):
        return np.asarray(values)
    labels = np.empty(len(values), dtype=object)
    labels[:] = values
    return labels


def encode_labels(y, classes=None, name="y"):
    """Number the classes.

    Parameters
    ----------
    y : ndarray of shape (N,)
        What `as_labels` returned.
    classes : ndarray of shape (K,), optional
        Known classes; new ones are found in `y` otherwise.
    name : str
        What to call it in a message.

    Returns
    -------
    classes : ndarray of shape (K,)
        Sorted, or in order of appearance where they cannot be compared.
    codes : ndarray of shape (N,), int32
        Index of each label in `classes`.

    Raises
    ------
    ValueError
        For labels that are not among `classes`.
    """
    if classes is None:
        classes = _find_classes(y)
    number = {label: code for code, label in enumerate(classes.tolist())}
    values = y.tolist()
    unknown = list(dict.fromkeys(value for value in values if value not in number))
    if unknown:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise ValueError(
            f"{name} holds {', '.join(map(repr, unknown[:5]))}{more}, but the classifier knows the classes "
            f"{', '.join(map(repr, classes.tolist()))}"
        )
    return classes, np.fromiter((number[value] for value in values), np.int32, len(values))


def _find_classes(y):
    if y.dtype != object:
        return np.unique(y)
    found = list(dict.fromkeys(y.tolist()))
    try:
        found.sort()
    except TypeError:
        pass
    classes = np.empty(len(found), dtype=object)
    classes[:] = found
    return classes
