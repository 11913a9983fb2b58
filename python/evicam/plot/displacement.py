"""Where maps are drawn, as the geometry predicts and as measured."""

from __future__ import annotations

import numpy as np
from matplotlib.lines import Line2D

from ..checks import check_all_from, check_choice
from ..words import capital
from .localisation import DRAWN, METHODS
from .style import GRID, INK, SOFT_INK, WIDTH, new_figure, styled

RISE = ("#009e73", "^", "RISE, no resize")


@styled
def displacement(measured, *, method="hirescam", figure=None):
    """Column of the map's centroid beside the glyph's true one, with the lines that receptive fields predict.

    Parameters
    ----------
    measured : list of dict
        ``results["displacement"]``, one for each network.
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
        Others than `measured` says, none, or an unknown `method`.
    """
    check_all_from('results["displacement"]', "measured", measured, "network", "canvas", "centres", "drawn", "predicted")
    if not measured:
        raise ValueError("measured is empty, but must be of at least one network")
    check_choice(method, "method", METHODS)
    figure = new_figure(figure, WIDTH, 3.7)
    grid = figure.subplots(1, len(measured), squeeze=False)[0]
    looks = {(method, way): look for way, look in DRAWN.items()} | {("rise", "none"): RISE}
    for axes, each in zip(grid, measured):
        width = each["canvas"][1]
        ends = np.array(each["centres"])
        for drawn in each["drawn"]:
            look = looks.get((drawn["method"], drawn["resize"]))
            if look and drawn.get("places"):
                true, found = np.array(drawn["places"]).T
                axes.plot(true, found, look[1], color=look[0], markersize=3.6, alpha=0.7, markeredgewidth=0)
        axes.plot(ends, each["predicted"]["slope"] * ends + each["predicted"]["offset"], color=INK, linewidth=1.4, linestyle="--")
        axes.plot(ends, ends, color=INK, linewidth=1.4)
        axes.set_xlim(0, width - 1)
        axes.set_ylim(0, width - 1)
        axes.set_aspect("equal")
        axes.set_title(f"{capital(each['network'])}, {width} px", loc="left")
        axes.set_xlabel("glyph's column, px")
        axes.grid(color=GRID)
        axes.tick_params(length=3, color=SOFT_INK)
    grid[0].set_ylabel("map's centroid, px")
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=label)
        for colour, marker, label in looks.values()
    ]
    handles.append(Line2D([], [], color=INK, linewidth=1.4, linestyle="--", label="predicted for the usual resize"))
    handles.append(Line2D([], [], color=INK, linewidth=1.4, label="the glyph's own place"))
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure
