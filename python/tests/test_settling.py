"""Where the paper stopped: tables, displacement, confound, question, verdict."""

import dataclasses

import numpy as np
import pytest

import evicam
from evicam import datasets, experiments, metrics
from evicam.experiments import geometry, scores
from evicam.experiments.confound import drawn_naively
from evicam.experiments.displacement import STRIDED
from evicam.experiments.effort import QUICK
from evicam.experiments.localisation import Localisation
from evicam.experiments.question import ASKED, Answer, Interval, question
from evicam.experiments.scores import OFFSET
from evicam.experiments.verdict import HEADLINES, judged, verdict
from trained import shapes, twins

X, Y = shapes(60, seed=9)
THRESHOLDS = dict(heat_threshold=0.15, object_threshold=0.4)


@pytest.fixture(scope="module")
def found():
    evidential = twins()[0]
    return experiments.localisation([evidential, evidential], X, **THRESHOLDS)


# ---- Tables 1 and 2 ----


@pytest.mark.smoke
def test_scores_are_those_of_the_metrics(found):
    masks = metrics.object_masks(X, threshold=0.4)
    explained = evicam.explain(twins()[0], X, "hirescam", resize="bilinear")
    dice = metrics.dice(explained.heatmap > 0.15, masks)
    assert np.array_equal(found.scores["normal", "naive", "hirescam"]["dice"], np.stack([dice, dice]))
    turned = np.rot90(X, axes=(1, 2))
    explained = evicam.explain(twins()[0], np.ascontiguousarray(turned), "hirescam", resize="aligned")
    dice = metrics.dice(explained.heatmap > 0.15, np.ascontiguousarray(np.rot90(masks, axes=(1, 2))))
    assert np.array_equal(found.scores["rotated", "aligned", "hirescam"]["dice"][0], dice)
    assert np.array_equal(found.uncertainty["normal"][0], twins()[0].predict_opinion(X).uncertainty)
    assert np.array_equal(found.area["rotated"], masks.sum(axis=(1, 2)))
    assert np.array_equal(found.of(dice > 0.5).area["normal"], masks.sum(axis=(1, 2))[dice > 0.5])


def test_rows_hold_every_condition_drawing_method_and_score(found):
    rows = found.rows(100)
    keys = {"condition", "resize", "method", "metric", "mean", "ci_low", "ci_high", "n", "seeds"}
    assert all(set(row) == keys for row in rows)
    drawn = {(row["condition"], row["resize"], row["method"]) for row in rows}
    assert len(drawn) == 2 * (2 * 2 + 4)
    for row in rows:
        if row["metric"] != "offset" and row["mean"] is not None:
            assert 0 <= row["ci_low"] <= row["mean"] <= row["ci_high"] <= 1, row
    naive = next(row for row in rows if row["metric"] == "dice" and row["method"] == "grad-cam")
    assert naive["mean"] == pytest.approx(found.scores["normal", "naive", "grad-cam"]["dice"].mean()) and naive["seeds"] == 2


def test_empty_maps_score_zero_and_are_counted():
    masks = np.zeros((8, 6, 6), bool)
    masks[:, 1:3, 1:3] = True
    maps = masks.astype(np.float32)
    maps[:3] = 0
    values, sweep = scores.score(maps, masks, 0.15)
    assert values["dice"].tolist() == [0] * 3 + [1] * 5 and np.isnan(values["offset"][:3]).all()
    assert sweep.dice[:3].max() == 0


def test_images_without_an_object_are_left_out():
    images = X.copy()
    images[:5] = 0
    found = experiments.localisation([twins()[0]], images, methods=("hirescam",), **THRESHOLDS)
    assert found.left_out == 5 and found.count == len(X) - 5


# ---- Geometry and displacement ----


