"""What a report says in words. Every statement is made from the numbers, whichever way they fell."""

from __future__ import annotations

from ..architectures import WRITTEN
from ..words import listed, with_article


def network(results) -> str:
    """The network's name in a sentence."""
    return WRITTEN[results["model"]]


def summary(results, name) -> str:
    """What was done, for someone who has not read the paper."""
    part = "all" if results["limit"] is None else "the first"
    return (
        f"Two convolutional networks, each a {network(results)}, learned {name} from {part} "
        f"{results['training_images']:,} training images. "
        "They differ only in the end. The softmax network turns its outputs into probabilities that must add up to one, "
        "so it always sounds sure of something. The evidential network counts the evidence for each class: what no "
        "evidence speaks for is left as uncertainty u, from 0 (sure) to 1 (knows nothing)."
    )


def answer(results) -> list[str]:
    """The answer to the paper's question, where it was asked: the verdict's first paragraphs, without its numbers."""
    if not results.get("localisation"):
        return []
    return results["verdict"].split("\n\n")[: 1 + len(results["placed"]["verdict"])]


def comparison(results, paper) -> str:
    """Our accuracy beside the paper's (in percent, or None), and what limits the comparison."""
    ours = 100 * results["models"]["evidential"]["test_accuracy"]
    text = ""
    if paper is not None:
        side = "above" if ours >= paper else "below"
        text = f"Ours is {abs(ours - paper):.1f} points {side} the paper's. "
    if (results["dataset"], results["model"]) == ("fashion-mnist", "lenet"):
        text += "No published LeNet known to us reaches the 95.7% that the paper gives for Fashion-MNIST. "
    text += f"Tested on {results['test_images']:,} images that neither network was trained on."
    if results["limit"] is not None:
        text += " Trained on a part of the images only, so the accuracies are lower than they could be."
    return text


def rotation(results):
    """Paper, Fig. 2."""
    turn = results["rotation"]
    true = _class(results, turn["true_label"])
    degrees, evidential, softmax = turn["degrees"], turn["evidential"], turn["softmax"]
    peak = max(range(len(degrees)), key=lambda index: evidential["uncertainty"][index])
    # Upside down a 6 is a 9: in MNIST that answer is no mistake.
    fair = {turn["true_label"], 9} if (results["dataset"], turn["true_label"]) == ("mnist", 6) else {turn["true_label"]}
    wrong = [index for index in range(len(degrees)) if softmax["label"][index] not in fair]
    caption = (
        f"{with_article(true)} from the test set, turned step by step. The band above each panel names the predicted class, the "
        "lines are the probabilities, the hatched area is the uncertainty. "
        f"Upright, u is {evidential['uncertainty'][0]:.2f}; it is highest, {evidential['uncertainty'][peak]:.2f}, at "
        f"{degrees[peak]:g} degrees, where the evidential network says {_class(results, evidential['label'][peak])}. "
    )
    if wrong:
        worst = max(wrong, key=lambda index: softmax["probability"][index])
        caption += (
            f"The softmax network's most confident mistake: {_class(results, softmax['label'][worst])} with probability "
            f"{softmax['probability'][worst]:.2f} at {degrees[worst]:g} degrees, where u is "
            f"{evidential['uncertainty'][worst]:.2f}. "
        )
    if len(fair) > 1:
        caption += "Upside down a 6 is a 9, so that answer is no mistake. "
    caption += "See the paper's Fig. 2." if results["dataset"] == "mnist" else "The paper's Fig. 2 turns a 6 of MNIST."
    return f"Class probabilities and uncertainty of a {true} turned from {degrees[0]:g} to {degrees[-1]:g} degrees", caption


def out_of_sample(results):
    """Paper, Figs. 3 and 4."""
    evidential, softmax = results["out_of_sample"]["evidential"], results["out_of_sample"]["softmax"]
    return (
        "A drawn face, with the beliefs of the evidential and the probabilities of the softmax network as bars",
        "A picture that belongs to no class. The paper shows its networks a photograph of an author; this is a face drawn "
        "by a few lines of code, the same each time. "
        f"Softmax says {_class(results, softmax['label'])} with probability {softmax['probability']:.2f}. "
        f"The evidential network says {_class(results, evidential['label'])}, with an uncertainty of "
        f"{evidential['uncertainty']:.2f}: {'more' if evidential['uncertainty'] > 0.5 else 'less'} than half of its belief is "
        "withheld. See the paper's Figs. 3 and 4.",
    )


def strangers(results):
    """Not in the paper: turned, foreign and senseless images."""
    known, *others = results["strangers"]
    areas = [
        f"{kind['name']} {kind['evidential_auroc']:.2f} (softmax {kind['softmax_auroc']:.2f})" for kind in others
    ]  # fmt: skip
    caption = (
        f"How much both networks doubt {known['n']:,} test images, and as many of what they never learned; to the left the "
        f"first four of each kind. The mean u of test images is {known['uncertainty']:.2f}. How often an image of a kind is "
        f"doubted more than a test image (AUROC; 0.5 is chance): {listed(areas)}."
    )
    return "Examples of each kind of image, and histograms of both networks' doubt about them", caption


