"""Shape and order."""

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.ops import shaping
from autograd_np.testing.strategies import Draw, broadcastable_shapes
from tests.cases.rows import Case, elementwise


def linear(f: Callable, min_dims: int = 0, max_dims: int = 3) -> Case:
    """A function that is affine in its one array, whatever its shape."""
    return Case(lambda d: (f, [d.array(d.shape(min_dims, max_dims), "integers")]), "exact")


def reshape(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    target, order = d.one_of(-1, (1, *shape), (*shape[:-2], -1), (-1, 1)), d.one_of("C", "F")
    return lambda x: ag.reshape(x, target, order), [d.array(shape, "integers")]


def ravel(d: Draw) -> tuple[Callable, list]:
    order = d.one_of("C", "F")
    return lambda x: np.ravel(x, order), [d.array(d.shape(), "integers")]


def transpose(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    axes = d(st.none() | st.permutations(range(len(shape))))
    if axes is not None:
        axes = [axis - len(shape) * d.one_of(0, 1) for axis in axes]
    return lambda x: ag.transpose(x, axes), [d.array(shape, "integers")]


def expand_dims(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    axis = d.one_of(0, -1, (0, -1), (0, 1))
    return lambda x: ag.expand_dims(x, axis), [d.array(shape, "integers")]


def squeeze(d: Draw) -> tuple[Callable, list]:
    shape = (1, *d.shape(0, 2), 1)
    axis = d.one_of(None, 0, -1, (0, -1))
    return lambda x: ag.squeeze(x, axis), [d.array(shape, "integers")]


def broadcast_to(d: Draw) -> tuple[Callable, list]:
    a, b = d(broadcastable_shapes(2))
    shape = np.broadcast_shapes(a, b)
    return lambda x: ag.broadcast_to(x, shape), [d.array(a, "integers")]


def broadcast_arrays(d: Draw) -> tuple[Callable, list]:
    return np.broadcast_arrays, [d.array(shape, "integers") for shape in d(broadcastable_shapes(3))]


def swapaxes(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    first, second = d.axis(shape), d.axis(shape)
    return lambda x: np.swapaxes(x, first, second), [d.array(shape, "integers")]


def moveaxis(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    count = d(st.integers(0, len(shape)))
    source, destination = (d(st.permutations(range(len(shape))))[:count] for _ in range(2))
    return lambda x: np.moveaxis(x, source, destination), [d.array(shape, "integers")]


def rollaxis(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis, start = d.axis(shape), d(st.integers(-len(shape), len(shape)))
    return lambda x: np.rollaxis(x, axis, start), [d.array(shape, "integers")]


def flip(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    axis = d.axes(shape)
    return lambda x: ag.flip(x, axis), [d.array(shape, "integers")]


def rot90(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(2)
    k, axes = d(st.integers(-4, 4)), d(st.permutations(range(len(shape))))[:2]
    return lambda x: np.rot90(x, k, axes), [d.array(shape, "integers")]


def roll(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    axis = d.axes(shape)
    shift = d(st.integers(-5, 5))
    shifts = shift if not isinstance(axis, tuple) else (*range(shift, shift + len(axis)),) or shift
    return lambda x: ag.roll(x, shifts, axis), [d.array(shape, "integers")]


def atleast(f: Callable) -> Case:
    return Case(lambda d: (f, [d.array(d.shape(), "integers") for _ in range(d.one_of(1, 2))]), "exact")


CASES = {
    "reshape": Case(reshape, "exact"),
    "transpose": Case(transpose, "exact"),
    "expand_dims": Case(expand_dims, "exact"),
    "squeeze": Case(squeeze, "exact"),
    "broadcast_to": Case(broadcast_to, "exact"),
    "astype": Case(elementwise(lambda x: ag.astype(x, float), "integers"), "exact"),
    "copy": Case(elementwise(shaping.copy, "integers"), "exact"),
    "flip": Case(flip, "exact"),
    "roll": Case(roll, "exact"),
}

COMPOSITIONS = {
    "ravel": Case(ravel, "exact"),
    "swapaxes": Case(swapaxes, "exact"),
    "matrix_transpose": linear(np.matrix_transpose, 2),
    "moveaxis": Case(moveaxis, "exact"),
    "rollaxis": Case(rollaxis, "exact"),
    "atleast_1d": atleast(np.atleast_1d),
    "atleast_2d": atleast(np.atleast_2d),
    "atleast_3d": atleast(np.atleast_3d),
    "broadcast_arrays": Case(broadcast_arrays, "exact"),
    "fliplr": linear(np.fliplr, 2),
    "flipud": linear(np.flipud, 1),
    "rot90": Case(rot90, "exact"),
}