def test_the_predicted_line_is_where_the_usual_resize_draws():
    """One cell at a time through the real resize: its centroid must lie on the line."""
    from evicam import _native

    for text, layer in ((_native.architecture("lenet", 2), "conv2"), (STRIDED, "conv2")):
        field = evicam.receptive_field(text, layer, image_shape=(40, 40))
        cells = np.arange(2, field.cells[0] - 2)  # away from the rim, which cuts the drawing off
        maps = np.zeros((len(cells), *field.cells), np.float32)
        maps[np.arange(len(cells)), cells, cells] = 1
        out = np.empty((len(cells), 40, 40), np.float32)
        _native.resize(maps, _native.RESIZE_BILINEAR, *field.start, *field.jump, out)
        centres = np.stack([field.centres()[axis][cells] for axis in (0, 1)], axis=1)
        assert np.allclose(metrics.localisation.centroids(out), geometry.naive_places(field, centres), atol=0.05)
        _native.resize(maps, _native.RESIZE_ALIGNED, *field.start, *field.jump, out)
        assert np.allclose(metrics.localisation.centroids(out), centres, atol=0.05)


def test_lenets_line_is_the_stretch_of_the_field():
    field = evicam.receptive_field("lenet", "conv2", image_shape=(28, 28))
    slope, offset = geometry.naive_line(field)
    assert slope.tolist() == [1.75, 1.75] and offset.tolist() == [-10.125, -10.125]
    assert geometry.within_cells(field, np.array([[6.5, 20.5], [6.0, 10.0]])).tolist() == [True, False]


def test_displacement_measures_what_it_should():
    measured = experiments.displacement(QUICK, seed=3)
    assert [each.name for each in measured] == ["LeNet", "padded strides"]
    for each in measured:
        values = each.as_json()
        assert {(row["method"], row["resize"]) for row in values["drawn"]} >= {("hirescam", "naive"), ("rise", "none")}
        placed = each.drawn["hirescam", "aligned"]
        assert np.allclose(placed.expected().mean(), values["predicted"]["displacement"])
        moved = (placed.found - placed.true)[placed.measured]
        assert (np.abs(placed.along()) <= np.hypot(*moved.T) + 1e-9).all()
    assert len(measured[0].tests(100)) == 8


@pytest.mark.settling
def test_the_geometry_explains_the_displacement():
    """What the report says of glyphs: within half a pixel; aligned maps share more with them."""
    from evicam.experiments.effort import FULL

    lenet = experiments.displacement(FULL)[0]
    naive, aligned = lenet.drawn["hirescam", "naive"], lenet.drawn["hirescam", "aligned"]
    assert abs(naive.along().mean() - naive.expected().mean()) < 0.5
    moved = (aligned.found - aligned.true)[aligned.measured]
    assert (np.abs(moved.mean(axis=0)) < 0.5).all() and abs(aligned.along().mean()) < 0.5
    better = lenet.tests(500)[0]
    assert better.test == "paired t test" and better.ci_low > 0
    assert abs(lenet.drawn["rise", "none"].along().mean()) < 0.5


# ---- The confound ----


def test_a_stretch_about_the_centre_turns_with_the_image_and_a_shift_does_not():
    random = np.random.default_rng(0)
    images = np.zeros((40, 28, 28), np.uint8)
    for image in images:
        y, x = random.integers(6, 18, 2)
        image[y : y + 4, x : x + 7] = 255
    lenet, padded = experiments.confound(images, heat_threshold=0.15, object_threshold=0.1)
    assert np.array_equal(lenet.fixed, lenet.turned) and lenet.as_json()["largest"] == 0
    assert np.abs(padded.fixed - padded.turned).max() > 0.05
    assert (lenet.right > 0.6).all() and lenet.turned.mean() < lenet.right.mean()
    assert lenet.tests(100)[0].p_value == 1


def test_drawing_naively_moves_along_the_line():
    field = evicam.receptive_field("lenet", "conv2", image_shape=(28, 28))
    maps = np.zeros((1, 28, 28), np.float32)
    maps[0, 9:12, 15:18] = 1
    drawn = metrics.localisation.centroids(drawn_naively(maps, field))
    assert np.allclose(drawn, geometry.naive_places(field, [[10.0, 16.0]]), atol=0.05)


