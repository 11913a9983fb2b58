"""The paper's experiments on small twins, and `reproduce` from data to report."""

import dataclasses
import json
import sys
import types

import numpy as np
import pytest

import evicam
from evicam import experiments, report
from evicam.experiments import reproduce as reproduce_function
from trained import shapes, twins

# Other data sets are not where these tests look for data.
pytestmark = pytest.mark.filterwarnings("ignore:no images of .* among the strangers")
X, Y = shapes(30, seed=5)


def strict(text):
    """JSON without the NaN and Infinity that Python's reader lets pass."""

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_turning_by_nothing_and_by_a_quarter_moves_pixels_only():
    image = X[0]
    assert np.array_equal(experiments.turned(image, 0), (image / np.float32(255)).astype(np.float32))
    assert np.allclose(experiments.turned(image, 90), np.rot90(image) / 255, atol=1e-6)  # counter-clockwise
    assert np.allclose(experiments.turned(image, 180), image[::-1, ::-1] / 255, atol=1e-6)
    colour = np.stack([image] * 3, axis=-1)
    assert np.allclose(experiments.turned(colour, 30)[..., 1], experiments.turned(image, 30))
    half = experiments.turned((image / 255).astype(np.float64), 30)
    assert half.dtype == np.float32 and 0 <= half.min() and half.max() <= 1


@pytest.mark.smoke
def test_rotation_asks_both_twins_at_each_angle():
    evidential, softmax = twins()
    result = experiments.rotation(evidential, softmax, X[0], Y[0])
    assert result.degrees == tuple(range(0, 181, 10)) and result.images.shape == (19, 20, 20)
    opinion = evidential.predict_opinion(result.images)
    values = strict(json.dumps(result.as_json(), allow_nan=False))
    assert values["true_label"] == "bar" and values["degrees"] == list(range(0, 181, 10))
    assert values["evidential"]["label"] == opinion.label.tolist()
    assert values["evidential"]["uncertainty"] == pytest.approx(opinion.uncertainty.tolist(), rel=1e-6)
    assert values["softmax"]["probability"] == pytest.approx(softmax.predict_proba(result.images).max(axis=1), rel=1e-6)
    assert "uncertainty" not in values["softmax"]
    assert "Rotation of a bar" in repr(result)


def test_an_upright_image_is_answered_as_it_is_without_turning():
    evidential, softmax = twins()
    result = experiments.rotation(evidential, softmax, X[3], Y[3], degrees=[0])
    assert result.evidential.label[0] == evidential.predict(X[3:4])[0]


def test_out_of_sample_is_a_picture_both_are_asked_about():
    evidential, softmax = twins()
    result = experiments.out_of_sample(evidential, softmax)
    assert result.image.shape == evidential.image_shape_
    values = strict(json.dumps(result.as_json(), allow_nan=False))
    opinion = evidential.predict_opinion(result.image[None])
    assert values["evidential"]["label"] == opinion.label[0]
    assert values["evidential"]["uncertainty"] == pytest.approx(float(opinion.uncertainty[0]), rel=1e-6)
    assert set(values["softmax"]) == {"label", "probability", "probabilities"}
    own = experiments.out_of_sample(evidential, softmax, X[0])
    assert own.evidential.label[0] == evidential.predict(X[:1])[0]
    assert "u " in repr(result)


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (32, 32, 3), (17, 40)])
def test_the_portrait_is_the_same_each_time_and_is_a_picture(shape):
    picture = experiments.portrait(shape)
    assert picture.shape == shape and picture.dtype == np.uint8
    assert np.array_equal(picture, experiments.portrait(shape))
    assert np.ptp(picture) > 150 and len(np.unique(picture)) > 30


def test_the_portrait_does_not_change_unnoticed():
    """Results are compared between versions; so is the picture they are about."""
    assert int(experiments.portrait((28, 28)).sum(dtype=np.int64)) == 127850


