"""The verdict in words, made from the numbers, whichever way they fell."""

from __future__ import annotations

# Rank correlations nearer to 0 than this are of no size that matters (Cohen, 1988: below "small").
SMALL = 0.1

WHERE = {
    "normal": "within upright images",
    "rotated": "within turned ones",
    "jointly": "within both, the angle held constant",
}
DRAWN = {"naive": "drawn by the usual resize", "aligned": "drawn where the cells look"}


def verdict(answers, placed=None) -> str:
    """What the numbers say of the paper's hypothesis: that u is high where the heatmap misses the object.

    Parameters
    ----------
    answers : sequence of Answer
        From `evicam.experiments.question`.
    placed : dict of str to sequence of Answer, optional
        The same of objects on larger canvases, by what they stand on: "clean", "cluttered".

    Returns
    -------
    str
        Paragraphs, parted by an empty line: the answer in one, then each method with its numbers.
    """
    told = [" ".join(text for text in (headline(answers), _area(answers)) if text)]
    told += [f"Objects anywhere on a larger canvas, {ground}. {headline(each)}" for ground, each in (placed or {}).items()]
    return "\n\n".join([*told, *details(answers)])


def details(answers) -> list[str]:
    """A paragraph for each map, with its numbers, and one for what drawing it in the right place did."""
    found = {(answer.method, answer.resize): judged(answer.relation) for answer in answers}
    told = []
    for method in dict.fromkeys(answer.method for answer in answers):
        told += [_sentence(answer) for answer in answers if answer.method == method]
        told += [text for text in [_drawing(method, found)] if text]
    return told


def judged(relation) -> str:
    """One method's word on the hypothesis, a key of `HEADLINES`, from an `Answer`'s relations.

    A relation counts where its interval leaves 0 out and it is at least `SMALL`. The hypothesis wants negative ones, in all
    three: one alone is what chance, or the angle, may give.
    """
    if len(relation) < len(WHERE):
        return "unknown"
    signs = {sign(interval) for interval in relation.values()}
    words = {(0,): "nothing", (-1,): "for", (1,): "against", (-1, 0): "for in part", (0, 1): "against in part"}
    return words.get(tuple(sorted(signs)), "depends")


def sign(interval) -> int:
    """-1 or 1 where a correlation is below or above 0 for sure and of a size that matters; else 0."""
    if interval.low <= 0 <= interval.high or abs(interval.value) < SMALL:
        return 0
    return 1 if interval.value > 0 else -1


HEADLINES = {
    "for": "The hypothesis holds: the classifiers are less sure where their heatmaps miss the object",
    "against": "The opposite of the hypothesis holds: the classifiers are less sure where their heatmaps cover the object",
    "for in part": "The hypothesis holds in part: the classifiers are less sure where their heatmaps miss the object, but not "
    "in every set of images",
    "against in part": "The hypothesis does not hold: where uncertainty goes with the overlap at all, the classifiers are less "
    "sure where their heatmaps cover the object",
    "nothing": "The hypothesis does not hold: uncertainty and looking at the object have no relation of a size that matters",
    "depends": "The hypothesis does not hold as a rule: how uncertainty goes with looking at the object changes between "
    "upright images, turned ones and both together",
    "unknown": "The numbers do not suffice for an answer: too few models, or scores without any spread",
}
_MEANING = {
    "for": "less sure where it misses, as the hypothesis has it",
    "against": "less sure where it hits, against the hypothesis",
    "for in part": "in part less sure where it misses, as the hypothesis has it",
    "against in part": "in part less sure where it hits, against the hypothesis",
    "nothing": "no relation of a size that matters",
    "depends": "no one relation",
    "unknown": "not enough for a judgement",
}
_SHORT = {
    "for": "yes",
    "against": "no, the opposite",
    "for in part": "in part",
    "against in part": "no, in part the opposite",
    "nothing": "no relation of a size that matters",
    "depends": "no one relation",
    "unknown": "not enough to tell",
}


def headline(answers) -> str:
    """The answer in a sentence or two."""
    if not answers:
        return "Nothing could be tested: no heatmap could be scored."
    found = {(answer.method, answer.resize): judged(answer.relation) for answer in answers}
    words = set(found.values())
    if len(words) == 1:
        every = len(found) > 1
        return HEADLINES[words.pop()] + (", whichever method makes the map and however it is drawn." if every else ".")
    by_method = _by_method(found)
    alike = all(len(set(each.values())) == 1 for each in by_method.values())
    cause = "the method that makes the maps, not on how they are drawn" if alike else "the method and on how its maps are drawn"
    return f"Whether u is high where the map misses the object depends on {cause}. {_listed(by_method)}"


def _area(answers) -> str:
    """Whether holding the object's area constant changes a word; nothing where that was not asked."""
    found = {(each.method, each.resize): (judged(each.relation), judged(each.area_held)) for each in answers if each.area_held}
    if not found:
        return ""
    changed = {key: held for key, (plain, held) in found.items() if plain != held}
    if not changed:
        return "Holding the object's area constant does not change this."
    some = "some of this" if len(changed) < len(found) else "this"
    return f"Holding the object's area constant changes {some}. {_listed(_by_method(changed))}"


def _by_method(found) -> dict:
    """{method: {resize: word in short}}."""
    by_method = {}
    for (method, way), word in found.items():
        by_method.setdefault(method, {})[way] = _SHORT[word]
    return by_method


def _listed(by_method) -> str:
    """Each method's words, in one where it says the same however it is drawn."""
    told = []
    for method, each in by_method.items():
        if len(each) > 1 and len(set(each.values())) == 1:
            told.append(f"{_name(method)}: {next(iter(each.values()))}.")
        else:
            told.append(f"{_name(method)}: " + "; ".join(f"{word}, {DRAWN.get(way, way)}" for way, word in each.items()) + ".")
    return " ".join(told)


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
    if not answer.relation:
        return text + "Its relation to u could not be computed."
    text += f"Rank correlation of u and Dice: {_told(answer.relation)}."
    if answer.area_held:
        text += f" With the object's area held constant: {_told(answer.area_held)}."
    return text


def _told(relation) -> str:
    known = [(WHERE[within], relation[within]) for within in WHERE if within in relation]
    told = "; ".join(f"{each.value:+.2f} ({each.low:+.2f} to {each.high:+.2f}) {where}" for where, each in known)
    return f"{told}: {_MEANING[judged(relation)]}"


def _drawing(method, found) -> str:
    """Whether drawing a method's maps in the right place changed its word."""
    naive, aligned = (found.get((method, resize)) for resize in DRAWN)
    if naive is None or aligned is None:
        return ""
    if naive == aligned:
        return f"Drawing {_name(method)}'s maps in the right place does not change the answer."
    return f"Drawing {_name(method)}'s maps in the right place changes the answer: the usual resize gives another."


def _title(answer) -> str:
    return f"{_name(answer.method)}, {DRAWN.get(answer.resize, answer.resize)}"


def _name(method) -> str:
    return {"grad-cam": "Grad-CAM", "hirescam": "HiResCAM"}.get(method, method)
