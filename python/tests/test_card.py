"""The card of one image: words true of the numbers, maps those of `explain`, shown three ways."""

from __future__ import annotations

import base64
import copy
import io
import re
import warnings
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

import evicam
from evicam import parameters
from evicam.cards import judge
from evicam.cards.reservations import reservations
from trained import NAMES, SIZE, shapes, twins

X, Y = shapes(30, seed=3)
BLACK = np.zeros((SIZE, SIZE), np.uint8)


@pytest.fixture(scope="module")
def card(evidential):
    return evicam.card(evidential, X[1])


def silent(evidential):
    """The classifier with ReLU evidence and biases so low that it has none for anything."""
    classifier = copy.deepcopy(evidential)
    classifier.evidence = "relu"
    weights = parameters.read_parameters(classifier.network_)
    weights["fc2.bias"][:] = -1e4
    parameters.write_parameters(classifier.network_, weights)
    return classifier


# ---- The judgement ----

OPINIONS = {  # evidence, kind, mild, words
    "sure": ([97, 0, 0], "sure", False, "Sure: a"),
    "nothing": ([0, 0, 0], "unfamiliar", False, "Never seen anything like this: no evidence for any class"),
    "little": ([0.5, 0.1, 0], "unfamiliar", False, "Never seen anything like this"),
    "some": ([5, 0, 0], "unfamiliar", True, "Leans towards a, but has seen little like this"),
    "two": ([50, 50, 0], "torn", False, "Torn between a and b"),
    "three": ([50, 50, 49], "torn", False, "Torn between a, b and c"),
    "one before another": ([80, 17, 0], "torn", True, "Leans towards a, torn between it and b"),
    "one against many": ([400, 120, 120, 120, 120, 120, 120], "torn", False, "Torn between a, b and others"),
    "many": ([10] * 10, "torn", False, "Torn between a, b, c, d, e and others"),
}


def judged(evidence):
    opinion = evicam.Opinion([evidence])
    beliefs = np.sort(opinion.belief[0])[::-1].tolist()
    return judge(float(opinion.uncertainty[0]), float(opinion.dissonance[0]), beliefs, list("abcdefghij"))


@pytest.mark.smoke
@pytest.mark.parametrize("evidence, kind, mild, words", OPINIONS.values(), ids=OPINIONS)
def test_words_follow_from_the_numbers(evidence, kind, mild, words):
    judgement = judged(evidence)
    assert (judgement.kind, judgement.mild, judgement.words) == (kind, mild, words)


def test_the_kind_is_the_larger_part_of_the_doubt():
    random = np.random.default_rng(0)
    evidence = np.exp(random.uniform(-6, 8, (500, 5))).astype(np.float32)
    opinion = evicam.Opinion(evidence)
    assert (opinion.uncertainty + opinion.dissonance <= 1 + 1e-6).all()  # the three parts are parts of 1
    kinds = [judged(row).kind for row in evidence]
    assert set(kinds) == {"sure", "unfamiliar", "torn"}
    for kind, u, dissonance in zip(kinds, opinion.uncertainty.astype(float), opinion.dissonance.astype(float)):
        expected = "sure" if u + dissonance <= 0.25 else "unfamiliar" if u >= dissonance else "torn"
        assert kind == expected


# ---- What it holds ----


@pytest.mark.smoke
def test_numbers_and_maps_are_those_of_the_classifier(evidential, card):
    opinion = evidential.predict_opinion(X[1:2])
    assert card.label == evidential.predict(X[1:2])[0] == card.names[0]
    assert sorted(card.names) == sorted(NAMES)
    assert card.beliefs.tolist() == [opinion.belief[0, list(evidential.classes_).index(name)] for name in card.names]
    assert card.uncertainty == opinion.uncertainty[0] and card.dissonance == opinion.dissonance[0]
    assert np.array_equal(card.image[..., 0], X[1])
    assert len(card.classes) == 3 and card.classes.target.tolist() == card.names
    for position, name in enumerate(card.names):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "empty heatmaps")
            alone = evicam.explain(evidential, X[1:2], target=name)
        assert np.array_equal(card.classes.raw[position], alone.raw[0])
    assert card.classes.heatmap.max() == 1 and card.classes.scale == "shared"
    assert np.array_equal(card.doubt.raw, evicam.explain(evidential, X[1:2], target="uncertainty").raw)
    assert card.receptive_field == evicam.receptive_field(evidential)


