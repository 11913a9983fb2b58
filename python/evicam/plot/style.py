"""What the figures share: colours, type, the figure itself."""

from __future__ import annotations

import base64
import io
from functools import wraps

import matplotlib
from matplotlib.figure import Figure

from ..checks import check_from
from ..files import as_path, write_file
from ..interrupts import Interrupt

INK = "#1f2430"  # text
SOFT_INK = "#667085"  # secondary text, axes
GRID = "#e4e7ec"

# Okabe & Ito's colours: told apart with any colour vision. The same thing has the same colour in every figure.
EVIDENTIAL = "#0072b2"
SOFTMAX = "#d55e00"
UNCERTAINTY = "#4d5562"
RIGHT, WRONG = "#009e73", "#cc3311"
# Classes in a figure with several lines: none of the colours above, each with its own marker.
CLASSES = ("#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7b4fa3", "#8c6d31")
MARKERS = ("o", "s", "^", "D", "v", "P")

# Uncertainty is hatched as well as grey, so that it reads as "nothing known" in print too.
HATCH = "////"

STYLE = {
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.labelsize": 10,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "axes.edgecolor": SOFT_INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "text.color": INK,
    "text.parse_math": False,  # a class may be called "$x$"
    "xtick.color": SOFT_INK,
    "ytick.color": SOFT_INK,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "figure.dpi": 100,
}

WIDTH = 5.6  # inches of a figure that fills a page: on a phone its text is then as large as a caption's
DPI = 200  # of written files: sharp on a phone
POINTS = 100  # of a notebook for each inch: the figures' type is then as large as the text around them


class Picture(Figure):
    """A Matplotlib figure that a notebook shows without pyplot."""

    def _repr_png_(self) -> bytes:
        return as_png(self)

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        """The same with the width to show it at: the PNG has twice the pixels, for sharp screens."""
        png = base64.b64encode(as_png(self)).decode("ascii")
        return {"image/png": png}, {"image/png": {"width": round(POINTS * self.get_figwidth())}}


def styled(draw):
    """Decorator: run a drawing function in the package's style, whatever the caller's settings.

    Ctrl-C is raised at its end: Matplotlib runs callbacks of weak references, from which no exception gets out.
    """

    @wraps(draw)
    def drawn_in_style(*args, **kwargs):
        with Interrupt(), matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(STYLE)
            return draw(*args, **kwargs)

    return drawn_in_style


def new_figure(figure, width, height):
    """`figure` to draw into, or a new one of `width` x `height` inches."""
    if figure is not None:
        check_from("matplotlib.figure.Figure", "figure", figure, "subplots", "legend")
        return figure
    return Picture(figsize=(width, height), layout="constrained", facecolor="white")


@styled
def as_png(figure) -> bytes:
    """The figure as the bytes of a PNG file.

    Parameters
    ----------
    figure : matplotlib.figure.Figure

    Returns
    -------
    bytes
        No date or software version is stored in the file.
    """
    check_from("evicam.plot", "figure", figure, "savefig")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def save(figure, path) -> None:
    """Write the figure to a PNG file; a failure leaves an older file as it was.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    path : str or os.PathLike
        Ends in .png, or in nothing that names another format.

    Raises
    ------
    ValueError
        For the suffix of another format.
    OSError
        When the file cannot be written.
    """
    check_from("evicam.plot", "figure", figure, "savefig", "canvas")
    path = as_path(path)
    if path.suffix.lower().lstrip(".") in {*figure.canvas.get_supported_filetypes()} - {"png"}:
        raise ValueError(f"path is {str(path)!r}, but must end in .png: for another format use figure.savefig")
    write_file(path, as_png(figure))
