"""Tests, effect sizes and intervals: against SciPy, against formulas written out, and with wrong input."""

import dataclasses
import json

import numpy as np
import pytest
import scipy.stats

from evicam import statistics
from evicam.statistics import SMALLEST_P, TestResult

random = np.random.default_rng(0)
A = random.normal(size=50)
B = A + random.normal(0.4, 1, 50)
C = random.integers(0, 6, 50).astype(float)


def spearman(x, y):
    return scipy.stats.spearmanr(x, y)[0]


def rank_biserial(d):
    d = d[d != 0]
    ranks = scipy.stats.rankdata(abs(d))
    return (ranks[d > 0].sum() - ranks[d < 0].sum()) / ranks.sum()


def residual_correlation(x, y, *covariates):
    """Partial rank correlation by least squares."""
    x, y, *others = map(scipy.stats.rankdata, (x, y, *covariates))
    design = np.column_stack([np.ones(len(x)), *others])
    left = [v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in (x, y)]
    return np.corrcoef(left)[0, 1]


def of_scipy(sample, statistic, **settings):
    """SciPy's bootstrap interval with the same draws."""
    found = scipy.stats.bootstrap(
        sample, statistic, paired=True, vectorized=False, random_state=np.random.default_rng(3), **settings
    )
    return pytest.approx((found.confidence_interval.low, found.confidence_interval.high), abs=1e-9)


# ---- Paired scores -----------------------------------------------------------------------------------------------


@pytest.mark.smoke
@pytest.mark.parametrize("test, reference", [("t", scipy.stats.ttest_rel), ("wilcoxon", scipy.stats.wilcoxon)])
def test_paired_tests_are_those_of_scipy(test, reference):
    found = statistics.compare_paired(A, B, test)
    expected = reference(A, B)
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-12)
    assert found.n == 50 and not found.p_is_bound
    swapped = statistics.compare_paired(B, A, test)
    assert swapped.effect_size == pytest.approx(-found.effect_size)


def test_effect_sizes_are_their_formulas():
    d = A - B
    assert statistics.compare_paired(A, B).effect_size == pytest.approx(d.mean() / d.std(ddof=1))
    assert statistics.compare_paired(A, B, "wilcoxon").effect_size == pytest.approx(rank_biserial(d))
    coarse = np.round(A), np.round(B)  # with ties and zeros
    assert statistics.compare_paired(*coarse, "wilcoxon").effect_size == pytest.approx(rank_biserial(coarse[0] - coarse[1]))


@pytest.mark.parametrize("interval", ["bca", "percentile"])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_intervals_are_those_of_scipy(interval, confidence):
    settings = dict(confidence=confidence, interval=interval, resamples=300, random_state=3)
    scipys = dict(confidence_level=confidence, method=interval, n_resamples=300)
    coarse = np.round(B, 1)
    d = A - coarse
    for found, sample, statistic in (
        (statistics.compare_paired(A, coarse, **settings), (d,), lambda d: d.mean() / d.std(ddof=1)),
        (statistics.compare_paired(A, coarse, "wilcoxon", **settings), (d,), rank_biserial),
        (statistics.rank_correlation(C, B, **settings), (C, B), spearman),
        (statistics.rank_correlation(A, B, C, **settings), (A, B, C), residual_correlation),
    ):
        assert (found.ci_low, found.ci_high) == of_scipy(sample, statistic, **scipys)
        assert found.ci_low < found.effect_size < found.ci_high and found.confidence == confidence


def test_intervals_hold_the_truth_as_often_as_they_say():
    trials, truth, held = 300, 0.5, {"bca": 0, "percentile": 0}
    draws = np.random.default_rng(5).normal(truth, 1, (trials, 60))
    for interval in held:
        for draw in draws:
            found = statistics.compare_paired(draw, np.zeros(60), interval=interval, resamples=400)
            held[interval] += found.ci_low <= truth <= found.ci_high
    for count in held.values():
        assert abs(count / trials - 0.95) < 4 * np.sqrt(0.95 * 0.05 / trials)