def test_with_mirror_images_the_maps_are_of_the_class_that_is_printed(evidential):
    mirroring = copy.deepcopy(evidential).set_params(test_time_flip=True)
    images = np.random.default_rng(0).integers(0, 256, (40, SIZE, SIZE)).astype(np.uint8)
    image = images[np.flatnonzero(mirroring.predict(images) != evidential.predict(images))[0]]
    card = evicam.card(mirroring, image)
    assert card.label == mirroring.predict(image[None])[0] == card.classes.target[0]
    assert (card.classes.predicted == card.label).all() and (card.doubt.predicted == card.label).all()


def test_options_reach_the_maps(evidential):
    card = evicam.card(evidential, X[0], evicam.methods.RISE(n_masks=50), top=2)
    assert card.classes.method == card.doubt.method == "rise" and len(card.classes) == 2
    assert card.resolution == "rise on 20 x 20 pixels"
    card = evicam.card(evidential, X[0], "hirescam", "conv1", "bilinear", top=12)
    assert len(card.classes) == 3  # there are no more
    assert (card.classes.layer, card.doubt.layer, card.classes.method, card.classes.resize) == (
        *("conv1", "conv1", "hirescam", "bilinear"),
    )
    assert card.resolution == "hirescam at conv1: 16 x 16 cells, each seeing 5 x 5 of 20 x 20 pixels"


@pytest.mark.parametrize("image", [X[1], X[1:2], X[1][..., None], X[1:2, ..., None], X[1] / 255, X[1].tolist()])
def test_one_image_in_any_form(evidential, card, image):
    assert np.allclose(evicam.card(evidential, image).beliefs, card.beliefs, atol=1e-6)


def test_no_evidence_at_all_is_said(evidential):
    card = evicam.card(silent(evidential), X[0])
    assert card.judgement.words == "Never seen anything like this: no evidence for any class"
    assert card.uncertainty == 1 and card.dissonance == 0 and not card.beliefs.any()
    assert card.doubt.empty.all() and any("the uncertainty" in text for text in card.reservations)
    assert np.isfinite(card.classes.heatmap).all() and np.isfinite(card.doubt.heatmap).all()
    for shown in (repr(card), card._repr_html_()):
        assert "no evidence for any class" in shown and not re.search(r"\b(nan|inf)\b", shown)
    assert evicam.plot.as_png(card.figure())


def test_names_for_numbered_classes(evidential):
    classifier = copy.deepcopy(evidential)
    classifier.classes_ = np.arange(3)
    assert evicam.card(classifier, X[1], class_names=NAMES).names == evicam.card(evidential, X[1]).names


def test_a_class_may_be_called_like_a_target(evidential):
    classifier = copy.deepcopy(evidential)
    classifier.classes_ = np.array(["uncertainty", "predicted", "strength"])
    card = evicam.card(classifier, X[1])
    assert np.array_equal(card.classes.raw, evicam.card(evidential, X[1]).classes.raw)
    assert "for the uncertainty" in card._repr_html_() and "for uncertainty" in card._repr_html_()


# ---- What the maps cannot show ----


def test_the_rim_that_stays_cold(card):
    field = card.receptive_field
    everywhere = replace(card.doubt, raw=np.ones_like(card.doubt.raw)).signed()[0] > 0
    (top, bottom), (left, right) = field.beyond(field.jump)
    warm = np.zeros_like(everywhere)
    warm[top : SIZE - bottom, left : SIZE - right] = True
    assert np.array_equal(everywhere, warm) and (top, bottom, left, right) == (5, 5, 5, 5)
    assert "No cell looks straight at the rim, 5 pixels on every side: the maps stay cold there." in card.reservations


def fitted(architecture):
    return evicam.EvidentialClassifier(architecture, epochs=1, random_state=0, verbose=False).fit(X, Y)


def test_a_rim_that_no_cell_sees():
    # Windows of 3 pixels every 5: pixels 18 and 19 are in none.
    classifier = fitted("c = convolution(image, channels: 4, kernel: 3, stride: 5)\nf = flatten(c)\nz = linear(f, features: 3)")
    card = evicam.card(classifier, X[0])
    assert "No cell sees the rim at all, 2 pixels at the bottom and 2 pixels on the right." in card.reservations


def test_receptive_field_beyond_the_image(card):
    network = "c = convolution(image, channels: 2, kernel: 21, padding: 10)\nf = flatten(c)\nz = linear(f, features: 3)"
    said = evicam.card(fitted(network), X[0]).reservations[0]
    assert "receptive field is larger than the image" in said and "a cell sees most of it, or all" in said
    assert not any("larger than the image" in text for text in card.reservations)
    nowhere = replace(card.classes, receptive_field=replace(card.receptive_field, start=(np.nan, np.nan)))
    assert "no exact place" in reservations(nowhere, card.doubt, card.names)[0]


