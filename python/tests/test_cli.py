"""The command line on image files: from folders of pictures to labels and heatmaps."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import evicam
import trained
from evicam.cli import main

X, Y = trained.shapes(90)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for each class, with pictures in it."""
    top = tmp_path_factory.mktemp("shapes")
    for index, (image, name) in enumerate(zip(X, Y)):
        (top / name).mkdir(exist_ok=True)
        Image.fromarray(image).save(top / name / f"{index:03}.png")
    return top


@pytest.fixture(scope="module")
def model(folder):
    path = folder.parent / "model.safetensors"
    assert main(["train", "--data", str(folder), "--model-out", str(path), "--epochs", "12", "--batch-size", "8", "--quiet"]) == 0
    return path


def fails(capsys, *arguments):
    """The one sentence that a mistake is answered with."""
    assert main([*map(str, arguments)]) == 2
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if not line.startswith("evicam: note:")]
    assert len(lines) == 1 and lines[0].startswith("evicam: error: "), err
    return lines[0]


# ---- train ----


def test_train_gives_the_classifier_that_python_would(folder, model):
    data = evicam.datasets.from_folder(folder)
    classifier = evicam.EvidentialClassifier(epochs=12, batch_size=8, random_state=0, verbose=False)
    classifier.fit(data.images, np.asarray(data.class_names)[data.labels])
    saved = evicam.load(model)
    assert saved.classes_.tolist() == ["bar", "disc", "frame"]
    np.testing.assert_array_equal(saved.decision_function(X), classifier.decision_function(X))


