"""Doubt about what a classifier knows, beside doubt about what it does not."""

from __future__ import annotations

import numpy as np

from ..checks import check_all_from
from ..words import capital
from .pictures import as_rgb
from .style import EVIDENTIAL, GRID, SOFT_INK, SOFTMAX, WIDTH, new_figure, styled

BINS = 25


@styled
def strangers(results, *, figure=None):
    """For each kind of image some examples, and how the doubt of both classifiers is spread over them.

    Parameters
    ----------
    results : list of Strangers
        From `evicam.experiments.strangers`.
    figure : matplotlib.figure.Figure or SubFigure, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        No results, or others.
    """
    check_all_from("evicam.experiments.strangers", "results", results, "examples", "uncertainty", "doubt")
    if not results:
        raise ValueError("results are none, but must be at least one")
    figure = new_figure(figure, WIDTH, 1.25 * len(results) + 0.9)
    grid = figure.subplots(len(results), 2, squeeze=False, width_ratios=[1, 2.1])
    edges = np.linspace(0, 1, BINS + 1)
    legend = {}
    for (left, right), result in zip(grid, results):
        left.imshow(_tiled(result.examples), interpolation="nearest")
        left.set_axis_off()
        lines = (
            (result.uncertainty, "uncertainty u, evidential", EVIDENTIAL, result.evidential_auroc),
            (result.doubt, "1 − largest probability, softmax", SOFTMAX, result.softmax_auroc),
        )
        areas = []
        for values, label, colour, area in lines:
            share = np.histogram(values, edges)[0] / len(values)
            legend[label] = right.stairs(share, edges, color=colour, linewidth=1.6, label=label)
            right.stairs(share, edges, color=colour, fill=True, alpha=0.18)
            if area is not None:
                areas.append(f"{area:.2f}")
        told = f": AUROC {areas[0]}, softmax {areas[1]}" if areas else ""
        right.set_title(capital(result.name) + told, loc="left", fontsize=9.5)
        right.set_xlim(0, 1)
        right.set_ylim(bottom=0)
        right.set_yticks([])
        right.grid(axis="x", color=GRID)
        right.tick_params(length=3, color=SOFT_INK, labelbottom=result is results[-1])
    grid[-1, 1].set_xlabel("doubt")
    figure.legend(handles=list(legend.values()), loc="outside lower center", ncols=2)
    return figure


def _tiled(images) -> np.ndarray:
    """Up to four images as a square of two by two, white between them."""
    pictures = [np.pad(as_rgb(image), ((1, 1), (1, 1), (0, 0)), constant_values=1.0) for image in images[:4]]
    pictures += [np.ones_like(pictures[0])] * (4 - len(pictures))
    return np.vstack([np.hstack(pictures[:2]), np.hstack(pictures[2:])])
