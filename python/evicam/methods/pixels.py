"""Methods that change the image many times, or take its gradient: their maps are in pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .. import _native
from ..checks import check_positive_int, check_real
from ..sampling import draw_seed
from .base import Method
from .checks import as_baseline, as_pair, check_baseline, check_count, check_seed


class PixelMethod(Method):
    """A method that changes the image many times: `settings` are the engine's, in its order."""

    reads_layer = False
    largest_batch: ClassVar[int] = 32
    # Inferences that one changed image costs: a gradient is about three.
    cost: ClassVar[int] = 1

    def settings(self, image_shape) -> tuple:
        """What `_native.perturb` takes, for images of one shape (H, W, C)."""
        raise NotImplementedError


def _settings(method, count=1, seed=0, grid=1, keep=0.5, patch=(1, 1), stride=(1, 1), noise=0.0, baseline=None):
    return (method, count, seed, grid, keep, patch, stride, noise, baseline)


@dataclass(frozen=True, eq=False, repr=False)
class RISE(PixelMethod):
    """RISE: what the target is on average where a pixel is seen through random masks.

    Parameters
    ----------
    n_masks : int
        At least 2. The standard error falls with its square root.
    grid : int
        Cells s of a mask along each axis before it is smoothed; at most the image's pixels.
    keep : float
        Probability that a cell is seen, above 0 and below 1.
    random_state : int, numpy.random.Generator, numpy.random.RandomState or None
        Seed of the masks. All images meet the same masks; the same seed gives the same bits, for any number of threads.
        Another batch size may round differently in networks with wide layers.

    Notes
    -----
    With v_m the target of image ⊙ M_m,

    .. math:: R(p) = \\frac{\\sum_m v_m M_m(p)}{\\sum_m M_m(p)}, \\qquad
        SE(p)^2 = \\frac{n}{n-1} \\frac{\\sum_m (M_m(p) (v_m - R(p)))^2}{(\\sum_m M_m(p))^2},

    the standard error of a ratio by linearisation (the delta method). `Explanation.raw` is R, `Explanation.error` SE, and
    `Explanation.neutral` the mean of v: what a pixel without influence gets.

    References
    ----------
    Petsiuk, Das & Saenko, "RISE: Randomized input sampling for explanation of black-box models", BMVC 2018.

    Examples
    --------
    >>> import evicam
    >>> evicam.methods.RISE(n_masks=1000)
    RISE(n_masks=1000)
    """

    name = "rise"
    n_masks: int = 4000
    grid: int = 7
    keep: float = 0.5
    random_state: object = 0

    def __post_init__(self):
        check_count(self.n_masks, "n_masks", 2)
        check_positive_int(self.grid, "grid")
        check_real(self.keep, "keep", 0, 1, low_open=True, high_open=True)
        check_seed(self.random_state)

    def settings(self, image_shape):
        if self.grid > min(image_shape[:2]):
            raise ValueError(f"grid is {self.grid}, but must be at most {min(image_shape[:2])}, the image's shorter side")
        return _settings(
            _native.PERTURBATION_RISE, self.n_masks, draw_seed(self.random_state), grid=self.grid, keep=float(self.keep)
        )


@dataclass(frozen=True, eq=False, repr=False)
class Occlusion(PixelMethod):
    """Occlusion: how much the target falls when a patch is covered, averaged over the patches over a pixel.

    Parameters
    ----------
    patch : int or tuple (height, width)
        Pixels that are covered, at most the image.
    stride : int or tuple (height, width)
        Pixels from patch to patch, at most `patch`, so that every pixel is covered.
    baseline : float or array-like of shape (H, W) or (H, W, C)
        What covers, 0..1.

    References
    ----------
    Zeiler & Fergus, "Visualizing and understanding convolutional networks", ECCV 2014.
    """

    name = "occlusion"
    patch: int | tuple[int, int] = 5
    stride: int | tuple[int, int] = 2
    baseline: object = 0.0

    def __post_init__(self):
        patch, stride = as_pair(self.patch, "patch"), as_pair(self.stride, "stride")
        if stride[0] > patch[0] or stride[1] > patch[1]:
            raise ValueError(f"stride is {self.stride}, but must be at most patch, {self.patch}: pixels would be left out")
        check_baseline(self.baseline)

    def settings(self, image_shape):
        patch = as_pair(self.patch, "patch")
        if patch[0] > image_shape[0] or patch[1] > image_shape[1]:
            raise ValueError(f"patch is {self.patch}, but must be at most {image_shape[0]} x {image_shape[1]}, the image")
        return _settings(
            _native.PERTURBATION_OCCLUSION,
            patch=patch,
            stride=as_pair(self.stride, "stride"),
            baseline=as_baseline(self.baseline, image_shape),
        )


@dataclass(frozen=True, eq=False, repr=False)
class IntegratedGradients(PixelMethod):
    """Integrated gradients: what each pixel contributes on the straight way from a baseline to the image.

    Parameters
    ----------
    steps : int
        Gradients taken on the way, at the middles of equal steps.
    baseline : float or array-like of shape (H, W) or (H, W, C)
        Where the way begins, 0..1.

    Notes
    -----
    The raw map of an image adds up to y(image) - y(baseline) but for the error of the sum (completeness). With
    ``test_time_flip=True`` too, y is what the network says of the image as it stands, not the mean with its mirror image.

    References
    ----------
    Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", ICML 2017.
    """

    name = "integrated-gradients"
    cost = 3
    steps: int = 64
    baseline: object = 0.0

    def __post_init__(self):
        check_count(self.steps, "steps", 1)
        check_baseline(self.baseline)

    def settings(self, image_shape):
        return _settings(_native.PERTURBATION_INTEGRATED_GRADIENTS, self.steps, baseline=as_baseline(self.baseline, image_shape))


@dataclass(frozen=True, eq=False, repr=False)
class SmoothGrad(PixelMethod):
    """SmoothGrad: the gradient with respect to the pixels, averaged over noisy copies of the image; signed.

    Parameters
    ----------
    samples : int
        Noisy copies of each image.
    noise : float
        Standard deviation of the noise as a share of the image's own range; 0 with one sample is the plain gradient.
    random_state : int, numpy.random.Generator, numpy.random.RandomState or None
        Seed of the noise, which is the same for all images.

    References
    ----------
    Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017.
    """

    name = "smoothgrad"
    cost = 3
    samples: int = 50
    noise: float = 0.15
    random_state: object = 0

    def __post_init__(self):
        check_count(self.samples, "samples", 1)
        check_real(self.noise, "noise", 0, 1e6)
        check_seed(self.random_state)

    def settings(self, image_shape):
        return _settings(_native.PERTURBATION_SMOOTH_GRAD, self.samples, draw_seed(self.random_state), noise=float(self.noise))