# ---- The question ----


def made_up(slope, turned=0.0, models=4, count=200):
    """A `Localisation` in which Dice follows u with `slope`, and falls by `turned` when images turn."""
    random = np.random.default_rng(0)
    results, u, empty = {}, {}, {}
    for condition, lift in (("normal", 0.0), ("rotated", 0.3)):
        u[condition] = lift + random.uniform(0.1, 0.6, (models, count))
        values = 0.5 + slope * (u[condition] - lift) - turned * (lift > 0) + random.normal(0, 0.02, (models, count))
        for resize in ("naive", "aligned"):
            results[condition, resize, "grad-cam"] = {name: values for name in ASKED}
        empty[condition, "grad-cam"] = np.zeros((models, count), bool)
    area = {condition: np.round(random.uniform(50, 300, count)) for condition in u}
    return Localisation(results, {}, empty, u, area, {}, 0)


@pytest.mark.parametrize(("slope", "word"), [(-0.5, "for"), (0.5, "against"), (0.0, "nothing")])
def test_the_question_finds_what_was_put_in(slope, word):
    tests, answers = question(made_up(slope), resamples=100)
    assert [judged(answer.relation) for answer in answers] == [word, word]
    assert verdict(answers).startswith(HEADLINES[word])
    assert all(test.correction.startswith("Holm") for test in tests)
    assert {test.test for test in tests} >= {"paired t test", "Wilcoxon signed-rank test", "partial Spearman correlation"}


def test_turning_compares_the_same_images_and_models_on_both_sides():
    """Where a map is empty there is no offset: left out on one side alone, it would make a difference of others' offsets."""
    found = made_up(0.0)
    random = np.random.default_rng(2)
    height = random.uniform(0, 9, (4, found.count)) + np.arange(4)[:, None]  # of each model and image, on both sides
    offset = {condition: height + random.normal(0, 0.1, height.shape) for condition in ("normal", "rotated")}
    offset["rotated"][height > np.quantile(height, 0.6, axis=0)] = np.nan  # what is high has no map when turned
    for (condition, *_), each in found.scores.items():
        each[OFFSET] = offset[condition]
    tests = [test for test in question(found, resamples=100)[0] if f"is {OFFSET} higher upright" in test.question]
    assert len(tests) == 4 and {test.n for test in tests} == {4, found.count}
    fall = offset["normal"] - offset["rotated"]
    for test in tests:
        if test.n == 4:
            assert test.effect_size == pytest.approx(np.nanmean(fall, axis=1).mean()) and abs(test.effect_size) < 0.05
        else:
            means = np.nanmean(fall, axis=0)
            assert test.effect_size == pytest.approx(means.mean() / means.std(ddof=1))


def test_turning_alone_makes_no_relation():
    """u and Dice both change when the images turn; nothing else goes together."""
    answers = question(made_up(0.0, turned=0.3), resamples=100)[1]
    assert [judged(answer.relation) for answer in answers] == ["nothing", "nothing"]
    assert answers[0].difference.value == pytest.approx(0.3, abs=0.02) and answers[0].difference.low > 0


def test_what_bears_on_both_is_held_constant():
    """Small objects are harder to recognise and harder to hit: that alone is no relation."""
    found = made_up(0.0)
    size = np.random.default_rng(1).integers(1, 4, found.count).astype(float)
    for condition in found.uncertainty:
        found.uncertainty[condition] -= 0.5 * size
    for key, each in found.scores.items():
        found.scores[key] = {name: values + 0.1 * size for name, values in each.items()}
    judge = [judged(question(found, resamples=100, held=held)[1][0].relation) for held in (None, {"size": size})]
    assert judge == ["for", "nothing"]


