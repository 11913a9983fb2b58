"""The notebooks: committed without outputs, run from end to end on small data, true in what they say."""

import gzip
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))


@pytest.fixture
def clothes(tmp_path, monkeypatch):
    """In place of Fashion-MNIST: ten classes of bars on black, each at its own angle, with some that lie between two."""
    folder = tmp_path / "fashion-mnist"
    folder.mkdir()
    for split, count, seed in (("train", 2000, 0), ("t10k", 600, 1)):
        random = np.random.default_rng(seed)
        labels = (np.arange(count) % 10).astype(np.uint8)
        angle = (labels + random.normal(0, 0.25, count))[:, None, None] * np.pi / 10
        y, x = np.mgrid[:28, :28] - 13.5
        images = np.where(abs(x * np.sin(angle) + y * np.cos(angle)) < 5, 210, 0) + random.integers(0, 25, (count, 28, 28))
        images[:, np.hypot(x, y) > 11] = 0
        for stem, values in (("images-idx3", images.astype(np.uint8)), ("labels-idx1", labels)):
            head = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes()
            (folder / f"{split}-{stem}-ubyte.gz").write_bytes(gzip.compress(head + values.tobytes(), 1))
    monkeypatch.setenv("EVICAM_DATA", str(tmp_path))
    return tmp_path


def read(name):
    import nbformat  # here, because the environment of the smoke tests, which collects this file, lacks it

    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def execute(name, folder, claims):
    """Run all cells, and after them `claims`, which may use what the notebook made."""
    import nbformat
    from nbclient import NotebookClient

    notebook = read(name)
    shown = len(notebook.cells)
    notebook.cells.append(nbformat.v4.new_code_cell(claims))
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    return [output for cell in notebook.cells[:shown] if cell.cell_type == "code" for output in cell.outputs]


def pictures(outputs):
    return sum("image/png" in output.get("data", {}) for output in outputs)


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_are_valid_short_and_without_outputs(name):
    import nbformat

    notebook = read(name)
    nbformat.validate(notebook)
    assert len(notebook.cells) < 30
    for cell in notebook.cells:
        assert max(map(len, cell.source.splitlines())) <= 130
        if cell.cell_type == "code":
            assert not cell.outputs and cell.execution_count is None and len(cell.source.splitlines()) <= 15


def test_train_doubt_explain(clothes, monkeypatch):
    monkeypatch.setenv("EVICAM_NOTEBOOK_SHARE", "1")
    outputs = execute(
        "train-doubt-explain",
        clothes,
        """
assert count == 2000 and right.mean() > 0.6
assert opinion.uncertainty[~right].mean() > opinion.uncertainty[right].mean() and right[sure].mean() > right.mean()
assert np.allclose(opinion.uncertainty + opinion.belief.sum(axis=1), 1, atol=1e-5)
assert (opinion.uncertainty[doubtful] >= opinion.uncertainty[sure].max()).all()
assert evicam.card(classifier, test.images[torn]).dissonance == opinion.dissonance.max()
assert classifier.predict_opinion(stranger[None]).uncertainty[0] > opinion.uncertainty.mean()
assert np.array_equal(again.predict(test.images), opinion.label)
""",
    )
    assert pictures(outputs) == 4  # the data, the histogram, the decision, the doubt
    assert sum("evicam-card" in output.get("data", {}).get("text/html", "") for output in outputs) == 2


def test_settling_the_paper(clothes, monkeypatch):
    monkeypatch.setenv("EVICAM_NOTEBOOK_SHARE", "0.5")
    outputs = execute(
        "settling-the-paper",
        clothes,
        """
for network in measured:
    assert abs(off(network, "hirescam", "aligned")) < abs(off(network, "hirescam", "naive")), network.name
lenet = measured[0].drawn["hirescam", "naive"]
assert abs(lenet.along().mean() - lenet.expected().mean()) < 1 and abs(off(measured[0], "hirescam", "aligned")) < 1
assert abs(shifts).max() > 5 and columns[0] > 6
assert (confounds[0].fixed == confounds[0].turned).all() and (confounds[1].fixed != confounds[1].turned).any()
assert all(blob > found.scores[key]["dice"].mean() for key in found.scores if key[2] == "grad-cam")
assert {answer.method for answer in answers} == {"grad-cam", "hirescam"} and answers[0].area_held and tests
""",
    )
    assert pictures(outputs) == 4  # glyphs, their maps, the centroids, the relations
    assert any("Rank correlation of u and Dice" in output.get("data", {}).get("text/markdown", "") for output in outputs)


def test_a_deep_network_of_your_own(clothes, monkeypatch):
    monkeypatch.setenv("EVICAM_NOTEBOOK_SHARE", "1")
    outputs = execute(
        "a-deep-network-of-your-own",
        clothes,
        """
assert len(clothes) == 1400 and classifier.score(test.images[known], names[test.labels[known]]) > 0.5
assert not set(classifier.classes_) & set(names[SHOES]) and set(tuned.classes_) == set(names[SHOES])
assert list(evicam.experiments.stages(classifier, test.images[some], test.labels[some]).explanations) == [
    "stage1", "stage2", "stage3"]
assert state["stage1.conv1.weight"].shape == (16, 1, 3, 3) and tuned.pretrained_
assert abs(u - opinion.uncertainty).max() < 1e-4 and len(few) == 30
""",
    )
    assert pictures(outputs) == 2  # the changed images, the stages
