"""Figures of the paper's experiments: a rotated image (Fig. 2), an out-of-sample picture (Figs. 3 and 4)."""

from __future__ import annotations

import itertools

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from ..checks import check_from
from ..words import check_names, class_name, with_article
from .opinions import draw_bars
from .pictures import as_rgb, show
from .style import CLASSES, EVIDENTIAL, GRID, HATCH, INK, MARKERS, SOFT_INK, SOFTMAX, UNCERTAINTY, WIDTH, new_figure, styled

OTHER = "#98a2b3"  # classes beyond the palette


@styled
def rotation(result, *, class_names=None, figure=None):
    """What both classifiers say while an image turns: probability of the classes, uncertainty, predicted class.

    Parameters
    ----------
    result : Rotation
        From `evicam.experiments.rotation`.
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
        Another `result`; `class_names` without a name for each label.
    """
    check_from("evicam.experiments.rotation", "result", result, "degrees", "true_label", "evidential", "softmax")
    check_names(class_names, result.classes, [result.true_label])
    degrees = np.asarray(result.degrees, float)
    step = float(np.diff(degrees).min()) if len(degrees) > 1 else 10.0
    looks = _looks(result)
    figure = new_figure(figure, WIDTH, 6.4)
    strip, first, second = figure.subplots(3, 1, sharex=True, height_ratios=[0.34, 2.2, 2.2])

    for degree, image in zip(degrees, result.images):
        half = 0.46 * step
        strip.imshow(as_rgb(image), extent=(degree - half, degree + half, 0, 1), aspect="auto", interpolation="nearest")
    strip.set_xlim(degrees[0] - 0.6 * step, degrees[-1] + 0.6 * step)
    strip.set_ylim(0, 1)
    strip.set_axis_off()
    true = class_name(result.true_label, class_names)
    strip.set_title(f"{with_article(true)}, turned by {degrees[0]:g} to {degrees[-1]:g} degrees", loc="left", pad=6)

    _panel(first, "Evidential", EVIDENTIAL, degrees, step, result.evidential, looks, class_names)
    _panel(second, "Softmax", SOFTMAX, degrees, step, result.softmax, looks, class_names)
    second.set_xticks(degrees if len(degrees) < 8 else degrees[::3])
    second.set_xlabel("rotation in degrees")
    handles = _handles(looks, result, class_names)
    columns = len(handles) if len(handles) < 6 else 4
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, handlelength=1.8, columnspacing=1.4)
    return figure


def _looks(result) -> dict[int, tuple[str, str]]:
    """Colour and marker of each class with a line of its own: the true one, then by how often it is predicted."""
    answers = (result.evidential, result.softmax)
    often = sum(np.bincount(answer.position, minlength=len(result.classes)) for answer in answers)
    peak = np.maximum(*(answer.probability.max(axis=0) for answer in answers))
    ranked = sorted(range(len(often)), key=lambda k: (result.classes[k] != result.true_label, -often[k], -peak[k]))
    named = [k for k in ranked if often[k] or result.classes[k] == result.true_label or peak[k] > 0.3]
    return dict(zip(named, zip(CLASSES, MARKERS)))


def _panel(axes, title, colour, degrees, step, answers, looks, class_names):
    uncertainty = answers.uncertainty
    if uncertainty is not None:
        axes.fill_between(degrees, uncertainty, facecolor="#eceef2", edgecolor="#c3c8d1", hatch=HATCH, linewidth=0)
        axes.plot(degrees, uncertainty, color=UNCERTAINTY, linewidth=2.2, linestyle=(0, (4, 1.5)))
    for position in range(answers.probability.shape[1]):
        line = answers.probability[:, position]
        if position in looks:
            shade, marker = looks[position]
            axes.plot(degrees, line, color=shade, marker=marker, markersize=4.5, linewidth=1.8, zorder=3, clip_on=False)
        else:
            axes.plot(degrees, line, color=OTHER, linewidth=0.8, alpha=0.6, zorder=2)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
    axes.set_ylabel("probability")
    axes.grid(axis="y", color=GRID)
    axes.tick_params(length=3, color=SOFT_INK)
    axes.set_title(f"{title} says", loc="left", color=colour, fontweight="bold", pad=25)
    _ribbon(axes, degrees, step, answers.position, looks, [class_name(label, class_names) for label in answers.classes])


