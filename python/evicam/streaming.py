"""Explanations of more images than memory holds results for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .arrays import as_images
from .checks import check_choice, check_positive_int
from .explanations import explain
from .methods import as_method
from .receptive_fields import fitted_network
from .sampling import draw_seed
from .targets import Target

__all__ = ["explain_batches"]


def explain_batches(classifier, X, method="grad-cam", target="predicted", *, batch_size=256, **options):
    """Explain any number of images in bounded memory: one explanation for each batch, in order.

    Parameters
    ----------
    classifier, method, target
        As for `explain`; class labels of N images are dealt out with them.
    X : array-like of shape (N, H, W) or (N, H, W, C)
        Images as for `explain`. Read batch by batch: X may be larger than memory (a ``np.memmap``).
    batch_size : int
        Images in a batch.
    **options
        `layer`, `resize` and `quantity`, as for `explain`. Heatmaps reach 1 in each image.

    Yields
    ------
    Explanation or dict of str to Explanation
        What `explain` returns for the batch; only the last may be smaller. A method's seed is drawn once, for all batches,
        and is in their `settings`.

    Raises
    ------
    ValueError, TypeError
        As `explain`, before the first batch where the whole of X, `target` or `method` is at fault; for a shared scale,
        which the later batches would decide.

    Examples
    --------
    >>> import numpy as np, evicam
    >>> X, y = np.zeros((64, 16, 16), np.uint8), np.arange(64) % 2
    >>> X[y == 1, 4:12, 4:12] = 255
    >>> classifier = evicam.EvidentialClassifier(epochs=2, random_state=0, verbose=False).fit(X, y)
    >>> [part.heatmap.shape for part in evicam.explain_batches(classifier, X, target=y, layer="conv1", batch_size=40)]
    [(40, 16, 16), (24, 16, 16)]
    """
    batch_size = check_positive_int(batch_size, "batch_size")
    check_choice(options.get("scale", "image"), "scale", ("image",))
    _, image_shape = fitted_network(classifier)
    images = as_images(X, shape=image_shape)
    labels = Target(classifier, target, options.get("quantity", "logit"), len(images)).target
    method = as_method(method)
    if hasattr(method, "random_state"):
        method = replace(method, random_state=draw_seed(method.random_state))
    return _batches(classifier, images, method, labels, batch_size, options)


def _batches(classifier, images, method, labels, batch_size, options):
    for start in range(0, len(images), batch_size):
        part = slice(start, start + batch_size)
        target = labels[part] if isinstance(labels, np.ndarray) else labels
        yield explain(classifier, images[part], method, target, batch_size=batch_size, **options)
