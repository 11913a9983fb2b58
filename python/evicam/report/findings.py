"""What the report says about where heatmaps lie. Every statement is made from the numbers, whichever way they fell."""

from __future__ import annotations

# A displacement that is predicted, or gone, to within this many pixels is taken for explained.
CLOSE = 0.5


def find(rows, condition, method, resize, metric) -> dict | None:
    """The row of a table of scores."""
    wanted = (condition, method, resize, metric)
    return next((row for row in rows if (row["condition"], row["method"], row["resize"], row["metric"]) == wanted), None)


def tables(results) -> str:
    """What Tables 1 and 2 measure."""
    how = results["localisation_settings"]
    text = (
        f"The paper's Tables 1 and 2, on {how['images']:,} test images and {how['models']} models from different seeds (the "
        "first "
        f"trained for {how['epochs_of_the_first']} epochs, the others for {how['effort']['epochs']}). The object is what is "
        "brighter than "
        f"{how['object_threshold']:g} of full brightness, turned with the image; the map's region is what exceeds "
        f"{how['heat_threshold']:g} of its largest value, where Grad-CAM's authors cut; the paper does not say where it did. "
        "Intervals are over models and images (hierarchical bootstrap, 95%). p-values compare each image upright and turned, the "
        "models' scores averaged, by the paired t (t) and Wilcoxon's test (W), corrected for all such tests (Holm). Beneath: "
        "what needs no classifier reaches."
    )
    if how["images_without_object"]:
        text += f" {how['images_without_object']:,} images without an object were left out."
    return text


def beside_the_paper(results, paper) -> str:
    """Whether our test falls as the paper's did, and how far one may trust it."""
    rows = results["localisation"]
    upright, turned = (find(rows, condition, "grad-cam", "naive", "dice")["mean"] for condition in ("normal", "rotated"))
    higher = "turned" if turned > upright else "upright"
    text = f"With Grad-CAM and the usual resize, as in the paper, Dice is higher on {higher} images. "
    if results["dataset"] in paper:
        same = (turned > upright) == (paper[results["dataset"]]["dice"][1] > paper[results["dataset"]]["dice"][0])
        text += "So it was in the paper, against its hypothesis. " if same else "In the paper it was the other way round. "
    blob = find(rows, "normal", "centre blob", "none", "dice")["mean"]
    if upright < blob:
        text += (
            f"But a blob in the middle of every image, which knows no classifier, reaches {blob:.3f} where these maps have "
            f"{upright:.3f}: a test whose scores lie below that says little about where a classifier looks."
        )
    return text


def empty(results) -> str:
    """What the share of empty maps did to the test."""
    rows = results["localisation"]
    share = [find(rows, condition, "grad-cam", "naive", "empty")["mean"] for condition in ("normal", "rotated")]
    gap = _gap(rows, "dice")
    filled = _gap(rows, "dice of maps not empty")
    text = (
        f"A map without any positive value shows nothing and scores 0. Of Grad-CAM's, {share[0]:.0%} are empty upright and "
        f"{share[1]:.0%} turned. "
    )
    if filled is None or abs(gap) < 1e-9:
        return text
    if gap * filled <= 0:
        text += "Without the empty maps the difference between upright and turned changes its sign: it was made by them. "
    elif abs(filled) < 0.67 * abs(gap):
        text += (
            f"Without them, {abs(filled / gap):.0%} of the difference between upright and turned is left: they made the rest. "
        )
    else:
        text += "Without them the difference between upright and turned stays: it is not theirs. "
    twin = find(rows, "normal", "hirescam", "naive", "empty")
    if twin and twin["mean"] < 0.01 < share[0]:
        text += (
            "They come from the method: Grad-CAM averages a channel's gradient over the map, although the layer that follows "
            "weighs "
            "each place by itself. HiResCAM, which does not average, leaves next to no map empty."
        )
    return text


def thresholds(results):
    """The sweep."""
    return (
        "Dice of Grad-CAM's maps against the threshold, upright and turned, with four baselines",
        "No single threshold decides: mean Dice of Grad-CAM's maps cut at every height, beside maps that need no classifier "
        f"(grey). The tables cut at {results['localisation_settings']['heat_threshold']:g}.",
    )


