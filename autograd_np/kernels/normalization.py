"""Batch normalisation: sums over a channel's planes in all images, and maps that are affine in each channel.

    rows    a vector has neighbouring elements of an image, of however many channels     (`rows`)
    lanes   a vector has one element of several channels                                 (`channel_lanes`)
    lines   a vector has neighbouring elements of a plane                                (`lines`)

Each has the same four kernels, for arrays (N, C, P).
"""

import math
from functools import lru_cache
from types import ModuleType

import numpy as np

from . import channel_lanes, lines, rows
from .emitter import VECTOR_BYTES
from .shapes import Shape

# What an element costs one thread, in nanoseconds.
_WORK = 0.2

FEW = 256  # elements of a channel, up to which lanes gain more than it costs to turn planes into them
SMALL = 25  # elements of a plane up to which rows do it: no fewer than a vector has, which lines must have


@lru_cache(maxsize=256)
def _layout(shape: Shape, itemsize: int) -> tuple[ModuleType, Shape]:
    """Choose the kernels for an array (N, C, ...), which has elements; and give its shape as three axes."""
    images, channels = shape[:2]
    plane = math.prod(shape[2:])
    if images * plane <= FEW and min(plane, channels) >= VECTOR_BYTES // itemsize:
        return channel_lanes, (images, channels, plane)
    return rows if plane <= SMALL else lines, (images, channels, plane)


def normalize(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> tuple[np.ndarray, ...]:
    """Return gamma (x - mean) / sqrt(variance + eps) + beta, the mean, the variance and 1 / sqrt(variance + eps)."""
    layout, planes = _layout(x.shape, x.itemsize)
    y, (mean, variance, inverse) = np.empty(x.shape, x.dtype), np.empty((3, planes[1]), x.dtype)
    work = int(3 * x.size * _WORK)
    layout.normalize(x.reshape(planes), gamma, beta, eps, y.reshape(planes), mean, variance, inverse, work=work)
    return y, mean, variance, inverse


def normalize_dx(
    g: np.ndarray,
    x: np.ndarray,
    gamma: np.ndarray,
    mean: np.ndarray,
    inverse: np.ndarray,
    of_mean: np.ndarray,
    of_variance: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the adjoint, and the sums of g, and of g * (x - mean), in each channel."""
    layout, planes = _layout(x.shape, x.itemsize)
    dx, sums, products = np.empty(x.shape, x.dtype), np.empty(planes[1], x.dtype), np.empty(planes[1], x.dtype)
    given, work = (gamma, mean, inverse, of_mean, of_variance), int(4 * x.size * _WORK)
    layout.normalize_dx(g.reshape(planes), x.reshape(planes), *given, dx.reshape(planes), sums, products, work=work)
    return dx, sums, products


def channel_sum(g: np.ndarray) -> np.ndarray:
    """Return the sum of g in each channel."""
    layout, planes = _layout(g.shape, g.itemsize)
    totals = np.empty(planes[1], g.dtype)
    layout.channel_sum(g.reshape(planes), totals, work=int(g.size * _WORK))
    return totals


def channel_sums(g: np.ndarray, x: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of g, and of g * (x - mean), in each channel."""
    layout, planes = _layout(x.shape, x.itemsize)
    sums, products = np.empty(planes[1], x.dtype), np.empty(planes[1], x.dtype)
    layout.channel_sums(g.reshape(planes), x.reshape(planes), mean, sums, products, work=int(2 * x.size * _WORK))
    return sums, products