def test_twins_must_know_the_same_classes():
    evidential, softmax = twins()
    other = types.SimpleNamespace(classes_=np.array([1, 2, 3]))
    for experiment in (experiments.rotation, experiments.out_of_sample):
        with pytest.raises(ValueError, match="softmax knows other classes"):
            experiment(evidential, other, *([X[0], "bar"] if experiment is experiments.rotation else []))
    with pytest.raises(ValueError, match="degrees is empty"):
        experiments.rotation(evidential, softmax, X[0], "bar", degrees=[])


def test_overlays_take_one_image_of_each_class():
    evidential = twins()[0]
    shown = experiments.overlays(evidential, X, Y)
    assert sorted(shown.labels) == ["bar", "disc", "frame"]
    assert np.allclose(shown.rotated.images[0], np.rot90(shown.normal.images[0]), atol=1e-6)
    assert shown.doubt.target == "uncertainty"
    assert len(experiments.overlays(evidential, X, Y, count=2).labels) == 2


@pytest.fixture
def bars(monkeypatch):
    """In place of MNIST: ten classes of bars, each at its own angle."""

    def load(name, split="train", root=None, *, download=True):
        if not download:
            raise FileNotFoundError(name)
        if name != "mnist":
            raise ValueError(f"name: got {name!r}; known: mnist")
        random = np.random.default_rng(len(split))
        labels = np.arange(600 if split == "train" else 200) % 10
        y, x = np.mgrid[:20, :20] - 9.5
        angle = labels[:, None, None] * np.pi / 10 + random.normal(0, 0.05, (len(labels), 1, 1))
        images = np.where(abs(x * np.sin(angle) + y * np.cos(angle)) < 1.5, 230, 10)
        images[:, np.hypot(x, y) > 8] = 0
        names = tuple(f"<{k}>" for k in range(10))
        return evicam.datasets.Dataset(images.astype(np.uint8), labels.astype(np.int64), names, name, split)

    monkeypatch.setattr(evicam.datasets, "load", load)


FILES = {
    "results.json",
    "report.html",
    "model.safetensors",
    "softmax.safetensors",
    *(
        f"figures/{name}.png"
        for name in (
            "rotation",
            "out_of_sample",
            "strangers",
            "stages",
            "overlay_normal",
            "overlay_rotated",
            "overlay_doubt",
            "uncertainty",
            "reliability",
            "history",
            "centroids",
            "displacement",
            "placed",
            "relations",
            "thresholds",
        )
    ),
}


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_reproduce_writes_everything(bars, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    out = tmp_path / "new" / "folder"
    returned = reproduce_function("mnist", out, epochs=3, seed=1, effort="quick")
    assert files(out) == FILES
    assert not [path for path in out.iterdir() if path.name.startswith(".")]
    results = strict((out / "results.json").read_text())
    assert results == returned
    assert results["schema"] == 1 and results["dataset"] == "mnist" and results["seed"] == 1
    assert results["engine"] == evicam.show_versions()["engine"] and results["engine"]["winograd"] is evicam.winograd()
    for model in ("evidential", "softmax"):
        assert {"test_accuracy", "seconds_per_epoch", "epochs"} <= set(results["models"][model])
        assert results["models"][model]["epochs"] == 3 and results["models"][model]["seconds_per_epoch"] > 0
    assert {"uncertainty_correct", "uncertainty_wrong", "dead_evidence_fraction"} <= set(results["models"]["evidential"])
    assert results["rotation"]["true_label"] == 6
    for model, keys in (("evidential", {"label", "probability", "uncertainty"}), ("softmax", {"label", "probability"})):
        assert keys <= set(results["rotation"][model]) and keys <= set(results["out_of_sample"][model])
        assert all(len(results["rotation"][model][key]) == 19 for key in keys)
        assert isinstance(results["out_of_sample"][model]["label"], int)
    assert "report.html" in capsys.readouterr().out
    assert {"condition", "resize", "method", "metric", "mean", "ci_low", "ci_high", "n", "seeds"} == set(
        results["localisation"][0]
    )
    tested = {"question", "test", "statistic", "p_value", "effect_size", "ci_low", "ci_high", "n"}
    assert tested <= set(results["tests"][0]) and results["verdict"]
    assert results["command"].endswith("--effort quick") and "--heat-threshold" not in results["command"]

    test = evicam.datasets.load("mnist", split="test")
    for name, key in (("model", "evidential"), ("softmax", "softmax")):
        saved = evicam.load(out / f"{name}.safetensors")
        assert saved.score(test.images, test.labels) == pytest.approx(results["models"][key]["test_accuracy"])
    assert "&lt;6&gt;" in (out / "report.html").read_text(encoding="utf-8")


def test_reproduce_replaces_its_own_files_and_no_others(bars, tmp_path):
    pytest.importorskip("matplotlib")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "mine.png").write_bytes(b"mine")
    (tmp_path / "results.json").write_text("old")
    first = reproduce_function("mnist", tmp_path, epochs=1, limit=100, effort="quick", verbose=False)
    again = reproduce_function("mnist", tmp_path, epochs=1, limit=100, effort="quick", verbose=False)
    assert files(tmp_path) == FILES | {"figures/mine.png"}
    for results in (first, again):
        for model in results["models"].values():
            del model["seconds_per_epoch"], model["minutes"]
    assert first == again
    assert first["limit"] == 100 and first["training_images"] == 100


