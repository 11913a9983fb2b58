"""Figures of where heatmaps lie: beside the object (Fig. 5), over all thresholds, with uncertainty, on larger canvases."""

from __future__ import annotations

import numpy as np
from matplotlib.lines import Line2D

from ..checks import check_all_from, check_choice, check_from
from .pictures import as_rgb, blend
from .style import EVIDENTIAL, GRID, INK, SOFT_INK, SOFTMAX, WIDTH, new_figure, styled

# The same way of drawing has the same colour and marker in every figure.
DRAWN = {"naive": (SOFTMAX, "s", "usual resize"), "aligned": (EVIDENTIAL, "o", "aligned")}
OBJECT = "#00e0a0"  # the object's centre and outline, over a dark image
BASELINES = {"centre blob": (0, (1, 1)), "uniform": (0, (4, 2)), "silhouette": "solid", "random": (0, (5, 1, 1, 1))}
METHODS = {"grad-cam": "Grad-CAM", "hirescam": "HiResCAM"}
METRICS = {"dice": "Dice", "iou": "IoU"}
CONDITIONS = {"normal": "upright", "rotated": "turned"}


@styled
def centroids(marked, *, figure=None):
    """An object beside its heatmap in both ways of drawing, with the centroids of the object and of the map.

    Parameters
    ----------
    marked : Marked
        From `evicam.experiments.marked`.
    figure : matplotlib.figure.Figure or SubFigure, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError
        Another `marked`.
    """
    check_from("evicam.experiments.marked", "marked", marked, "image", "mask", "heatmaps", "centroids")
    figure = new_figure(figure, WIDTH, 2.75)
    pictures = {"the object": as_rgb(marked.image)}
    pictures |= {DRAWN[way][2]: blend(marked.image, heatmap) for way, heatmap in marked.heatmaps.items()}
    for axes, (title, picture), way in zip(figure.subplots(1, 3), pictures.items(), (None, *marked.heatmaps)):
        axes.imshow(picture, interpolation="nearest")
        axes.contour(marked.mask, levels=[0.5], colors=OBJECT, linewidths=0.8)
        axes.plot(*marked.centre[::-1], "+", color=OBJECT, markersize=13, markeredgewidth=2.4)
        if way is not None:
            colour, marker, _ = DRAWN[way]
            place = marked.centroids[way]
            axes.plot(*place[::-1], marker, color=colour, markersize=8, markeredgecolor="white", markeredgewidth=1.4)
            title += f"\n{np.hypot(*(place - marked.centre)):.1f} px off"
        axes.set_title(title, loc="left", fontsize=9.5)
        axes.set_axis_off()
    handles = [
        Line2D([], [], linestyle="", marker="+", markersize=11, markeredgewidth=2.4, color="#00a878", label="object's centroid")
    ]
    handles += [
        Line2D([], [], linestyle="", marker=DRAWN[way][1], color=DRAWN[way][0], label=f"map's, {DRAWN[way][2]}")
        for way in marked.heatmaps
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, handletextpad=0.3, columnspacing=1.2)
    return figure


@styled
def threshold_curves(sweep, *, metric="dice", method="grad-cam", figure=None):
    """A score over all thresholds of the heatmap, upright and turned, with the baselines.

    Parameters
    ----------
    sweep : dict
        ``results["sweep"]``: the thresholds and a curve for each condition, way of drawing and method.
    metric : {"dice", "iou"}
    method : str
        Whose maps to draw: ``"grad-cam"`` or ``"hirescam"``.
    figure : matplotlib.figure.Figure or SubFigure, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        Another `sweep`, or an unknown `metric` or `method`.
    """
    check_from('results["sweep"]', "sweep", sweep, "thresholds", "curves")
    check_choice(metric, "metric", METRICS)
    check_choice(method, "method", METHODS)
    figure = new_figure(figure, WIDTH, 3.4)
    grid = figure.subplots(1, 2, sharey=True)
    for axes, (condition, title) in zip(grid, CONDITIONS.items()):
        for curve in sweep["curves"]:
            if curve["condition"] != condition:
                continue
            if curve["method"] == method:
                colour, marker, label = DRAWN[curve["resize"]]
                style = dict(
                    color=colour, marker=marker, markersize=3.5, linewidth=2, zorder=3, label=f"{METHODS[method]}, {label}"
                )
            elif curve["method"] in BASELINES:
                style = dict(color=SOFT_INK, linestyle=BASELINES[curve["method"]], linewidth=1.2, label=curve["method"])
            else:
                continue
            axes.plot(sweep["thresholds"], curve[metric], **style)
        axes.set_title(title.capitalize(), loc="left")
        axes.set_xlabel("threshold of the heatmap")
        _tidy(axes, "y")
        axes.set_ylim(bottom=0)
    grid[0].set_ylabel(METRICS[metric])
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


