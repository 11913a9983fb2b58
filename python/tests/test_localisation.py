"""Where heatmaps lie beside objects: against the definitions written out, at the edges, and with wrong input."""

import numpy as np
import pytest

from evicam import experiments, metrics, receptive_field

random = np.random.default_rng(0)
H = random.random((40, 9, 7)).astype(np.float32)
M = random.random((40, 9, 7)) < 0.3
EMPTY, ONES = np.zeros((1, 9, 7), np.uint8), np.ones((1, 9, 7), np.uint8)

SCORES = {
    "soft_dice": metrics.soft_dice,
    "pointing_game": metrics.pointing_game,
    "energy_inside": metrics.energy_inside,
    "rank_accuracy": metrics.rank_accuracy,
    "dice_area": lambda h, m: metrics.threshold_sweep(h, m).dice_area,
    "iou_area": lambda h, m: metrics.threshold_sweep(h, m).iou_area,
    "best_shift_dice": lambda h, m: metrics.best_shift_dice(h, m).dice,
}


@pytest.fixture(params=SCORES)
def score(request):
    return SCORES[request.param]


# ---- What all of them share --------------------------------------------------------------------------------------


@pytest.mark.smoke
def test_a_map_of_the_object_itself_scores_one_and_of_the_rest_zero(score):
    heatmap = M[M.any(axis=(1, 2))] * 1.0
    assert np.allclose(score(heatmap, heatmap > 0), 1)
    block = np.zeros((1, 9, 7), bool)
    block[:, :, :2] = True
    far = np.zeros((1, 9, 7))
    far[:, :, 5:] = 1  # as many pixels as the block
    assert score(far, block) == 0


def test_nothing_shown_scores_zero_and_nothing_to_find_scores_nan(score):
    assert score(EMPTY, M[:1]) == 0
    assert np.isnan(score(H[:1], EMPTY)).all()
    assert np.isnan(score(EMPTY, EMPTY)).all()
    mixed = score(np.concatenate([EMPTY, H[:1], H[:1]]), np.concatenate([M[:1], EMPTY, M[:1]]))
    assert mixed[0] == 0 and np.isnan(mixed[1]) and mixed[2] == score(H[:1], M[:1])


def test_scores_are_one_float64_per_image_and_do_not_depend_on_the_batch(score):
    scores = score(H, M)
    assert scores.shape == (40,) and scores.dtype == np.float64
    assert np.array_equal(scores[7:8], score(H[7:8], M[7:8]))
    assert np.all((scores >= 0) & (scores <= 1))
    assert np.array_equal(scores, score(np.asfortranarray(H), M.astype(np.int64)))
    assert np.array_equal(scores, score(H.tolist(), M.tolist())) or np.allclose(scores, score(H.tolist(), M.tolist()))


@pytest.mark.parametrize("name", ["soft_dice", "pointing_game", "energy_inside", "rank_accuracy"])
def test_a_single_image_gives_a_number(name):
    found = SCORES[name](H[3], M[3])
    assert isinstance(found, float) and found == SCORES[name](H, M)[3]


@pytest.mark.parametrize(
    "heatmap, mask, message",
    [
        (H, M[:, :, :6], r"mask has shape \(40, 9, 6\), but heatmap has \(40, 9, 7\)"),
        (H, M[0], "mask has shape"),
        (H[0, 0], M[0, 0], r"heatmap has shape \(7,\)"),
        (H[:0], M[:0], "heatmap has shape"),
        (H, M * 2, "mask holds int64 values"),
        (H, M * 0.5, "mask holds float64 values"),
        (np.where(M, np.nan, H), M, "heatmap holds NaN"),
        (H.astype(str), M, "heatmap has dtype"),
        (H.astype(complex), M, "heatmap has dtype"),
        (None, M, "heatmap has shape"),
        (np.ma.masked_array(H, M), M, "heatmap is a masked array with masked pixels"),
        (H, np.ma.masked_array(M, M), "mask is a masked array with masked pixels"),
    ],
)
def test_what_is_wrong_with_the_input_is_named(score, heatmap, mask, message):
    with pytest.raises((ValueError, TypeError), match=message):
        score(heatmap, mask)


