"""Where each way to draw a map puts what a layer saw: predictions from receptive fields alone."""

from __future__ import annotations

import numpy as np


def naive_places(field, places) -> np.ndarray:
    """Where the usual resize draws what lies at `places`, (N, 2) pixels (y, x).

    Notes
    -----
    A place x is at cell (x - start) / jump of h cells; the usual resize draws cell i of h at (i + 1/2) H / h - 1/2 of H
    pixels. So x is drawn at slope x + offset, with slope H / (h jump) and offset (1/2 - start / jump) H / h - 1/2.
    """
    slope, offset = naive_line(field)
    return np.asarray(places) * slope + offset


def naive_line(field) -> tuple[np.ndarray, np.ndarray]:
    """Slope and offset (y, x) of that line."""
    jump, start, cells, image = (np.array(pair, np.float64) for pair in (field.jump, field.start, field.cells, field.image))
    scale = image / cells
    return scale / jump, (0.5 - start / jump) * scale - 0.5


def within_cells(field, places) -> np.ndarray:
    """Which places (N, 2) lie between the outermost cells' centres: elsewhere no cell looks straight at them. (N,) bool."""
    inside = [(places[:, axis] >= at[0]) & (places[:, axis] <= at[-1]) for axis, at in enumerate(field.centres())]
    return inside[0] & inside[1]
