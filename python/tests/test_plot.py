"""Figures: what they say, that nothing overlaps, and that they leave the caller's Matplotlib alone."""

import base64
import copy
import io
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from trained import NAMES, quietly, shapes, twins

matplotlib = pytest.importorskip("matplotlib")

import evicam  # noqa: E402
from evicam import experiments, metrics, plot  # noqa: E402

X, Y = shapes(30, seed=3)


@pytest.fixture(scope="module")
def explanation(evidential):
    return quietly(evidential, X)


@pytest.fixture(scope="module")
def turning():
    return experiments.rotation(*twins(), X[0], Y[0])


@pytest.fixture(scope="module")
def stranger():
    return experiments.out_of_sample(*twins())


def drawn(figure):
    """The figure, rendered; and its PNG checked."""
    png = plot.as_png(figure)
    assert png.startswith(b"\x89PNG")
    return figure


def texts(figure):
    found = [axes.get_title() + axes.get_title(loc="left") for axes in figure.axes]
    return "\n".join(found + [text.get_text() for axes in figure.axes for text in axes.texts])


def assert_legend_is_clear(figure):
    """The legend covers no data."""
    renderer = figure.canvas.get_renderer() if hasattr(figure.canvas, "get_renderer") else figure._get_renderer()
    figure.draw(renderer)
    box = figure.legends[0].get_window_extent(renderer)
    assert not any(box.overlaps(axes.get_window_extent(renderer)) for axes in figure.axes)


@pytest.mark.smoke
def test_overlay_says_what_was_answered(evidential, explanation):
    opinion = evidential.predict_opinion(X[:8])
    figure = drawn(plot.overlay(explanation[:8], labels=Y[:8], opinion=opinion))
    for axes, label, said, u in zip(figure.axes, Y, explanation.predicted, opinion.uncertainty):
        title = axes.get_title()
        assert title.startswith(said) and f"u {u:.2f}" in title
        assert ("✓" in title) == (label == said) and ("✗" in title) == (label != said)
        picture = axes.images[0].get_array()
        assert picture.shape[1:] == (20, 3) and picture.shape[0] > 40
    assert figure.axes[-1].get_xlabel() == "speaks for the predicted class, per image · grad-cam at conv2"
    assert figure.axes[-1].get_xlim() == (0, 1)


def test_overlay_draws_the_image_above_and_the_heat_below(explanation):
    picture = plot.overlay(explanation[:1]).axes[0].images[0].get_array()
    assert np.allclose(picture[:20], (X[0] / 255)[..., None])
    below = picture[-20:]
    hot = explanation.heatmap[0] > 0.3
    assert hot.any()
    warm = below[..., 0] - below[..., 2]  # red over blue: none in a grey image
    assert (warm[hot] > 0.05).all()
    assert np.allclose(warm[explanation.heatmap[0] == 0], 0)


def test_signed_overlay_has_one_symmetric_scale_in_the_targets_units(evidential):
    explanation = quietly(evidential, X[:6], target="uncertainty", layer="conv2")
    figure = drawn(plot.overlay(explanation, signed=True))
    largest = abs(explanation.signed()).max()
    assert figure.axes[-1].get_xlim() == pytest.approx((-largest, largest))
    assert "the uncertainty" in figure.axes[-1].get_xlabel()


def test_overlay_of_given_classes_and_of_empty_maps_says_so(evidential):
    explanation = quietly(evidential, X[:3], target=["bar", "disc", "frame"], layer="relu2")
    assert [f"explains {name}" in axes.get_title() for name, axes in zip(NAMES, plot.overlay(explanation).axes)] == [True] * 3
    import dataclasses

    empty = dataclasses.replace(explanation, empty=np.array([False, True, False]))
    assert ["empty map" in axes.get_title() for axes in plot.overlay(empty).axes[:3]] == [False, True, False]


def test_colour_images_are_shown_in_colour():
    from evicam.plot.pictures import as_rgb, blend

    red = np.zeros((5, 5, 3), np.uint8)
    red[..., 0] = 255
    assert np.array_equal(as_rgb(red)[0, 0], [1, 0, 0])
    assert as_rgb(np.full((4, 4, 1), 0.5, np.float32)).shape == (4, 4, 3)
    calm = blend(red, np.zeros((5, 5)))
    assert np.ptp(calm[0, 0]) == 0  # grey under the heat, whose colours then stand alone