@styled
def relations(answers, *, figure=None):
    """Rank correlation of uncertainty and Dice, with the intervals over models.

    Parameters
    ----------
    answers : list of dict
        ``results["answers"]``.
    figure : matplotlib.figure.Figure or SubFigure, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        Other `answers`, or none.
    """
    check_all_from('results["answers"]', "answers", answers, "method", "resize", "relation", "relation_area_held")
    if not answers:
        raise ValueError("answers are none, but must be at least one")
    within = {"normal": "upright", "rotated": "turned", "jointly": "both, given the angle"}
    methods = list(dict.fromkeys(answer["method"] for answer in answers))
    figure = new_figure(figure, WIDTH, 1.0 + 1.45 * len(methods))
    grid = figure.subplots(len(methods), 1, sharex=True, squeeze=False)[:, 0]
    for axes, method in zip(grid, methods):
        for answer in (each for each in answers if each["method"] == method):
            colour, marker, _ = DRAWN[answer["resize"]]
            for place, name in enumerate(within):
                y = place + (-0.18 if answer["resize"] == "naive" else 0.18)
                for relation, shift, fill, edge in (
                    (answer["relation"], -0.08, colour, "white"),
                    (answer["relation_area_held"], 0.08, "white", colour),
                ):
                    if name in relation:
                        told = relation[name]
                        ends = [told["ci_low"], told["ci_high"]]
                        axes.plot(ends, [y + shift] * 2, color=colour, linewidth=2.4, solid_capstyle="round")
                        axes.plot(told["rho"], y + shift, marker, color=fill, markersize=7, markeredgecolor=edge)
        axes.axvspan(-0.1, 0.1, color="#eceef2", zorder=0)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_yticks(range(len(within)), within.values())
        axes.set_ylim(len(within) - 0.5, -0.5)
        axes.set_xlim(-1, 1)
        axes.set_title(METHODS.get(method, method), loc="left")
        axes.tick_params(axis="y", length=0)
        _tidy(axes, "x")
    grid[-1].set_xlabel("rank correlation of u and Dice\n◂ less sure where it misses · less sure where it hits ▸")
    handles = [
        Line2D([], [], color=colour, marker=marker, linewidth=2.4, label=label) for colour, marker, label in DRAWN.values()
    ]
    hollow = dict(markerfacecolor="white", markeredgecolor=SOFT_INK, markersize=7)
    handles.append(Line2D([], [], color=SOFT_INK, marker="o", linewidth=2.4, label="the object's area held", **hollow))
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


@styled
def placed_scores(rows, *, method="hirescam", metric="dice", figure=None):
    """A score of objects placed on larger canvases, by their size, with and without clutter.

    Parameters
    ----------
    rows : list of dict
        ``results["placed"]["rows"]``.
    method, metric : str
    figure : matplotlib.figure.Figure or SubFigure, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        Other `rows`, none, or none of this `method` and `metric`.
    """
    check_all_from('results["placed"]["rows"]', "rows", rows, "size", "ground", "condition", "method", "metric", "mean")
    if not rows:
        raise ValueError("rows are none, but must be at least one")
    for name, value in (("method", method), ("metric", metric)):
        check_choice(value, name, dict.fromkeys(row[name] for row in rows))
    sizes = [size for size in dict.fromkeys(row["size"] for row in rows) if size != "all sizes"]
    grounds = list(dict.fromkeys(row["ground"] for row in rows))
    figure = new_figure(figure, WIDTH, 3.2)
    grid = figure.subplots(1, len(grounds), sharey=True, squeeze=False)[0]
    shades = {name: SOFT_INK for name in ("centre blob", "silhouette")}
    for axes, ground in zip(grid, grounds):
        of_ground = [row for row in rows if row["ground"] == ground and row["condition"] == "normal" and row["metric"] == metric]
        for key in (*DRAWN, *shades):
            drawn = "resize" if key in DRAWN else "method"
            of_method = [row for row in of_ground if key not in DRAWN or row["method"] == method]
            found = {row["size"]: row for row in of_method if row[drawn] == key}
            known = [size for size in sizes if size in found and found[size]["mean"] is not None]
            if not known:
                continue
            mean, low, high = (np.array([found[size][name] for size in known]) for name in ("mean", "ci_low", "ci_high"))
            places = [sizes.index(size) for size in known]
            if key in DRAWN:
                colour, marker, label = DRAWN[key]
                label = f"{METHODS.get(method, method)}, {label}"
                bars = dict(color=colour, marker=marker, linewidth=1.8, capsize=3, label=label, zorder=3)
                axes.errorbar(places, mean, np.maximum([mean - low, high - mean], 0), **bars)
            else:
                axes.plot(places, mean, color=shades[key], linestyle=BASELINES[key], linewidth=1.3, label=key)
        axes.set_xticks(range(len(sizes)), sizes)
        axes.set_xlabel("size of the object's square")
        axes.set_title(ground.capitalize(), loc="left")
        axes.set_ylim(0, 1)
        _tidy(axes, "y")
    grid[0].set_ylabel(METRICS.get(metric, metric))
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _tidy(axes, axis):
    axes.grid(axis=axis, color=GRID)
    axes.tick_params(length=3, color=SOFT_INK)
