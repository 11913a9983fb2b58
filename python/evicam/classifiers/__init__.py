"""The classifiers."""

from .evidential import EvidentialClassifier
from .loading import load
from .softmax import SoftmaxClassifier

__all__ = ["EvidentialClassifier", "SoftmaxClassifier", "load"]
