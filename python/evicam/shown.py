"""What a notebook shows as a picture."""

from __future__ import annotations


class Shown:
    """Base of what a notebook shows as the figure that `_pictured` gives; not at all where Matplotlib is not installed."""

    def _pictured(self):
        """The `evicam.plot.style.Picture`, or None where there is nothing to show."""
        raise NotImplementedError

    def _repr_png_(self) -> bytes | None:
        figure = self._picture()
        return None if figure is None else figure._repr_png_()

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        figure = self._picture()
        return ({}, {}) if figure is None else figure._repr_mimebundle_()

    def _picture(self):
        try:
            return self._pictured()
        except ImportError:
            return None
