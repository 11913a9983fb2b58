"""Normalisation of the pixels, channel by channel: (x - mean) / deviation."""

from __future__ import annotations

import numpy as np

# Pixels looked at a time, so that temporary arrays stay small for memory-mapped images too.
_CHUNK = 1 << 20


def channel_statistics(images):
    """Mean and standard deviation of each channel over all images, read in one pass of bounded memory.

    Parameters
    ----------
    images : ndarray of shape (N, H, W, C), uint8 or float32
        As `as_images` returns them; uint8 counts as 0..1.

    Returns
    -------
    mean, deviation : ndarray of shape (C,), float32
        Where a channel (nearly) never changes, below 1e-4, the deviation is 1, for it would only magnify noise. Bytes are
        counted, so their moments are exact but for the last rounding; floats are added up in double precision.
    """
    channels = images.shape[-1]
    pixels = images.reshape(-1, channels)
    moments = _moments_of_bytes if images.dtype == np.uint8 else _moments_of_floats
    mean, variance = np.array([moments(pixels, channel) for channel in range(channels)]).T
    deviation = np.sqrt(variance)
    return mean.astype(np.float32), np.where(deviation >= 1e-4, deviation, 1).astype(np.float32)


def _chunks(pixels, channel):
    for first in range(0, len(pixels), _CHUNK):
        yield pixels[first : first + _CHUNK, channel]


def _moments_of_bytes(pixels, channel):
    """By the histogram, in whole numbers: n² var = n Σ v² - (Σ v)²."""
    counts = sum(np.bincount(chunk, minlength=256) for chunk in _chunks(pixels, channel))
    values = range(256)
    total = sum(int(count) * value for count, value in zip(counts, values))
    squares = sum(int(count) * value * value for count, value in zip(counts, values))
    n = len(pixels)
    return total / (255 * n), (n * squares - total * total) / (255 * n) ** 2


def _moments_of_floats(pixels, channel):
    """About a pivot near the mean, so that little cancels: var = E[(x - c)²] - (E[x] - c)²."""
    pivot = float(np.mean(pixels[:_CHUNK, channel], dtype=np.float64))
    total = squares = 0.0
    for chunk in _chunks(pixels, channel):
        difference = chunk.astype(np.float64) - pivot
        total += difference.sum()
        squares += np.dot(difference, difference)
    shift = total / len(pixels)
    return pivot + shift, max(0.0, squares / len(pixels) - shift * shift)


def read_normalisation(network, channels):
    """A network's (mean, deviation), float32 arrays of shape (channels,), or None."""
    mean, deviation = np.empty((2, channels), np.float32)
    return (mean, deviation) if network.normalisation(mean, deviation) else None