def test_maps_that_know_no_target_or_are_stretched(evidential):
    assert any("knows no target" in text for text in evicam.card(evidential, X[0], "eigen-cam").reservations)
    stretched = evicam.card(evidential, X[0], resize="bilinear").reservations
    assert any("pixels off on average" in text for text in stretched) and not any("stay cold" in text for text in stretched)


def test_the_card_speaks_instead_of_warning(evidential, recwarn):
    card = evicam.card(silent(evidential), BLACK)
    assert any(text.startswith("Empty: nothing at 'conv2'") for text in card.reservations)
    single = fitted("c = convolution(image, channels: 2, kernel: 20)\nf = flatten(c)\nz = linear(f, features: 3)")
    assert "single cell" in evicam.card(single, X[0]).reservations[0]
    assert len(recwarn) == 0


def test_empty_maps_are_listed_by_name(card):
    empty = replace(card.classes, empty=np.array([True, False, True]))
    doubt = replace(card.doubt, empty=np.array([False]))
    said = reservations(empty, doubt, ["salt and pepper", "b", "c"])[-1]
    assert said == "Empty: nothing at 'conv2' speaks for salt and pepper or c."
    one = evicam.card(silent(twins()[0]), BLACK, top=1)  # fewer than there are classes
    assert one.doubt.empty.all() and "the uncertainty" in one.reservations[-1] and one.names[1] not in one.reservations[-1]


# ---- How it shows itself ----


class Section(HTMLParser):
    """Text and pictures of a card; checks that its tags are balanced."""

    def __init__(self, html):
        super().__init__()
        self.open, self.texts, self.pictures = [], [], []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.pictures.append(dict(attributes))
        else:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] != "style":
            self.texts.append(data)


def test_text_says_it_all(card):
    first, beliefs, *rest = repr(card).split("\n  ")
    assert first == f"Card: {card.judgement.words}"
    assert beliefs.startswith(f"{card.names[0]} {card.beliefs[0]:.3f}, {card.names[1]} ")
    assert beliefs.endswith(f"; uncertainty {card.uncertainty:.3f}, dissonance {card.dissonance:.3f}")
    assert rest == ["grad-cam at conv2: 4 x 4 cells, each seeing 14 x 14 of 20 x 20 pixels", *card.reservations]


def test_html_holds_everything_it_shows(card):
    from PIL import Image

    html = card._repr_html_()
    section = Section(html)
    assert "http" not in html and "<script" not in html and "url(" not in html
    for text in (card.judgement.words, f"{card.uncertainty:.3f}", card.resolution + ".", *card.reservations):
        assert text in section.texts
    assert len(section.pictures) == 1 + 3 + 1 and all(picture["alt"] for picture in section.pictures)
    pixels = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(picture["src"].removeprefix("data:image/png;base64,")))))
        for picture in section.pictures
    ]
    assert np.array_equal(pixels[0], np.repeat(X[1][..., None], 3, axis=2))
    hottest = np.unravel_index(card.classes.heatmap[0].argmax(), (SIZE, SIZE))
    red, _, blue = pixels[1][hottest].astype(int)
    assert red > blue + 30  # there is heat on the grey image


def test_html_is_escaped(evidential):
    classifier = copy.deepcopy(evidential)
    classifier.classes_ = np.array(['<b>"bar"', "<script>disc", "frame & $x$"])
    card = evicam.card(classifier, X[0])
    html = card._repr_html_()
    Section(html)
    assert "<b>" not in html and "<script>" not in html and "&lt;b&gt;" in html and "frame &amp; $x$" in html
    assert evicam.plot.as_png(card.figure())  # a dollar sign is no mathematics either


def test_saved_as_a_page(card, tmp_path):
    card.save(tmp_path / "card.html")
    page = (tmp_path / "card.html").read_text()
    assert page.startswith("<!DOCTYPE html>") and "width=device-width" in page and card._repr_html_() in page
    with pytest.raises(OSError):
        card.save(tmp_path / "nowhere" / "card.html")


@pytest.mark.parametrize("top", [1, 3])
def test_figure_shows_words_bars_and_maps(evidential, top):
    figure = evicam.card(evidential, X[1], top=top).figure()
    assert evicam.plot.as_png(figure).startswith(b"\x89PNG")
    card = evicam.card(evidential, X[1], top=top)
    assert figure.get_suptitle() == card.judgement.words
    titles = [axes.get_title() for axes in figure.axes] + [axes.get_title(loc="left") for axes in figure.axes]
    for what, _, empty in card.maps:
        assert f"for {what}" + "\nempty map" * bool(empty) in [title for title in titles]
    assert f"u {card.uncertainty:.2f} · dissonance {card.dissonance:.2f}" in titles
    notes = " ".join(text.get_text() for part in figure.subfigs for text in part.texts)
    for text in card.reservations:
        assert text in re.sub(r"\s+", " ", notes)


