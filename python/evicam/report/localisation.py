"""The report's second half: the paper's tables, why its test failed, its question answered."""

from __future__ import annotations

from ..words import capital
from . import captions, findings
from .page import figure, folded, heading, paragraph, table

# The paper's Tables 1 and 2: upright, turned, p-value.
PAPER = {
    "mnist": {"dice": (0.21, 0.35, "3.53e-20"), "iou": (0.12, 0.24, "6.29e-13")},
    "fashion-mnist": {"dice": (0.24, 0.31, "7.56e-20"), "iou": (0.15, 0.21, "1.01e-15")},
}
NAMES = {"grad-cam": "Grad-CAM", "hirescam": "HiResCAM", "rise": "RISE"}
DRAWN = {"naive": "usual resize", "aligned": "aligned", "none": ""}


def sections(results, figures) -> list[str]:
    """HTML of all sections; none where the question was not asked."""
    if not results.get("localisation"):
        return [heading("The paper's question"), paragraph(results["verdict"])] if results.get("verdict") else []
    return [
        *_tables(results, figures),
        *_diagnosis(results, figures),
        *_question(results, figures),
        *_placed(results, figures),
        heading("The verdict"),
        *map(paragraph, captions.answer(results)),
        folded("Each map in words, with its numbers", "".join(paragraphs(results["verdict"])[len(captions.answer(results)) :])),
    ]


def paragraphs(text) -> list[str]:
    """Paragraphs parted by empty lines."""
    return [paragraph(part) for part in text.split("\n\n")]


def _tables(results, figures):
    body = [heading("Does the heatmap lie on the object?"), paragraph(findings.tables(results))]
    for number, metric in enumerate(("dice", "iou"), 1):
        title = f"Table {number}: {'Dice index' if metric == 'dice' else 'IoU'}"
        body.append(table([title, "Upright", "Turned by 90°", "p"], _table(results, metric)))
    body += [paragraph(findings.beside_the_paper(results, PAPER)), heading("What empty maps do")]
    body += [
        table(["Grad-CAM's maps", "Upright", "Turned by 90°"], _empty(results)),
        paragraph(findings.empty(results)),
    ]
    body += _figure(figures, "thresholds", *findings.thresholds(results))
    body.append(folded("Every score", table(["Score", "Map", "Upright", "Turned by 90°"], _every_score(results))))
    return body


def _table(results, metric):
    """Rows of Table 1 or 2: the paper's, ours, the baselines'."""
    rows = []
    if results["dataset"] in PAPER:
        upright, turned, p_value = PAPER[results["dataset"]][metric]
        rows.append(("The paper", f"{upright:.2f}", f"{turned:.2f}", p_value))
    for method, resize in _maps(results["localisation"]):
        pair = [_cell(results["localisation"], condition, method, resize, metric) for condition in ("normal", "rotated")]
        question = f"{method}, {resize}: is {metric} higher upright than turned?"
        p_values = [
            f"{'t' if 'paired t' in test['test'] else 'W'}\N{NO-BREAK SPACE}{_p(test)}"
            for test in results["tests"]
            if test["question"] == question
        ]
        rows.append((_name(method, resize), *pair, ", ".join(p_values)))
    return rows


def _empty(results):
    rows = results["localisation"]
    listed = [("share that is empty", "naive", "empty")]
    listed += [(f"Dice of those that are not, {DRAWN[way]}", way, "dice of maps not empty") for way in ("naive", "aligned")]
    return [
        (name, *(_cell(rows, condition, "grad-cam", way, metric) for condition in ("normal", "rotated")))
        for name, way, metric in listed
    ]


def _every_score(results):
    rows = results["localisation"]
    return [
        (metric, _name(method, resize), *(_cell(rows, condition, method, resize, metric) for condition in ("normal", "rotated")))
        for metric in dict.fromkeys(row["metric"] for row in rows if row["metric"] not in ("dice", "iou"))
        for method, resize in _maps(rows)
        if any((row["metric"], row["method"], row["resize"]) == (metric, method, resize) for row in rows)
    ]


def _diagnosis(results, figures):
    body = [heading("Heatmaps drawn in the wrong place")]
    body += _figure(figures, "centroids", *findings.centroids(results))
    body += [heading("Why the test failed"), paragraph(findings.geometry(results))]
    body += _figure(figures, "displacement", *findings.displacement(results))
    head = ["Slope", "Displaced, px", "Dice", "… at the rim"]
    for each in results["displacement"]:
        body += [
            table([capital(each["network"]), *head], _displaced(each)),
            paragraph(findings.measured(results, each)),
        ]
    head = ["A right explanation", "in its place", "drawn naively", "… and the object turned", "change"]
    return [*body, table(head, _confound(results)), paragraph(findings.confound(results))]


