"""Where the paper stopped: its tables, why its test failed, and the answer to its question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..classifiers import EvidentialClassifier
from .confound import confound
from .displacement import displacement
from .fitting import fitted
from .localisation import localisation
from .marked import Marked, marked
from .placed import placed
from .question import question
from .scores import METHODS
from .verdict import verdict


@dataclass(frozen=True, eq=False, repr=False)
class Settled:
    """What `settle` found: `as_json` for the results, the rest for the figures.

    Attributes
    ----------
    results : dict
        Its part of ``results.json``.
    marked : Marked or None
    """

    results: dict
    marked: Marked | None

    def figures(self) -> dict[str, bytes]:
        """PNG files by name."""
        from .. import plot

        results = self.results
        pictures = {
            "thresholds": plot.threshold_curves(results["sweep"]),
            "displacement": plot.displacement(results["displacement"]),
            "relations": plot.relations(results["answers"]),
            "placed": plot.placed_scores(results["placed"]["rows"]),
        }
        if self.marked is not None:
            pictures["centroids"] = plot.centroids(self.marked)
        return {name: plot.as_png(picture) for name, picture in pictures.items()}


def settle(evidential, train, test, effort, *, heat_threshold, object_threshold, seed=0, say=print, verbose=False) -> Settled:
    """Run the localisation experiments.

    Parameters
    ----------
    evidential : EvidentialClassifier
        The twin that was trained in full: the first of the models.
    train, test : Dataset
        The images that all models learn, and those that are explained; grey objects on black.
    effort : Effort
    heat_threshold, object_threshold : float
        See `evicam.experiments.localisation`.
    seed : int
        Of `evidential`; the other models have those that follow.
    say : callable
    verbose : bool

    Returns
    -------
    Settled
    """
    thresholds = dict(heat_threshold=heat_threshold, object_threshold=object_threshold)
    models = [evidential]
    for number in range(1, effort.models):
        say(f"Training model {number + 1} of {effort.models}, so that no lucky draw decides")
        other = EvidentialClassifier(epochs=effort.epochs, random_state=seed + number, verbose=verbose)
        models.append(fitted(other, train.images, train.labels))
    say(f"Scoring heatmaps of {len(test.images):,} images, upright and turned, by {len(models)} models")
    found = localisation(models, test.images, seed=seed, **thresholds)
    rows = found.rows(effort.resamples)
    say("Measuring where maps are drawn, on glyphs whose place is known")
    displaced = displacement(effort, seed=seed, verbose=verbose)
    confounds = confound(test.images, **thresholds)
    say("Asking whether uncertainty goes with looking away")
    tests, answers = question(found, resamples=effort.resamples, hold_area=True)
    say("Placing the objects on larger canvases")
    located = placed(train, test, effort, seed=seed, verbose=verbose, **thresholds)
    placed_rows = located.rows(effort.resamples)
    placed_answers = {}
    for ground, each in located.found.items():
        more, placed_answers[ground] = question(
            each, resamples=effort.resamples, name=f"placed, {ground}", held=located.held(ground)
        )
        tests += more
    for each in (*displaced, *confounds):
        tests += each.tests(effort.resamples)
    results = {
        "localisation": rows,
        "tests": [{**test.as_row(), "p_is_bound": test.p_is_bound, "correction": test.correction} for test in tests],
        "verdict": verdict(answers, placed_answers),
        "sweep": found.curves(),
        "displacement": [each.as_json() for each in displaced],
        "confound": [each.as_json() for each in confounds],
        "answers": [answer.as_json() for answer in answers],
        "placed": {
            "rows": placed_rows,
            "accuracy": [
                {"ground": ground, "condition": condition, "accuracy": value}
                for (ground, condition), value in located.accuracy.items()
            ],
            "verdict": {ground: verdict(each) for ground, each in placed_answers.items()},
            "answers": {ground: [answer.as_json() for answer in each] for ground, each in placed_answers.items()},
        },
        "localisation_settings": {
            **thresholds,
            "images": found.count,
            "images_without_object": found.left_out,
            "models": len(models),
            "epochs_of_the_first": evidential.epochs,
            "methods": list(METHODS),
            "accuracies": [float(model.score(test.images, test.labels)) for model in models],
            "uncertainty": {condition: float(np.mean(u)) for condition, u in found.uncertainty.items()},
            "effort": {name: getattr(effort, name) for name in effort.__dataclass_fields__},
        },
    }
    return Settled(results, marked(evidential, test.images, object_threshold))
