"""A card: one image, the opinion on it in words and bars, and where it comes from."""

from __future__ import annotations

import math
import textwrap

from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from ..checks import check_from
from .opinions import draw_bars
from .pictures import HEAT, blend, show
from .style import EVIDENTIAL, SOFT_INK, WIDTH, new_figure, styled

COLUMNS = 4
LINE = 0.17  # inches of a line of small text


@styled
def card(card, *, figure=None):
    """A card as a figure: the image, beliefs and uncertainty as bars, heatmaps, and what they cannot show.

    Parameters
    ----------
    card : Card
        What `evicam.card` returned.
    figure : matplotlib.figure.Figure or SubFigure, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError
        Another `card`.
    """
    check_from("evicam.card", "card", card, "classes", "judgement", "maps")
    shown = len(card.classes)
    height, width = card.image.shape[:2]
    rows = math.ceil((shown + 1) / COLUMNS)
    notes = textwrap.wrap(f"{card.resolution}.", 88)
    for text in card.reservations:
        notes += textwrap.wrap(text, 88)
    heading = textwrap.wrap(card.judgement.words, 52)
    side = WIDTH / COLUMNS * min(height / width, 2.0)
    top = max(side, 0.6 + 0.215 * (shown + 1)) + 0.3
    words = LINE * len(notes) + 0.1
    figure = new_figure(figure, WIDTH, 0.25 * len(heading) + top + rows * (side + 0.3) + 0.45 + words)
    figure.suptitle("\n".join(heading), fontsize=13, x=0.02, ha="left")
    upper, lower, last = figure.subfigures(3, 1, height_ratios=[top, rows * (side + 0.3) + 0.45, words])
    picture, bars = upper.subplots(1, 2, width_ratios=[1, 2.2])
    show(picture, card.image)
    names = [_short(name, 22) for name in card.names[:shown]]
    draw_bars(bars, names, card.beliefs[:shown], card.uncertainty, EVIDENTIAL, xlabel="belief")
    bars.set_title(f"u {card.uncertainty:.2f} · dissonance {card.dissonance:.2f}", loc="left")
    grid = lower.subplots(rows, COLUMNS, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, (what, heatmap, empty) in zip(grid.flat, card.maps):
        show(axes, blend(card.image, heatmap))
        axes.set_title(f"for {_short(what, 16)}" + "\nempty map" * bool(empty), fontsize=9.5, pad=3, linespacing=1.15)
    mappable = ScalarMappable(Normalize(0, 1), HEAT)
    bar = lower.colorbar(mappable, ax=grid.ravel().tolist(), orientation="horizontal", fraction=0.04, pad=0.02, aspect=50)
    bar.set_label("speaks for it; classes on one scale", fontsize=9)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, colors=SOFT_INK, labelsize=8)
    last.text(0.02, 0.98, "\n".join(notes), fontsize=8.5, color=SOFT_INK, va="top", linespacing=1.25)
    return figure


def _short(text, limit) -> str:
    """Text cut to `limit` characters."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