def test_train_says_what_it_does(folder, tmp_path, capsys):
    target = tmp_path / "softmax.safetensors"
    assert main(["train", "--data", str(folder), "--model-out", str(target), "--epochs", "2", "--softmax"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Training on 90 images\nSaved ") and "after 2 epochs, accuracy 0." in out
    assert err.count("epoch ") == 2
    assert isinstance(evicam.load(target), evicam.SoftmaxClassifier)


def test_train_goes_on_from_its_checkpoint(folder, tmp_path):
    """Two epochs, then five: the command of five goes on where that of two ended."""
    file, longer, whole = (tmp_path / name for name in ("training", "longer", "whole"))
    command = ["train", "--data", str(folder), "--quiet", "--batch-size", "8", "--model-out"]
    assert main([*command, str(longer), "--epochs", "2", "--checkpoint", str(file)]) == 0
    assert main([*command, str(longer), "--epochs", "5", "--checkpoint", str(file)]) == 0
    assert main([*command, str(whole), "--epochs", "5"]) == 0
    history, other = evicam.load(longer).history_, evicam.load(whole).history_
    assert len(history["loss"]) == 5 and history["learning_rate"][3:] == other["learning_rate"][3:]
    assert file.exists() and file.with_name("training.previous").exists()


def test_train_by_a_recipe(folder, tmp_path):
    """What is given with it stands before it."""
    target = tmp_path / "model"
    command = ["train", "--data", str(folder), "--quiet", "--model-out", str(target), "--recipe", "cifar-10"]
    assert main([*command, "--epochs", "2", "--learning-rate", "0.001"]) == 0
    settings = evicam.load(target).get_params()
    wanted = evicam.recipe("lenet", "cifar-10", epochs=2) | dict(learning_rate=0.001)
    assert wanted["augmentation"] is not None and {name: settings[name] for name in wanted} == wanted


def test_train_from_pretrained_weights(folder, model, tmp_path, capsys):
    """Next to no learning on top of them: the same answers."""
    target = tmp_path / "model"
    command = ["train", "--data", folder, "--quiet", "--model-out", target, "--pretrained", model, "--epochs", 1]
    assert main([*map(str, command), "--learning-rate", "1e-12"]) == 0
    np.testing.assert_allclose(evicam.load(target).decision_function(X), evicam.load(model).decision_function(X), atol=1e-4)
    message = fails(capsys, *command, "--pretrained-sha256", "0" * 8)
    assert "must begin with 00000000" in message
    missing = tmp_path / "none.pth"
    message = fails(capsys, "train", "--data", folder, "--quiet", "--model-out", target, "--pretrained", missing)
    assert "none.pth" in message


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Pictures in colour, of several sizes."""
    top = tmp_path_factory.mktemp("photos")
    for index, (image, name) in enumerate(zip(X[:12], Y)):
        (top / name).mkdir(exist_ok=True)
        Image.fromarray(image).convert("RGB").resize((20 + index, 24)).save(top / name / f"{index:03}.png")
    return top


@pytest.mark.parametrize("size, shape", [("24,20", (24, 20, 3)), ("21", (21, 21, 3))])
def test_train_on_photos_of_several_sizes(photos, tmp_path, size, shape):
    target = tmp_path / "model"
    command = ["train", "--data", str(photos), "--quiet", "--epochs", "1", "--model-out", str(target)]
    assert main([*command, "--image-size", size]) == 0
    classifier = evicam.load(target)
    assert classifier.image_shape_ == shape
    data = evicam.datasets.from_folder(photos, image_shape=shape)
    again = evicam.EvidentialClassifier(epochs=1, random_state=0, verbose=False)
    again.fit(data.images, np.asarray(data.class_names)[data.labels])
    np.testing.assert_array_equal(classifier.decision_function(data.images), again.decision_function(data.images))


def test_train_on_photos_refuses(photos, tmp_path, capsys):
    command = ["train", "--data", photos, "--model-out", tmp_path / "model", "--image-size"]
    assert "in a shell --image-size, to resize them all" in fails(capsys, *command[:-1])
    for size in ("0", "20,0", "20x20", "20,", "20,20,3", "-4,4", "", "1.5"):
        assert f"--image-size is {size!r}, but must be H,W or one" in fails(capsys, *command[:-1], f"--image-size={size}")
    message = fails(capsys, "train", "--data", "mnist", "--model-out", tmp_path / "model", "--image-size", 20)
    assert "--image-size is of a folder, but --data mnist is none" in message
    message = fails(capsys, *command, 20, "--root", tmp_path)
    assert "--root is of a data set, but --data" in message and "is a folder" in message


@pytest.mark.parametrize("checkpoint", ["model", "folder/../model", "link", "folder", ""])
def test_train_keeps_its_checkpoint_apart(folder, tmp_path, capsys, checkpoint):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "model")
    where = checkpoint and tmp_path / checkpoint
    message = fails(capsys, "train", "--data", folder, "--model-out", tmp_path / "model", "--checkpoint", where)
    assert {
        "": "checkpoint is '', but must be a path",
        "folder": f"checkpoint is '{where}', but {where} is a folder: name a file",
    }.get(checkpoint, f"--model-out: {tmp_path / 'model'} is kept for --checkpoint {where}; name another file") in message
    target = tmp_path / "a.previous"
    message = fails(capsys, "train", "--data", folder, "--model-out", target, "--checkpoint", tmp_path / "a")
    assert "a.previous is kept for --checkpoint" in message
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "link"}


def test_train_says_what_the_recipe_changes(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for default in ("10", "0.002", "0"):
        assert f"(default {default}, or the recipe's)" in text
    assert "mse (default, or the recipe's)" in text


def test_train_that_diverges_is_told_in_a_sentence(folder, tmp_path, capsys):
    command = ["train", "--data", folder, "--quiet", "--model-out", tmp_path / "model", "--epochs", 3]
    assert "no longer finite" in fails(capsys, *command, "--learning-rate", "1e30")


def test_train_refuses(folder, tmp_path, capsys):
    target = tmp_path / "model.safetensors"
    assert "there is no folder" in fails(capsys, "train", "--data", folder, "--model-out", tmp_path / "no" / "model")
    assert "is a folder" in fails(capsys, "train", "--data", folder, "--model-out", tmp_path)
    assert "epochs is 0" in fails(capsys, "train", "--data", folder, "--model-out", target, "--epochs", 0)
    assert "--limit is -1" in fails(capsys, "train", "--data", folder, "--model-out", target, "--limit", -1)
    assert "fashion-mnist" in fails(capsys, "train", "--data", "nosuch", "--model-out", target)
    message = fails(capsys, "train", "--data", folder, "--model-out", target, "--softmax", "--loss", "log")
    assert "--loss is of the evidential classifier" in message
    message = fails(capsys, "train", "--data", folder, "--model-out", target, "--recipe", "cifar")
    assert "dataset is 'cifar', but must be one of" in message and "did you mean 'cifar-10'?" in message
    assert "holds 0 folders" in fails(capsys, "train", "--data", tmp_path, "--model-out", target)
    assert not target.exists()


# ---- evaluate ----


@pytest.mark.parametrize("flip", [False, True])
def test_evaluate_says_what_the_metrics_say(folder, model, capsys, flip):
    command = ["evaluate", str(model), "--data", str(folder), *["--flip"] * flip]
    assert main([*command, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    data = evicam.datasets.from_folder(folder)
    classifier = evicam.load(model).set_params(test_time_flip=flip)
    opinion, labels = classifier.predict_opinion(data.images), np.asarray(data.class_names)[data.labels]
    assert row["images"] == 90 and row["accuracy"] == classifier.score(data.images, labels)
    assert row["calibration_error"] == evicam.metrics.calibration_error(opinion.probability, labels, classes=opinion.classes)
    truth = opinion.probability[np.arange(90), data.labels]
    assert row["log_loss"] == pytest.approx(-np.log(truth).mean(), rel=1e-6)
    assert row["uncertainty_correct"] == pytest.approx(opinion.uncertainty[opinion.label == labels].mean(), rel=1e-6)
    assert main(command) == 0
    assert capsys.readouterr().out.startswith(f"accuracy {row['accuracy']:.4f} on 90 images, calibration error ")


@pytest.mark.parametrize("numbers", [False, True])
def test_evaluate_a_softmax_classifier(folder, tmp_path, capsys, numbers):
    """Trained on the names of the classes, or on their numbers as `reproduce` does."""
    labels = np.unique(Y, return_inverse=True)[1] if numbers else Y
    evicam.SoftmaxClassifier(epochs=1, random_state=0, verbose=False).fit(X, labels).save(tmp_path / "twin")
    assert main(["evaluate", str(tmp_path / "twin"), "--data", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out).keys() == {"images", "accuracy", "calibration_error", "log_loss"}


def test_evaluate_goes_by_the_numbers_that_folders_are_called(tmp_path, capsys):
    """Two of three classes: their places among the folders are not theirs among the classes."""
    labels = np.unique(Y, return_inverse=True)[1]
    classifier = evicam.SoftmaxClassifier(epochs=1, random_state=0, verbose=False).fit(X, labels)
    classifier.save(tmp_path / "model")
    for name in ("1", "2"):
        (tmp_path / "some" / name).mkdir(parents=True)
        for index in np.flatnonzero(labels == int(name)):
            Image.fromarray(X[index]).save(tmp_path / "some" / name / f"{index}.png")
    assert main(["evaluate", str(tmp_path / "model"), "--data", str(tmp_path / "some"), "--json"]) == 0
    some = labels > 0
    assert json.loads(capsys.readouterr().out)["accuracy"] == classifier.score(X[some], labels[some])
    (tmp_path / "some" / "2").rename(tmp_path / "some" / "ring")
    message = fails(capsys, "evaluate", tmp_path / "model", "--data", tmp_path / "some")
    assert "has a class 'ring', but those of" in message and message.endswith("are 0, 1, 2")


def test_evaluate_on_bad_input(folder, model, tmp_path, capsys):
    assert "no such file" in fails(capsys, "evaluate", tmp_path / "none", "--data", folder).lower()
    assert "fashion-mnist" in fails(capsys, "evaluate", model, "--data", "nosuch")
    for index, name in enumerate(["disc", "ring"]):
        (tmp_path / "other" / name).mkdir(parents=True)
        Image.fromarray(X[index]).save(tmp_path / "other" / name / "one.png")
    assert "ring" in fails(capsys, "evaluate", model, "--data", tmp_path / "other")


def test_evaluate_on_pictures_of_other_sizes_and_colours(photos, model, capsys):
    """Brought to what the classifier knows, as `predict` does."""
    assert main(["evaluate", str(model), "--data", str(photos), "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    data = evicam.datasets.from_folder(photos, image_shape=(20, 20, 1))
    assert row["images"] == 12
    assert row["accuracy"] == evicam.load(model).score(data.images, np.asarray(data.class_names)[data.labels])
    message = fails(capsys, "evaluate", model, "--data", photos, "--split", "test")
    assert f"--split is of a data set, but --data {photos} is a folder" in message
    assert "split is 'foo'" in fails(capsys, "evaluate", model, "--data", "mnist", "--split", "foo")


# ---- predict ----


def test_predict_prints_a_table(folder, model, capsys):
    assert main(["predict", str(model), str(folder / "disc")]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["file", "label", "probability", "uncertainty"]
    assert len(rows) == 30 and sum(row.split()[1] == "disc" for row in rows) > 24


def test_predict_prints_json(folder, model, capsys):
    assert main(["predict", str(model), str(folder / "bar"), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    opinion = evicam.load(model).predict_opinion(X[Y == "bar"])
    assert [row["uncertainty"] for row in rows] == pytest.approx(opinion.uncertainty.tolist(), abs=1e-6)
    assert [row["label"] for row in rows] == opinion.label.tolist()


def test_predict_refuses_to_classify(folder, model, capsys):
    assert main(["predict", str(model), str(folder), "--json", "--reject-above", "0.05"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["label"] is None for row in rows} == {True, False}
    assert all(row["rejected"] == (row["label"] is None) == (row["uncertainty"] > 0.05) for row in rows)


def test_predict_on_bad_input(folder, model, tmp_path, capsys):
    text = tmp_path / "notes.png"
    text.write_text("not a picture")
    assert "notes.png" in fails(capsys, "predict", model, text)
    assert "nosuch.png" in fails(capsys, "predict", model, tmp_path / "nosuch.png")
    assert "nosuch.safetensors" in fails(capsys, "predict", tmp_path / "nosuch.safetensors", folder)
    assert "wanted 0 to 1" in fails(capsys, "predict", model, folder, "--reject-above", 2)


def test_pictures_of_another_size_are_resized_and_told(folder, model, tmp_path, capsys):
    Image.fromarray(X[1]).resize((61, 47)).convert("RGB").save(tmp_path / "large.png")
    assert main(["predict", str(model), str(tmp_path / "large.png")]) == 0
    out, err = capsys.readouterr()
    assert "large.png" in out and "evicam: note:" in err and "20" in err


# ---- explain ----


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--target", "uncertainty", "--signed"],
        ["--target", "disc", "--layer", "relu1"],
        ["--method", "occlusion", "--quantity", "belief", "--scale", "shared"],
        ["--target", "strength", "--method", "layercam"],
    ],
)
def test_explain_writes_a_picture_for_each_image(folder, model, tmp_path, capsys, options):
    images = sorted((folder / "disc").iterdir())[:3]
    assert main(["explain", str(model), *map(str, images), "--out", str(tmp_path / "maps"), "--raw", *options]) == 0
    written = capsys.readouterr().out.split()
    assert written == [str(tmp_path / "maps" / image.name) for image in images]
    for path in written:
        with Image.open(path) as picture:
            assert min(picture.size) > 100 and np.ptp(np.asarray(picture.convert("L"))) > 50
    raw = np.load(tmp_path / "maps" / f"{images[0].stem}.npy")
    assert raw.ndim == 2 and np.isfinite(raw).all()


def test_explain_beside_its_images(folder, model, tmp_path, capsys):
    """What is explained is not replaced by its own explanation."""
    image = tmp_path / "photo.png"
    image.write_bytes(sorted((folder / "disc").iterdir())[0].read_bytes())
    before = image.read_bytes()
    assert main(["explain", str(model), str(image), "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "photo-2.png")]
    assert image.read_bytes() == before
    # Nor is another picture that has the name its overlay would have.
    photo = tmp_path / "photo.jpg"
    Image.fromarray(X[0]).save(photo)
    assert main(["explain", str(model), str(photo), "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "photo-3.png")]
    assert image.read_bytes() == before


def test_explain_on_bad_input(folder, model, tmp_path, capsys):
    image = sorted((folder / "disc").iterdir())[0]
    out = ("--out", tmp_path / "maps")
    assert "conv1, pool1" in fails(capsys, "explain", model, image, *out, "--layer", "nosuch")
    assert "no spatial extent" in fails(capsys, "explain", model, image, *out, "--layer", "fc1")
    assert "'bar', 'disc', 'frame'" in fails(capsys, "explain", model, image, *out, "--target", "cube")
    assert "aligned" in fails(capsys, "explain", model, image, *out, "--resize", "nearest")
    assert "'rise'" in fails(capsys, "explain", model, image, *out, "--method", "rice")
    assert "'belief'" in fails(capsys, "explain", model, image, *out, "--quantity", "trust")
    assert "works on pixels" in fails(capsys, "explain", model, image, *out, "--method", "rise", "--layer", "conv1")
    assert not (tmp_path / "maps").exists()


def test_explain_classes_with_odd_names(tmp_path, capsys):
    names = np.array([r"$\frac{$", "a $5$ bill", "$x$"])
    labels = names[np.unique(Y, return_inverse=True)[1]]
    evicam.EvidentialClassifier(epochs=1, random_state=0, verbose=False).fit(X, labels).save(tmp_path / "model")
    Image.fromarray(X[0]).save(tmp_path / "$x$.png")
    command = ["explain", str(tmp_path / "model"), str(tmp_path / "$x$.png"), "--out", str(tmp_path / "maps")]
    assert main([*command, "--target", names[0]]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "maps" / "$x$.png")]


# ---- info, help, versions ----


def test_info(model, capsys):
    assert main(["info", str(model)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"EviCAM {evicam.__version__}, engine for ")
    for words in ("classes: bar, disc, frame", "20 x 20 grey images", "conv2", "epochs = 12"):
        assert words in out


def test_as_a_module_and_with_an_unknown_command():
    run = subprocess.run([sys.executable, "-m", "evicam", "--version"], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, f"evicam {evicam.__version__}\n")
    run = subprocess.run([sys.executable, "-m", "evicam", "nosuch"], capture_output=True, text=True)
    assert run.returncode == 2 and "reproduce" in run.stderr


def test_threads(model, capsys):
    threads = evicam.num_threads()
    try:
        assert main(["info", "--threads", "1"]) == 0
        assert ", 1 threads" in capsys.readouterr().out
        assert "threads is 0" in fails(capsys, "info", "--threads", 0)
        message = "--threads is 99999999999999999999, which is too large"
        assert message in fails(capsys, "info", "--threads", 99999999999999999999)
    finally:
        evicam.set_num_threads(threads)