def stages(results):
    """Not in the paper: Grad-CAM from the first layers to the last."""
    rows = results["stages"]
    beyond = [row["stage"] for row in rows if row["exceeds_image"]]
    caption = (
        "Grad-CAM of the predicted class at each stage of the evidential network. Below each column: how many cells its map "
        "has, and their receptive field, the pixels that one of them sees where the image has as many. The first stages tell "
        "edges and texture, and see little; the last tell objects, and see much. "
    )
    if beyond:
        caption += (
            f"The receptive fields of {listed(beyond)} are larger than the image: along at least one side their cells see most "
            "of it, or all. What such a map shows is where its cells are centred, not the limit of what they used."
        )
    return "Images, each beside its heatmaps at every stage of the network", caption


def learning_curve(results):
    """Accuracy against the time that it took."""
    model = results["models"]["evidential"]
    highest = max(range(len(model["val_accuracy"])), key=lambda epoch: model["val_accuracy"][epoch])
    return (
        "Validation accuracy of both networks against the minutes of their training",
        f"Accuracy on images that were held out of the training set, after each epoch. The evidential network's was highest "
        f"after {model['minutes'][highest]:.0f} minutes, {100 * model['val_accuracy'][highest]:.1f}%.",
    )


def overlay_normal(results):
    """Paper, Fig. 6."""
    layer = results["explanations"]["layer"]
    last = results["stages"][-1]["layer"]
    why = "" if layer == last else f", the last stage whose receptive field is not larger than the image, as that of {last} is"
    return (
        "Test images above the same images under their heatmaps",
        f"Where the evidential network found what it says: Grad-CAM at layer {layer}{why}, bright where it speaks most "
        "for the predicted class. Each cell of the map is drawn at the centre of what it sees; the usual way of enlarging "
        "the map would have moved it away from there. Above each pair: the answer, ✓ if right, and the uncertainty u. "
        "An empty map means that nothing at this layer spoke for the class. See the paper's Fig. 6.",
    )


def overlay_rotated(results):
    """Paper, Fig. 7."""
    return (
        "The same images turned by 90 degrees, above their heatmaps",
        "The same images turned a quarter counter-clockwise, as in the paper's Fig. 7: the network was never shown such "
        "images. The true class is given where the answer is wrong.",
    )


def overlay_doubt(results):
    """Not in the paper: Grad-CAM of the uncertainty."""
    return (
        "The turned images, above signed maps of their uncertainty",
        "Where the doubt about the turned images comes from: Grad-CAM of the uncertainty itself. Orange raises u, violet "
        "is evidence that lowers it; all images share one scale.",
    )


def uncertainty(results):
    """Does u tell right from wrong?"""
    model = results["models"]["evidential"]
    right, wrong = model["uncertainty_correct"], model["uncertainty_wrong"]
    caption = "Uncertainty of the evidential network's answers on the test images. "
    if right and wrong is not None:
        caption += (
            f"On average u is {right:.3f} where the answer is right and {wrong:.3f} where it is wrong, "
            f"{wrong / right:.1f} times as much: refusing to answer above some u removes mistakes first."
            if wrong > right
            else f"On average u is {right:.3f} where the answer is right and {wrong:.3f} where it is wrong: here it does not "
            "tell one from the other."
        )
    return "Histogram of the uncertainty of right and of wrong answers", caption


def reliability(results):
    """Confidence beside accuracy."""
    models = results["models"]
    return (
        "Accuracy against confidence for both networks",
        "How far the probabilities can be trusted. On the dashed line a network is right as often as it says; bars above "
        "it are too modest, bars below too sure. Below: how many answers each bar stands for. The calibration error, the mean "
        f"distance from the line, is {100 * models['evidential']['calibration_error']:.1f}% for the evidential and "
        f"{100 * models['softmax']['calibration_error']:.1f}% for the softmax network.",
    )


def history(results):
    """How the training went."""
    epochs = results["models"]["evidential"]["epochs"]
    dead = results["models"]["evidential"]["dead_evidence_fraction"]
    return (
        "Loss, accuracy and uncertainty after each epoch",
        f"Training, {epochs} epochs. The two losses are different quantities and not to be compared. Training figures are "
        "taken while the weights still move and with dropout, so validation can look better. At the end "
        f"{100 * dead:.1f}% of the images had nearly no evidence for their own class.",
    )


def engine(results) -> str:
    """Which engine did the work."""
    engine = results["engine"]
    sums = "Winograd's convolutions" if engine["winograd"] else "direct convolutions"
    return f"EviCAM {engine['version']}, {engine['isa']}, {sums}, {engine['threads']} threads, seed {results['seed']}."


# Figures in the order of the report: name of the file, title, what makes its description and caption.
FIGURES = (
    ("rotation", "An image turns", rotation),
    ("out_of_sample", "Something never seen", out_of_sample),
    ("strangers", "Does it notice what it never learned?", strangers),
    ("overlay_normal", "Where it looks", overlay_normal),
    ("overlay_rotated", "Where it looks when the image is turned", overlay_rotated),
    ("overlay_doubt", "Where the doubt comes from", overlay_doubt),
    ("stages", "From edges to objects", stages),
    ("uncertainty", "Does the uncertainty tell right from wrong?", uncertainty),
    ("reliability", "Is it right as often as it says?", reliability),
    ("history", "The training", history),
    ("learning_curve", "How long it takes", learning_curve),
)


def _class(results, label) -> str:
    """Name of a class; labels are positions in `class_names`."""
    return results["class_names"][label]
