"""What the numbers of one opinion say in words: sure, never seen anything like this, or torn between these."""

from __future__ import annotations

from dataclasses import dataclass

from ..words import listed

# Sure: at most this much of the belief is doubtful, uncertainty and dissonance together.
SURE = 0.25
# Rivals of the first class: their beliefs balance, 1 - |a - b| / (a + b), to at least this. At 0.5 a rival has at least a
# third of the first class's belief.
RIVAL = 0.5
# Rivals that are called by name.
NAMED = 4


@dataclass(frozen=True)
class Judgement:
    """How sure an opinion is, and if it is not, why.

    Attributes
    ----------
    kind : {"sure", "unfamiliar", "torn"}
        Little doubt; doubt mostly from a want of evidence (vacuity); doubt mostly from evidence that conflicts.
    mild : bool
        Whether there is doubt, but the undisputed belief, 1 - u - dissonance, outweighs it.
    words : str
    """

    kind: str
    mild: bool
    words: str


def judge(uncertainty: float, dissonance: float, beliefs, names) -> Judgement:
    """Put an opinion into words.

    Parameters
    ----------
    uncertainty, dissonance : float
        Of one opinion, 0..1. They add up to at most 1: dissonance is a mean of beliefs, weighted with balances 0..1.
    beliefs : sequence of K floats
        From the largest to the smallest.
    names : sequence of K str
        The classes', in the same order.

    Returns
    -------
    Judgement
        ``"sure"`` where uncertainty + dissonance is at most `SURE`. Otherwise the larger of both names the kind of doubt,
        ``"unfamiliar"`` at a tie; it is mild where it is smaller than the undisputed belief.

    Notes
    -----
    Vacuity and dissonance as causes of doubt: Josang, Cho & Chen, "Uncertainty characteristics of subjective opinions"
    (2018). The thresholds are ours, and conventions: they were fitted to nothing.

    Examples
    --------
    >>> judge(0.05, 0.02, [0.94, 0.01], ["cat", "dog"]).words
    'Sure: cat'
    >>> judge(0.90, 0.03, [0.08, 0.02], ["cat", "dog"]).words
    'Never seen anything like this'
    >>> judge(0.10, 0.80, [0.50, 0.40], ["cat", "dog"]).words
    'Torn between cat and dog'
    """
    undisputed = 1 - uncertainty - dissonance
    if uncertainty + dissonance <= SURE:
        return Judgement("sure", False, f"Sure: {names[0]}")
    if uncertainty >= dissonance:
        if not beliefs[0] > 0:
            return Judgement("unfamiliar", False, "Never seen anything like this: no evidence for any class")
        if uncertainty >= undisputed:
            return Judgement("unfamiliar", False, "Never seen anything like this")
        return Judgement("unfamiliar", True, f"Leans towards {names[0]}, but has seen little like this")
    rivals = _rivals(beliefs, names)
    if dissonance >= undisputed:
        return Judgement("torn", False, f"Torn between {listed([names[0], *rivals])}")
    return Judgement("torn", True, f"Leans towards {names[0]}, torn between it and {listed(rivals)}")


def _rivals(beliefs, names) -> list[str]:
    """Who the first class is balanced by: at least the second, and "others" where they hold more than the last one named."""
    first = beliefs[0]
    count = sum(1 - (first - belief) / (first + belief) >= RIVAL for belief in beliefs[1:])
    count = min(max(count, 1), NAMED)
    rest = sum(beliefs[1 + count :])
    return [*names[1 : 1 + count], *(["others"] if rest > beliefs[count] else [])]
