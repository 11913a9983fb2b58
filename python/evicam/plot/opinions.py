"""Opinions as bars: belief in each class, and the uncertainty that is left."""

from __future__ import annotations

import math

import numpy as np

from ..checks import check_from, check_positive_int
from ..words import check_names, class_name
from .pictures import show
from .style import EVIDENTIAL, GRID, HATCH, INK, SOFT_INK, UNCERTAINTY, WIDTH, new_figure, styled

LIMIT = 24


@styled
def opinion_bars(opinion, *, images=None, labels=None, class_names=None, columns=2, figure=None):
    """Belief in every class and the uncertainty, per image; together they make 1.

    Parameters
    ----------
    opinion : Opinion
        On at most 24 images; index it to choose which.
    images : array-like of shape (N, H, W) or (N, H, W, C), optional
        The images, drawn beside their bars.
    labels : array-like of shape (N,), optional
        True labels, written above.
    class_names : sequence of str, optional
        Names of the classes; by default the classifier's labels.
    columns : int
        Images in a row.
    figure : matplotlib.figure.Figure or SubFigure, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        Another `opinion`; no images, or more than 24; `images` or `labels` of another length; `class_names` without a name for
        each label.
    """
    check_from("predict_opinion", "opinion", opinion, "belief", "uncertainty", "classes")
    count, classes = opinion.belief.shape
    if not 1 <= count <= LIMIT:
        raise ValueError(f"opinion is of {count} images, but must be of 1 to {LIMIT}: index it, as in opinion[:4]")
    for name, given in (("images", images), ("labels", labels)):
        if given is not None and len(given) != count:
            raise ValueError(f"{name} has length {len(given)}, but there are {count} images")
    check_names(class_names, opinion.classes, labels)
    names = [class_name(label, class_names) for label in np.asarray(opinion.classes).tolist()]
    columns = min(check_positive_int(columns, "columns"), count)
    rows = math.ceil(count / columns)
    figure = new_figure(figure, (0.58 if images is not None else 0.5) * WIDTH * columns, rows * (0.75 + 0.215 * (classes + 1)))
    shape = [1.0, 2.2] if images is not None else [1.0]
    grid = figure.subplots(rows, columns * len(shape), squeeze=False, width_ratios=shape * columns)
    for axes in grid.flat:
        axes.set_axis_off()
    for position in range(count):
        row, column = divmod(position, columns)
        bars = grid[row, (column + 1) * len(shape) - 1]
        bars.set_axis_on()
        draw_bars(bars, names, opinion.belief[position], float(opinion.uncertainty[position]), EVIDENTIAL, xlabel="belief")
        title = f"says {class_name(opinion.label[position], class_names)} · u {opinion.uncertainty[position]:.2f}"
        if labels is not None:
            title += f"\nis {class_name(labels[position], class_names)}"
        bars.set_title(title, loc="left")
        if images is not None:
            show(grid[row, column * len(shape)], images[position])
    return figure


def draw_bars(axes, names, values, uncertainty, colour, *, xlabel, show_names=True):
    """Horizontal bars 0..1 of `values` [K], the largest in full `colour`, above a hatched one for the uncertainty."""
    count = len(names)
    positions = np.arange(count, dtype=float)
    largest = int(np.argmax(values))
    colours = [colour if index == largest else _lighter(colour) for index in range(count)]
    axes.barh(positions, values, height=0.72, color=colours)
    labels, ticks = list(names), list(positions)
    shown = [(positions[largest], float(values[largest]))]
    if uncertainty is not None:
        below = count + 0.45  # set apart: it is no class
        axes.barh(below, uncertainty, height=0.72, facecolor="#d5d9e0", edgecolor=UNCERTAINTY, hatch=HATCH, linewidth=0.8)
        labels.append("uncertainty")
        ticks.append(below)
        shown.append((below, uncertainty))
    for y, value in shown:
        inside = value > 0.8
        axes.annotate(
            f"{value:.2f}",
            (value, y),
            xytext=(-4 if inside else 4, 0),
            textcoords="offset points",
            ha="right" if inside else "left",
            va="center_baseline",
            fontsize=9,
            color="white" if inside and y == shown[0][0] else INK,
            bbox=dict(facecolor="white", edgecolor="none", pad=1.0) if inside and y != shown[0][0] else None,
        )
    axes.set_yticks(ticks, labels if show_names else [""] * len(ticks))
    axes.set_ylim(ticks[-1] + 0.7, -0.7)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_xlabel(xlabel)
    axes.grid(axis="x", color=GRID)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", length=3, color=SOFT_INK)
    axes.spines["left"].set_visible(False)


def _lighter(colour):
    """`colour` mixed half and half with white."""
    from matplotlib.colors import to_rgb

    return tuple(0.5 + 0.5 * part for part in to_rgb(colour))