def test_the_objects_area_is_held_constant_where_that_is_asked():
    """Large objects overlap more and are easier: without their area, nothing is left. The plain relation stays what it was."""
    found = made_up(0.0)
    for condition, area in found.area.items():
        found.uncertainty[condition] -= 0.002 * area
        for key, each in found.scores.items():
            if key[0] == condition:
                found.scores[key] = {name: values + 0.001 * area for name, values in each.items()}
    plain, both = (question(found, resamples=100, hold_area=hold) for hold in (False, True))
    assert not plain[1][0].area_held and plain[1][0].relation == both[1][0].relation
    assert [judged(each) for each in (both[1][0].relation, both[1][0].area_held)] == ["for", "nothing"]
    asked = {test.question for test in both[0]} - {test.question for test in plain[0]}
    assert asked and all("area held" in each for each in asked)
    alone = evicam.statistics.rank_correlation(
        found.uncertainty["normal"].mean(axis=0),
        found.scores["normal", "naive", "grad-cam"]["dice"].mean(axis=0),
        {"area": found.area["normal"]},
        resamples=100,
    )
    held = "grad-cam, naive: do u and dice go together, normal, area held?"
    assert next(test for test in both[0] if test.question == held).effect_size == alone.effect_size


def test_a_map_that_never_changes_has_no_relation_once_the_area_is_held():
    """Its Dice is a matter of the object's area: nothing is left to correlate."""
    found = made_up(0.0)
    for (condition, *_), each in found.scores.items():
        for name in each:
            each[name] = np.tile(2 * found.area[condition] / (784 + found.area[condition]), (4, 1))
    answer = question(found, resamples=100, hold_area=True)[1][0]
    assert set(answer.relation) == {"normal", "rotated", "jointly"} and "normal" not in answer.area_held


def test_the_question_answers_where_nothing_can_be_tested():
    found = made_up(0.0, models=1)
    tests, answers = question(found, resamples=100)
    assert [judged(answer.relation) for answer in answers] == ["unknown", "unknown"]
    assert verdict(answers).startswith(HEADLINES["unknown"])


# ---- The verdict ----


def answer(resize, values, method="grad-cam", gap=0.1, empty=(0.0, 0.0)):
    relation = {
        within: Interval(value, value - 0.05, value + 0.05, 5) for within, value in zip(("normal", "rotated", "jointly"), values)
    }
    return Answer(method, resize, 0.5, 0.5 - gap, Interval(gap, gap - 0.05, gap + 0.05, 5), relation, empty)


DIFFERS = "Whether u is high where the map misses the object depends on the method and on how its maps are drawn"
FOR, AGAINST, NOTHING, DEPENDS = (-0.4, -0.3, -0.35), (0.4, 0.3, 0.35), (0.02, -0.06, 0.01), (-0.4, 0.4, 0.0)


@pytest.mark.parametrize(
    ("naive", "aligned", "begins", "drawing"),
    [
        (FOR, FOR, HEADLINES["for"], "does not change the answer"),
        (AGAINST, AGAINST, HEADLINES["against"], "does not change the answer"),
        (NOTHING, NOTHING, HEADLINES["nothing"], "does not change the answer"),
        (DEPENDS, DEPENDS, HEADLINES["depends"], "does not change the answer"),
        ((-0.4, 0.0, -0.2), (-0.4, 0.0, -0.2), HEADLINES["for in part"], "does not change the answer"),
        ((0.0, 0.3, 0.2), (0.0, 0.3, 0.2), HEADLINES["against in part"], "does not change the answer"),
        (
            AGAINST,
            FOR,
            "Whether u is high where the map misses the object depends on the method and",
            "the usual resize gives another",
        ),
        (
            NOTHING,
            FOR,
            "Whether u is high where the map misses the object depends on the method and",
            "the usual resize gives another",
        ),
        (
            NOTHING,
            AGAINST,
            "Whether u is high where the map misses the object depends on the method and",
            "the usual resize gives another",
        ),
    ],
)
def test_the_verdict_follows_the_numbers(naive, aligned, begins, drawing):
    text = verdict([answer("naive", naive), answer("aligned", aligned)])
    assert text.startswith(begins) and drawing in text
    assert f"{naive[0]:+.2f}" in text and f"{aligned[2]:+.2f}" in text