def _ribbon(axes, degrees, step, positions, looks, names):
    """Above a panel: the predicted class at each angle, neighbours with the same answer joined, named where it fits."""
    turned = axes.get_xaxis_transform()  # x in degrees, y in fractions of the panel
    inches = (WIDTH - 0.65) / (degrees[-1] - degrees[0] + 1.2 * step)  # per degree, nearly
    start = 0
    for position, run in itertools.groupby(positions.tolist()):
        stop = start + len(list(run))
        left, right = degrees[start] - 0.46 * step, degrees[stop - 1] + 0.46 * step
        shade = looks.get(position, (OTHER,))[0]
        axes.add_patch(Rectangle((left, 1.035), right - left, 0.105, transform=turned, color=shade, clip_on=False, linewidth=0))
        if len(names[position]) * 0.08 < (right - left) * inches:
            middle = 0.5 * (left + right)
            axes.text(
                middle,
                1.0835,
                names[position],
                transform=turned,
                ha="center",
                va="center_baseline",
                fontsize=9,
                fontweight="bold",
                color=_readable_on(shade),
            )
        start = stop


def _readable_on(colour) -> str:
    """White or dark text, whichever stands out more on `colour` (WCAG relative luminance)."""
    from matplotlib.colors import to_rgb

    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    luminance = float(np.dot([0.2126, 0.7152, 0.0722], linear))
    return "white" if luminance < 0.25 else INK


def _handles(looks, result, class_names):
    handles = [
        Line2D(
            [],
            [],
            color=shade,
            marker=marker,
            markersize=4.5,
            linewidth=1.8,
            label=class_name(result.classes[position], class_names),
        )
        for position, (shade, marker) in looks.items()
    ]
    if len(looks) < len(result.classes):
        handles.append(Line2D([], [], color=OTHER, linewidth=0.8, label="other classes"))
    handles.append(Patch(facecolor="#eceef2", edgecolor=UNCERTAINTY, hatch=HATCH, linestyle="--", label="uncertainty u"))
    return handles


@styled
def out_of_sample(result, *, class_names=None, figure=None):
    """A picture of nothing the classifiers know, and what each says about it.

    Parameters
    ----------
    result : OutOfSample
        From `evicam.experiments.out_of_sample`.
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
        Another `result`; `class_names` without a name for each label.
    """
    check_from("evicam.experiments.out_of_sample", "result", result, "image", "classes", "evidential", "softmax")
    check_names(class_names, result.classes)
    names = [class_name(label, class_names) for label in result.classes]
    figure = new_figure(figure, WIDTH, 1.1 + 0.215 * (len(names) + 1))
    picture, first, second = figure.subplots(1, 3, width_ratios=[0.8, 1.1, 1.1])
    show(picture, result.image)
    picture.set_title("the picture", loc="left")
    belief, uncertainty = result.evidential.belief[0], float(result.evidential.uncertainty[0])
    draw_bars(first, names, belief, uncertainty, EVIDENTIAL, xlabel="belief")
    draw_bars(second, names, result.softmax.probability[0], None, SOFTMAX, xlabel="probability", show_names=False)
    second.set_ylim(first.get_ylim())
    for axes, title, colour, answers in (
        (first, "Evidential", EVIDENTIAL, result.evidential),
        (second, "Softmax", SOFTMAX, result.softmax),
    ):
        says = class_name(answers.label[0], class_names)
        axes.set_title(f"{title}\nsays {says}", loc="left", color=colour, fontweight="bold")
    return figure