def centroids(results):
    """Paper, Fig. 5."""
    return (
        "A test image, and its Grad-CAM drawn in two ways, with the centroids of the object and of the map",
        "The same map of the same image, drawn by the usual resize and where its cells look. Of the first test images this "
        "is the "
        "one that aligning brings nearer to its object than any other. The outline is the object. See the paper's Fig. 5.",
    )


def geometry(results) -> str:
    """What receptive fields predict."""
    network = results["displacement"][0]
    slope, offset = network["predicted"]["slope"], network["predicted"]["offset"]
    confounds = {each["geometry"]: each for each in results["confound"]}
    own = confounds.get("LeNet", results["confound"][0])
    return (
        "A cell of a map looks at a place that the layers before it fix: start + i · jump pixels. The usual resize ignores "
        "it and "
        "stretches the map over the whole image, so a place x is drawn at slope · x + offset, which follows from the "
        f"architecture alone. For the LeNet on these images the line is {own['slope']:.2f} x {own['offset']:+.2f}: what is "
        "at the edge of "
        "what the cells see is drawn at the edge of the image. To measure it, networks learned to tell two small glyphs in "
        "noise, "
        f"whose place is known. On a canvas of {network['canvas'][0]} pixels, where more places lie between the LeNet's "
        "outermost "
        f"cells ({network['centres'][0]:g} to {network['centres'][1]:g}), the line is {slope:.2f} x {offset:+.2f}. RISE, "
        "which works on "
        "pixels and needs no resize, is the control."
    )


def displacement(results):
    """Prediction and measurement."""
    return (
        "Column of the map's centroid against the glyph's column, with predicted lines, for two networks",
        "Each point is a glyph and the half of its map next to the peak (by HiResCAM, whose map adds up to the logit, biases "
        "apart). Solid: its own place. Dashed: where the usual resize must draw it.",
    )


def measured(results, each) -> str:
    """Whether prediction and measurement agree, for one network."""
    drawn = {(row["method"], row["resize"]): row for row in each["drawn"] if "slope" in row}
    naive, aligned, rise = (drawn.get(key) for key in (("hirescam", "naive"), ("hirescam", "aligned"), ("rise", "none")))
    if naive is None or aligned is None:
        return "Too few glyphs for a judgement."
    expected = each["predicted"]["displacement"]
    text = (
        f"{each['network']}, {each['glyphs_inside']:,} of {each['glyphs']:,} glyphs between the outermost cells: the usual "
        f"resize is predicted to draw them {expected:.2f} px off on average; along the predicted direction they are "
        f"{naive['along']:.2f} px off"
    )
    text += ", as predicted. " if abs(naive["along"] - expected) <= CLOSE else ": the geometry does not explain it all. "
    bias = max(abs(aligned["along"]), abs(aligned["dy"]), abs(aligned["dx"]))
    text += (
        f"Aligned, they are {aligned['along']:+.2f} px off along it, {aligned['dy']:+.2f} down and {aligned['dx']:+.2f} to "
        "the right: " + ("the displacement is gone. " if bias <= CLOSE else "not all of it is gone. ")
    )
    if rise:
        text += f"RISE: {rise['along']:+.2f} px. "
    question = f"glyphs, {each['network']}, hirescam, between the outermost cells: is Dice higher aligned than naive?"
    test = next((row for row in results["tests"] if row["question"] == question and row["test"] == "paired t test"), None)
    if test:
        text += (
            f"Dice rises from {naive['dice_inside']:.2f} to {aligned['dice_inside']:.2f} (d_z {test['effect_size']:.2f}, 95% "
            "interval "
            f"{test['ci_low']:.2f} to {test['ci_high']:.2f}). "
            if test["effect_size"] > 0
            else "Dice does not rise by it. "
        )
    if naive["dice_rim"] is not None and aligned["dice_rim"] is not None:
        worse = aligned["dice_rim"] < naive["dice_rim"]
        text += (
            f"At the rim, where no cell looks straight, aligned maps have Dice {aligned['dice_rim']:.2f} and naive ones "
            f"{naive['dice_rim']:.2f}"
            + (": a map that does not reach there cannot be drawn there, and stretching it hits by chance. " if worse else ". ")
        )
    return text


