"""How much the uncertainty tells right answers from wrong ones."""

from __future__ import annotations

import numpy as np

from .style import GRID, RIGHT, SOFT_INK, WIDTH, WRONG, new_figure, styled

BINS = 20


@styled
def uncertainty_histogram(uncertainty, correct, *, figure=None):
    """Uncertainty of right and of wrong answers, side by side.

    Parameters
    ----------
    uncertainty : array-like of shape (N,)
        Uncertainty u of each answer, 0..1.
    correct : array-like of shape (N,), bool
        Whether each answer was right.
    figure : matplotlib.figure.Figure or SubFigure, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        No answers, or arrays of different lengths.
    """
    uncertainty, correct = np.asarray(uncertainty), np.asarray(correct, bool)
    if uncertainty.ndim != 1 or not len(uncertainty) or uncertainty.shape != correct.shape:
        raise ValueError(
            f"uncertainty and correct have shapes {uncertainty.shape} and {correct.shape}, but must both be (N,) with N >= 1"
        )
    figure = new_figure(figure, WIDTH, 3.2)
    axes = figure.subplots()
    edges = np.linspace(0, 1, BINS + 1)
    for part, name, colour in ((correct, "right", RIGHT), (~correct, "wrong", WRONG)):
        count = np.count_nonzero(part)
        if not count:
            continue
        share = np.histogram(uncertainty[part], edges)[0] / count
        mean = float(uncertainty[part].mean())
        axes.stairs(share, edges, fill=True, color=colour, alpha=0.28)
        axes.stairs(share, edges, color=colour, linewidth=1.6, label=f"{count:,} {name}, mean u {mean:.3f}")
        axes.axvline(mean, color=colour, linestyle="--", linewidth=1.4)
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("uncertainty u")
    axes.set_ylabel("share of the answers")
    axes.grid(axis="y", color=GRID)
    axes.tick_params(length=3, color=SOFT_INK)
    figure.legend(loc="outside upper center", ncols=2)
    return figure
