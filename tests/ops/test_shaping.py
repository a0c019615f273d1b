"""Shape and selection: NumPy's own values, and exact transposes, for every function and many arguments."""

from types import FunctionType

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.ops import (
    diagonals,
    joining,
    padding,
    reordering,
    repetition,
    selection,
    shaping,
    slices,
    splitting,
)

windows = np.lib.stride_tricks.sliding_window_view
MASK = np.array([[True, False, True], [False, True, True]])

# What to call on an array of this shape, by NumPy's own name.
CALLS = {
    (2, 3): [
        *[lambda x, o=o: np.ravel(x, order=o) for o in "CF"],
        *[lambda x, s=s, o=o: np.reshape(x, s, o) for s in (6, -1, (3, -1), (1, 3, 2)) for o in "CF"],
        lambda x: x.reshape(3, 2),
        lambda x: x.reshape((3, -1), order="F"),
        lambda x: x.ravel(),
        lambda x: x.flatten(),
        lambda x: x.flatten("F"),
        lambda x: x.T,
        lambda x: x.mT,
        lambda x: x.transpose(1, 0),
        lambda x: x.swapaxes(0, -1),
        lambda x: x.repeat(2),
        lambda x: x.take([5, 0]),
        lambda x: x.diagonal(1),
        lambda x: x.trace(),
        lambda x: x.compress([True, False], axis=0),
        lambda x: x.copy(),
        lambda x: x.astype(np.float32),
        np.transpose,
        np.permute_dims,
        np.matrix_transpose,
        np.atleast_1d,
        np.atleast_2d,
        np.atleast_3d,
        lambda x: np.atleast_2d(x, x[0], 1.0),
        lambda x: np.broadcast_to(x, (4, 2, 3)),
        lambda x: np.broadcast_arrays(x, x[:1], np.ones((4, 1, 1)), 5),
        lambda x: np.expand_dims(x, (0, -1)),
        lambda x: np.squeeze(x[:1]),
        np.flip,
        *[lambda x, a=a: np.flip(x, a) for a in (0, -1, (0, 1), ())],
        np.fliplr,
        np.flipud,
        *[lambda x, k=k, a=a: np.rot90(x, k, a) for k in range(-2, 6) for a in ((0, 1), (1, 0), (-1, 0))],
        *[lambda x, s=s: np.roll(x, s) for s in (0, 1, -2, 100)],
        *[lambda x, s=s, a=a: np.roll(x, s, a) for s in (1, -4, (1, 2)) for a in (0, -1, (0, 1), (1, 1))],
        *[lambda x, r=r: np.tile(x, r) for r in (1, 2, 0, (2, 1), (1, 3), (2, 1, 2), np.array([1, 2]))],
        *[lambda x, r=r: np.repeat(x, r) for r in (0, 1, 3, [2], [1, 0, 2, 1, 1, 3])],
        *[lambda x, r=r: np.repeat(x, r, axis=-1) for r in (2, [1, 0, 2], np.array(3))],
        lambda x: np.repeat(x, [0, 2], axis=0),
        *[lambda x, s=s: np.resize(x, s) for s in (0, 4, 13, (2, 2), (5, 3), (0, 2), ())],
        *[
            lambda x, w=w, m=m: np.pad(x, w, m)
            for m in ("constant", "edge", "reflect", "symmetric", "wrap")
            for w in (0, 1, (2, 1), ((1, 0), (3, 4)), ((2,), (1,)), np.array([5, 7]), {0: 1}, {-1: (0, 2), 0: 5}, {})
        ],
        *[
            lambda x, w=w, m=m: np.pad(x, w, m)
            for m in ("linear_ramp", "mean", "maximum", "minimum")
            for w in (0, 2, (2, 1), ((1, 0), (3, 4)))
        ],
        lambda x: np.pad(x, 2, "mean", stat_length=1),
        lambda x: np.pad(x, 2, "mean", stat_length=((1, 2), (3, 9))),
        lambda x: np.pad(x, 2, "linear_ramp", end_values=((5, 6), (7, -8))),
        lambda x: np.pad(x, 1, constant_values=4),
        lambda x: np.pad(x, 1, constant_values=((1, 2), (3, 4))),
        *[lambda x, a=a: np.concatenate([x, 2 * x, x], axis=a) for a in (0, -1, None)],
        lambda x: np.concatenate(x),
        lambda x: np.concat([x, np.ones((1, 3))]),
        *[lambda x, a=a: np.stack([x, -x], axis=a) for a in (0, 1, 2, -1)],
        lambda x: np.hstack([x, x]),
        lambda x: np.hstack([x[0], x[1], 1.0]),
        lambda x: np.hstack(x),
        lambda x: np.vstack([x, x[0], [1, 2, 3]]),
        lambda x: np.dstack([x, x]),
        lambda x: np.dstack([x[0], x[1]]),
        lambda x: np.column_stack([x[:, 0], x, x[:, 1:]]),
        lambda x: np.block([[x, x], [x[:1], 2 * x[1:]]]),
        lambda x: np.block([x, 1 + x]),
        lambda x: np.block([[[x]], [[x]]]),
        lambda x: np.block([x[0], 7, x[1]]),
        lambda x: np.block(x),
        lambda x: np.append(x, x[0]),
        lambda x: np.append(x, 5),
        lambda x: np.append(x, x[:1], axis=0),
        *[
            lambda x, c=c, a=a: np.array_split(x, c, a)
            for c in (1, 2, 4, [1], [0, 2], [2, 1], [-1], [5], [], [1, 5, 2])
            for a in (0, -1)
        ],
        lambda x: np.split(x, 2),
        lambda x: np.split(x, 3, axis=1),
        lambda x: np.split(x, np.array([1]), axis=-1),
        lambda x: np.hsplit(x, 3),
        lambda x: np.hsplit(x[0], 3),
        lambda x: np.vsplit(x, 2),
        lambda x: np.dsplit(x[..., None], [0]),
        np.unstack,
        lambda x: np.unstack(x, axis=-1),
        *[
            lambda x, i=i, v=v: np.insert(x, i, v)
            for i, v in ((1, 5.0), ([1], [3.0, 4.0]), ([1, 4], 2.0), ([4, 1], [5.0, 6.0]), (slice(0, 6, 2), [1, 2, 3]))
        ],
        *[lambda x, i=i: np.insert(x, i, x[:, 1], axis=1) for i in (0, 3, -1)],
        lambda x: np.insert(x, [0, 2], x[:, :2], axis=1),
        lambda x: np.insert(x, [0, 2], x[:, :1], axis=1),
        lambda x: np.insert(x, [1], x[:, :2], axis=1),
        lambda x: np.insert(x, 1, x[:1], axis=0),
        lambda x: np.insert(x, np.array([True, False, True]), 9.0, axis=1),
        *[lambda x, i=i: np.delete(x, i) for i in (0, -1, [1, 1, 3], slice(None, None, 2), [], MASK.ravel())],
        *[lambda x, i=i: np.delete(x, i, axis=1) for i in (1, [0, 2], slice(1, None), np.array([True, False, False]))],
        *[lambda x, i=i: np.take(x, i) for i in (0, [1, 1, 5, -1], [[0, 1], [2, 2]], np.array([], int), [True, False])],
        *[lambda x, i=i: np.take(x, i, axis=-1) for i in (1, [2, 0, 2], [[0], [-1]], np.zeros((0, 2), int))],
        *[lambda x, m=m: np.take(x, [-5, 1, 9], axis=1, mode=m) for m in ("wrap", "clip")],
        lambda x: np.take_along_axis(x, np.array([[2, 0], [1, 1]]), axis=1),
        lambda x: np.take_along_axis(x, np.array([[-1, 0, 1]]), axis=0),
        lambda x: np.take_along_axis(x, np.array([3, 3, 0]), axis=None),
        lambda x: np.choose([[0, 1, 1], [1, 0, 0]], [x, 2 * x]),
        lambda x: np.choose([1, 0, 1], x),
        lambda x: np.choose(1, [x, 3 * x]),
        *[lambda x, m=m: np.choose([[-3, 5, 1]], [x, 2 * x, 5], mode=m) for m in ("wrap", "clip")],
        lambda x: np.compress([True, False, False, True, True], x),
        lambda x: np.compress([0, 1], x, axis=0),
        lambda x: np.extract(MASK, x),
        lambda x: np.extract(~MASK & MASK, x),
        lambda x: np.select([x > 0, MASK], [x, 2 * x]),
        lambda x: np.select([x > 0, x > -1.5, MASK[0]], [x, 1.0, x[:1]], default=x[1]),
        lambda x: np.where(MASK, x, 0),
        lambda x: np.where(MASK, x, 2 * x[0]),
        lambda x: np.where(x > 0),
        lambda x: np.piecewise(x, [x > 0, x < -1.5], [lambda v: 2 * v, lambda v: -v, 7.0]),
        lambda x: np.piecewise(x, [MASK, ~MASK], [lambda v, k: k * v, 3], 5),
        lambda x: np.piecewise(x[0, 0], [x[0, 0] > 0, x[0, 0] < 0], [lambda v: 2 * v, lambda v: 3 * v]),
        *[lambda x, k=k: np.diagonal(x, k) for k in range(-3, 4)],
        *[lambda x, k=k: np.trace(x, k) for k in range(-2, 4)],
        *[lambda x, k=k: np.diag(x, k) for k in (-1, 0, 2)],
        *[lambda x, k=k: np.diag(x[0], k) for k in (-1, 0, 2)],
        lambda x: np.diagflat(x, 1),
        *[lambda x, k=k: np.tril(x, k) for k in (-3, -1, 0, 1, 4)],
        *[lambda x, k=k: np.triu(x, k) for k in (-3, -1, 0, 1, 4)],
        lambda x: np.tril(x[0]),
        lambda x: np.triu(x[0], 1),
        *[
            lambda x, s=s, i=i, c=c: np.meshgrid(x[0], x[:, 1], 3.0, sparse=s, indexing=i, copy=c)
            for s in (True, False)
            for i in ("ij", "xy")
            for c in (True, False)
        ],
        lambda x: np.meshgrid(x[0]),
        *[lambda x, w=w, a=a: windows(x, w, a) for w, a in (((1, 2), None), (2, 1), ((2,), 0), ((2, 2), (1, 1)))],
        lambda x: np.apply_along_axis(lambda v: 2 * v[::-1], 1, x),
        lambda x: np.apply_along_axis(np.sum, 0, x),
        lambda x: np.apply_along_axis(np.diag, -1, x),
        lambda x: np.apply_along_axis(np.roll, 0, x, 1),
        lambda x: np.apply_over_axes(np.sum, x, (0, 1)),
        lambda x: np.apply_over_axes(np.sum, x, 1),
        np.copy,
        lambda x: np.copy(x, order="F"),
        lambda x: np.astype(x, np.float32),
        lambda x: np.astype(x, float, copy=False),
        lambda x: np.full_like(x, x[0, 1]),
        lambda x: np.full_like(x, x[0], shape=(2, 2, 3), dtype=np.float32),
        np.zeros_like,
        np.ones_like,
        np.argwhere,
        np.nonzero,
        np.flatnonzero,
        np.tril_indices_from,
        np.triu_indices_from,
        lambda x: np.unravel_index(np.argmax(x), x.shape),
        lambda x: np.ravel_multi_index(np.nonzero(x), x.shape),
        lambda x: np.ix_(np.argmax(x, axis=0), np.argmin(x, axis=1)),
        lambda x: x[np.ix_([1, 0], [2, 0])],
        lambda x: np.searchsorted([-1.0, 0.0, 1.0], x),
    ],
    (7,): [
        np.trim_zeros,
        *[lambda x, t=t: np.trim_zeros(np.where([0, 0, 1, 0, 1, 1, 0], x, 0), t) for t in ("f", "b", "fb", "BF")],
        lambda x: np.trim_zeros(0 * x),
        lambda x: np.rollaxis(x, 0),
        lambda x: np.piecewise(x, x > 0, [1.0, lambda v: v]),
        lambda x: windows(x, 3),
        lambda x: windows(x, 7),
        lambda x: np.array_split(x, 3),
        lambda x: np.insert(x, 0, [1.0, 2.0]),
        lambda x: x[[]],
    ],
    (2, 3, 4): [
        *[lambda x, a=a, b=b: np.swapaxes(x, a, b) for a in (0, -1) for b in (1, -3)],
        *[lambda x, a=a, b=b: np.moveaxis(x, a, b) for a, b in ((0, -1), (-1, 0), ((0, 1), (-1, 0)), ([2], [1]))],
        *[lambda x, a=a, s=s: np.rollaxis(x, a, s) for a in (0, 2, -2) for s in (-3, -1, 0, 1, 3)],
        lambda x: np.transpose(x, (2, 0, 1)),
        lambda x: np.transpose(x, (-1, 0, -2)),
        np.matrix_transpose,
        *[
            lambda x, k=k, a=a, b=b: np.diagonal(x, k, a, b)
            for k in (-1, 0, 1)
            for a, b in ((0, 1), (2, 0), (-1, 1), (1, -3))
        ],
        lambda x: np.trace(x, 1, -1, 0),
        lambda x: np.tril(x, -1),
        lambda x: np.triu(x, 1),
        lambda x: np.rot90(x, 3, (1, 2)),
        lambda x: np.trim_zeros(np.pad(x, ((0, 1), (2, 0), (1, 1)))),
        lambda x: np.trim_zeros(np.pad(x, ((0, 1), (2, 0), (1, 1))), "b", axis=(0, -1)),
        lambda x: np.take_along_axis(x, np.argsort(x, axis=1), axis=1),
        lambda x: np.repeat(x, [1, 0, 2], axis=1),
        lambda x: np.dsplit(x, [1, 3]),
        lambda x: np.unstack(x, axis=1),
        lambda x: windows(x, (2, 2), axis=(0, 2)),
        lambda x: windows(x, (1, 2, 3)),
        lambda x: np.pad(x, ((1, 2), (0, 0), (5, 3)), "reflect"),
        lambda x: np.pad(x, 2, "mean"),
        lambda x: np.apply_along_axis(lambda v: v[1:], 1, x),
        lambda x: np.block([[x, x], [x, x]]),
        lambda x: np.insert(x, 1, x[:, 0], axis=1),
        lambda x: np.delete(x, [0, 1], axis=-2),
    ],
    (): [
        np.ravel,
        np.atleast_1d,
        np.atleast_2d,
        np.atleast_3d,
        np.transpose,
        np.flip,
        np.squeeze,
        np.copy,
        lambda x: np.roll(x, 1),
        lambda x: np.tile(x, 3),
        lambda x: np.tile(x, (2, 2)),
        lambda x: np.repeat(x, 3),
        lambda x: np.resize(x, (2, 2)),
        lambda x: np.pad(x, 0),
        lambda x: np.take(x, [0, 0]),
        lambda x: np.append(x, 1),
        lambda x: np.insert(x, 0, 1),
        lambda x: np.hstack([x, x]),
        lambda x: np.vstack([x, x]),
        lambda x: np.dstack([x, x]),
        lambda x: np.stack([x, x]),
        lambda x: np.column_stack([x, x]),
        lambda x: np.block([[x, x], [x, 1]]),
        lambda x: np.diagflat(x),
        lambda x: np.where(True, x, 0),
        lambda x: np.broadcast_to(x, (0, 2)),
        lambda x: np.full_like(x, 3.0),
        lambda x: np.meshgrid(x, x),
        lambda x: np.choose(1, [0.0, x]),
        lambda x: np.select([True], [x]),
        lambda x: x[True],
        lambda x: x[False],
        lambda x: x[...],
        lambda x: x[()],
        lambda x: x[None],
        lambda x: x[np.array(True)],
    ],
    (0, 3): [
        np.ravel,
        np.transpose,
        np.flip,
        np.fliplr,
        np.rot90,
        np.atleast_3d,
        np.diagonal,
        np.trace,
        np.diag,
        np.diagflat,
        np.tril,
        np.trim_zeros,
        np.unstack,
        lambda x: np.unstack(x, axis=1),
        lambda x: np.roll(x, 1, 1),
        lambda x: np.roll(x, 1),
        lambda x: np.tile(x, (2, 2)),
        lambda x: np.repeat(x, 2),
        lambda x: np.repeat(x, 2, axis=0),
        lambda x: np.resize(x, (2, 2)),
        lambda x: np.resize(x, 0),
        lambda x: np.pad(x, ((1, 1), (0, 0))),
        lambda x: np.pad(x, ((0, 0), (1, 1)), "edge"),
        lambda x: np.concatenate([x, np.ones((2, 3)), x]),
        lambda x: np.stack([x, x]),
        lambda x: np.vstack([x, x]),
        lambda x: np.append(x, x),
        lambda x: np.split(x, 3, axis=1),
        lambda x: np.array_split(x, 2),
        lambda x: np.take(x, [1], axis=1),
        lambda x: np.delete(x, 1, axis=1),
        lambda x: np.insert(x, 1, 0.0, axis=1),
        lambda x: np.extract(x > 0, x),
        lambda x: np.compress([], x, axis=0),
        lambda x: np.meshgrid(x[:, 0], x[:, 1]),
        lambda x: np.take_along_axis(x, np.zeros((0, 1), int), axis=1),
        lambda x: windows(x, 2, axis=1),
        lambda x: np.full_like(x, 1),
        lambda x: x[np.zeros((0, 3), bool)],
        lambda x: x[[]],
    ],
}
EVERY = [(shape, f) for shape, calls in CALLS.items() for f in calls]


