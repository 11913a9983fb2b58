"""Images as Matplotlib shows them, and heatmaps laid over them."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LinearSegmentedColormap, to_rgb

# From dark red to pale yellow: rising lightness, so it reads with any colour vision and on a grey image.
HEAT = colormaps["YlOrRd_r"]
# Signed maps: violet lowers the target, orange raises it; grey stands for the image that shows through.
LOWERS, RAISES = "#a274e8", "#ff8c1a"
SIGNED = LinearSegmentedColormap.from_list("signed", [LOWERS, "#4a4d55", RAISES])


def as_rgb(image) -> np.ndarray:
    """An image (H, W), (H, W, 1) or (H, W, 3), uint8 or 0..1, as (H, W, 3) float64 0..1."""
    image = np.asarray(image)
    values = image / 255.0 if image.dtype == np.uint8 else image.astype(np.float64)
    values = values[..., None] if values.ndim == 2 else values
    if values.shape[2] == 2:  # grey and alpha
        values = values[..., :1]
    return np.clip(np.broadcast_to(values[..., :3], (*values.shape[:2], 3)), 0.0, 1.0)


def blend(image, heatmap) -> np.ndarray:
    """Heatmap (H, W), 0..1, over a dimmed image: (H, W, 3). Where there is no heat the image shows through."""
    grey = as_rgb(image).mean(axis=2, keepdims=True)
    heat = np.asarray(heatmap, np.float64)
    opacity = 0.85 * np.sqrt(heat)[..., None]
    return (1 - opacity) * (0.85 * grey) + opacity * HEAT(0.1 + 0.8 * heat)[..., :3]


def blend_signed(image, values, scale) -> np.ndarray:
    """A signed map (H, W) over a dimmed image; `scale` is the magnitude drawn at full strength."""
    grey = as_rgb(image).mean(axis=2, keepdims=True)
    part = np.clip(np.asarray(values, np.float64) / scale, -1, 1) if scale > 0 else np.zeros(grey.shape[:2])
    colour = np.where(part[..., None] > 0, to_rgb(RAISES), to_rgb(LOWERS))
    opacity = 0.9 * np.abs(part)[..., None] ** 0.7
    return (1 - opacity) * (0.85 * grey) + opacity * colour


def show(axes, image) -> None:
    """Draw an image without axes, its pixels kept sharp."""
    axes.imshow(as_rgb(image), interpolation="nearest")
    axes.set_axis_off()
