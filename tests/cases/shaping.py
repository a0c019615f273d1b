"""Shape and order."""

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.ops import shaping
from autograd_np.testing.strategies import Draw, broadcastable_shapes
from tests.cases.rows import Case, elementwise


def reshape(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    target = d.one_of(-1, (1, *shape), (*shape[:-2], -1), (-1, 1))
    return lambda x: ag.reshape(x, target), [d.array(shape, "integers")]


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


def concatenate(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis = d.axis(shape)
    shapes = []
    for _ in range(d.one_of(1, 2, 3)):
        sides = list(shape)
        sides[axis] = d(st.integers(0, 3))
        shapes.append(tuple(sides))
    shapes.append(shape)
    axis = d.one_of(axis, None)
    return lambda *arrays: ag.concatenate(arrays, axis=axis), [d.array(s, "integers") for s in shapes]


def stack(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    axis = d(st.integers(-len(shape) - 1, len(shape)))
    arrays = [d.array(shape, "integers") for _ in range(d.one_of(1, 2, 3))]
    return lambda *arrays: ag.stack(arrays, axis=axis), arrays


def pad(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    widths = d(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=len(shape), max_size=len(shape)))
    width = widths or 0
    value = d.one_of(0, 2.0)
    return lambda x: ag.pad(x, width, constant_values=value), [d.array(shape, "integers")]


CASES = {
    "reshape": Case(reshape, "exact"),
    "transpose": Case(transpose, "exact"),
    "expand_dims": Case(expand_dims, "exact"),
    "squeeze": Case(squeeze, "exact"),
    "broadcast_to": Case(broadcast_to, "exact"),
    "astype": Case(elementwise(lambda x: ag.astype(x, float), "integers"), "exact"),
    "copy": Case(elementwise(shaping.copy, "integers"), "exact"),
    "concatenate": Case(concatenate, "exact"),
    "stack": Case(stack, "exact"),
    "pad": Case(pad, "exact"),
}
