"""Correlations of images of which some show the same: a group of them weighs as much as a single one."""

import numpy as np
import pytest

from evicam import statistics
from evicam.statistics.correlation import _partial

random = np.random.default_rng(0)
A = random.normal(size=50)
B = A + random.normal(0.4, 1, 50)


def test_what_is_shown_twice_counts_once():
    """Doubled images give the interval and the p-value that they gave once."""
    once = statistics.rank_correlation(A, B)
    twice = statistics.rank_correlation(np.tile(A, 2), np.tile(B, 2), groups=np.tile(np.arange(len(A)), 2))
    for name in ("effect_size", "p_value", "ci_low", "ci_high"):
        assert getattr(twice, name) == pytest.approx(getattr(once, name), abs=1e-12)
    assert twice.n == once.n == len(A)
    with pytest.raises(ValueError, match="groups has 2 numbers, but x has"):
        statistics.rank_correlation(A, B, groups=[0, 1])


def test_a_group_weighs_as_much_as_a_single_entry():
    """Groups of like entries, of whatever sizes, give what one entry of each gives."""
    size = np.array([1] * 10 + [10] * 4 + [7] * 6)
    members = np.repeat(np.arange(20), size)
    x, y, angle = A[:20], B[:20], np.round(A + B)[:20]
    for once, grouped in (((x, y), (x[members], y[members])), ((x, y, angle), (x[members], y[members], angle[members]))):
        once, grouped = statistics.rank_correlation(*once), statistics.rank_correlation(*grouped, groups=members)
        for name in ("effect_size", "p_value", "ci_low", "ci_high"):
            assert getattr(grouped, name) == pytest.approx(getattr(once, name), abs=1e-9)
        assert grouped.n == 20


@pytest.mark.parametrize("alike", [0.5, 0.9, 1])
@pytest.mark.parametrize("size", [[10] * 14, [1] * 10 + [10] * 4])
def test_groups_find_what_is_not_there_as_seldom_as_they_say(size, alike):
    generator, trials = np.random.default_rng(11), 400
    members = np.repeat(np.arange(14), size)

    def score():
        return np.sqrt(alike) * generator.normal(size=14)[members] + np.sqrt(1 - alike) * generator.normal(size=len(members))

    settings = dict(groups=members, interval="percentile", resamples=100)
    found = [statistics.rank_correlation(score(), score(), **settings).p_value for _ in range(trials)]
    share = np.mean(np.array(found) < 0.05)
    assert share < 0.05 + 3 * np.sqrt(0.05 * 0.95 / trials) and (alike < 1 or share > 0.02)


def test_resamples_of_groups_in_which_nothing_varies_count_for_nothing():
    """Broken weights leave rounding where there is no spread; a correlation of that would be anything."""
    size = np.array([1, 3, 7, 11, 13, 17, 1, 3])
    members = np.repeat(np.arange(8), size)
    x = (members == 2) * 1.0
    partial = _partial(x, random.normal(size=len(x)))
    assert np.isnan(partial((size.min() / size)[members] * (members != 2)[None])).all()
