"""Architectures by name, as text, or put together from layers."""

from . import _native
from .checks import check_choice
from .nn import Layer

ARCHITECTURES = (
    "lenet", "lenet-pool1", "resnet9", "resnet18", "resnet34", "resnet18-imagenet", "resnet34-imagenet",
)  # fmt: skip
# As they are written in a sentence.
WRITTEN = {"lenet": "LeNet", "resnet9": "ResNet-9", "resnet18": "ResNet-18", "resnet34": "ResNet-34"}


def architecture_text(architecture, classes):
    """The text of an architecture that is given by its name, as a model of `evicam.nn`, or by that text itself.

    Raises
    ------
    ValueError
        For a name that is not in `ARCHITECTURES`, or a model without layers.
    """
    if isinstance(architecture, Layer):
        return architecture.text()
    if isinstance(architecture, str) and "=" in architecture:
        return architecture
    return _native.architecture(check_choice(architecture, "architecture", ARCHITECTURES), classes)