def test_drawn_into_a_part_of_a_figure(card):
    whole = evicam.plot.style.new_figure(None, 12, 5)
    left, right = whole.subfigures(1, 2)
    assert card.figure(left) is left and evicam.plot.card(card, figure=right) is right
    assert len(left.subfigs) == len(right.subfigs) == 3
    assert evicam.plot.as_png(whole)


def test_nothing_in_the_figure_overlaps():
    random = np.random.default_rng(0)
    labels = np.array([f"class number {k}" for k in range(12)])[np.arange(60) % 12]
    images = random.integers(0, 256, (60, 20, 28, 3)).astype(np.uint8)
    classifier = evicam.EvidentialClassifier(epochs=1, random_state=0, verbose=False).fit(images, labels)
    figure = evicam.card(classifier, images[0], top=12).figure()
    figure.draw_without_rendering()
    boxes = [axes.get_tightbbox() for axes in figure.axes if axes.get_title() or axes.get_title(loc="left")]
    assert len(boxes) == 1 + 13
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in boxes)


# ---- Bad input ----

BAD = {  # image, settings, error, message
    "two images": (X[:2], {}, ValueError, r"image holds 2 images, but must be a single one: pass image\[0\]"),
    "no image": (X[:0], {}, ValueError, "image holds 0 images, but must be a single one"),
    "size": (X[0, 1:], {}, ValueError, r"image has shape \(19, 20\), but must be \(20, 20, 1\) or \(20, 20\)"),
    "colour": (np.zeros((20, 20, 3), np.uint8), {}, ValueError, r"image has shape \(20, 20, 3\)"),
    "batch of another size": (np.zeros((2, 9, 9, 1)), {}, ValueError, "image holds images of 9x9x1.*was trained on 20x20x1"),
    "a number": (3.0, {}, ValueError, r"image has shape \(\)"),
    "None": (None, {}, TypeError, "image has dtype object"),
    "NaN": (np.full((20, 20), np.nan), {}, ValueError, "image holds nan"),
    "top 0": (X[0], dict(top=0), ValueError, "top is 0, but must be at least 1"),
    "top 2.5": (X[0], dict(top=2.5), TypeError, "top is 2.5"),
    "top 13": (X[0], dict(top=13), ValueError, "top is 13, but must be at most 12"),
    "layers": (X[0], dict(layer=["conv1"]), ValueError, r"layer is \['conv1'\], but a card shows a single layer"),
    "layer": (X[0], dict(layer="conv9"), ValueError, "layer is 'conv9', but must be one of"),
    "method": (X[0], dict(method="gradcam"), ValueError, "method is 'gradcam'"),
    "resize": (X[0], dict(resize="nearest"), ValueError, "resize is 'nearest'"),
    "a word for names": (X[0], dict(class_names="abc"), TypeError, "class_names is 'abc', but must be a sequence"),
    "a dict of names": (X[0], dict(class_names={0: "a"}), TypeError, "class_names is .0: 'a'., but must be a sequence"),
    "names of names": (X[0], dict(class_names=["a", "b", "c"]), ValueError, "class_names is given, but the labels, as"),
}


@pytest.mark.parametrize("image, settings, error, message", BAD.values(), ids=BAD)
def test_bad_input_is_named(evidential, image, settings, error, message):
    with pytest.raises(error, match=message):
        evicam.card(evidential, image, **settings)


def test_too_few_names(evidential):
    classifier = copy.deepcopy(evidential)
    classifier.classes_ = np.arange(3)
    with pytest.raises(ValueError, match="class_names has 2 names, but the labels run from 0 to 2"):
        evicam.card(classifier, X[0], class_names=["a", "b"])


def test_channels_first_is_told():
    colour = np.zeros((6, 16, 16, 3), np.uint8)
    classifier = evicam.EvidentialClassifier(epochs=1, random_state=0, verbose=False).fit(colour, np.arange(6) % 2)
    with pytest.raises(ValueError, match=r"channels seem to come first; pass np.moveaxis\(image, 0, -1\)"):
        evicam.card(classifier, colour[0].transpose(2, 0, 1))


def test_only_fitted_evidential_classifiers_have_cards():
    with pytest.raises(ValueError, match="classifier is a SoftmaxClassifier.*no opinion.*EvidentialClassifier"):
        evicam.card(twins()[1], X[0])
    with pytest.raises(ValueError, match="not fitted"):
        evicam.card(evicam.EvidentialClassifier(), X[0])
    with pytest.raises(TypeError, match="classifier is str, but must be"):
        evicam.card("model", X[0])
