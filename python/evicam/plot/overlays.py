"""Heatmaps over the images they explain."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from ..checks import check_flag, check_from, check_positive_int
from ..words import check_names, class_name
from .pictures import HEAT, SIGNED, as_rgb, blend, blend_signed
from .style import INK, RIGHT, SOFT_INK, WIDTH, WRONG, new_figure, styled

LIMIT = 64  # images in one figure: more would be too small to see


@styled
def overlay(explanation, *, images=None, labels=None, opinion=None, class_names=None, columns=4, signed=False, figure=None):
    """Each image above the same image under its heatmap.

    Parameters
    ----------
    explanation : Explanation
        Of at most 64 images; index it to choose which: ``overlay(explanation[:8])``.
    images : array-like of shape (N, H, W) or (N, H, W, C), optional
        Images to draw, where not those that were explained.
    labels : array-like of shape (N,), optional
        True labels; right answers are then told from wrong ones.
    opinion : Opinion, optional
        Opinions on the same images, whose uncertainty u is written above each.
    class_names : sequence of str, optional
        Names for labels that are positions 0 ... K-1.
    columns : int
        Images in a row.
    signed : bool
        Show the raw map with its sign, orange where it raises the target and violet where it lowers it, instead of
        the heatmap. All images share one scale, in units of the target.
    figure : matplotlib.figure.Figure or SubFigure, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        Another `explanation`; no images, or more than 64; `labels`, `images` or `opinion` of another length; `class_names`
        without a name for each label.
    """
    check_from("evicam.explain", "explanation", explanation, "heatmap", "images", "predicted", "target")
    check_flag(signed, "signed")
    count = len(explanation)
    images = explanation.images if images is None else images
    if not 1 <= count <= LIMIT:
        raise ValueError(f"explanation is of {count} images, but must be of 1 to {LIMIT}: index it, as in explanation[:8]")
    for name, given in (("images", images), ("labels", labels), ("opinion", opinion)):
        if given is not None and len(given) != count:
            raise ValueError(f"{name} has length {len(given)}, but there are {count} images")
    check_names(class_names, explanation.predicted, labels, None if isinstance(explanation.target, str) else explanation.target)
    columns = min(check_positive_int(columns, "columns"), count)
    rows = math.ceil(count / columns)
    titles = [_title(explanation, position, labels, opinion, class_names) for position in range(count)]
    lines = max(title.count("\n") + 1 for title, _ in titles)
    height, width = explanation.heatmap.shape[1:]
    side = WIDTH / 4  # inches for each picture; above a pair, a line of text every 0.17
    figure = new_figure(figure, max(3.0, side * columns), rows * (side * 2.0 * height / width + 0.17 * lines + 0.05) + 0.6)
    grid = figure.subplots(rows, columns, squeeze=False)
    maps = explanation.signed() if signed else explanation.heatmap
    scale = float(np.abs(maps).max()) if signed else 1.0
    for axes in grid.flat:
        axes.set_axis_off()
    for position, (title, colour) in enumerate(titles):
        axes, image = grid.flat[position], images[position]
        picture = blend_signed(image, maps[position], scale) if signed else blend(image, maps[position])
        gap = np.ones((max(1, height // 24), width, 3))
        axes.imshow(np.vstack([as_rgb(image), gap, picture]), interpolation="nearest")
        axes.set_title(title, fontsize=9.5, color=colour, pad=3, linespacing=1.15)
    _colour_bar(figure, grid, explanation, signed, scale)
    return figure


def _title(explanation, position, labels, opinion, class_names) -> tuple[str, str]:
    """What is written above an image, and its colour."""
    predicted = explanation.predicted[position]
    lines, colour = [class_name(predicted, class_names)], INK
    if labels is not None:
        right = labels[position] == predicted
        colour = RIGHT if right else WRONG
        truth = f"is {class_name(labels[position], class_names)}"
        short = len(lines[0] + truth) <= 14  # what fits on one line above a picture
        lines = [f"{lines[0]} ✓"] if right else [f"{lines[0]} ✗ {truth}"] if short else [f"{lines[0]} ✗", truth]
    if not isinstance(explanation.target, str):
        lines.append(f"explains {class_name(explanation.target[position], class_names)}")
    notes = [f"u {opinion.uncertainty[position]:.2f}"] if opinion is not None else []
    notes += ["empty map"] if explanation.empty[position] else []
    return "\n".join(lines + [", ".join(notes)] * bool(notes)), colour


def _colour_bar(figure, grid, explanation, signed, scale):
    target = explanation.target if isinstance(explanation.target, str) else "given"
    what = f"the {target}" if explanation.quantity == target else f"the {target} class"
    if explanation.quantity not in ("logit", target):
        what += f"'s {explanation.quantity}"
    if signed:
        mappable = ScalarMappable(Normalize(-scale, scale), SIGNED)
        label = f"raises (orange) or lowers (violet) {what}"
    else:
        mappable = ScalarMappable(Normalize(0, 1), HEAT)
        label = f"speaks for {what}, {'on one scale' if explanation.scale == 'shared' else 'per image'}"
    bar = figure.colorbar(mappable, ax=grid.ravel().tolist(), orientation="horizontal", fraction=0.03, pad=0.02, aspect=50)
    bar.set_label(f"{label} · {explanation.method} at {explanation.layer}", fontsize=9)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, colors=SOFT_INK, labelsize=8)
