"""How a training went, and how far confidence can be trusted."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..checks import check_from, check_real
from .style import EVIDENTIAL, GRID, SOFT_INK, SOFTMAX, WIDTH, new_figure, styled

# Panel title -> the series of `history_` drawn in it, each with its label and line style. Absent series are left out.
PANELS = {
    "Loss": (("loss", "training", "-"), ("val_loss", "validation", "--")),
    "Accuracy": (("accuracy", "training", "-"), ("val_accuracy", "validation", "--")),
    "Uncertainty u": (("uncertainty", "training", "-"), ("val_uncertainty", "validation", "--")),
    "Dead evidence": (("dead_evidence_fraction", "training", "-"),),
}


@styled
def history(*classifiers, figure=None):
    """Loss, accuracy and uncertainty after each epoch.

    Parameters
    ----------
    *classifiers : EvidentialClassifier or SoftmaxClassifier
        Fitted classifiers, drawn in one figure: the evidential one in blue, the softmax one in orange.
    figure : matplotlib.figure.Figure or SubFigure, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        No classifier, or one without a history.
    """
    series = {}
    for classifier in classifiers:
        evidential = hasattr(classifier, "predict_opinion")
        record = getattr(classifier, "history_", None)
        if not record:
            raise ValueError(f"this {type(classifier).__name__} has no history: call fit first")
        for panel, lines in PANELS.items():
            # The losses of the twins are different quantities, and u belongs to the evidential one.
            for key, label, dashes in lines:
                if len(record.get(key, ())) and (evidential or panel in ("Loss", "Accuracy")):
                    colour = EVIDENTIAL if evidential else SOFTMAX
                    series.setdefault(panel, []).append(
                        (f"{'evidential' if evidential else 'softmax'}, {label}", record[key], colour, dashes)
                    )
    if not series:
        raise ValueError("classifiers are none, but must be at least one")
    columns = min(2, len(series))
    rows = -(-len(series) // columns)
    figure = new_figure(figure, WIDTH / 2 * columns, 2.2 * rows + 0.5)
    grid = figure.subplots(rows, columns, squeeze=False)
    legend = {}
    for axes in grid.flat[len(series) :]:
        axes.set_axis_off()
    for axes, (panel, lines) in zip(grid.flat, series.items()):
        for label, values, colour, dashes in lines:
            (legend[label],) = axes.plot(
                np.arange(1, len(values) + 1), values, dashes, color=colour, marker="o", markersize=3, linewidth=1.8, label=label
            )
        axes.set_title(panel, loc="left")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        axes.grid(axis="y", color=GRID)
        axes.tick_params(length=3, color=SOFT_INK)
        if panel in ("Accuracy", "Dead evidence"):
            axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g}%"))
        if panel != "Accuracy":
            axes.set_ylim(0, 1.08 * max(max(values) for _, values, _, _ in lines) or 1)
    figure.legend(handles=list(legend.values()), loc="outside lower center", ncols=2)
    return figure


@styled
def learning_curve(*classifiers, target=None, figure=None):
    """Accuracy on the validation images against the minutes of training.

    Parameters
    ----------
    *classifiers : EvidentialClassifier or SoftmaxClassifier
        Fitted with validation images.
    target : float, optional
        An accuracy 0..1 to draw a line at.
    figure : matplotlib.figure.Figure or SubFigure, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        No classifier, or one without validation figures; a `target` that is no accuracy.
    """
    if not classifiers:
        raise ValueError("classifiers are none, but must be at least one")
    figure = new_figure(figure, WIDTH, 3.2)
    axes = figure.subplots()
    for classifier in classifiers:
        record = getattr(classifier, "history_", None) or {}
        if not len(record.get("val_accuracy", ())):
            raise ValueError(f"this {type(classifier).__name__} has no validation figures: fit it with validation_fraction")
        evidential = hasattr(classifier, "predict_opinion")
        axes.plot(
            np.cumsum(record["seconds"]) / 60, record["val_accuracy"], marker="o", markersize=3.5, linewidth=1.8,
            color=EVIDENTIAL if evidential else SOFTMAX, label="evidential" if evidential else "softmax",
        )  # fmt: skip
    if target is not None:
        check_real(target, "target", 0, 1)
        axes.axhline(target, color=SOFT_INK, linestyle="--", linewidth=1.2)
    axes.set_xlim(left=0)
    axes.set_xlabel("minutes of training")
    axes.set_ylabel("accuracy, validation")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g}%"))
    axes.grid(axis="y", color=GRID)
    axes.tick_params(length=3, color=SOFT_INK)
    axes.legend(loc="lower right")
    return figure


@styled
def reliability(*results, names=("evidential", "softmax"), figure=None):
    """Accuracy against confidence: on the diagonal, a classifier is right as often as it says.

    Parameters
    ----------
    *results : Reliability
        From `evicam.metrics.reliability`, one for each classifier, at most two.
    names : sequence of str
        What each is called.
    figure : matplotlib.figure.Figure or SubFigure, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        No result, another thing, more than two, or more results than names.
    """
    if not 1 <= len(results) <= min(2, len(names)):
        raise ValueError(f"results are {len(results)}, but must be 1 or 2, each with its name")
    for result in results:
        check_from("evicam.metrics.reliability", "each result", result, "count", "accuracy", "error")
    figure = new_figure(figure, WIDTH / 2 * max(1.4, len(results)), 3.5)
    grid = figure.subplots(2, len(results), squeeze=False, sharex=True, height_ratios=[3, 1])
    for column, (result, name) in enumerate(zip(results, names)):
        colour = SOFTMAX if name == "softmax" else EVIDENTIAL
        bins = len(result.count)
        middle = (np.arange(bins) + 0.5) / bins
        upper, lower = grid[:, column]
        upper.plot([0, 1], [0, 1], color=SOFT_INK, linewidth=1.2, linestyle="--", zorder=3)
        upper.bar(middle, np.nan_to_num(result.accuracy), width=0.88 / bins, color=colour, alpha=0.85)
        upper.set_ylim(0, 1)
        upper.set_ylabel("accuracy" if column == 0 else "")
        upper.set_title(
            f"{name.capitalize()}\ncalibration error {100 * result.error:.1f}%", loc="left", color=colour, fontweight="bold"
        )
        lower.bar(middle, result.count / result.count.sum(), width=0.88 / bins, color=colour, alpha=0.45)
        lower.set_ylabel("share" if column == 0 else "")
        lower.set_ylim(0, 1)
        lower.set_xlim(0, 1)
        lower.set_xlabel("confidence")
        for axes in (upper, lower):
            axes.grid(axis="y", color=GRID)
            axes.tick_params(length=3, color=SOFT_INK)
    return figure
