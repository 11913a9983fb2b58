"""The report: one file, nothing from outside, everything escaped, every sentence true of its numbers."""

import copy
import re
from html.parser import HTMLParser

import pytest

from evicam import report
from evicam.report import captions

PNG = b"\x89PNG\r\n\x1a\n"
FIGURES = {name: PNG for name, _, _ in captions.FIGURES}
RESULTS = {
    "schema": 1,
    "dataset": "mnist",
    "class_names": [str(k) for k in range(10)],
    "model": "lenet",
    "seed": 0,
    "limit": None,
    "training_images": 60000,
    "test_images": 10000,
    "command": "evicam reproduce --dataset mnist --out demo",
    "engine": {"version": "0.1.0", "isa": "x86-64-v3", "threads": 2, "winograd": True},
    "models": {
        "evidential": {
            "test_accuracy": 0.9912,
            "calibration_error": 0.012,
            "uncertainty_correct": 0.02,
            "uncertainty_wrong": 0.4,
            "dead_evidence_fraction": 0.001,
            "epochs": 10,
            "seconds_per_epoch": 5.25,
            "minutes": [0.1, 0.2],
            "val_accuracy": [0.97, 0.98],
            "settings": {"loss": "mse", "epochs": 10},
        },
        "softmax": {
            "test_accuracy": 0.9901,
            "calibration_error": 0.005,
            "epochs": 10,
            "seconds_per_epoch": 5.0,
            "settings": {"epochs": 10},
        },
    },
    "rotation": {
        "true_label": 6,
        "degrees": [0, 90, 180],
        "evidential": {"label": [6, 8, 9], "probability": [0.99, 0.3, 0.9], "uncertainty": [0.01, 0.75, 0.1]},
        "softmax": {"label": [6, 8, 9], "probability": [1.0, 0.8, 0.99]},
    },
    "out_of_sample": {
        "evidential": {"label": 2, "probability": 0.2, "uncertainty": 0.7},
        "softmax": {"label": 4, "probability": 0.95},
    },
    "strangers": [
        {"name": "test images", "n": 100, "uncertainty": 0.02, "softmax_doubt": 0.01, "evidential_auroc": None},
        {"name": "noise", "n": 100, "uncertainty": 0.7, "softmax_doubt": 0.4, "evidential_auroc": 0.96, "softmax_auroc": 0.91},
    ],
    "stages": [
        {"stage": "conv1", "layer": "conv1", "cells": [24, 24], "receptive_field": [5, 5], "exceeds_image": False, "empty": 0.0},
        {"stage": "conv2", "layer": "conv2", "cells": [8, 8], "receptive_field": [29, 29], "exceeds_image": True, "empty": 0.0},
    ],
    "explanations": {"layer": "conv2", "method": "grad-cam", "resize": "aligned"},
}


class Page(HTMLParser):
    """Text of a page; checks that its tags are balanced and collects what it points at."""

    VOID = {"meta", "img", "br", "hr"}

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.links, self.text = [], [], [], []
        self.feed(html)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def read(results, figures=FIGURES):
    page = Page(report.render(results, figures))
    return page, re.sub(r"\s+", " ", " ".join(page.text))


def changed(**parts):
    results = copy.deepcopy(RESULTS)
    for path, value in parts.items():
        *keys, last = path.split("__")
        place = results
        for key in keys:
            place = place[key]
        place[last] = value
    return results


@pytest.mark.smoke
def test_the_page_stands_alone():
    page, text = read(RESULTS)
    assert len(page.links) == len(FIGURES) and all(link.startswith("data:image/png;base64,") for link in page.links)
    assert "script" not in page.tags and "link" not in page.tags
    assert not re.search(r"https?://|@import|url\(", report.render(RESULTS, FIGURES))
    assert page.tags.count("figcaption") == len(FIGURES)


def test_our_numbers_stand_beside_the_papers():
    text = read(RESULTS)[1]
    for number in ("99.12%", "99.01%", "98.3%", "99.1%", "20.0 ×", "52 s", "0.96 (softmax 0.91)"):
        assert number in text, number
    assert "Ours is 0.8 points above the paper's" in text
    below = read(changed(dataset="fashion-mnist", models__evidential__test_accuracy=0.912))[1]
    assert "95.7%" in below and "Ours is 4.5 points below the paper's" in below


def test_the_command_settings_and_engine_are_given():
    text = read(RESULTS)[1]
    assert RESULTS["command"] in text and "x86-64-v3" in text and "2 threads" in text and "mse" in text


def test_texts_are_escaped():
    evil = '<script>alert("x")</script>&'
    results = changed(
        class_names=[evil] * 10, command=evil, engine__isa=evil, models__evidential__settings={evil: evil}, dataset=evil
    )
    html = report.render(results, FIGURES)
    assert "<script" not in html
    assert evil in " ".join(Page(html).text)
    assert "script" not in Page(html).tags


def test_captions_follow_the_numbers():
    text = read(RESULTS)[1]
    assert "it is highest, 0.75, at 90 degrees, where the evidential network says 8" in text
    assert "most confident mistake: 8 with probability 0.80 at 90 degrees, where u is 0.75" in text  # 9 is none
    assert "more than half of its belief is withheld" in text
    assert "20.0 times as much" in text


def test_captions_do_not_praise_what_did_not_happen():
    results = changed(
        models__evidential__uncertainty_wrong=0.01,
        out_of_sample__evidential__uncertainty=0.1,
        rotation__softmax__label=[6, 6, 9],
        limit=1000,
        training_images=1000,
    )
    text = read(results)[1]
    assert "does not tell one from the other" in text and "times as much" not in text
    assert "less than half of its belief is withheld" in text
    assert "mistake:" not in text
    assert "the first 1,000 training images" in text and "a part of the images only" in text


def test_without_mistakes_there_is_no_ratio():
    text = read(changed(models__evidential__uncertainty_wrong=None))[1]
    assert "none wrong" in text and "nan" not in text.lower()


def test_an_unknown_data_set_and_missing_figures_are_no_problem():
    page, text = read(changed(dataset="kittens"), {})
    assert "kittens" in text and not page.links and "the paper's. " not in text


def test_a_residual_network_stands_beside_the_papers():
    results = changed(dataset="cifar-10", model="resnet18")
    text = read(results)[1]
    assert "What a ResNet-18 knows of" in text and "Evidential ResNet-18, pretrained, the paper" in text and "93.3%" in text
    assert "highest after 0 minutes, 98.0%" in text and "The receptive fields of conv2 are larger than the image" in text
    assert "at layer conv2, bright" in text
    text = read(changed(explanations__layer="conv1"))[1]
    assert (
        "at layer conv1, the last stage whose receptive field is not larger than the image, as that of conv2 is, bright" in text
    )
