"""What a notebook shows as a picture."""

from __future__ import annotations

import base64

POINTS = 100  # of a notebook for each inch: the figures' type is then as large as the text around them


class Shown:
    """Base of what a notebook shows as the figure that `_pictured` gives; not at all where Matplotlib is not installed."""

    def _pictured(self):
        raise NotImplementedError

    def _repr_png_(self) -> bytes | None:
        return self._png()[0]

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        """The same with the width to show it at: the PNG has twice the pixels, for sharp screens."""
        png, width = self._png()
        if png is None:
            return {}, {}
        return {"image/png": base64.b64encode(png).decode("ascii")}, {"image/png": {"width": width}}

    def _png(self) -> tuple[bytes | None, int]:
        try:
            from .plot import as_png
        except ImportError:
            return None, 0
        figure = self._pictured()
        return (None, 0) if figure is None else (as_png(figure), round(POINTS * figure.get_figwidth()))