@pytest.mark.parametrize("wrong, message", [(H - 0.5, "heatmap holds -0.*np.maximum"), (np.where(M, np.inf, H), "infinity")])
def test_relevance_is_finite_and_where_it_is_weighed_not_negative(wrong, message):
    for weighed in (metrics.soft_dice, metrics.energy_inside, metrics.centroid_offset):
        with pytest.raises(ValueError, match=message):
            weighed(wrong, M)
        with pytest.raises(ValueError, match="heatmap holds values beyond 1e[+]100"):
            weighed(H.astype(float) * 1e300, M)
    with pytest.raises(ValueError, match="heatmap holds 2, but must be at most 1"):
        metrics.soft_dice(ONES * 2, M[:1])


# ---- Peak, mass, order, centre -----------------------------------------------------------------------------------


def test_pointing_game_is_the_peak():
    flat = H.reshape(40, -1).argmax(axis=1)
    assert np.array_equal(metrics.pointing_game(H, M), M.reshape(40, -1)[np.arange(40), flat])
    assert np.array_equal(metrics.pointing_game(H - 2, M), metrics.pointing_game(H, M))


@pytest.mark.parametrize("tolerance", [1, 1.5, 2, 3])
def test_pointing_game_forgives_a_distance(tolerance):
    sparse = random.random(M.shape) < 0.03
    expected = []
    for heatmap, mask in zip(H, sparse):
        y, x = np.unravel_index(heatmap.argmax(), heatmap.shape)
        away = [np.hypot(y - v, x - u) for v, u in np.argwhere(mask)]
        expected.append(float(min(away) <= tolerance) if away else np.nan)
    found = metrics.pointing_game(H, sparse, tolerance=tolerance)
    assert np.array_equal(found, expected, equal_nan=True) and 0 < np.nanmean(found) < 1
    with pytest.raises(ValueError, match="tolerance is -1"):
        metrics.pointing_game(H, M, tolerance=-1)


def test_ties_score_what_a_random_choice_among_them_does_on_average():
    coarse = np.floor(H * 3) / 3
    scores = {name: SCORES[name](coarse, M) for name in ("pointing_game", "rank_accuracy")}
    chance = np.random.default_rng(1)
    draws = [coarse + 1e-3 * chance.random(H.shape) for _ in range(4000)]
    for name, expected in scores.items():
        drawn = np.mean([SCORES[name](draw, M) for draw in draws], axis=0)
        assert np.allclose(drawn, expected, atol=5 * 0.5 / np.sqrt(4000))  # five standard errors
        assert len(np.unique(expected)) > 5


def test_a_constant_map_scores_the_share_of_the_image_that_is_object():
    share = M.mean(axis=(1, 2))
    ones = np.ones_like(H)
    for name in ("pointing_game", "energy_inside", "rank_accuracy"):
        assert np.allclose(SCORES[name](ones, M), share)
    assert np.allclose(metrics.threshold_sweep(ones, M).dice, (2 * share / (1 + share))[:, None])


def test_energy_and_soft_dice_are_their_formulas():
    h = H.astype(np.float64)
    inside = (h * M).sum(axis=(1, 2))
    assert np.allclose(metrics.energy_inside(H, M), inside / h.sum(axis=(1, 2)))
    assert np.allclose(metrics.soft_dice(H, M), 2 * inside / ((h**2).sum(axis=(1, 2)) + M.sum(axis=(1, 2))))
    assert np.allclose(metrics.soft_dice(M, M[::-1]), metrics.dice(M, M[::-1]))
    # A sum of float32 is carried in float64: ten million pixels of 0.1 in one image.
    large = np.full((1, 3200, 3200), 0.1, np.float32)
    assert metrics.energy_inside(large, np.ones(large.shape, bool)) == 1


def test_rank_accuracy_is_the_share_of_the_top_pixels():
    for heatmap, mask, found in zip(H, M, metrics.rank_accuracy(H, M)):
        top = np.argsort(-heatmap.ravel())[: mask.sum()]
        assert found == pytest.approx(mask.ravel()[top].mean())


def test_centroid_offset_points_from_the_object_to_the_heatmap():
    y, x = np.mgrid[:9, :7]
    found = metrics.centroid_offset(H, M)
    for i in range(40):
        dy = np.average(y, weights=H[i]) - y[M[i]].mean()
        dx = np.average(x, weights=H[i]) - x[M[i]].mean()
        assert np.allclose([found.dy[i], found.dx[i], found.distance[i]], [dy, dx, np.hypot(dy, dx)], atol=1e-6)
    dot = np.zeros((1, 9, 7))
    dot[0, 6, 1] = 3
    assert np.array_equal(metrics.centroid_offset(dot, np.roll(dot, (-4, 3), (1, 2)) > 0), [[4], [-3], [5]])
    for heatmap, mask in ((EMPTY, M[:1]), (H[:1], EMPTY), (EMPTY, EMPTY)):
        assert np.isnan(metrics.centroid_offset(heatmap, mask)).all()