def test_opinion_bars_are_beliefs_and_the_uncertainty(evidential):
    opinion = evidential.predict_opinion(X[:3])
    figure = drawn(plot.opinion_bars(opinion, images=X[:3], labels=Y[:3]))
    bars = [axes for axes in figure.axes if axes.patches]
    for position, axes in enumerate(bars):
        widths = [patch.get_width() for patch in axes.patches]
        assert widths == pytest.approx([*opinion.belief[position], opinion.uncertainty[position]], abs=1e-6)
        assert sum(widths) == pytest.approx(1, abs=1e-5)
        assert [text.get_text() for text in axes.get_yticklabels()] == [*NAMES, "uncertainty"]
        assert axes.get_title(loc="left").endswith(f"is {Y[position]}")
    assert len(bars) == 3


def test_rotation_shows_every_angle_and_both_twins(turning):
    figure = drawn(plot.rotation(turning))
    strip, first, second = figure.axes
    assert len(strip.images) == 19
    assert first.get_title(loc="left") == "Evidential says" and second.get_title(loc="left") == "Softmax says"
    assert len(first.lines) == 4 and len(second.lines) == 3  # a line for each class; the uncertainty is the evidential's
    assert np.allclose(first.lines[0].get_ydata(), turning.evidential.uncertainty)
    drawn_probabilities = sorted(line.get_ydata().tolist() for line in second.lines)
    assert np.allclose(drawn_probabilities, sorted(turning.softmax.probability.T.tolist()))
    assert [text.get_text() for text in figure.legends[0].get_texts()][-1] == "uncertainty u"
    assert_legend_is_clear(figure)
    assert str(Y[0]) in strip.get_title(loc="left")


def test_the_ribbon_covers_every_angle_once(turning):
    ribbon = plot.rotation(turning).axes[1].patches
    degrees = np.asarray(turning.degrees, float)
    covering = [sum(bar.get_x() <= degree <= bar.get_x() + bar.get_width() for bar in ribbon) for degree in degrees]
    assert covering == [1] * 19
    changes = np.count_nonzero(np.diff(turning.evidential.position))
    assert len(ribbon) == changes + 1


def test_rotation_names_classes_by_their_position():
    X10 = np.zeros((4, 20, 20), np.uint8)
    result = experiments.rotation(*twins(), X10[0], "bar", degrees=[0, 90])
    numbered = experiments.Rotation(
        result.degrees,
        result.images,
        0,
        *(
            experiments.Answers(np.arange(3), a.position, a.probability, a.belief, a.uncertainty)
            for a in (result.evidential, result.softmax)
        ),
    )
    figure = drawn(plot.rotation(numbered, class_names=["an owl", "a cat", "a dog"]))
    assert "an owl" in figure.axes[0].get_title(loc="left")
    assert "an owl" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_out_of_sample_shows_belief_uncertainty_and_probability(stranger):
    figure = drawn(plot.out_of_sample(stranger))
    picture, first, second = figure.axes
    assert [patch.get_width() for patch in first.patches] == pytest.approx(
        [*stranger.evidential.belief[0], stranger.evidential.uncertainty[0]], abs=1e-6
    )
    assert [patch.get_width() for patch in second.patches] == pytest.approx([*stranger.softmax.probability[0]], abs=1e-6)
    assert stranger.evidential.label[0] in first.get_title(loc="left")


def test_history_shows_both_twins(evidential):
    figure = drawn(plot.history(*twins()))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[:2] == ["Loss", "Accuracy"] and "Uncertainty u" in titles
    losses = [line.get_ydata().tolist() for line in figure.axes[0].lines]
    assert list(evidential.history_["loss"]) in losses and list(twins()[1].history_["loss"]) in losses
    assert_legend_is_clear(figure)
    with pytest.raises(ValueError, match="no history"):
        plot.history(evicam.EvidentialClassifier())
    with pytest.raises(ValueError, match="classifiers are none"):
        plot.history()


def test_reliability_bars_are_the_accuracies(evidential):
    result = metrics.reliability(evidential.predict_proba(X), Y, bins=5, classes=evidential.classes_)
    figure = drawn(plot.reliability(result))
    heights = [patch.get_height() for patch in figure.axes[0].patches]
    assert heights == pytest.approx(np.nan_to_num(result.accuracy))
    assert f"{100 * result.error:.1f}%" in texts(figure)
    assert len(drawn(plot.reliability(result, result)).axes) == 4
    for results in ((), (result,) * 3):
        with pytest.raises(ValueError, match="results are"):
            plot.reliability(*results)