def test_groups_left_out_give_nearly_the_interval_of_single_units(monkeypatch):
    from evicam.statistics import bootstrap

    skewed = np.sort(random.exponential(size=1000))
    settings = dict(resamples=1000, random_state=0)
    single = statistics.compare_paired(skewed, np.zeros(1000), **settings)
    monkeypatch.setattr(bootstrap, "_MOST_LEFT_OUT", 200)
    grouped = statistics.compare_paired(skewed, np.zeros(1000), **settings)
    width = single.ci_high - single.ci_low
    assert 0 < abs(grouped.ci_low - single.ci_low) < 0.03 * width and abs(grouped.ci_high - single.ci_high) < 0.03 * width


def test_the_seed_decides_the_interval():
    first, again, other = (statistics.compare_paired(A, B, random_state=seed) for seed in (1, 1, 2))
    assert first == again and first.ci_low != other.ci_low


def test_a_single_difference_has_an_interval():
    """More than a third of the resamples hold no difference at all: an effect of exactly 0, not of rounding error."""
    one = np.zeros(1000)
    one[0] = 0.3
    found = statistics.compare_paired(one, np.zeros(1000))
    assert found.ci_low == 0 and 0 < found.effect_size < found.ci_high < 0.2


def test_scores_that_agree_have_no_difference():
    for test in ("t", "wilcoxon"):
        found = statistics.compare_paired(A, A, test)
        assert (found.statistic, found.p_value, found.effect_size, found.ci_low, found.ci_high) == (0, 1, 0, 0, 0)
    for scores, difference in ((C, 2), (A, 0.1)):  # the latter but for rounding
        with pytest.raises(ValueError, match=f"a and b differ by {difference} in every image"):
            statistics.compare_paired(scores + difference, scores)
    assert statistics.compare_paired(C + 2, C, "wilcoxon").effect_size == 1


def test_resamples_without_spread_count_for_nothing():
    """They hold one value alone: what rounding makes of their squares is no d_z, of few images or of many."""
    for count, interval in ((20, "bca"), (20, "percentile"), (20000, "bca")):
        ones = np.full(count, 0.7)
        ones[-1] = 0
        found = statistics.compare_paired(ones, np.zeros(count), interval=interval, resamples=400)
        assert found.ci_low < found.effect_size and found.ci_high == pytest.approx(found.effect_size)


def test_an_outlier_hides_no_spread():
    """A resample without it has the spread of the rest, small as that is beside the outlier."""
    scores = np.append(random.normal(1, 1e-3, 19), 1e4)
    found = statistics.compare_paired(scores, np.zeros(20), interval="percentile", resamples=400)
    assert found.ci_high == pytest.approx(1000, rel=0.7)


def test_resamples_that_tie_with_the_sample_count_half():
    """In BCa's bias, though rounding parts them by an ulp: else the interval shrinks to a point."""
    found = statistics.compare_paired([1] * 6 + [0], [0] * 7)
    assert found.ci_low < 1.6 and found.ci_high == pytest.approx(found.effect_size)


def test_rounding_makes_no_difference():
    a, b = np.array([0.1 + 0.2] * 8 + [0.5, 0.6]), np.array([0.3] * 8 + [0.7, 0.9])
    found = statistics.compare_paired(a, b, "wilcoxon")
    expected = scipy.stats.wilcoxon([0] * 8 + [-2, -3])
    assert (found.effect_size, found.statistic, found.p_value) == (-1, expected.statistic, expected.pvalue)
    assert statistics.compare_paired(a[:8], b[:8]).p_value == 1
    tenths = np.arange(1, 13) / 10  # differences of 0.1 and 0.2, with many digits of rounding
    moved = tenths + np.array([0.1, -0.1, 0.2, -0.1, 0.1, 0.2] * 2)
    found, exact = statistics.compare_paired(moved, tenths, "wilcoxon"), rank_biserial(np.round(10 * (moved - tenths)))
    assert found.effect_size == pytest.approx(exact, abs=1e-12)