# ---- Thresholds and shifts ---------------------------------------------------------------------------------------


def test_the_sweep_is_dice_and_iou_at_each_threshold():
    thresholds = [0.1, 0.3, 0.35, 0.9]
    sweep = metrics.threshold_sweep(H, M, thresholds)
    for index, threshold in enumerate(thresholds):
        assert np.allclose(sweep.dice[:, index], metrics.dice(H, M, threshold=threshold))
        assert np.allclose(sweep.iou[:, index], metrics.iou(H, M, threshold=threshold))
    trapezoid = sum((b - a) * (f + g) / 2 for a, b, f, g in zip(thresholds, thresholds[1:], sweep.dice.T, sweep.dice.T[1:]))
    assert np.allclose(sweep.dice_area, trapezoid / 0.8)
    assert metrics.threshold_sweep(H, M).thresholds.tolist() == [step / 20 for step in range(20)]
    for wrong in ([0.5], [], [0.5, 0.5], [0.2, 0.1], [[0.1, 0.2]], [0.1, np.nan], [0, np.inf], [-np.inf, 0]):
        with pytest.raises(ValueError, match="thresholds is .* at least two finite numbers that rise"):
            metrics.threshold_sweep(H, M, wrong)
    for wrong in (["low", "high"], [[0.1], [0.2, 0.3]]):
        with pytest.raises(ValueError, match="thresholds cannot become an array"):
            metrics.threshold_sweep(H, M, wrong)


def moved(mask, dy, dx):
    """A mask shifted without wrapping round."""
    height, width = mask.shape
    out = np.zeros((3 * height, 3 * width), bool)
    out[height + dy : 2 * height + dy, width + dx : 2 * width + dx] = mask
    return out[height : 2 * height, width : 2 * width]


@pytest.mark.parametrize("max_shift", [0, 1, 2, 5, 100])
def test_the_best_shift_is_the_best_of_all(max_shift):
    cut = random.random((12, 9, 7)) < 0.15
    mask = random.random((12, 9, 7)) < 0.15
    found = metrics.best_shift_dice(cut, mask, max_shift=max_shift)
    ry, rx = min(max_shift, 8), min(max_shift, 6)
    for i in range(12):
        total = cut[i].sum() + mask[i].sum()
        all_shifts = {
            (dy, dx): 2 * (moved(cut[i], dy, dx) & mask[i]).sum() / total
            for dy in range(-ry, ry + 1)
            for dx in range(-rx, rx + 1)
        }
        best = max(all_shifts.values())
        assert found.dice[i] == best
        assert found.unshifted[i] == all_shifts[0, 0]
        if best > 0:
            equal = [dy**2 + dx**2 for (dy, dx), value in all_shifts.items() if value == best]
            assert all_shifts[found.dy[i], found.dx[i]] == best
            assert found.dy[i] ** 2 + found.dx[i] ** 2 == min(equal)
        else:
            assert np.isnan([found.dy[i], found.dx[i]]).all()


def test_a_shifted_silhouette_is_found_again():
    mask = np.zeros((30, 28, 28), bool)
    mask[:, 10:18, 11:16] = random.random((30, 8, 5)) < 0.7
    drawn = np.roll(mask, (5, -3), (1, 2)) * np.float32(0.8)
    found = metrics.best_shift_dice(drawn, mask)
    assert np.array_equal(found.dice, np.ones(30))
    assert np.array_equal(found.dy, np.full(30, -5)) and np.array_equal(found.dx, np.full(30, 3))
    assert np.array_equal(found.unshifted, metrics.dice(drawn, mask, threshold=0.5)) and found.unshifted.max() < 0.9


def test_nothing_is_gained_by_leaving_the_frame():
    cut, mask = np.zeros((2, 1, 8, 8), bool)
    cut[:, :, :4], mask[:, :, 6:] = True, True
    found = metrics.best_shift_dice(cut, mask, max_shift=7)
    assert found.dice == 2 * 16 / (32 + 16)


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (31, 2)])
def test_thin_images_shift_too(shape):
    mask = np.ones((2, *shape), bool)
    assert np.array_equal(metrics.best_shift_dice(mask, mask, max_shift=3).dice, [1, 1])


