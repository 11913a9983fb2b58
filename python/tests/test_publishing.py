"""Moving a run's results into place: all of them, or none."""

import pytest

from evicam.experiments.publishing import publish, temporary_folder

FILES = ("figures/a.png", "model.safetensors", "report.html", "results.json")


def written(folder, text):
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("in_the_way", [None, *FILES, "figures"])
def test_what_is_in_the_way_leaves_the_earlier_run(tmp_path, in_the_way):
    staging, out = written(tmp_path / "staging", "new"), written(tmp_path / "out", "old")
    if in_the_way == "figures":
        (out / "figures" / "a.png").unlink()
        (out / "figures").rmdir()
        (out / "figures").write_text("a file")
    elif in_the_way is not None:
        (out / in_the_way).unlink()
        (out / in_the_way).mkdir()
    if in_the_way is not None:
        with pytest.raises(OSError, match=in_the_way):
            publish(staging, out)
    else:
        publish(staging, out)
    kept = {(out / name).read_text() for name in FILES if (out / name).is_file()}
    assert kept == {"new" if in_the_way is None else "old"}


def test_nothing_is_left_beside_the_results(tmp_path):
    with pytest.raises(RuntimeError), temporary_folder(tmp_path) as folder:
        written(folder, "half")
        assert folder.parent == tmp_path
        raise RuntimeError
    assert not any(tmp_path.iterdir())
