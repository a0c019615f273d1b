"""Convolution and pooling."""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_np as ag
from autograd_np.ops import convolution, pooling
from autograd_np.testing.strategies import Draw, conv_geometries, pool_geometries
from tests.cases.rows import Case


def conv2d(d: Draw) -> tuple[Callable, list]:
    x, w, how = d(conv_geometries())
    arrays = [d.array(x, "integers"), d.array(w, "integers")]
    if d.one_of(True, False):
        arrays.append(d.array(w[:1], "integers"))
    return lambda *arrays: ag.conv2d(*arrays, **how), arrays


def conv2d_dx(d: Draw) -> tuple[Callable, list]:
    x, w, how = d(conv_geometries())
    g = ag.conv2d(np.zeros(x), np.zeros(w), **how).shape
    return lambda g, w: convolution.conv2d_dx(g, w, x_shape=x, **how), [
        d.array(g, "integers"),
        d.array(w, "integers"),
    ]


def conv2d_dw(d: Draw) -> tuple[Callable, list]:
    x, w, how = d(conv_geometries())
    g = ag.conv2d(np.zeros(x), np.zeros(w), **how).shape
    return lambda g, x: convolution.conv2d_dw(g, x, w_shape=w, **how), [
        d.array(g, "integers"),
        d.array(x, "integers"),
    ]


def max_pool2d(d: Draw) -> tuple[Callable, list]:
    x, how = d(pool_geometries())
    return lambda x: ag.max_pool2d(x, **how), [d.array(x, "ordered")]


def averaging(d: Draw) -> tuple[tuple[int, ...], dict[str, Any]]:
    """Windows of four pixels: a division by four is exact."""
    x, how = d(pool_geometries())
    return (*x[:2], x[2] + 1, x[3] + 1), how | {"size": (2, 2), "padding": ((0, 1), (1, 0))}


def avg_pool2d(d: Draw) -> tuple[Callable, list]:
    x, how = averaging(d)
    return lambda x: ag.avg_pool2d(x, **how), [d.array(x, "integers")]


def avg_pool2d_dx(d: Draw) -> tuple[Callable, list]:
    x, how = averaging(d)
    g = ag.avg_pool2d(np.zeros(x), **how).shape
    return lambda g: pooling.avg_pool2d_dx(g, x_shape=x, **how), [d.array(g, "integers")]


def winners(d: Draw) -> tuple[tuple[int, ...], np.ndarray]:
    shape = (2, 2, d.one_of(2, 3), d.one_of(2, 3))
    return shape, d.rng.integers(0, shape[2] * shape[3], (2, 2, d.one_of(1, 3), 2))


def scatter_pixels(d: Draw) -> tuple[Callable, list]:
    shape, winner = winners(d)
    return lambda g: pooling.scatter_pixels(g, winner=winner, x_shape=shape), [d.array(winner.shape, "integers")]


def gather_pixels(d: Draw) -> tuple[Callable, list]:
    shape, winner = winners(d)
    return lambda v: pooling.gather_pixels(v, winner=winner), [d.array(shape, "integers")]


def normalize_batch(d: Draw) -> tuple[Callable, list]:
    shape = (d.one_of(2, 3), d.one_of(1, 2, 3), *d.one_of((), (2,), (3, 3), (2, 2, 2)))
    arrays = [d.array(shape), d.array(shape[1:2]), d.array(shape[1:2])]
    return lambda *arrays: ag.normalize_batch(*arrays, eps=0.1), arrays


CASES = {
    "normalize_batch": Case(normalize_batch),
    "conv2d": Case(conv2d, "exact"),
    "conv2d_dx": Case(conv2d_dx, "exact"),
    "conv2d_dw": Case(conv2d_dw, "exact"),
    "max_pool2d": Case(max_pool2d),
    "scatter_pixels": Case(scatter_pixels, "exact"),
    "gather_pixels": Case(gather_pixels, "exact"),
    "avg_pool2d": Case(avg_pool2d, "exact"),
    "avg_pool2d_dx": Case(avg_pool2d_dx, "exact"),
}