def test_a_relation_counts_only_if_sure_and_large_enough():
    assert judged(answer("naive", (-0.09, -0.09, -0.09)).relation) == "nothing"
    unsure = {within: Interval(-0.4, -0.9, 0.1, 2) for within in ("normal", "rotated", "jointly")}
    assert judged(unsure) == "nothing"
    assert judged(answer("naive", (-0.4, -0.4, 0.0)).relation) == "for in part"


def test_methods_that_disagree_are_said_to():
    pair = [answer(way, FOR) for way in ("naive", "aligned")]
    other = [answer(way, NOTHING, "hirescam") for way in ("naive", "aligned")]
    text = verdict(pair + other)
    assert "depends on the method" in text and "Grad-CAM: yes. HiResCAM: no relation of a size that matters." in text
    text = verdict(other, {"clean": pair})
    assert text.startswith(HEADLINES["nothing"]) and "larger canvas, clean. The hypothesis holds" in text
    assert verdict([]).startswith("Nothing could be tested")


def test_the_verdict_says_what_holding_the_area_does():
    def held(values):
        return [dataclasses.replace(answer(way, FOR), area_held=answer(way, values).relation) for way in ("naive", "aligned")]

    same, other = verdict(held(FOR)), verdict(held(NOTHING))
    assert "Holding the object's area constant does not change this." in same.split("\n\n")[0]
    assert "constant changes this. Grad-CAM: no relation of a size that matters." in other.split("\n\n")[0]
    part = [*held(FOR)[:1], *held(NOTHING)[1:]]
    assert "some of this. Grad-CAM, drawn where the cells look: no relation of a size that matters." in verdict(part)
    assert "With the object's area held constant: +0.02" in other and other.startswith(HEADLINES["for"])
    assert "area" not in verdict([answer("naive", FOR)])


def test_the_verdict_tells_of_turning_and_of_empty_maps():
    text = verdict([answer("naive", NOTHING, gap=-0.2, empty=(0.38, 0.03))])
    assert "lower upright in the models at large" in text and "38% upright, 3% turned" in text
    text = verdict([answer("naive", NOTHING, gap=0.01)])
    assert "no difference sure to outlast other models" in text and "Empty" not in text


# ---- Larger canvases ----


def test_placed_objects_are_scored_by_ground_and_size():
    images, labels = X[:, 2:18, 2:18].copy(), (np.arange(len(X)) % 3).astype(np.int64)
    data = datasets.Dataset(images, labels, ("bar", "disc", "frame"), "shapes", "all")
    result = experiments.placed(data, data, QUICK, **THRESHOLDS)
    rows = result.rows(100)
    assert {row["ground"] for row in rows} == {"clean", "cluttered"}
    assert {row["size"] for row in rows} == {"all sizes", "20 px", "28 px", "40 px"}
    for ground in ("clean", "cluttered"):
        found = result.found[ground]
        parts = [row["n"] for row in rows if row["ground"] == ground and row["size"] != "all sizes" and _first(row)]
        assert sum(parts) == found.count
        whole = found.baselines["normal", "silhouette"]["dice"].mean()
        assert whole > found.baselines["normal", "centre blob"]["dice"].mean()


def _first(row):
    return (row["condition"], row["method"], row["metric"]) == ("normal", "silhouette", "dice")


def test_the_marked_image_is_the_one_that_aligning_helps_most():
    marked = experiments.marked(twins()[0], X, 0.4)
    centre = metrics.localisation.centroids
    assert np.allclose(marked.centre, centre(marked.mask[None])[0])
    masks = metrics.object_masks(X, threshold=0.4)
    drawn = [evicam.explain(twins()[0], X, resize=resize).heatmap for resize in ("bilinear", "aligned")]
    naive, aligned = (metrics.centroid_offset(maps, masks).distance for maps in drawn)
    gain = [np.hypot(*(marked.centroids[way] - marked.centre)) for way in ("naive", "aligned")]
    assert gain[0] - gain[1] == pytest.approx(np.nanmax(naive - aligned))