@pytest.fixture
def colours(bars, monkeypatch):
    """The same bars as photographs: CIFAR-10's name and three channels."""
    grey = evicam.datasets.load

    def load(name, **settings):
        data = grey("mnist", **settings)
        return dataclasses.replace(data, images=np.repeat(data.images[..., None], 3, axis=3), name=name)

    monkeypatch.setattr(evicam.datasets, "load", load)


def test_colour_photographs_are_not_asked_where_the_object_is(colours, tmp_path):
    pytest.importorskip("matplotlib")
    results = reproduce_function("cifar-10", tmp_path, epochs=1, limit=200, effort="quick", verbose=False)
    assert results["localisation"] == results["tests"] == [] and results["verdict"].startswith("Not asked")
    assert "Not asked" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert [kind["name"] for kind in results["strangers"]] == ["test images", "turned by 90 degrees", "noise"]
    assert results["models"]["evidential"]["settings"]["augmentation"]["flip"] is True
    assert {path.stem for path in (tmp_path / "training").glob("*/*.safetensors")} == {"evidential", "softmax"}


@pytest.mark.filterwarnings("ignore::evicam.CollapseWarning")
def test_a_residual_network_goes_on_where_it_was_killed(colours, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setitem(evicam.recipes._RESIDUAL, "validation_fraction", 0.2)  # of few images
    job = dict(model="resnet9", epochs=2, limit=60, seed=3, verbose=False)
    whole = reproduce_function("cifar-10", tmp_path / "whole", **job)
    assert [stage["stage"] for stage in whole["stages"]] == ["prep", "layer1", "layer2", "layer3"]
    assert files(tmp_path / "whole") > {"figures/stages.png", "figures/strangers.png", "figures/learning_curve.png"}
    assert whole["explanations"]["layer"].startswith("layer2") and whole["stages"][-1]["exceeds_image"]
    assert len(whole["models"]["softmax"]["val_accuracy"]) == len(whole["models"]["softmax"]["minutes"]) == 2

    class Killed(BaseException): ...

    write = evicam.resuming.TrainingFile.write
    written = []

    def write_and_stop(self, classifier, run):
        write(self, classifier, run)
        written.append(self.path.name)
        if len(written) == 3:
            raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(evicam.resuming.TrainingFile, "write", write_and_stop)
        reproduce_function("cifar-10", tmp_path / "killed", **job)
    assert written == ["evidential.safetensors"] * 2 + ["softmax.safetensors"]
    assert {file.split("/")[0] for file in files(tmp_path / "killed")} == {"training"}
    again = reproduce_function("cifar-10", tmp_path / "killed", **job)
    for results in (whole, again):
        for model in results["models"].values():
            del model["seconds_per_epoch"], model["minutes"]
        del results["command"]
    assert again == whole
    with pytest.raises(ValueError, match="checkpoint is of another training .*learning_rate is 0.05, but was"):
        monkeypatch.setitem(evicam.recipes._OWN["resnet9"], "learning_rate", 0.05)
        reproduce_function("cifar-10", tmp_path / "killed", **job)


def test_stages_and_strangers_are_pictures():
    pytest.importorskip("matplotlib")
    evidential, softmax = twins()
    staged = experiments.stages(evidential, X[:3], Y[:3])
    assert list(staged.explanations) == ["conv1", "conv2"] and "of 3 images" in repr(staged)
    assert staged._repr_png_() and staged.as_json()[0]["receptive_field"] == [5, 5]
    found = experiments.strangers(evidential, softmax, X)
    noise = found[-1].as_json()
    u = evidential.predict_opinion(X).uncertainty
    assert noise["evidential_auroc"] == evicam.metrics.auroc(found[-1].uncertainty, u)
    assert found[0].evidential_auroc is None and found[0].as_json()["uncertainty"] == pytest.approx(u.mean(), rel=1e-6)
    assert evicam.plot.as_png(evicam.plot.strangers(found))
    with pytest.raises(ValueError, match="results are none"):
        evicam.plot.strangers([])
    with pytest.raises(ValueError, match="has no validation figures"):
        evicam.plot.learning_curve(evidential)


@pytest.mark.parametrize("shape", [(3, 20, 20), (3, 33, 40, 3)])
def test_foreign_images_lie_in_the_middle(monkeypatch, shape):
    from evicam.experiments.strangers import _foreign

    pictures = np.arange(1, 5 * 28 * 28 + 1).reshape(5, 28, 28) % 250 + 1
    monkeypatch.setattr(evicam.datasets, "load", lambda *_, **settings: types.SimpleNamespace(images=pictures.astype(np.uint8)))
    (found,) = _foreign("cifar-10", shape).values()
    assert found.shape == shape and found.dtype == np.uint8
    one = found[0] if len(shape) == 3 else found[0, ..., 2]
    small = pictures[0, 4:24, 4:24] if len(shape) == 3 else pictures[0]
    assert np.array_equal(one if len(shape) == 3 else one[2:30, 6:34], small)
    assert one.sum() == small.sum()
    assert _foreign(None, shape) == {}


def test_foreign_images_that_are_missed(monkeypatch):
    from evicam.experiments.strangers import _foreign

    def load(*_, **settings):
        raise FileNotFoundError

    monkeypatch.setattr(evicam.datasets, "load", load)
    with pytest.warns(UserWarning, match="no images of Fashion-MNIST among the strangers"):
        assert _foreign("cifar-10", (3, 20, 20)) == {}


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_reproduce_that_fails_changes_nothing(bars, tmp_path, monkeypatch, failure):
    (tmp_path / "results.json").write_text("old")

    def fail(*_):
        raise failure

    monkeypatch.setattr(report, "render", fail)
    monkeypatch.setattr(sys.modules[reproduce_function.__module__], "settle", lambda *_, **settings: None)  # not what is tested
    with pytest.raises(type(failure)):
        reproduce_function("mnist", tmp_path, epochs=1, limit=100, effort="quick", verbose=False)
    assert files(tmp_path) == {"results.json"} and (tmp_path / "results.json").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_reproduce_refuses_bad_input_before_it_writes(bars, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(ValueError, match="name: got 'letters'"):
        reproduce_function("letters", out, verbose=False)
    with pytest.raises(ValueError, match="limit is 0"):
        reproduce_function("mnist", out, limit=0, verbose=False)
    with pytest.raises(ValueError, match="limit is 2, but the first 2 training images have none of class '"):
        reproduce_function("mnist", out, limit=2, verbose=False)
    with pytest.raises(ValueError, match="seed is -1"):
        reproduce_function("mnist", out, seed=-1, verbose=False)
    for name, value in (("images", 999), ("models", 1), ("heat_threshold", 1), ("object_threshold", -0.1)):
        with pytest.raises(ValueError, match=f"{name} is {value}"):
            reproduce_function("mnist", out, verbose=False, **{name: value})
    with pytest.raises(ValueError, match="model is 'vgg'"):
        reproduce_function("mnist", out, model="vgg", verbose=False)
    assert not out.exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        reproduce_function("mnist", tmp_path / "file", verbose=False)
