"""Joining, splitting, repeating, bordering."""

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.ops import repetition
from autograd_np.testing.strategies import Draw
from tests.cases.rows import Case
from tests.cases.shaping import linear


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


def joined(f: Callable) -> Case:
    def row(d: Draw) -> tuple[Callable, list]:
        shape = d.shape()
        return lambda *arrays: f(arrays), [d.array(shape, "integers") for _ in range(d.one_of(1, 2, 3))]

    return Case(row, "exact")


def block(d: Draw) -> tuple[Callable, list]:
    (a, b), (c, e) = (d(st.tuples(st.integers(1, 3), st.integers(1, 3))) for _ in range(2))
    shapes = [(a, c), (a, e), (b, c), (b, e)]
    return lambda w, x, y, z: np.block([[w, x], [y, z]]), [d.array(shape, "integers") for shape in shapes]


def append(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis = d.one_of(None, d.axis(shape))
    return lambda x, v: np.append(x, v, axis), [d.array(shape, "integers"), d.array(shape, "integers")]


def split(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis = d.axis(shape)
    cuts = d(st.lists(st.integers(0, 4), max_size=3).map(sorted) | st.just(shape[axis]))
    return lambda x: ag.split(x, cuts, axis), [d.array(shape, "integers")]


def array_split(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis = d.axis(shape)
    cuts = d(st.lists(st.integers(-4, 5), max_size=3) | st.integers(1, 5))
    return lambda x: np.array_split(x, cuts, axis), [d.array(shape, "integers")]


def unstack(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis = d.axis(shape)
    return lambda x: ag.unstack(x, axis=axis), [d.array(shape, "integers")]


def tile(d: Draw) -> tuple[Callable, list]:
    reps = d(st.integers(1, 3) | st.lists(st.integers(1, 2), max_size=4))
    return lambda x: np.tile(x, reps), [d.array(d.shape(), "integers")]


def repeat(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis = d.one_of(None, d.axis(shape))
    n = int(np.prod(shape)) if axis is None else shape[axis]
    repeats = d.one_of(1, 2, [3], [*d.rng.integers(0, 3, n - 1), 1])
    return lambda x: ag.repeat(x, repeats, axis), [d.array(shape, "integers")]


def resize(d: Draw) -> tuple[Callable, list]:
    shape = d(st.lists(st.integers(1, 4), max_size=3).map(tuple))
    return lambda x: np.resize(x, shape), [d.array(d.shape(), "integers")]


def full_like(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    fill = shape[d(st.integers(0, len(shape))) :]
    return lambda value: ag.full_like(np.zeros(shape), value), [d.array(fill, "integers")]


def meshgrid(d: Draw) -> tuple[Callable, list]:
    options = {"indexing": d.one_of("xy", "ij"), "sparse": d.one_of(True, False), "copy": d.one_of(True, False)}
    sides = d(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    return lambda *xi: np.meshgrid(*xi, **options), [d.array((n,), "integers") for n in sides]


def windows(d: Draw) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...] | None]:
    shape = d.shape(1)
    axes = d(st.none() | st.lists(st.integers(0, len(shape) - 1), unique=True, min_size=1).map(tuple))
    window = tuple(d(st.integers(1, shape[axis])) for axis in (axes or range(len(shape))))
    return shape, window, axes


def sliding_window_view(d: Draw) -> tuple[Callable, list]:
    shape, window, axes = windows(d)
    return lambda x: ag.sliding_window_view(x, window, axes), [d.array(shape, "integers")]


def add_windows(d: Draw) -> tuple[Callable, list]:
    shape, window, axes = windows(d)
    taken = np.lib.stride_tricks.sliding_window_view(np.zeros(shape), window, axes).shape
    f = lambda v: repetition.add_windows(v, shape=shape, window_shape=window, axis=axes)
    return f, [d.array(taken, "integers")]


def pad(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    mode = d.one_of("constant", "constant", "edge", "reflect", "symmetric", "wrap")
    longest = 2 if mode == "constant" else 5
    width = st.tuples(st.integers(0, longest), st.integers(0, longest))
    widths = d(st.lists(width, min_size=len(shape), max_size=len(shape))) or 0
    options = {"constant_values": d.one_of(0, 2.0)} if mode == "constant" else {}
    return lambda x: ag.pad(x, widths, mode, **options), [d.array(shape, "integers")]


def pad_given(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    mode, values = d.one_of(("constant", "constant_values"), ("linear_ramp", "end_values"))
    width = d.one_of(1, (1, 2), (0, 3))
    given = d.array(d.one_of((), (2,), (len(shape), 2)), "integers")
    return lambda x, v: np.pad(x, width, mode, **{values: v}), [d.array(shape, "integers"), given]


def pad_mirrored(d: Draw) -> tuple[Callable, list]:
    mode, width = d.one_of("reflect", "symmetric"), d.one_of(1, (1, 2), (0, 6))
    return lambda x: np.pad(x, width, mode, reflect_type="odd"), [d.array(d.shape(1), "integers")]


def pad_computed(d: Draw) -> tuple[Callable, list]:
    mode = d.one_of("linear_ramp", "mean", "maximum", "minimum")
    options = {"end_values": (2, -1)} if mode == "linear_ramp" else {"stat_length": d.one_of(None, 1, (2, 1))}
    (x,) = d.ordered(d.shape(1))
    width = d.one_of(1, (1, 2), (0, 3))
    return lambda x: np.pad(x, width, mode, **options), [x]


CASES = {
    "concatenate": Case(concatenate, "exact"),
    "stack": Case(stack, "exact"),
    "split": Case(split, "exact"),
    "unstack": Case(unstack, "exact"),
    "repeat": Case(repeat, "exact"),
    "sliding_window_view": Case(sliding_window_view, "exact"),
    "add_windows": Case(add_windows, "exact"),
    "pad": Case(pad, "exact"),
}

COMPOSITIONS = {
    "hstack": joined(np.hstack),
    "vstack": joined(np.vstack),
    "dstack": joined(np.dstack),
    "column_stack": joined(lambda arrays: np.column_stack([np.atleast_2d(array) for array in arrays])),
    "block": Case(block, "exact"),
    "append": Case(append, "exact"),
    "array_split": Case(array_split, "exact"),
    "hsplit": linear(lambda x: np.hsplit(x, [1, 2]), 1),
    "vsplit": linear(lambda x: np.vsplit(x, [1]), 2),
    "dsplit": linear(lambda x: np.dsplit(x, [0, 1]), 3),
    "tile": Case(tile, "exact"),
    "resize": Case(resize, "exact"),
    "full_like": Case(full_like, "exact"),
    "meshgrid": Case(meshgrid, "exact"),
    "pad, computed": Case(pad_computed),
    "pad, values given": Case(pad_given),
    "pad, mirrored": Case(pad_mirrored, "exact"),
}