def test_differences_of_small_scores_stand_beside_large_ones():
    a, b = np.append(A, 1e30), np.append(B, 0)
    assert statistics.compare_paired(a, b, "wilcoxon").effect_size == pytest.approx(rank_biserial(a - b))


def test_p_values_that_underflow_are_bounds():
    a = random.normal(10, 0.1, 400)
    found = statistics.compare_paired(a, np.zeros(400))
    assert found.p_is_bound and found.p_value == SMALLEST_P and found.p_text == "p < 2.2e-308"
    assert "p < 2.2e-308" in str(found) and found.as_row()["p_value"] == SMALLEST_P
    assert statistics.rank_correlation(np.arange(400), np.arange(400)).p_is_bound


# ---- Correlations ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("y", [B, C, -A])
def test_rank_correlation_is_that_of_scipy(y):
    found, expected = statistics.rank_correlation(A, y), scipy.stats.spearmanr(A, y)
    assert found.effect_size == found.statistic == pytest.approx(expected[0], abs=1e-12)
    assert found.p_value == pytest.approx(expected[1], rel=1e-9) or expected[1] == 0 and found.p_is_bound


@pytest.mark.parametrize("names", [["angle"], ["angle", "size"], ["angle", "size", "angle again"]])
def test_partial_correlation_is_that_of_the_residuals(names):
    angle = C + random.normal(0, 0.1, 50)
    values = {"angle": angle, "size": np.round(A + C), "angle again": angle}
    covariates = {name: values[name] for name in names}
    found = statistics.rank_correlation(A + C, B + C, covariates, resamples=100)
    r = residual_correlation(A + C, B + C, *covariates.values())
    assert found.effect_size == pytest.approx(r, abs=1e-9)
    freedom = 48 - len(names)
    t = r * np.sqrt(freedom / (1 - r * r))
    assert found.p_value == pytest.approx(2 * scipy.stats.t.sf(abs(t), freedom), rel=1e-6)
    assert found.effect == f"Spearman's rho given {', '.join('covariate ' + name for name in names)}"


def test_a_common_cause_is_taken_out():
    angle = np.repeat(np.arange(20.0), 50)
    u, score = angle + random.normal(0, 3, 1000), -angle + random.normal(0, 3, 1000)
    plain = statistics.rank_correlation(u, score, resamples=200)
    partial = statistics.rank_correlation(u, score, {"angle": angle}, resamples=200)
    assert plain.ci_high < -0.6 and partial.ci_low < 0 < partial.ci_high


# ---- Several models ----------------------------------------------------------------------------------------------


def test_over_models_is_the_t_test_of_scipy():
    values = [0.11, 0.14, 0.12, 0.2]
    found, expected = statistics.over_models(values, confidence=0.9), scipy.stats.ttest_1samp(values, 0)
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    interval = expected.confidence_interval(0.9)
    assert (found.ci_low, found.ci_high) == pytest.approx((interval.low, interval.high))
    assert found.effect_size == pytest.approx(np.mean(values)) and found.n == 4


@pytest.mark.parametrize("shared", [True, False])
def test_the_hierarchical_bootstrap_has_the_spread_of_models_and_images(shared):
    # Means of S models and N images: variance of models / S + of images / N (shared) + of the rest / (S N), the
    # resampled models' variance being (S - 1) / S of theirs.
    S, N = 12, 400
    generator = np.random.default_rng(7)
    models, images = generator.normal(0, 0.2, (S, 1)), generator.normal(0, 3, (1, N) if shared else (S, N))
    values = 1 + models + images + generator.normal(0, 0.5, (S, N))
    found = statistics.over_models_and_images(values, shared_images=shared, resamples=4000, confidence=0.6827)
    per_model, per_image = values.mean(axis=1), values.mean(axis=0)
    own = values.var(axis=1).mean() / (S * N)
    expected = np.sqrt(per_model.var() / S + (per_image.var() / N if shared else own))
    assert (found.ci_high - found.ci_low) / 2 == pytest.approx(expected, rel=0.1)
    assert found.effect_size == pytest.approx(values.mean()) and found.n == S
    assert found.p_is_bound and found.p_value == 2 / 4001 and np.isnan(found.statistic)