def test_uncertainty_histogram_gives_the_means():
    u, right = np.array([0.1, 0.2, 0.9, 0.7]), np.array([True, True, False, False])
    figure = drawn(plot.uncertainty_histogram(u, right))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "2 right, mean u 0.150",
        "2 wrong, mean u 0.800",
    ]
    assert_legend_is_clear(figure)
    drawn(plot.uncertainty_histogram(u, np.ones(4, bool)))
    for wrong in ((u, right[:2]), ([], []), (u[None], right[None])):
        with pytest.raises(ValueError, match="uncertainty and correct"):
            plot.uncertainty_histogram(*wrong)


@pytest.mark.parametrize("name", ["labels", "images", "opinion"])
def test_overlay_wants_one_of_each(evidential, explanation, name):
    given = dict(labels=Y[:2], images=X[:2], opinion=evidential.predict_opinion(X[:2]))[name]
    with pytest.raises(ValueError, match=f"{name} has length 2, but there are 3"):
        plot.overlay(explanation[:3], **{name: given})


@pytest.mark.parametrize("draw", sorted(set(evicam.plot.__all__) - {"save", "uncertainty_histogram"}))
@pytest.mark.parametrize("other", [3, None, "a", {}, [3]])
def test_what_is_not_to_be_drawn(draw, other):
    """One sentence that names it, whatever it is."""
    with pytest.raises((TypeError, ValueError)) as caught:
        getattr(evicam.plot, draw)(other)
    assert re.search(r"but must be|has no history|no validation figures", str(caught.value))


