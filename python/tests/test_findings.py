"""The report's second half: every number there, every sentence true of its numbers, whichever way they fall."""

import copy
import re

import numpy as np
import pytest

import evicam
from evicam import datasets, experiments, report
from evicam.report import findings
from test_report import FIGURES, PNG, RESULTS, Page
from trained import shapes

NAMES = ("thresholds", "centroids", "displacement", "relations", "placed")


@pytest.fixture(scope="module")
def settled():
    """A quick run of the whole, on shapes."""
    images, _ = shapes(90, seed=7)
    data = datasets.Dataset(images, np.arange(90, dtype=np.int64) % 3, ("bar", "disc", "frame"), "shapes", "all")
    classifier = evicam.EvidentialClassifier(epochs=2, batch_size=16, random_state=0, verbose=False).fit(data.images, data.labels)
    thresholds = dict(heat_threshold=0.15, object_threshold=0.4)
    return experiments.settle(classifier, data, data, experiments.QUICK, say=lambda *_: None, **thresholds)


@pytest.fixture
def results(settled):
    return copy.deepcopy({**RESULTS, **settled.results})


def changed(results, value, **where):
    """Set a mean in the table of scores."""
    for row in results["localisation"]:
        if all(row[key] == wanted for key, wanted in where.items()):
            row["mean"] = value
    return results


def read(results):
    page = Page(report.render(results, {**FIGURES, **{name: PNG for name in NAMES}}))
    return page, re.sub(r"\s+", " ", " ".join(page.text))


def test_the_page_tells_all_in_the_papers_order(results):
    page, text = read(results)
    assert len(page.links) == len(FIGURES) + len(NAMES) and all(link.startswith("data:") for link in page.links)
    parts = ["Table 1: Dice index", "Table 2: IoU", "Fig. 5", "Why the test failed", "Does uncertainty go", "The verdict"]
    parts.append("How it was made")
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    for part in results["verdict"].split("\n\n"):
        assert part in text
    assert "3.53e-20" in text and "6.29e-13" in text  # the paper's, beside ours
    for row in results["localisation"]:
        if row["metric"] in ("dice", "iou"):
            assert f"{row['mean']:.3f} ({row['ci_low']:.3f} to {row['ci_high']:.3f})" in text
    assert f"All {len(results['tests'])} tests" in text and "nan" not in re.sub(r"\w*nan\w+", "", text.lower())


def test_the_answer_is_told_at_the_top(results):
    text = read(results)[1]
    first = results["verdict"].split("\n\n")[0]
    assert text.index(first) < text.index("Beside the paper")


def test_without_the_question_the_page_says_why(results):
    results |= {"localisation": [], "tests": [], "verdict": "Not asked: colours."}
    text = read(results)[1]
    assert "Not asked: colours." in text and "Table 1" not in text


def test_the_figures_are_drawn(settled):
    pytest.importorskip("matplotlib")
    figures = settled.figures()
    assert set(figures) == set(NAMES) and all(png.startswith(b"\x89PNG") for png in figures.values())


def test_the_paper_is_agreed_with_only_where_it_is_right(results):
    naive = dict(resize="naive", method="grad-cam", metric="dice")
    for upright, turned, words in ((0.1, 0.2, "So it was in the paper"), (0.2, 0.1, "the other way round")):
        changed(results, upright, condition="normal", **naive)
        changed(results, turned, condition="rotated", **naive)
        text = findings.beside_the_paper(results, report.localisation.PAPER)
        assert words in text
        blob = findings.find(results["localisation"], "normal", "centre blob", "none", "dice")["mean"]
        assert ("a blob in the middle" in text) == (upright < blob)


@pytest.mark.parametrize(
    ("filled", "words"),
    [((0.2, 0.2 + 0.01), "10% of the difference"), ((0.2, 0.15), "changes its sign"), ((0.2, 0.32), "it is not theirs")],
)
def test_empty_maps_are_blamed_for_what_they_did(results, filled, words):
    naive = dict(resize="naive", method="grad-cam")
    for condition, dice, rest, empty in zip(("normal", "rotated"), (0.1, 0.2), filled, (0.4, 0.02)):
        changed(results, dice, condition=condition, metric="dice", **naive)
        changed(results, rest, condition=condition, metric="dice of maps not empty", **naive)
        changed(results, empty, condition=condition, metric="empty", **naive)
    text = findings.empty(results)
    assert words in text and "40% are empty upright and 2% turned" in text


def test_the_geometry_is_believed_only_where_it_fits(results):
    each = results["displacement"][0]
    drawn = {(row["method"], row["resize"]): row for row in each["drawn"]}
    drawn["hirescam", "naive"]["along"] = each["predicted"]["displacement"] + 0.4
    drawn["hirescam", "aligned"].update(along=0.1, dy=-0.2, dx=0.3)
    text = findings.measured(results, each)
    assert "px off, as predicted" in text and "the displacement is gone" in text
    drawn["hirescam", "naive"]["along"] += 0.2
    drawn["hirescam", "aligned"]["dx"] = 0.6
    text = findings.measured(results, each)
    assert "does not explain it all" in text and "not all of it is gone" in text


def test_the_confound_is_told_for_a_stretch_and_for_a_shift(results):
    text = findings.confound(results)
    assert "did not fail the paper's test" in text and "padded strides" in text


def test_the_command_line_has_the_functions_thresholds_and_efforts():
    from evicam.cli import _parser
    from evicam.experiments.effort import EFFORTS
    from evicam.experiments.scores import HEAT_THRESHOLD, OBJECT_THRESHOLD

    options = _parser().parse_args(["reproduce", "--out", "x"])
    assert (options.heat_threshold, options.object_threshold) == (HEAT_THRESHOLD, OBJECT_THRESHOLD)
    for effort in EFFORTS:
        assert _parser().parse_args(["reproduce", "--out", "x", "--effort", effort]).effort == effort