def test_models_count_and_not_only_images():
    values = np.array([[0.3], [-0.2], [0.1]]) + random.normal(0, 0.1, (3, 5000))
    found = statistics.over_models_and_images(values)
    assert found.ci_low < 0 < found.ci_high and found.p_value > 0.05
    assert statistics.compare_paired(values.ravel(), np.zeros(15000), resamples=100).p_value < 1e-10


@pytest.mark.parametrize("shared", [True, False])
def test_numbers_that_are_missing_count_nothing(shared):
    values = random.normal(1, 1, (4, 300))
    missing = random.random(values.shape) < 0.3
    values[missing] = np.nan
    found = statistics.over_models_and_images(values, shared_images=shared, nan_policy="omit")
    assert found.effect_size == pytest.approx(np.nanmean(values))
    assert found.ci_low < found.effect_size < found.ci_high
    with pytest.raises(ValueError, match=r"values holds NaN at \[\d, \d+\]"):
        statistics.over_models_and_images(values)


# ---- Several tests -----------------------------------------------------------------------------------------------


def test_corrections_are_those_of_the_textbook():
    p = [0.01, 0.02, 0.03, 0.04, 0.05]
    assert np.allclose(statistics.correct(p), [0.05, 0.08, 0.09, 0.09, 0.09])
    assert np.allclose(statistics.correct(p, "benjamini-hochberg"), 0.05)
    shuffled = random.permutation(20)
    p = random.random(20) ** 3
    for method in ("holm", "benjamini-hochberg"):
        adjusted = statistics.correct(p, method)
        assert np.array_equal(statistics.correct(p[shuffled], method), adjusted[shuffled])
        assert np.all(adjusted >= p) and adjusted.max() <= 1
    if hasattr(scipy.stats, "false_discovery_control"):
        assert np.allclose(statistics.correct(p, "benjamini-hochberg"), scipy.stats.false_discovery_control(p))


def test_results_are_corrected_as_results():
    tests = [statistics.compare_paired(A, B, test) for test in ("t", "wilcoxon")]
    corrected = statistics.correct(tests)
    assert [test.p_value for test in corrected] == list(statistics.correct([test.p_value for test in tests]))
    assert "(Holm-corrected for 2 tests)" in str(corrected[0])
    with pytest.raises(ValueError, match="corrected before"):
        statistics.correct(corrected)


# ---- Results -----------------------------------------------------------------------------------------------------


def test_a_result_is_a_row_and_a_sentence():
    found = statistics.compare_paired(A, B, question="is a higher?", resamples=100)
    row = found.as_row()
    assert list(row) == ["question", "test", "statistic", "p_value", "effect_size", "ci_low", "ci_high", "n"]
    assert json.loads(json.dumps(row, allow_nan=False)) == row and row["n"] == 50
    assert str(found).startswith("is a higher?: Cohen's d_z -0.")
    assert "95% interval" in str(found) and "paired t test" in str(found) and "n = 50" in str(found)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.p_value = 0
    assert dataclasses.replace(found, statistic=np.nan).as_row()["statistic"] is None
    assert isinstance(found, TestResult)


# ---- Wrong input -------------------------------------------------------------------------------------------------

NANS = np.where(C == 0, np.nan, A)
MASKED = np.ma.masked_array(A, C == 0)