def test_options_of_figures(evidential, explanation):
    for call, message in [
        (lambda: plot.overlay(explanation, columns=0), "columns is 0"),
        (lambda: plot.overlay(explanation, signed=3), "signed is 3"),
        (lambda: plot.overlay(explanation, figure=3), "figure is 3"),
        (lambda: plot.save(3, "a.png"), "figure is 3"),
        (lambda: plot.threshold_curves({"thresholds": [], "curves": []}, metric="x"), "metric is 'x'"),
        (lambda: plot.threshold_curves({"thresholds": [], "curves": []}, method="x"), "method is 'x'"),
        (lambda: plot.placed_scores([]), "rows are none"),
        (lambda: plot.relations([]), "answers are none"),
        (lambda: plot.displacement([]), "measured is empty"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            call()


def test_too_many_or_no_images(evidential, explanation):
    with pytest.raises(ValueError, match="explanation is of 0 images"):
        plot.overlay(explanation[:0])
    with pytest.raises(ValueError, match="explanation is of 90 images"):
        plot.overlay(explanation[list(range(30)) * 3])
    with pytest.raises(ValueError, match="opinion is of 30 images"):
        plot.opinion_bars(evidential.predict_opinion(X))


def test_figures_can_be_composed(explanation, turning):
    whole = matplotlib.figure.Figure(figsize=(10, 8), layout="constrained")
    left, right = whole.subfigures(1, 2)
    assert plot.overlay(explanation[:4], figure=left) is left
    plot.rotation(turning, figure=right)
    drawn(whole)


def test_the_callers_settings_do_not_matter_and_stay(explanation):
    expected = plot.as_png(plot.overlay(explanation[:2]))
    with matplotlib.rc_context({"font.size": 33, "axes.facecolor": "black", "image.origin": "lower"}):
        before = dict(matplotlib.rcParams)
        assert plot.as_png(plot.overlay(explanation[:2])) == expected
        assert dict(matplotlib.rcParams) == before


def test_save_replaces_the_file_or_leaves_it(tmp_path, explanation):
    path = tmp_path / "figure.png"
    path.write_bytes(b"old")
    plot.save(plot.overlay(explanation[:1]), path)
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(OSError):
        plot.save(plot.overlay(explanation[:1]), tmp_path / "nowhere" / "figure.png")
    plot.save(plot.overlay(explanation[:1]), tmp_path / "figure")
    for name in ("figure.pdf", "figure.PNG.svg", "figure.jpg"):
        with pytest.raises(ValueError, match=f"path is .*{name}', but must end in .png: for another format use figure.savefig"):
            plot.save(plot.overlay(explanation[:1]), tmp_path / name)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["figure", "figure.png"]


# ---- names of classes ----


def figures_of(classes, **settings):
    """Each figure that names classes, of twins whose classes these are."""
    pair = [copy.deepcopy(twin) for twin in twins()]
    for twin in pair:
        twin.classes_ = np.array(classes)
    opinion, labels = pair[0].predict_opinion(X[:3]), settings.pop("labels", pair[0].classes_)
    for_each = dict(labels=labels, **settings)
    return {
        "overlay": lambda: plot.overlay(quietly(pair[0], X[:3]), **for_each),
        "overlay of given classes": lambda: plot.overlay(quietly(pair[0], X[:3], target=pair[0].classes_), **settings),
        "opinion_bars": lambda: plot.opinion_bars(opinion, **for_each),
        "rotation": lambda: plot.rotation(experiments.rotation(*pair, X[0], labels[0], degrees=[0, 45]), **settings),
        "out_of_sample": lambda: plot.out_of_sample(experiments.out_of_sample(*pair), **settings),
        "stages": lambda: plot.stages(experiments.stages(pair[0], X[:3], labels), **settings),
    }


NAMING = ("overlay", "overlay of given classes", "opinion_bars", "rotation", "out_of_sample", "stages")


@pytest.mark.parametrize("name", NAMING)
@pytest.mark.parametrize("as_labels", [True, False])
def test_a_dollar_sign_in_a_name_is_one(name, as_labels):
    names = [r"$\frac{$", "$5$", r"a\$ $x$"]
    figure = figures_of(names if as_labels else range(3), **{} if as_labels else {"class_names": names})[name]()
    drawn(figure)
    figure.savefig(io.BytesIO(), format="png")  # in the caller's style
    words = [text for axes in figure.axes for text in (*axes.texts, *axes.get_yticklabels(), axes.title, axes._left_title)]
    shown = [text for text in words if any(name in text.get_text() for name in names)]
    assert shown and not any(text.get_parse_math() for text in shown)


@pytest.mark.parametrize("name", NAMING)
def test_names_are_for_the_labels(name):
    for wrong, settings, message in (
        (range(3), dict(class_names=["a", "b"]), "class_names has 2 names, but the labels run from 0 to 2"),
        (list("abc"), dict(class_names=["a", "b", "c"]), "class_names is given, but the labels, as 'a', are no positions in it"),
        (range(3), dict(class_names="abc"), "class_names is 'abc', but must be a sequence of names"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            figures_of(wrong, **settings)[name]()
    drawn(figures_of([False, True, 2], class_names=["a", "b", "c"])[name]())


@pytest.mark.parametrize("name", ["overlay", "opinion_bars", "rotation"])
def test_no_label_is_named_from_the_end(name):
    with pytest.raises(ValueError, match="class_names has 3 names, but the labels run from -1 to 2: each must be a position"):
        figures_of(range(3), labels=np.array([-1, 0, 1]), class_names=["a", "b", "c"])[name]()


def test_a_notebook_shows_figures_without_pyplot(explanation, turning, stranger):
    for shown in (plot.overlay(explanation[:1]), turning, stranger):
        assert shown._repr_png_().startswith(b"\x89PNG")
        bundle, metadata = shown._repr_mimebundle_()
        with Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))) as picture:
            assert picture.width == pytest.approx(2 * metadata["image/png"]["width"], abs=2)


def test_ctrl_c_is_raised_at_the_end_of_a_drawing(explanation, monkeypatch):
    """Not where Matplotlib may swallow it."""
    done = []
    draw = matplotlib.figure.Figure.draw

    def interrupted(*arguments):
        if not done:
            signal.raise_signal(signal.SIGINT)
        draw(*arguments)
        done.append(True)

    figure = plot.overlay(explanation[:1])
    monkeypatch.setattr(matplotlib.figure.Figure, "draw", interrupted)
    with pytest.raises(KeyboardInterrupt):
        plot.as_png(figure)
    assert done


def test_neither_the_package_nor_the_figures_import_pyplot():
    program = (
        "import sys, evicam\n"
        "assert 'matplotlib' not in sys.modules\n"
        "from evicam import plot\n"
        "import numpy as np\n"
        "plot.as_png(plot.uncertainty_histogram(np.array([0.5]), np.array([True])))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
