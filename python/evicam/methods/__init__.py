"""Methods of explanation: each is an object that holds its settings; docs/methods.md says what their maps mean.

>>> import evicam
>>> evicam.methods.RISE(n_masks=1000, random_state=1)
RISE(n_masks=1000, random_state=1)
"""

from ..checks import check_choice
from .base import Method
from .layers import EigenCAM, GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM, ScoreCAM, XGradCAM
from .pixels import RISE, IntegratedGradients, Occlusion, SmoothGrad

__all__ = [
    "EigenCAM",
    "GradCAM",
    "GradCAMPlusPlus",
    "HiResCAM",
    "IntegratedGradients",
    "LayerCAM",
    "Occlusion",
    "RISE",
    "ScoreCAM",
    "SmoothGrad",
    "XGradCAM",
]

BY_NAME = {
    method.name: method
    for method in (
        GradCAM, HiResCAM, LayerCAM, GradCAMPlusPlus, XGradCAM, EigenCAM, ScoreCAM,
        RISE, Occlusion, IntegratedGradients, SmoothGrad,
    )
}  # fmt: skip


def as_method(method) -> Method:
    """The settings object that a word stands for, or `method` itself if it is one."""
    if isinstance(method, Method):
        return method
    if isinstance(method, type) and issubclass(method, Method):
        raise TypeError(f"method is the class {method.__name__}, but must be an object: {method.__name__}()")
    return BY_NAME[check_choice(method, "method", BY_NAME)]()
