"""What a card's heatmaps cannot show, in sentences."""

from __future__ import annotations

import numpy as np

from ..explanations import Explanation
from ..receptive_fields import ReceptiveField
from ..words import listed

# Pixels that the usual resize may be off on average before it is worth a word.
_VISIBLE = 0.5


def reservations(classes: Explanation, doubt: Explanation, names) -> list[str]:
    """Sentences on what to keep in mind with these maps; none where there is nothing to say.

    Parameters
    ----------
    classes : Explanation
        Of one image for several classes, whose names are `names`.
    doubt : Explanation
        Of the same image for the uncertainty.
    """
    found = _of_place(classes.receptive_field, classes.resize) if classes.settings.reads_layer else []
    if classes.method == "eigen-cam":
        found.append("Eigen-CAM knows no target: its maps are the same for all.")
    empty = [name for name, without in zip([*names, "the uncertainty"], [*classes.empty, *doubt.empty], strict=True) if without]
    if empty:
        found.append(f"Empty: nothing at {_place(classes)} speaks for {listed(empty, 'or')}.")
    return found


def _place(explanation) -> str:
    return repr(explanation.layer) if explanation.settings.reads_layer else "any pixel"


def _of_place(field: ReceptiveField, resize: str) -> list[str]:
    """On where the cells look, and where their maps are drawn."""
    if field.cells == (1, 1):
        return ["The layer is a single cell: its maps cannot tell where; an earlier layer can."]
    found = []
    if field.exceeds_image:
        found.append(
            "The receptive field is larger than the image: along at least one side a cell sees most of it, or all, so these "
            "maps tell little of where; those of a layer with smaller fields tell more."
        )
    if not field.has_centres:
        return [*found, "Branches that look at different places meet here: the maps have no exact place in the image."]
    if resize == "bilinear" and field.naive_error() >= _VISIBLE:
        found.append(f"The usual resize draws the cells {field.naive_error():.2g} pixels off on average.")
    cold = field.beyond(field.jump)
    if resize == "aligned" and np.any(cold):
        found.append(f"No cell looks straight at the rim, {_sides(cold)}: the maps stay cold there.")
    unseen = field.beyond(tuple(size / 2 for size in field.size))
    if np.any(unseen):
        found.append(f"No cell sees the rim at all, {_sides(unseen)}.")
    return found


def _sides(pixels) -> str:
    """((top, bottom), (left, right)) in words."""
    (top, bottom), (left, right) = pixels
    if top == bottom == left == right:
        return f"{_count(top)} on every side"
    sides = zip((top, bottom, left, right), ("at the top", "at the bottom", "on the left", "on the right"))
    return listed([f"{_count(count)} {side}" for count, side in sides if count])


def _count(pixels) -> str:
    return f"{pixels} pixel{'s' * (pixels != 1)}"
