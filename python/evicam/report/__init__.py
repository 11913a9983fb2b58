"""The report of `evicam reproduce`: results, the paper's beside ours, and every figure explained."""

from __future__ import annotations

from html import escape

from ..datasets.catalogue import WRITTEN
from . import captions, localisation
from .page import code, figure, folded, heading, numbers, page, paragraph, table, title

# Test accuracies in percent: the paper's section 7.2, and published ones of LeNet-like networks with softmax (Nado et al.,
# "Uncertainty Baselines", 2021).
PAPER = {"mnist": 98.3, "fashion-mnist": 95.7, "cifar-10": 71.8}
PAPERS_RESNET = {"cifar-10": 93.3}
PUBLISHED = {"mnist": 99.1, "fashion-mnist": 91.0}

__all__ = ["render"]


def render(results: dict, figures: dict[str, bytes]) -> str:
    """The report as one HTML page that holds everything it shows.

    Parameters
    ----------
    results : dict
        The content of ``results.json``, as `evicam.experiments.reproduce` returns it.
    figures : dict of str to bytes
        PNG files by name; those the report knows are shown.

    Returns
    -------
    str
        HTML: no script, no address outside the page; every text of `results` is escaped.
    """
    name = WRITTEN.get(results["dataset"], results["dataset"])
    network = captions.network(results)
    evidential, softmax = results["models"]["evidential"], results["models"]["softmax"]
    body = [
        title(f"What a {network} knows of {name}, and what it doubts", name),
        paragraph(captions.summary(results, name), "lead"),
        numbers(
            [
                (_percent(evidential["test_accuracy"]), "test accuracy, evidential", "evidential"),
                (_percent(softmax["test_accuracy"]), "test accuracy, softmax twin", "softmax"),
                (_ratio(evidential), "uncertainty on wrong answers over right ones", "evidential"),
                (_time(evidential), f"of training, {results['training_images']:,} images", ""),
            ]
        ),
        *_answer(results),
        heading("Beside the paper"),
        table(["", f"Accuracy, {name}", "Calibration error"], _accuracies(results), numeric=(1, 2)),
        paragraph(captions.comparison(results, _papers(results)[1])),
    ]
    for key, headline, describe in captions.FIGURES:
        if key in figures:
            description, caption = describe(results)
            body += [heading(headline), figure(figures[key], description, caption)]
    body += localisation.sections(results, figures)
    body += [
        heading("How it was made"),
        code(results["command"]),
        folded("Settings of the evidential classifier", table(["Setting", "Value"], _rows(evidential["settings"]))),
        folded("Settings of the softmax twin", table(["Setting", "Value"], _rows(softmax["settings"]))),
        f"<footer>{escape(captions.engine(results))}</footer>",
    ]
    return page(f"EviCAM on {name}", body)


def _answer(results) -> list[str]:
    """The answer to the paper's question in a few sentences, where it was asked."""
    answer = captions.answer(results)
    return [heading("Is a network unsure where it looks away from the object?"), *map(paragraph, answer)] if answer else []


def _accuracies(results) -> list[tuple[str, str, str]]:
    """Accuracies and calibration errors, ours and others'."""
    network, dataset = captions.network(results), results["dataset"]
    rows = [
        (f"{kind.capitalize()} {network}, here", _percent(model["test_accuracy"]), f"{model['calibration_error']:.3f}")
        for kind, model in results["models"].items()
    ]
    theirs, accuracy = _papers(results)
    if accuracy is not None:
        rows.append((f"Evidential {theirs}, the paper", f"{accuracy:.1f}%", ""))
    if dataset in PUBLISHED:
        rows.append(("Softmax LeNet, published elsewhere", f"{PUBLISHED[dataset]:.1f}%", ""))
    return rows


def _papers(results) -> tuple[str, float | None]:
    """The paper's network that comes nearest, and its accuracy in percent; None where it had none."""
    dataset = results["dataset"]
    if results["model"] != "lenet" and dataset in PAPERS_RESNET:
        return "ResNet-18, pretrained", PAPERS_RESNET[dataset]
    return "LeNet", PAPER.get(dataset)


def _rows(settings) -> list[tuple[str, str]]:
    return [(key, str(value)) for key, value in settings.items()]


def _time(model) -> str:
    seconds = model["seconds_per_epoch"] * model["epochs"]
    return f"{seconds:.0f} s" if seconds < 300 else f"{seconds / 60:.0f} min"


def _percent(share) -> str:
    return f"{100 * share:.2f}%"


def _ratio(evidential) -> str:
    right, wrong = evidential["uncertainty_correct"], evidential["uncertainty_wrong"]
    return f"{wrong / right:.1f} ×" if right and wrong is not None else "none wrong"
