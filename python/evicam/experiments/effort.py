"""How much work the localisation experiments do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Numbers of models, images and resamples.

    Attributes
    ----------
    models, epochs : int
        Classifiers of the data set, the twin's evidential one among them, and the epochs of the others.
    resamples : int
        Of every bootstrap.
    glyphs, glyph_epochs, glyph_tests : int
        Images with a known place: to learn from, passes over them, to measure on.
    rise_images, rise_masks : int
        Of the glyphs measured, those that RISE explains, and its masks.
    placed, placed_epochs, placed_tests, placed_models : int
        Of objects on a larger canvas: images to learn from, passes over them, images to measure on, models.
    """

    models: int = 5
    epochs: int = 4
    resamples: int = 2000
    glyphs: int = 8000
    glyph_epochs: int = 4
    glyph_tests: int = 2000
    rise_images: int = 120
    rise_masks: int = 1000
    placed: int = 16000
    placed_epochs: int = 5
    placed_tests: int = 2000
    placed_models: int = 3


FULL = Effort()
# A first answer in a few minutes: with two models nothing can be said of models at large.
SHORT = Effort(
    models=2,
    epochs=3,
    glyphs=4000,
    glyph_epochs=4,
    glyph_tests=1000,
    rise_images=60,
    placed=5000,
    placed_epochs=5,
    placed_tests=1000,
    placed_models=2,
)
# The same job for a look at it, and for tests: too small to conclude anything from.
QUICK = Effort(
    models=2,
    epochs=1,
    resamples=100,
    glyphs=200,
    glyph_epochs=1,
    glyph_tests=60,
    rise_images=20,
    rise_masks=100,
    placed=120,
    placed_epochs=1,
    placed_tests=60,
    placed_models=2,
)

EFFORTS = {"full": FULL, "short": SHORT, "quick": QUICK}
