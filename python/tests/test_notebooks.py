"""The notebooks run from the first cell to the last on little data, and what their prose says holds."""

from pathlib import Path

import pytest

from evicam import datasets

nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")

FOLDER = Path(__file__).parents[2] / "notebooks"


@pytest.fixture
def executed(tmp_path, monkeypatch):
    """Runs a notebook with so many images; returns what its cells printed, and its outputs."""

    def run(name, images):
        try:
            datasets.load("fashion-mnist", split="test", download=False)
        except FileNotFoundError:
            pytest.skip("Fashion-MNIST is not installed")
        monkeypatch.setenv("EVICAM_NOTEBOOK_IMAGES", str(images))
        notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
        nbformat.validate(notebook)
        outputs = [cell.get("outputs") for cell in notebook.cells if cell.cell_type == "code"]
        assert not any(outputs), "notebooks are kept without outputs"
        nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        return "".join(output.get("text", "") for output in outputs), [output.get("data", {}) for output in outputs]

    return run


def numbers(line):
    """The numbers among a line's words."""
    found = []
    for word in line.split():
        try:
            found.append(float(word.strip(",")))
        except ValueError:
            continue
    return found


def test_train_doubt_explain(executed):
    text, outputs = executed("train-doubt-explain", 3000)
    right, wrong = numbers(next(line for line in text.splitlines() if "mean uncertainty of right" in line))
    assert right < wrong
    assert sum("image/png" in output for output in outputs) >= 4
    assert any("text/html" in output and "uncertainty" in output["text/html"] for output in outputs)
    assert outputs[-1]["text/plain"] == "True"


def test_settling_the_paper(executed):
    text, outputs = executed("settling-the-paper", 800)
    confounds = {line.split(":")[0]: numbers(line) for line in text.splitlines() if "if the error turned along" in line}
    turned, fixed = confounds["LeNet"]
    assert turned == fixed
    turned, fixed = confounds["padded strides"]
    assert turned > fixed
    assert sum("image/png" in output for output in outputs) == 2
    assert "Grad-CAM" in text.strip().splitlines()[-1]
