"""Methods that draw a map from one layer's activations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .. import _native
from ..checks import check_choice
from .base import Method

WEIGHTS = {"sum": _native.WEIGHTS_SUM, "mean": _native.WEIGHTS_MEAN}


class LayerMethod(Method):
    """A method that reads one layer: its number in the engine, and Grad-CAM's weights."""

    reads_layer = True
    engine: ClassVar[int]
    weights: ClassVar[str] = "sum"
    # Images of one call into the engine at most: bounds its memory, and the time until Ctrl-C is answered.
    largest_batch: ClassVar[int] = 256


@dataclass(frozen=True, eq=False, repr=False)
class GradCAM(LayerMethod):
    """Grad-CAM: each channel weighted by the target's gradients, M = Σ_k w_k A^k.

    Parameters
    ----------
    weights : {"sum", "mean"}
        Sum the gradients over the map, w_k = Σ_ij ∂y/∂A^k_ij, or average them, as most libraries do. The raw map differs
        by the factor h w; the heatmap does not.

    References
    ----------
    Selvaraju et al., "Grad-CAM: Visual explanations from deep networks via gradient-based localization", ICCV 2017.
    """

    name = "grad-cam"
    engine = _native.MAP_GRAD_CAM
    weights: str = "sum"

    def __post_init__(self):
        check_choice(self.weights, "weights", WEIGHTS)


@dataclass(frozen=True, eq=False, repr=False)
class HiResCAM(LayerMethod):
    """HiResCAM: each cell by its own gradient, M = Σ_k ∂y/∂A^k ⊙ A^k.

    References
    ----------
    Draelos & Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks", 2020.
    """

    name = "hirescam"
    engine = _native.MAP_HI_RES_CAM


@dataclass(frozen=True, eq=False, repr=False)
class LayerCAM(LayerMethod):
    """LayerCAM: each cell by its own gradient where that is positive, M = Σ_k max(∂y/∂A^k, 0) ⊙ A^k.

    References
    ----------
    Jiang et al., "LayerCAM: Exploring hierarchical class activation maps for localization", IEEE TIP 2021.
    """

    name = "layercam"
    engine = _native.MAP_LAYER_CAM


@dataclass(frozen=True, eq=False, repr=False)
class GradCAMPlusPlus(LayerMethod):
    """Grad-CAM++: M = Σ_k w_k A^k, w_k = Σ_ij α_ij max(g_ij, 0), α = g² / (2 g² + g³ Σ A).

    The paper's derivatives of higher order are those of exp(y) for a y that is linear in A; its factor exp(y) is left
    out. Meant for layers behind a ReLU: where activations cancel, the divisor can vanish.

    References
    ----------
    Chattopadhay et al., "Grad-CAM++: Generalized gradient-based visual explanations", WACV 2018.
    """

    name = "grad-cam++"
    engine = _native.MAP_GRAD_CAM_PLUS_PLUS


@dataclass(frozen=True, eq=False, repr=False)
class XGradCAM(LayerMethod):
    """XGrad-CAM: M = Σ_k w_k A^k, w_k = Σ_ij A_ij g_ij / Σ_ij A_ij.

    Meant for layers behind a ReLU: where activations cancel, the divisor can vanish.

    References
    ----------
    Fu et al., "Axiom-based Grad-CAM: Towards accurate visualization and explanation of CNNs", BMVC 2020.
    """

    name = "xgrad-cam"
    engine = _native.MAP_X_GRAD_CAM


@dataclass(frozen=True, eq=False, repr=False)
class EigenCAM(LayerMethod):
    """Eigen-CAM: the activations' first principal direction, M = A v, v the first right singular vector of A [h w, C].

    It knows no target: the map is the same for all. Its sign, which no singular vector has, is the one with which the
    map adds up to more than 0.

    References
    ----------
    Muhammad & Yeasin, "Eigen-CAM: Class activation map using principal components", IJCNN 2020.
    """

    name = "eigen-cam"
    engine = _native.MAP_EIGEN_CAM


@dataclass(frozen=True, eq=False, repr=False)
class ScoreCAM(LayerMethod):
    """Score-CAM: M = Σ_k w_k A^k, w = softmax_k y(X ⊙ M_k), M_k the resized activations of channel k in 0..1.

    The masks are resized as the heatmap is, so that they show what the cells look at.

    References
    ----------
    Wang et al., "Score-CAM: Score-weighted visual explanations for convolutional neural networks", CVPRW 2020.
    """

    name = "score-cam"
    engine = _native.MAP_SCORE_CAM
    largest_batch = 16
