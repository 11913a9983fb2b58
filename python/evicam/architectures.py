"""Architectures by name."""

from . import _native
from .arrays import check_choice

ARCHITECTURES = (
    "lenet", "lenet-pool1", "resnet9", "resnet18", "resnet34", "resnet18-imagenet", "resnet34-imagenet",
)  # fmt: skip


def architecture_text(architecture, classes):
    """The text of an architecture that is given by its name, or by that text itself.

    Raises
    ------
    ValueError
        For a name that is not in `ARCHITECTURES`.
    """
    if isinstance(architecture, str) and "=" in architecture:
        return architecture
    return _native.architecture(check_choice(architecture, "architecture", ARCHITECTURES), classes)