def confound(results) -> str:
    """Whether turning the object changes the score by itself."""
    parts = []
    for each in results["confound"]:
        if each["largest"] < 1e-9:
            parts.append(
                f"With the {each['geometry']}'s geometry the displacement is a stretch about the centre, which turns with "
                "the image: turning "
                "the object changes no score by itself, so this did not fail the paper's test"
            )
        else:
            parts.append(
                f"with {each['geometry']}, as in a ResNet, it is a shift that stays with the frame: turning the object alone "
                "changes Dice by "
                f"{each['difference']:+.3f} on average, and by up to {each['largest']:.2f} in an image"
            )
    return "; ".join(parts) + (
        f". (The explanation here is the object's own silhouette, blurred; {results['confound'][0]['n']:,} images.)"
    )


def question(results) -> str:
    """What is asked, and how."""
    how = results["localisation_settings"]
    u = how["uncertainty"]
    return (
        "The paper's hypothesis: where a network looks at what tells nothing of the class, it is uncertain. Then u should be "
        "high "
        f"where the overlap is low. Turning the images raises u from {u['normal']:.3f} to {u['rotated']:.3f} on average, so "
        "upright and turned "
        "images differ in both at once, and comparing the two conditions cannot answer: the relation is asked for within "
        "each, and over "
        f"both with the angle held constant. Each of the {how['models']} models gives one rank correlation; the intervals "
        "are over models, "
        "since images judged by one model are no independent witnesses. A map's overlap rises with the object's area, and so "
        "may u: the relation is asked for once more with the area, the number of its pixels, held constant."
    )


def relations(results):
    """Rank correlations."""
    return (
        "Rank correlations of u and Dice with intervals over models, for both methods and both ways of drawing",
        "Rank correlation of u and Dice. The hypothesis wants all of them to the left of the grey band, which holds what is "
        "too small to "
        "matter (less than 0.1). Hollow: the object's area held constant. "
        "IoU has the same ranks as Dice, so the same correlations: the paper's two tables are one test.",
    )


def placed(results) -> str:
    """What was done with larger canvases."""
    effort, accuracy = results["localisation_settings"]["effort"], results["placed"]["accuracy"]
    told = ", ".join(f"{each['accuracy']:.1%} {each['ground']}, {_WORDS[each['condition']]}" for each in accuracy)
    return (
        "In the middle of its image an object is hit by any blob. Here the same objects lie anywhere on a canvas of 56 × 56 "
        "pixels, "
        "20, 28 or 40 pixels large, with or without pieces of others strewn about. "
        f"{effort['placed_models']} models learned {effort['placed']:,} of them, half with clutter (accuracy: {told}). "
        "Small objects, and those at the rim, are harder to recognise and harder to hit: size and distance from the middle are "
        "held constant where the question is asked of these."
    )


def placed_figure(results):
    """Scores by size."""
    rows = [row for row in results["placed"]["rows"] if row["size"] == "all sizes" and row["condition"] == "normal"]
    better = 0
    grounds = list(dict.fromkeys(row["ground"] for row in rows))
    for ground in grounds:
        pair = [
            find([row for row in rows if row["ground"] == ground], "normal", "hirescam", way, "dice")
            for way in ("aligned", "naive")
        ]
        better += pair[0]["mean"] > pair[1]["mean"]
    verdict = {len(grounds): "Aligned maps lie better on the object with and without clutter.", 0: "Aligning does not help here."}
    return (
        "Dice of HiResCAM's maps by the object's size, without and with clutter, aligned and not, with two baselines",
        "Dice of upright objects by size, with intervals over models and images. "
        + verdict.get(better, "Whether aligning helps depends on the clutter."),
    )


_WORDS = {"normal": "upright", "rotated": "turned"}


def _gap(rows, metric):
    """Turned minus upright of Grad-CAM by the usual resize; None where a mean is missing."""
    pair = [find(rows, condition, "grad-cam", "naive", metric)["mean"] for condition in ("rotated", "normal")]
    return None if None in pair else pair[0] - pair[1]
