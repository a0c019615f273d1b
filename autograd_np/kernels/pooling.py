"""Pooling on compiled kernels: maxima over taps, and averages as a convolution of single planes with ones."""

from functools import lru_cache

import numpy as np

from .compile import kernel, share
from .convolution import convolve, convolve_adjoint
from .geometry import forward_plan
from .shapes import Padding, Pair, Shape, pool_output_shape
from .taps import maximum_of_taps


def _planes(array: np.ndarray) -> np.ndarray:
    return array.reshape(array.shape[0] * array.shape[1], *array.shape[2:])


# Worker's share of planes: add g (planes, outputs) to dx (planes, inputs) at the winners.
@kernel
def _scatter(worker, workers, g, winner, dx) -> None:
    start, stop = share(len(g), worker, workers)
    for plane in range(start, stop):
        dx[plane] = 0
        for k in range(g.shape[1]):
            dx[plane, winner[plane, k]] += g[plane, k]


# Worker's share of planes: read v (planes, inputs) at the winners.
@kernel
def _gather(worker, workers, v, winner, out) -> None:
    start, stop = share(len(v), worker, workers)
    for plane in range(start, stop):
        for k in range(out.shape[1]):
            out[plane, k] = v[plane, winner[plane, k]]


@lru_cache(maxsize=256)
def _tags(size: Pair, width: int, dtype: str) -> np.ndarray:
    """Return how far each tap of a window lies behind its first, in a plane of rows of `width`."""
    rows, columns = np.ogrid[: size[0], : size[1]]
    return (rows * width + columns).ravel().astype(dtype)


def max_pool2d(
    x: np.ndarray, index_type: type, *, size: Pair, stride: Pair, padding: Padding
) -> tuple[np.ndarray, np.ndarray]:
    """Return the maxima of the windows and where in the plane they are."""
    shape = pool_output_shape(x.shape, size, stride, padding)
    out, winner = np.empty(shape, x.dtype), np.empty(shape, np.dtype(index_type))
    if out.size:
        plan = forward_plan(1, x.shape[2:], size, stride, padding, (1, 1))
        tags = _tags(size, x.shape[3], f"i{x.itemsize}")
        planes = (_planes(a) for a in (out, winner))
        maximum_of_taps(_planes(x), plan.layout, plan.offsets, tags, *planes, work=out.size * tags.size)
    return out, winner


def max_pool2d_scatter(g: np.ndarray, winner: np.ndarray, x_shape: Shape) -> np.ndarray:
    """Add g to zeros at its winners."""
    if not g.size:
        return np.zeros(x_shape, g.dtype)
    dx = np.empty(x_shape, g.dtype)
    _scatter(*(a.reshape(g.shape[0] * g.shape[1], -1) for a in (g, winner, dx)), work=dx.size)
    return dx


def max_pool2d_gather(v: np.ndarray, winner: np.ndarray) -> np.ndarray:
    """Read v at the winners."""
    out = np.empty(winner.shape, v.dtype)
    if out.size:
        _gather(*(a.reshape(v.shape[0] * v.shape[1], -1) for a in (v, winner, out)), work=out.size)
    return out


def _single(planes: np.ndarray) -> np.ndarray:
    """Return (N, C, H, W) as N * C images of one channel."""
    return _planes(planes)[:, None]


def avg_pool2d(x: np.ndarray, *, size: Pair, stride: Pair, padding: Padding) -> np.ndarray:
    """Average windows, padding counted as zeros."""
    out = np.empty(pool_output_shape(x.shape, size, stride, padding), x.dtype)
    ones = np.ones((1, 1, *size), x.dtype)
    convolve(_single(x), ones, None, _single(out), stride=stride, padding=padding, dilation=(1, 1), groups=1)
    return np.divide(out, size[0] * size[1], out=out)


def avg_pool2d_dx(g: np.ndarray, x_shape: Shape, *, size: Pair, stride: Pair, padding: Padding) -> np.ndarray:
    """Spread each g evenly over its window."""
    dx = np.empty(x_shape, g.dtype)
    spread = g / (size[0] * size[1])
    ones = np.ones((1, 1, *size), g.dtype)
    convolve_adjoint(_single(spread), ones, _single(dx), stride=stride, padding=padding, dilation=(1, 1), groups=1)
    return dx
