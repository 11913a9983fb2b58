"""The classifiers."""

from .evidential import EvidentialClassifier
from .softmax import SoftmaxClassifier

__all__ = ["EvidentialClassifier", "SoftmaxClassifier"]
