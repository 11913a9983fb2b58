"""Whether a score tells two sets of images apart."""

from __future__ import annotations

import numpy as np

from ..statistics.samples import as_sample


def auroc(unknown, known) -> float:
    """Area under the ROC curve: how often a score is higher on something unknown than on something known.

    Parameters
    ----------
    unknown, known : array-like of shape (N,), (M,)
        Scores that should be high on the first and low on the second, such as the uncertainty of images of no class and of
        test images.

    Returns
    -------
    float
        0..1: the share of pairs in which the unknown has the higher score; pairs of equal scores count half. 0.5 for a score
        that knows nothing of the difference.

    Raises
    ------
    ValueError, TypeError
        No scores, other shapes, NaN.

    Notes
    -----
    The statistic of Mann and Whitney over N M; Hanley & McNeil, "The Meaning and Use of the Area under a Receiver Operating
    Characteristic (ROC) Curve", Radiology 1982.

    Examples
    --------
    >>> import evicam
    >>> evicam.metrics.auroc([0.9, 0.4], [0.1, 0.4, 0.2])
    0.9166666666666666
    """
    from scipy.stats import rankdata

    unknown, known = as_sample("unknown", unknown), as_sample("known", known)
    for name, scores in (("unknown", unknown), ("known", known)):
        if not len(scores) or np.isnan(scores).any():
            raise ValueError(f"{name} {'holds NaN' if len(scores) else 'is empty'}, but must hold at least one score, none NaN")
    ranks = rankdata(np.concatenate([unknown, known]))[: len(unknown)]
    above = ranks.sum() - len(unknown) * (len(unknown) + 1) / 2
    return float(above / (len(unknown) * len(known)))