def _displaced(each):
    predicted = each["predicted"]
    rows = [("predicted, usual resize", f"{predicted['slope']:.2f}", _number(predicted["displacement"], 2), "", "")]
    rows.append(("predicted, aligned", "1.00", "0.00", "", ""))
    for drawn in each["drawn"]:
        if "slope" in drawn:
            along = f"{drawn['along']:.2f} ± {drawn['along_half_width']:.2f}"
            dice = (_number(drawn[name], 2) for name in ("dice_inside", "dice_rim"))
            rows.append((_name(drawn["method"], drawn["resize"]), f"{drawn['slope']:.2f}", along, *dice))
    return rows


def _confound(results):
    return [
        (
            each["geometry"],
            *(f"{each[name]:.3f}" for name in ("dice_right", "dice_turned_with_object", "dice_fixed_in_frame")),
            f"{each['difference']:+.3f}",
        )
        for each in results["confound"]
    ]


def _question(results, figures):
    body = [heading("Does uncertainty go with looking away?"), paragraph(findings.question(results))]
    body += _figure(figures, "relations", *findings.relations(results))
    for key, title in (
        ("relation", "Rank correlation of u and Dice"),
        ("relation_area_held", "… the object's area held constant"),
    ):
        body.append(table([title, "Upright", "Turned", "Both, the angle held"], _relations(results["answers"], key)))
    head = ["Question", "Test", "Effect", "95% interval", "p", "n"]
    rows = [
        (
            test["question"],
            test["test"],
            _number(test["effect_size"], 3),
            f"{_number(test['ci_low'], 3)} to {_number(test['ci_high'], 3)}",
            _p(test),
            f"{test['n']:,}",
        )
        for test in results["tests"]
    ]
    return [*body, folded(f"All {len(rows)} tests", table(head, rows))]


def _relations(answers, key):
    return [(_name(each["method"], each["resize"]), *(_rho(each[key].get(name)) for name in findings.WITHIN)) for each in answers]


def _rho(told) -> str:
    return f"{told['rho']:+.2f} ({told['ci_low']:+.2f} to {told['ci_high']:+.2f})" if told else "–"


def _placed(results, figures):
    placed = results["placed"]
    body = [heading("Where location matters"), paragraph(findings.placed(results))]
    body += _figure(figures, "placed", *findings.placed_figure(results))
    for ground in dict.fromkeys(row["ground"] for row in placed["rows"]):
        rows = [row for row in placed["rows"] if row["ground"] == ground and row["size"] == "all sizes"]
        listed = [
            (_name(method, resize), *(_cell(rows, condition, method, resize, "dice") for condition in ("normal", "rotated")))
            for method, resize in _maps(rows)
        ]
        body.append(table([f"Dice, {ground}", "Upright", "Turned by 90°"], listed))
        body.append(folded(f"The question asked of these, {ground}", "".join(paragraphs(placed["verdict"][ground]))))
    return body


def _maps(rows):
    """(method, resize) of all maps, the classifiers' before the baselines, in the order of the rows."""
    return list(dict.fromkeys((row["method"], row["resize"]) for row in rows))


def _name(method, resize) -> str:
    drawn = DRAWN.get(resize, resize)
    return NAMES.get(method, method) + (f", {drawn}" if drawn else "")


def _cell(rows, condition, method, resize, metric) -> str:
    """A mean with its interval."""
    row = findings.find(rows, condition, method, resize, metric)
    if row is None or row["mean"] is None:
        return "–"
    digits = 1 if metric == "offset" else 3
    return f"{row['mean']:.{digits}f} ({row['ci_low']:.{digits}f} to {row['ci_high']:.{digits}f})"


def _p(test) -> str:
    if test["p_value"] is None:
        return "–"
    text = f"{test['p_value']:.2f}" if test["p_value"] >= 0.01 else f"{test['p_value']:.0e}"
    return f"{'<' if test['p_is_bound'] else ''}{text}".replace("-", "−")  # a hyphen would break the line


def _number(value, digits) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _figure(figures, name, description, caption):
    return [figure(figures[name], description, caption)] if name in figures else []
