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
from tests.ops.shaping_calls import CALLS

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
        names = f.__globals__ | {"np": _Ours(), "windows": ag.sliding_window_view}
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