def numbers(shape, dtype=float):
    """Whole numbers, all of them different, some negative, none 0."""
    n = int(np.prod(shape))
    return (
        np.random.default_rng(n)
        .permutation([*range(-(n // 2), 0), *range(1, n - n // 2 + 1)])
        .reshape(shape)
        .astype(dtype)
    )


def flat(result):
    return list(result) if isinstance(result, (tuple, list)) else [result]


@pytest.mark.parametrize(("shape", "f"), EVERY)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_are_numpys_own(shape, f, dtype):
    x = numbers(shape, dtype)
    expected = f(x)
    for t in (Tensor(x), Tensor(x, requires_grad=True)):
        found = f(t)
        assert isinstance(found, (tuple, list)) == isinstance(expected, (tuple, list))
        assert len(flat(found)) == len(flat(expected))
        for y, e in zip(flat(found), flat(expected), strict=True):
            y, e = y if isinstance(y, Tensor) else np.asarray(y), np.asarray(e)
            assert (y.shape, y.dtype) == (e.shape, e.dtype)
            np.testing.assert_allclose(y.data if isinstance(y, Tensor) else y, e, rtol=1e-6)


@pytest.mark.parametrize(("shape", "f"), EVERY)
def test_integers_stay_integers(shape, f):
    x = numbers(shape, int)
    for y, e in zip(flat(f(Tensor(x))), flat(f(x)), strict=True):
        y = y.data if isinstance(y, Tensor) else np.asarray(y)
        assert y.dtype == np.asarray(e).dtype
        assert np.array_equal(y, e)


@pytest.mark.parametrize(("shape", "f"), EVERY)
def test_backward_is_the_exact_transpose(shape, f):
    """All these are affine: ⟨u, f(v) - f(0)⟩ = ⟨f'(u), v⟩, as long as the choice depends on other things than v."""
    x = numbers(shape)
    t = Tensor(x, requires_grad=True)
    outputs = [y for y in flat(f(t)) if isinstance(y, Tensor) and y.requires_grad]
    if not outputs:
        return
    seeds = [numbers(y.shape) % 5 - 2 for y in outputs]
    g = ag.gradients(outputs, [t], seeds)[0].data
    assert g.shape == x.shape

    def at(point):
        ys = [np.asarray(y) for y in flat(f(point))]
        return sum(float(np.sum(y * s)) for y, s in zip([y for y in ys if y.dtype.kind == "f"], seeds, strict=False))

    for index in np.ndindex(shape):
        up, down = x.copy(), x.copy()
        up[index] += 0.25
        down[index] -= 0.25
        assert np.isclose((at(up) - at(down)) / 0.5, g[index], rtol=1e-12, atol=1e-12)


class _Ours:
    """Stands in for NumPy, with the functions of this package under its names."""

    def __getattr__(self, name):
        families = diagonals, joining, padding, reordering, repetition, selection, shaping, slices, splitting
        return getattr(ag if any(name in family.__all__ for family in families) else np, name)


@pytest.mark.parametrize(("shape", "f"), EVERY)
def test_arrays_give_numpys_arrays(shape, f):
    x = numbers(shape)
    ours = getattr(_Ours(), f.__name__, None)
    if ours is None:
        names = globals() | {"np": _Ours(), "windows": ag.sliding_window_view}
        ours = FunctionType(f.__code__, names, argdefs=f.__defaults__)
    for y, e in zip(flat(ours(x)), flat(f(x)), strict=True):
        assert isinstance(y, np.ndarray) or np.ndim(y) == 0
        assert y.dtype == e.dtype
        np.testing.assert_allclose(y, e, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "names"),
    [
        (lambda t: np.reshape(t, 6, order="A"), ValueError, "order is 'C' or 'F'"),
        (lambda t: np.ravel(t, "K"), ValueError, "order is 'C' or 'F'"),
        (lambda t: np.reshape(t, (4, 2)), ValueError, "6 elements"),
        (lambda t: np.matrix_transpose(t[0]), ValueError, "two axes"),
        (lambda t: np.moveaxis(t, (0, 1), 0), ValueError, "2 axes to move"),
        (lambda t: np.rollaxis(t, 0, 3), np.exceptions.AxisError, "start"),
        (lambda t: np.rot90(t, axes=(0, 0)), ValueError, "two different axes"),
        (lambda t: np.rot90(t, axes=(1, -1)), ValueError, "two different axes"),
        (lambda t: np.resize(t, (-1, 2)), ValueError, "not negative"),
        (lambda t: np.pad(t, -1), ValueError, "integers from 0"),
        (lambda t: np.pad(t, 1.5), TypeError, "integers from 0"),
        (lambda t: np.pad(t, (1, 2, 3)), ValueError, "pad_width is"),
        (lambda t: np.pad(t, 1, "empty"), ValueError, "mode is one of"),
        (lambda t: np.pad(t, 1, lambda *_: None), ValueError, "mode is one of"),
        (lambda t: np.stack([t, t], out=np.zeros((2, 2, 3))), TypeError, "out="),
        (lambda t: np.block([[t], t]), ValueError, "different depths"),
        (lambda t: np.block([[t], []]), ValueError, "empty"),
        (lambda t: np.split(t, 2, axis=1), ValueError, "2 equal parts; array_split"),
        (lambda t: np.array_split(t, 0), ValueError, "at least one part"),
        (lambda t: np.vsplit(t[0], 1), ValueError, "vsplit: at least 2 axes"),
        (lambda t: np.take(t, [0], out=np.zeros(1)), TypeError, "out="),
        (lambda t: np.take(t, [6]), IndexError, "out of bounds"),
        (lambda t: np.take(t, t), TypeError, "no gradient flows to 'indices'"),
        (lambda t: np.take_along_axis(t, np.zeros((1, 1)), 0), IndexError, "integers"),
        (lambda t: np.take_along_axis(t, np.zeros(1, int), 0), ValueError, "all axes"),
        (lambda t: np.choose([2], [t, t]), ValueError, "from 0 to 1"),
        (lambda t: np.choose([-1], [t, t]), ValueError, "from 0 to 1"),
        (lambda t: np.choose(t, [t, t]), TypeError, "integers"),
        (lambda t: np.compress([[True]], t), ValueError, "one axis"),
        (lambda t: np.select([t], [t]), TypeError, "boolean"),
        (lambda t: np.select([t > 0], [t, t]), ValueError, "same length|each choice"),
        (lambda t: np.piecewise(t, [t > 0], [1, 2, 3]), ValueError, "1 conditions"),
        (lambda t: np.where(t > 0, t, None), ValueError, "both or neither"),
        (lambda t: np.diag(t[None]), ValueError, "diagonal takes more"),
        (lambda t: np.diagonal(t[0]), ValueError, "two axes"),
        (lambda t: np.trim_zeros(t, "x"), ValueError, "'f', 'b' or 'fb'"),
        (lambda t: np.meshgrid(t[0], indexing="yx"), ValueError, "'xy' or 'ij'"),
        (lambda t: np.apply_along_axis(np.sum, 0, t[:, :0]), ValueError, "no vector"),
        (lambda t: np.insert(t, 7, 0.0), IndexError, "out of bounds"),
        (lambda t: np.delete(t, 7), IndexError, "out of bounds"),
        (lambda t: np.vectorize(lambda v: v)(t), TypeError, "would drop this Tensor's gradient"),
        (lambda t: np.lib.stride_tricks.as_strided(t, (1,), (8,)), TypeError, "would drop this Tensor's gradient"),
        (lambda t: np.ascontiguousarray(t), TypeError, "would drop this Tensor's gradient"),
        (lambda t: np.asarray([t, t]), TypeError, "would drop this Tensor's gradient"),
        (lambda t: np.full((2, 2), t[0, 0]), TypeError, "would drop this Tensor's gradient"),
        (lambda t: np.full_like(np.zeros(3), t[0]), TypeError, "make the array a Tensor first"),
    ],
)
def test_what_cannot_be_is_refused(call, error, names):
    with pytest.raises(error, match=names):
        call(Tensor(numbers((2, 3)), requires_grad=True))


def test_the_same_array_comes_back_where_numpy_gives_the_same():
    t = Tensor([[1.0]], requires_grad=True)
    assert np.atleast_1d(t) is t
    assert t.astype(float, copy=False) is t
    assert t.astype(float) is not t


def test_every_part_of_a_long_array_costs_its_own_length_only():
    """Split parts, rows of a loop: their cotangents are joined once, not added one by one into zeros of full size."""
    t = Tensor(np.zeros((500, 2)), requires_grad=True)
    parts = [*np.split(t, 500), *np.unstack(t), *t]
    assert {part.node.parents[0].op.name for part in parts} == {"split", "unstack"}
    ag.sum(np.concatenate([np.ravel(part) for part in parts])).backward()
    assert np.all(t.grad.data == 3)
