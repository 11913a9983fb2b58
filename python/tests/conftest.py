"""Fixtures that several test modules share."""

import pytest

from trained import twins


@pytest.fixture(scope="session")
def evidential():
    """A fitted EvidentialClassifier; not to be changed."""
    return twins()[0]


@pytest.fixture(scope="session")
def softmax():
    """Its SoftmaxClassifier twin; not to be changed."""
    return twins()[1]
