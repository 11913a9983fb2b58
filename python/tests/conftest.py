"""Fixtures that several test modules share."""

import pytest

from evicam import WeightsError, load_torch_state
from trained import twins


@pytest.fixture(scope="session")
def evidential():
    """A fitted EvidentialClassifier; not to be changed."""
    return twins()[0]


@pytest.fixture(scope="session")
def softmax():
    """Its SoftmaxClassifier twin; not to be changed."""
    return twins()[1]


@pytest.fixture
def read_torch(tmp_path):
    """`load_torch_state` of bytes."""

    def read_torch(data):
        path = tmp_path / "weights.pth"
        path.write_bytes(data)
        return load_torch_state(path)

    return read_torch


@pytest.fixture
def refused_torch(read_torch, tmp_path):
    def refused_torch(data, message):
        with pytest.raises(WeightsError, match=message) as caught:
            read_torch(data)
        assert str(caught.value).startswith(f"{tmp_path / 'weights.pth'}: ")

    return refused_torch
