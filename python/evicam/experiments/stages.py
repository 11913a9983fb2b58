"""Grad-CAM at every stage of a network: finer and nearsighted at first, coarse and far-sighted at the end."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from ..explanations import Explanation, explain
from ..receptive_fields import ReceptiveField, describe_field
from ..shown import Shown


@dataclass(frozen=True, eq=False, repr=False)
class Stages(Shown):
    """What `stages` found; a notebook shows it as a figure.

    Attributes
    ----------
    labels : ndarray of shape (n,)
        True labels of the images.
    opinion : Opinion
        What the classifier says of them.
    explanations : dict of str to Explanation
        Of the predicted class, by stage, from the image on.
    """

    labels: np.ndarray
    opinion: object
    explanations: dict[str, Explanation]

    def as_json(self) -> list[dict]:
        """The geometry of the stages, as ``results.json`` holds it."""
        return [
            {
                "stage": name,
                "layer": explanation.layer,
                "cells": list(explanation.receptive_field.cells),
                "receptive_field": list(explanation.receptive_field.size),
                "exceeds_image": explanation.receptive_field.exceeds_image,
                "empty": float(explanation.empty.mean()),
            }
            for name, explanation in self.explanations.items()
        ]

    def __repr__(self) -> str:
        return f"Stages {', '.join(self.explanations)} of {len(self.labels)} images"

    def _pictured(self):
        from .. import plot

        return plot.stages(self)


def stage_names(classifier) -> list[str]:
    """Names of a fitted network's stages: the convolutions outside of blocks, and the blocks that hold any.

    A residual network of four stages gives "conv1" and "layer1" to "layer4", the LeNet "conv1" and "conv2".
    """
    layers = classifier.network_.layers()
    return list(dict.fromkeys(e["name"].split(".")[0] for e in layers if e["kind"] == "convolution" and e["spatial"]))


def stage_fields(classifier) -> dict[str, ReceptiveField]:
    """Where the cells of each stage's map look, by stage, from the image on."""
    return {name: describe_field(classifier.network_, classifier.image_shape_, name) for name in stage_names(classifier)}


def localising_layer(classifier) -> str | None:
    """The layer of the last stage whose receptive field is not larger than the image; maps of later ones tell little of where.

    None, for `evicam.explain`'s own choice, where that is the same or there is no such stage.
    """
    fields = list(stage_fields(classifier).values())
    within = [field.layer for field in fields if not field.exceeds_image]
    return within[-1] if within and fields[-1].exceeds_image else None


def stages(classifier, images, labels) -> Stages:
    """Explain the predicted class at each stage.

    Parameters
    ----------
    classifier : EvidentialClassifier
    images : ndarray of shape (n, H, W) or (n, H, W, C)
    labels : ndarray of shape (n,)
        Their true labels.

    Returns
    -------
    Stages
    """
    fields = stage_fields(classifier)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "empty heatmaps")  # their share is among the results
        warnings.filterwarnings("ignore", ".*is a single cell")
        found = explain(classifier, images, layer=[field.layer for field in fields.values()])
    return Stages(labels, classifier.predict_opinion(images), {name: found[field.layer] for name, field in fields.items()})