def test_edges_of_the_best_shift():
    found = metrics.best_shift_dice(np.concatenate([EMPTY, H[:1]]), np.concatenate([M[:1], EMPTY]))
    assert found.dice[0] == 0 and np.isnan([found.dy[0], found.dx[0]]).all()
    assert np.isnan([found.dice[1], found.dy[1], found.dx[1], found.unshifted[1]]).all()
    for wrong in (-1, 1.5, "2"):
        with pytest.raises((ValueError, TypeError), match="max_shift is"):
            metrics.best_shift_dice(H, M, max_shift=wrong)


# ---- Order and sparseness of the pixels --------------------------------------------------------------------------


def test_rank_correlation_is_that_of_scipy():
    from scipy.stats import spearmanr

    a, b = np.round(H * 9), np.round((H + random.random(H.shape)) * 3)
    expected = [spearmanr(x.ravel(), y.ravel())[0] for x, y in zip(a, b)]
    assert np.allclose(metrics.rank_correlation(a, b), expected, atol=1e-12)
    assert np.array_equal(metrics.rank_correlation(H, np.exp(H.astype(np.float64))), np.ones(40))
    assert np.array_equal(metrics.rank_correlation(H, -H), -np.ones(40))
    assert np.isnan(metrics.rank_correlation(H[0], ONES[0]))
    with pytest.raises(ValueError, match="b has shape"):
        metrics.rank_correlation(H, H[1:])


def test_gini_is_its_formula_with_known_ends():
    h = np.sort(H.reshape(40, -1).astype(np.float64), axis=1)
    n, k = 63, np.arange(1, 64)
    expected = 1 - 2 * (h / h.sum(axis=1, keepdims=True) * (n - k + 0.5) / n).sum(axis=1)
    assert np.allclose(metrics.gini(H), expected, atol=1e-12)
    assert np.array_equal(metrics.gini(-H), metrics.gini(H))
    one = np.zeros((9, 7))
    one[3, 3] = 5
    assert metrics.gini(one) == pytest.approx(1 - 1 / 63) and metrics.gini(ONES) == pytest.approx(0)
    assert np.isnan(metrics.gini(EMPTY)).all()


# ---- The object's region -----------------------------------------------------------------------------------------


def test_object_masks_are_the_pixels_above_the_threshold():
    images = random.integers(0, 256, (5, 9, 9)).astype(np.uint8)
    assert np.array_equal(metrics.object_masks(images), images > 25)
    assert np.array_equal(metrics.object_masks(images[..., None], threshold=0.5), images > 127)
    assert np.array_equal(metrics.object_masks(images / 255.0, threshold=0.3), images > 76)
    assert not metrics.object_masks(np.zeros_like(images), threshold=0).any()


@pytest.mark.parametrize("degrees", [90, 180, -90, 37.5, 360])
def test_masks_turn_as_images_do(degrees):
    images = np.zeros((2, 11, 11), np.uint8)
    images[0, 1:4, 2:9] = 200
    images[1, 6:, 1:3] = 90
    upright = metrics.object_masks(images)
    expected = [experiments.turned(mask.astype(np.float32), degrees) > 0.5 for mask in upright]
    turned = metrics.object_masks(images, degrees=degrees)
    assert np.array_equal(turned, expected)
    if degrees % 90 == 0:
        assert np.array_equal(turned, np.rot90(upright, degrees // 90, (1, 2)))


def test_what_object_masks_refuse():
    grey = np.zeros((1, 4, 4), np.uint8)
    for images, settings, message in (
        (np.zeros((1, 4, 4, 3), np.uint8), {}, "grey images only"),
        (grey, dict(threshold=1.5), "threshold is 1.5"),
        (grey, dict(degrees=np.inf), "degrees is inf"),
        (grey[0], {}, "images has shape"),
    ):
        with pytest.raises(ValueError, match=message):
            metrics.object_masks(images, **settings)


@pytest.mark.parametrize("given", ["lenet", "evidential"])
@pytest.mark.parametrize(
    "shape", [28, 28.7, "28", (28,), (28.7, 28), (28, "28"), (0, 28), (28, 28, 1, 1), [[28, 28]], np.int64(28)]
)
def test_receptive_fields_are_of_whole_pixels(request, given, shape):
    model = request.getfixturevalue(given) if given == "evidential" else given
    with pytest.raises(ValueError, match=r"image_shape is .*28.*, but must be \(H, W\) or \(H, W, C\), whole numbers"):
        receptive_field(model, image_shape=shape)
