"""Choosing elements, diagonals, and writing into parts."""

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.testing.strategies import Draw, broadcastable_shapes, indices
from tests.cases.rows import Case
from tests.cases.shaping import linear


def mask(d: Draw, shape: tuple[int, ...]) -> np.ndarray:
    """A condition that holds somewhere."""
    chosen = np.asarray(d.rng.random(shape) < 0.5)
    chosen.flat[d.rng.integers(chosen.size)] = True
    return chosen


def take(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis, mode = d.one_of(None, d.axis(shape)), d.one_of("raise", "wrap", "clip")
    n = int(np.prod(shape)) if axis is None else shape[axis]
    reach = n if mode == "raise" else 9
    indices = d.rng.integers(-reach, reach, d.shape(0, 2))
    return lambda x: ag.take(x, indices, axis, mode=mode), [d.array(shape, "integers")]


def take_along_axis(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis = d.axis(shape)
    sides = list(shape)
    sides[axis] = d(st.integers(1, 4))
    indices = d.rng.integers(-shape[axis], shape[axis], sides)
    return lambda x: np.take_along_axis(x, indices, axis), [d.array(shape, "integers")]


def choose(d: Draw) -> tuple[Callable, list]:
    a, *shapes = d(broadcastable_shapes(3))
    numbers = d.rng.integers(0, 2, a)
    return lambda x, y: np.choose(numbers, [x, y]), [d.array(shape, "integers") for shape in shapes]


def compress(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis = d.one_of(None, d.axis(shape))
    n = int(np.prod(shape)) if axis is None else shape[axis]
    chosen = mask(d, (d(st.integers(1, n)),))
    return lambda x: np.compress(chosen, x, axis), [d.array(shape, "integers")]


def extract(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    chosen = mask(d, shape)
    return lambda x: np.extract(chosen, x), [d.array(shape, "integers")]


def select(d: Draw) -> tuple[Callable, list]:
    c, e, *shapes = d(broadcastable_shapes(5))
    conditions = [mask(d, shape) for shape in (c, e)]
    return lambda x, y, z: np.select(conditions, [x, y], z), [d.array(shape, "integers") for shape in shapes]


def piecewise(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    conditions = [mask(d, shape), mask(d, shape)]
    functions = [lambda v: 2 * v, lambda v: v[::-1], d.one_of(3.0, lambda v: -v)][: d.one_of(2, 3)]
    return lambda x: np.piecewise(x, conditions, functions), [d.array(shape, "integers")]


def delete(d: Draw) -> tuple[Callable, list]:
    shape = (*d.shape(0, 2), 3)
    obj = d.one_of(0, -1, [0, 2, 2], slice(None, 2), np.array([True, False, True]))
    return lambda x: np.delete(x, obj, axis=-1), [d.array(shape, "integers")]


def insert(d: Draw) -> tuple[Callable, list]:
    rest = d.shape(0, 2)
    obj, count = d.one_of(([0, 3], 2), ([2, 1], 2), ([1], 2), (slice(0, 3, 2), 2), ([1, 1, 0], 3))
    values = (*rest, d.one_of(1, count))
    return lambda x, v: np.insert(x, obj, v, axis=-1), [d.array((*rest, 3), "integers"), d.array(values, "integers")]


def insert_at(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis = d.axis(shape)
    at = d(st.integers(-shape[axis], shape[axis]))
    values = tuple(np.delete(shape, axis).tolist())
    return lambda x, v: np.insert(x, at, v, axis), [d.array(shape, "integers"), d.array(values, "integers")]


def trim_zeros(d: Draw) -> tuple[Callable, list]:
    trim = d.one_of("f", "b", "fb")
    chosen = mask(d, d.shape(1))
    return lambda x: np.trim_zeros(np.where(chosen, x, 0), trim), [d.array(chosen.shape, "positive")]


def set_function(f: Callable) -> Case:
    def row(d: Draw) -> tuple[Callable, list]:
        (x,) = d.ordered((3, 3))
        shared = d.rng.random(4) < 0.5
        return lambda x, y: f(x, np.where(shared, x[0, [0, 0, 1, 2]], y)), [x, 1.5 + d.ordered((4,))[0]]

    return Case(row)


def diagonal(f: Callable) -> Case:
    def row(d: Draw) -> tuple[Callable, list]:
        shape = d.shape(2)
        first, second = d(st.permutations(range(-len(shape), 0)))[:2]
        offset = d(st.integers(1 - shape[first], shape[second] - 1))
        return lambda x: f(x, offset, first, second), [d.array(shape, "integers")]

    return Case(row, "exact")


def offset(f: Callable, min_dims: int, max_dims: int, reach: int = 2) -> Case:
    def row(d: Draw) -> tuple[Callable, list]:
        k = d(st.integers(-reach, reach))
        return lambda x: f(x, k), [d.array(d.shape(min_dims, max_dims), "integers")]

    return Case(row, "exact")


def written(write: Callable) -> Case:
    """What NumPy writes into its first argument: ``write(t, v, d)`` on a copy in the graph."""

    def row(d: Draw) -> tuple[Callable, list]:
        shape = d.shape(2, 2)
        seed = d.rng.integers(2**32)

        def f(x: ag.Tensor, v: ag.Tensor) -> ag.Tensor:
            y = ag.copy(x)
            write(y, v, np.random.default_rng(seed))
            return y

        return f, [d.array(shape, "integers"), d.array(d.one_of((1,), (2,), (3,)), "integers")]

    return Case(row, "exact")


def _put(y: ag.Tensor, v: ag.Tensor, rng: np.random.Generator) -> None:
    np.put(y, rng.permutation(y.size)[:3] - rng.choice([0, y.size]), v)


def _put_along_axis(y: ag.Tensor, v: ag.Tensor, rng: np.random.Generator) -> None:
    np.put_along_axis(y, np.argsort(rng.random(y.shape), axis=1)[:, :1], v[:1], axis=1)


def assigned(d: Draw) -> tuple[Callable, list]:
    """``t[i] = v`` with every kind of index, and a value of one element in several spellings."""
    shape = d.shape(1)
    i = d(indices(shape))

    def f(x: ag.Tensor, v: ag.Tensor) -> ag.Tensor:
        y = ag.copy(x)
        y[i] = v
        return y

    return f, [d.array(shape, "integers"), d.array((), "integers")]


CASES = {"take": Case(take, "exact")}

COMPOSITIONS = {
    "take_along_axis": Case(take_along_axis, "exact"),
    "choose": Case(choose, "exact"),
    "compress": Case(compress, "exact"),
    "extract": Case(extract, "exact"),
    "select": Case(select, "exact"),
    "piecewise": Case(piecewise, "exact"),
    "delete": Case(delete, "exact"),
    "insert": Case(insert, "exact"),
    "insert, one index": Case(insert_at, "exact"),
    "trim_zeros": Case(trim_zeros),
    "diagonal": diagonal(np.diagonal),
    "trace": diagonal(np.trace),
    "diag, of a vector": offset(np.diag, 1, 1),
    "diag, of a matrix": offset(np.diag, 2, 2, reach=0),
    "diagflat": offset(np.diagflat, 0, 2),
    "tril": offset(lambda x, k: np.tril(x, abs(k)), 1, 3),
    "triu": offset(lambda x, k: np.triu(x, -abs(k)), 1, 3),
    "apply_along_axis": linear(lambda x: np.apply_along_axis(lambda v: 2 * v[::-1], 0, x), 1),
    "apply_over_axes": linear(lambda x: np.apply_over_axes(np.sum, x, (0, -1)), 2),
    "put": written(_put),
    "put_along_axis": written(_put_along_axis),
    "place": written(lambda y, v, rng: np.place(y, rng.random(y.shape) < 0.7, v)),
    "putmask": written(lambda y, v, rng: np.putmask(y, rng.random(y.shape) < 0.7, v)),
    "copyto": written(lambda y, v, rng: np.copyto(y, v[0], where=rng.random(y.shape) < 0.7)),
    "fill_diagonal": written(lambda y, v, rng: np.fill_diagonal(y, v)),
    "assignment": Case(assigned, "exact"),
    "union1d": set_function(np.union1d),
    "setdiff1d": set_function(np.setdiff1d),
    "setxor1d": set_function(np.setxor1d),
    "intersect1d": set_function(lambda x, y: np.intersect1d(np.append(x, y[0]), y)),
}
