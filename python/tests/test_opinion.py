"""Opinions agree with the formulas, whatever the evidence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import digamma, xlogy

from evicam import Opinion


def random_evidence(classes, count=200):
    random = np.random.default_rng(classes)
    evidence = np.exp(random.uniform(-12, 12, (count, classes)))
    return np.where(random.random(evidence.shape) < 0.2, 0, evidence).astype(np.float32)


@pytest.mark.smoke
@pytest.mark.isa
@pytest.mark.parametrize("classes", [2, 3, 10, 101])
def test_opinions_agree_with_scipy(classes):
    evidence = random_evidence(classes)
    opinion = Opinion(evidence)
    e = evidence.astype(np.float64)
    alpha, strength = e + 1, e.sum(axis=1) + classes
    p = alpha / strength[:, None]
    entropy = -xlogy(p, p).sum(axis=1)
    expected = {
        "alpha": alpha,
        "strength": strength,
        "belief": e / strength[:, None],
        "uncertainty": classes / strength,
        "probability": p,
        "entropy": entropy,
        "mutual_information": entropy - (p * (digamma(strength + 1)[:, None] - digamma(alpha + 1))).sum(axis=1),
        "dissonance": np.array([dissonance(row) for row in e / strength[:, None]]),
    }
    for name, values in expected.items():
        assert getattr(opinion, name).dtype == np.float32
        assert np.allclose(getattr(opinion, name), values, rtol=1e-6, atol=2e-7), name
    assert np.abs(opinion.uncertainty + opinion.belief.sum(axis=1) - 1).max() < 1e-5


def dissonance(belief):
    """Josang, Cho & Chen 2018, eq. 10, term by term."""
    total = 0.0
    for k, own in enumerate(belief):
        others = np.delete(belief, k)
        if others.sum() > 0 and own > 0:
            balance = np.where(others > 0, 1 - abs(others - own) / (others + own), 0)
            total += own * (others * balance).sum() / others.sum()
    return total


def test_labels_come_from_the_classes():
    opinion = Opinion([[0, 3, 1], [2, 2, 0]], classes=["a", "b", "c"])
    assert opinion.label.tolist() == ["b", "a"]  # the first of equals
    assert Opinion([[0, 3, 1]]).label.tolist() == [1]


# Of evidence, from its definitions with 120 digits (mpmath): dissonance, entropy, mutual information.
LARGE = [
    ([1e12, 5e11, 1e12 / 3], 0.6272727272717, 0.99492363257212, 5.4545454545340e-13),
    ([1e15, 5e14, 3e14], 0.61111111111111, 0.98098968244532, 5.5555555555555e-16),
    ([1e20, 0, 3], 6e-20, 2.2971333185493e-18, 9.0207756434611e-21),
]


@pytest.mark.parametrize("evidence, dissonance, entropy, mutual_information", LARGE)
def test_large_evidence_keeps_its_digits(evidence, dissonance, entropy, mutual_information):
    opinion = Opinion([evidence])
    found = [opinion.dissonance[0], opinion.entropy[0], opinion.mutual_information[0]]
    assert np.allclose(found, [dissonance, entropy, mutual_information], rtol=1e-6, atol=0)


def test_positions_that_cannot_be():
    for position, message in (([0], "1"), ([0.0, 1.0], "float64"), ([0, 2], "outside of 0 ... 1")):
        with pytest.raises(ValueError, match=message):
            Opinion([[1, 2], [3, 4]], position=position)


def test_parts_of_opinions():
    opinion = Opinion(random_evidence(3))
    assert len(opinion) == 200 and len(opinion[3]) == 1 and len(opinion[-5:]) == 5
    assert np.array_equal(opinion[3].alpha, opinion.alpha[3:4])
    assert np.array_equal(opinion[-1].belief, opinion.belief[-1:])
    assert np.array_equal(opinion[opinion.uncertainty > 0.5].uncertainty, opinion.uncertainty[opinion.uncertainty > 0.5])
    with pytest.raises(IndexError, match="index 200 is out of range for 200"):
        opinion[200]
    assert len(list(opinion)) == 200


@pytest.mark.parametrize("none", [[], slice(0, 0), np.zeros(200, bool)], ids=["list", "slice", "mask"])
def test_no_opinion(none):
    opinion = Opinion(random_evidence(3), classes=["a", "b", "c"])[none]
    assert len(opinion) == 0 and list(opinion) == [] and len(opinion[none if isinstance(none, slice) else []]) == 0
    for name in ("evidence", "alpha", "belief", "probability"):
        assert getattr(opinion, name).shape == (0, 3)
    for name in ("strength", "uncertainty", "dissonance", "entropy", "mutual_information", "position", "label"):
        assert getattr(opinion, name).shape == (0,)
    assert opinion.label.dtype == np.asarray(["a"]).dtype
    assert repr(opinion) == "Opinion of 0 images on 3 classes" and opinion._repr_html_().count("<tr>") == 1
    with pytest.raises(IndexError, match="index 0 is out of range for 0"):
        opinion[0]


def test_how_opinions_show_themselves():
    one = Opinion([[8.0, 0.0, 2.0]], classes=["cat", "dog", "owl"])
    assert repr(one) == "Opinion: cat 0.615, owl 0.154, dog 0.000; uncertainty 0.231, dissonance 0.308"
    many = Opinion(random_evidence(3))
    assert repr(many).startswith("Opinion of 200 images on 3 classes: uncertainty mean ")
    page = Opinion([[1.0, 2.0]] * 12, classes=["<b>", "&"])._repr_html_()
    assert page.count("<tr>") == 11 and "first 10 of 12" in page and "&lt;b&gt;" in page and "<b>" not in page


@pytest.mark.parametrize(
    "evidence, message",
    [
        ([1.0, 2.0], r"evidence has shape \(2,\)"),
        ([[1.0]], r"evidence has shape \(1, 1\).*K >= 2"),
        ([], r"evidence has shape \(0,\)"),
        ([[1.0, -0.5]], "evidence"),
        ([[1.0], [2.0, 3.0]], "evidence cannot become an array"),
        ([["a", "b"]], "evidence cannot become an array"),
        (np.ma.masked_greater([[1.0, 99.0]], 9), "evidence is a masked array with masked numbers"),
        ([[1.0, np.nan]], "evidence"),
        ([[1.0, np.inf]], "evidence"),
    ],
)
def test_evidence_that_is_none(evidence, message):
    with pytest.raises(ValueError, match=message):
        Opinion(evidence)


def test_as_many_names_as_classes():
    with pytest.raises(ValueError, match=r"classes has shape \(2,\), but evidence has 3 classes"):
        Opinion([[1, 2, 3]], classes=["a", "b"])
