"""The verdict in words, made from the numbers, whichever way they fell."""

from __future__ import annotations

# Rank correlations nearer to 0 than this are of no size that matters (Cohen, 1988: below "small").
SMALL = 0.1

WHERE = {"normal": "upright images", "rotated": "turned images", "jointly": "both together, the angle held constant"}
DRAWN = {"naive": "drawn by the usual resize", "aligned": "drawn where the cells look"}


def verdict(answers) -> str:
    """What the numbers say of the paper's hypothesis: that u is high where the heatmap misses the object.

    Parameters
    ----------
    answers : sequence of Answer
        From `evicam.experiments.question`.

    Returns
    -------
    str
        Paragraphs, parted by an empty line: the answer in one, then each method with its numbers.
    """
    if not answers:
        return "Nothing could be tested: no heatmap could be scored."
    found = {(answer.method, answer.resize): judged(answer) for answer in answers}
    paragraphs = [_headline(found)]
    for method in dict.fromkeys(answer.method for answer in answers):
        of_method = [answer for answer in answers if answer.method == method]
        paragraphs.append(" ".join([*(_sentence(answer) for answer in of_method), _drawing(method, found)]).strip())
    return "\n\n".join(paragraphs)


def judged(answer) -> str:
    """One method's word on the hypothesis: "for", "against", "depends", "nothing" or "unknown".

    A relation counts where its interval leaves 0 out and it is at least `SMALL`. The hypothesis wants negative ones. All three
    relations must agree: a single one is what chance, or the angle alone, may give.
    """
    if len(answer.relation) < len(WHERE):
        return "unknown"
    signs = {sign(interval) for interval in answer.relation.values()}
    if signs == {0}:
        return "nothing"
    return {frozenset({-1}): "for", frozenset({1}): "against"}.get(frozenset(signs), "depends")


def sign(interval) -> int:
    """-1 or 1 where a correlation is below or above 0 for sure and of a size that matters; else 0."""
    if interval.low <= 0 <= interval.high or abs(interval.value) < SMALL:
        return 0
    return 1 if interval.value > 0 else -1


HEADLINES = {
    "for": "The hypothesis holds here: the classifiers are less sure where their heatmaps miss the object",
    "against": "The opposite of the hypothesis holds here: the classifiers are less sure where their heatmaps cover the object",
    "nothing": "The hypothesis does not hold here: uncertainty and looking at the object have no relation of a size that matters",
    "depends": "The hypothesis does not hold here as a rule: how uncertainty goes with looking at the object changes between "
    "upright images, turned ones and both together",
    "unknown": "The numbers do not suffice for an answer: too few models, or scores without any spread",
}


def _headline(found) -> str:
    words = set(found.values())
    if len(words) == 1:
        return f"{HEADLINES[words.pop()]}, whichever method draws the map, and however it is drawn."
    by_method = {method: {word for (name, _), word in found.items() if name == method} for method, _ in found}
    if "for" in words and "against" in words:
        return (
            "No answer stands: one way of drawing the maps speaks for the hypothesis, another against it, so what is measured is "
            "the drawing and not the classifier."
        )
    if all(len(each) == 1 for each in by_method.values()):
        return "The answer depends on the method that makes the maps, so it is no property of the classifiers alone."
    if "for" in words:
        return "The hypothesis is supported by some ways of making and drawing the maps only: not enough to say that it holds."
    return "No way of making and drawing the maps supports the hypothesis throughout."


def _sentence(answer) -> str:
    text = f"{_title(answer)}: Dice is {answer.normal:.3f} upright and {answer.rotated:.3f} turned"
    if answer.difference is None:
        text += ". "
    else:
        gap = answer.difference
        side = "higher" if gap.value > 0 else "lower"
        sure = (
            f"{side} upright in the models at large"
            if not gap.low <= 0 <= gap.high
            else "no difference sure to outlast other models"
        )
        text += f" ({sure}: {gap.value:+.3f}, 95% interval {gap.low:+.3f} to {gap.high:+.3f} over {gap.n} models). "
    if max(answer.empty) > 0.01:
        text += f"Empty maps, which score 0: {answer.empty[0]:.0%} upright, {answer.empty[1]:.0%} turned. "
    known = [(WHERE[within], answer.relation[within]) for within in WHERE if within in answer.relation]
    if not known:
        return text + "Its relation to u could not be computed. "
    told = "; ".join(f"{each.value:+.2f} ({each.low:+.2f} to {each.high:+.2f}) within {where}" for where, each in known)
    return text + f"Rank correlation of u and Dice: {told}: {_MEANING[judged(answer)]}."


_MEANING = {
    "for": "less sure where it misses, as the hypothesis has it",
    "against": "less sure where it hits, against the hypothesis",
    "nothing": "no relation of a size that matters",
    "depends": "no one relation",
    "unknown": "not enough for a judgement",
}


def _drawing(method, found) -> str:
    """Whether drawing a method's maps in the right place changed its word."""
    naive, aligned = (found.get((method, resize)) for resize in DRAWN)
    if naive is None or aligned is None:
        return ""
    if naive == aligned:
        return "Drawing these maps in the right place does not change the answer."
    return "Drawing these maps in the right place changes the answer: the usual resize alone would have misled."


def _title(answer) -> str:
    names = {"grad-cam": "Grad-CAM", "hirescam": "HiResCAM"}
    return f"{names.get(answer.method, answer.method)}, {DRAWN.get(answer.resize, answer.resize)}"
