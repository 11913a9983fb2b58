"""Heatmaps of every stage of a network, beside the image."""

from __future__ import annotations

from ..checks import check_from
from ..words import check_names, class_name
from .pictures import blend, show
from .style import RIGHT, SOFT_INK, WIDTH, WRONG, new_figure, styled

LIMIT = 16  # images in one figure


@styled
def stages(result, *, class_names=None, figure=None):
    """Each image, and its heatmap at each stage with the stage's cells and receptive field.

    Parameters
    ----------
    result : Stages
        From `evicam.experiments.stages`, of at most 16 images.
    class_names : sequence of str, optional
        Names for labels that are positions 0 ... K-1.
    figure : matplotlib.figure.Figure or SubFigure, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        Another `result`; no images, or more than 16; `class_names` without a name for each label.
    """
    check_from("evicam.experiments.stages", "result", result, "labels", "opinion", "explanations")
    count, columns = len(result.labels), 1 + len(result.explanations)
    if not 1 <= count <= LIMIT:
        raise ValueError(f"result is of {count} images, but must be of 1 to {LIMIT}")
    check_names(class_names, result.opinion.classes)
    side = WIDTH / columns
    figure = new_figure(figure, WIDTH, count * (side + 0.22) + 0.45)
    grid = figure.subplots(count, columns, squeeze=False)
    for row, (label, answer, u) in enumerate(zip(result.labels, result.opinion.label, result.opinion.uncertainty)):
        explanations = list(result.explanations.values())
        image = explanations[0].images[row]
        show(grid[row, 0], image)
        right = label == answer
        text = f"{class_name(answer, class_names)} {'✓' if right else '✗'}\nu {u:.2f}"
        grid[row, 0].set_title(text, fontsize=8.5, color=RIGHT if right else WRONG, pad=3)
        for axes, explanation in zip(grid[row, 1:], explanations):
            show(axes, blend(image, explanation.heatmap[row]))
            if explanation.empty[row]:
                axes.set_title("empty", fontsize=8, color=SOFT_INK, pad=2)
    for axes, (name, explanation) in zip(grid[-1, 1:], result.explanations.items()):
        field = explanation.receptive_field
        (h, w), (tall, wide) = field.cells, field.size
        below = f"{name}\n{h} × {w} cells\nfield {tall:g} × {wide:g}"
        axes.text(0.5, -0.06, below, transform=axes.transAxes, ha="center", va="top", fontsize=8.5)
    return figure
