"""Where chance comes in before training: the seed, and which images are held out."""

import numpy as np

from .checks import check_positive_int


def draw_seed(random_state):
    """A seed for the engine, 0 ... 2^64 - 1, from scikit-learn's ways to say `random_state`."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**32))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**32, dtype=np.uint32))
    return check_positive_int(random_state, "random_state", minimum=0) % 2**64


def hold_out(codes, classes, fraction, seed):
    """Which images are kept from training.

    Parameters
    ----------
    codes : ndarray of shape (N,), int32
        Each image's class, 0 ... classes - 1.
    classes : int
    fraction : float
        Share of each class, 0 < fraction < 1, rounded to whole images.
    seed : int

    Returns
    -------
    ndarray of shape (N,), bool

    Raises
    ------
    ValueError
        If nothing would be left on one side.
    """
    random = np.random.default_rng(seed)
    chosen = np.zeros(len(codes), bool)
    for code in range(classes):
        members = random.permutation(np.flatnonzero(codes == code))
        chosen[members[: round(len(members) * fraction)]] = True
    if not chosen.any() or chosen.all():
        raise ValueError(
            f"validation_fraction is {fraction:g}, which leaves {int((~chosen).sum())} images to train on and "
            f"{int(chosen.sum())} to validate with"
        )
    return chosen