def test_images_without_a_score_are_left_out_on_request_only():
    kept = C != 0
    for test in (statistics.compare_paired, statistics.rank_correlation):
        assert test(NANS, B, nan_policy="omit") == test(A[kept], B[kept])
        with pytest.raises(ValueError, match="a holds NaN|x holds NaN"):
            test(NANS, B)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: statistics.compare_paired(A, B[:-1]), "b has 49 numbers, but a has 50"),
        (lambda: statistics.compare_paired(A[:5], B[:5]), "a and b: 5 images with a number, but the test needs at least 6"),
        (lambda: statistics.compare_paired([], []), "a and b: 0 images"),
        (lambda: statistics.compare_paired(A[None], B[None]), r"a has shape \(1, 50\)"),
        (lambda: statistics.compare_paired(A.astype(str), B), "a has dtype"),
        (lambda: statistics.compare_paired(A * np.inf, B), "a holds infinity"),
        (lambda: statistics.compare_paired(A * 1e200, B), "a holds values beyond 1e[+]100"),
        (lambda: statistics.over_models([0.1 + 0.2, 0.3]), "values is 0.3 for every model"),
        (lambda: statistics.compare_paired([1, [2]], B), "a cannot become an array"),
        (lambda: statistics.compare_paired(MASKED, B), "a is a masked array with masked numbers"),
        (lambda: statistics.rank_correlation(A, MASKED), "y is a masked array"),
        (lambda: statistics.rank_correlation(A, B, {"angle": MASKED}), "covariate angle is a masked array"),
        (lambda: statistics.over_models(MASKED), "values is a masked array"),
        (lambda: statistics.over_models_and_images(np.ma.stack([MASKED, MASKED])), "values is a masked array"),
        (lambda: statistics.correct(np.ma.masked_array([0.5, 0.6], [True, False])), "tests is a masked array"),
        (lambda: statistics.compare_paired(A, B, "z"), "test is 'z'"),
        (lambda: statistics.compare_paired(A, B, confidence=1), "confidence is 1"),
        (lambda: statistics.compare_paired(A, B, confidence=95), "confidence is 95"),
        (lambda: statistics.compare_paired(A, B, interval="bc"), "interval is 'bc'"),
        (lambda: statistics.compare_paired(A, B, resamples=10), "resamples is 10"),
        (lambda: statistics.compare_paired(A, B, random_state="x"), "random_state is 'x'"),
        (lambda: statistics.compare_paired(A, B, nan_policy="propagate"), "nan_policy is 'propagate'"),
        (lambda: statistics.rank_correlation(A, B * 0), "y is 0 in every image"),
        (lambda: statistics.rank_correlation(A, B, {"angle": C * 0 + 3}), "covariate angle is 3 in every image"),
        (lambda: statistics.rank_correlation(A, B, {"angle": C[:4]}), "covariate angle has 4 numbers"),
        (lambda: statistics.rank_correlation(A, B, np.exp(A)), "covariates determine x or y fully"),
        (lambda: statistics.rank_correlation(A[:6], B[:6], C[:6]), "x and y and covariates: 6 images.*at least 7"),
        (lambda: statistics.over_models([0.5]), "values: 1 models"),
        (lambda: statistics.over_models([0.5, 0.5]), "values is 0.5 for every model"),
        (lambda: statistics.over_models([0.5, np.nan]), r"values holds NaN at \[1\]"),
        (lambda: statistics.over_models_and_images(A), r"values has shape \(50,\), but must be \(models, images\)"),
        (lambda: statistics.over_models_and_images(A[None]), "values: 1 models"),
        (lambda: statistics.over_models_and_images(A.reshape(10, 5)), "values: 5 images"),
        (lambda: statistics.over_models_and_images([[np.nan] * 6, [1] * 6], nan_policy="omit"), r"values\[0\] holds NaN only"),
        (lambda: statistics.correct([]), "tests is float64"),
        (lambda: statistics.correct([0.5, 2]), "tests holds p-values beyond"),
        (lambda: statistics.correct([np.nan]), "tests holds p-values beyond"),
        (lambda: statistics.correct([0.5], "bonferroni"), "method is 'bonferroni'"),
        (lambda: statistics.correct([statistics.over_models([0.5, 0.6]), 0.5]), "either results or p-values"),
    ],
)
def test_what_is_wrong_is_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
