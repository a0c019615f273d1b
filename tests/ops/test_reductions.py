"""Reductions, scans, statistics, sorting and calculus: NumPy's values, and what is chosen at kinks."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.testing.strategies import Draw
from tests.cases import calculus, reductions, statistics

INF, NAN = np.inf, np.nan
ROWS = {
    **{name: case for family in (reductions, statistics, calculus) for name, case in family.CASES.items()},
    **{name: case for family in (reductions, statistics, calculus) for name, case in family.COMPOSITIONS.items()},
}


def many(found):
    return list(found) if isinstance(found, (tuple, list)) else [found]


@pytest.mark.parametrize("name", ROWS)
@given(data=st.data(), single=st.booleans(), wanted=st.booleans())
def test_values_and_dtypes_are_numpys(name, data, single, wanted):
    f, inputs = ROWS[name].row(Draw(data))
    floating = [isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in inputs]
    if single:
        inputs = [x.astype(np.float32) if real else x for x, real in zip(inputs, floating, strict=True)]
    tensors = [Tensor(x, requires_grad=wanted) if real else x for x, real in zip(inputs, floating, strict=True)]
    for ours, theirs in zip(many(f(*tensors)), many(f(*inputs)), strict=True):
        assert type(ours) is Tensor
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-4 if single else 1e-11, atol=1e-4 if single else 1e-12)


def both(f, *values, dtype=np.float64):
    """The value of f, and the gradient of its sum with respect to each argument."""
    leaves = [Tensor(np.array(v, dtype), requires_grad=True) for v in values]
    with np.errstate(all="ignore"):
        y = f(*leaves)
        y.sum().backward()
    return y.data, *(t.grad.data for t in leaves)


# (name, function, argument, value, gradient)
TABLE = [
    ("prod, one zero", np.prod, [0.0, 3.0, 4.0], 0, [12, 0, 0]),
    ("prod, two zeros", np.prod, [0.0, 3.0, 0.0], 0, [0, 0, 0]),
    ("cumprod, one zero", np.cumprod, [2.0, 0.0, 4.0], [2, 0, 0], [1, 10, 0]),
    ("cumprod, two zeros", np.cumprod, [0.0, 0.0, 4.0], [0, 0, 0], [1, 0, 0]),
    ("std of a constant", np.std, [0.1, 0.1, 0.1], 0, [0, 0, 0]),
    ("var of a constant", np.var, [0.1, 0.1, 0.1], 0, [0, 0, 0]),
    ("std, where", lambda x: np.std(x, where=[True, True, False]), [0.1, 0.1, NAN], 0, [0, 0, 0]),
    ("std, ddof = n", lambda x: np.std(x, ddof=2), [1.0, 2.0], NAN, [NAN, NAN]),
    ("max, initial among the ties", lambda x: np.max(x, initial=3), [3.0, 1.0, 3.0], 3, [1 / 3, 0, 1 / 3]),
    ("max, initial above", lambda x: np.max(x, initial=5), [3.0, 1.0], 5, [0, 0]),
    ("min, initial below", lambda x: np.min(x, initial=0), [3.0, 1.0], 0, [0, 0]),
    ("max, masked", lambda x: np.max(x, initial=-9, where=[True, False, True]), [1.0, NAN, 2.0], 2, [0, 0, 1]),
    ("ptp of a constant", np.ptp, [2.0, 2.0], 0, [0, 0]),
    ("nanmax", np.nanmax, [3.0, NAN, 3.0], 3, [0.5, 0, 0.5]),
    ("nanmax of -inf", np.nanmax, [-INF, NAN], -INF, [1, 0]),
    ("nanmin of nothing", np.nanmin, [NAN, NAN], NAN, [0, 0]),
    ("nanmean of nothing", np.nanmean, [NAN, NAN], NAN, [0, 0]),
    ("nansum of nothing", np.nansum, [NAN, NAN], 0, [0, 0]),
    ("nanprod of nothing", np.nanprod, [NAN, NAN], 1, [0, 0]),
    ("nanmedian", np.nanmedian, [3.0, NAN, 1.0], 2, [0.5, 0, 0.5]),
    ("nanmedian of nothing", np.nanmedian, [NAN, NAN], NAN, [0, 0]),
    ("nansum over sqrt", lambda x: np.nansum(np.sqrt(x)), [-1.0, 4.0], 2, [0, 0.25]),
    ("nanmax over sqrt", lambda x: np.nanmax(np.sqrt(x)), [-1.0, 4.0], 2, [0, 0.25]),
    ("sum, where, over log", lambda x: np.sum(np.log(x), where=x > 0), [0.0, -1.0, 1.0], 0, [0, 0, 1]),
    ("mean, where", lambda x: np.mean(x, where=[True, False, True]), [1.0, NAN, 3.0], 2, [0.5, 0, 0.5]),
    ("median, even", np.median, [4.0, 1.0, 3.0, 2.0], 2.5, [0, 0, 0.5, 0.5]),
    ("median, odd", np.median, [4.0, 1.0, 3.0], 3, [0, 0, 1]),
    ("median with NaN", np.median, [4.0, NAN, 3.0], NAN, [0, 1, 0]),
    ("median of infinities", np.median, [-INF, 1.0, INF], 1, [0, 1, 0]),
    ("quantile at a place", lambda x: np.quantile(x, 0.5), [1.0, INF, -INF], 1, [1, 0, 0]),
    ("quantile with NaN", lambda x: np.quantile(x, 0.0), [1.0, NAN], NAN, [0, 1]),
    ("sort, ties", lambda x: np.sort(x) * np.arange(3), [2.0, 1.0, 2.0], [0, 2, 4], [1, 0, 2]),
    ("sort, NaN last", lambda x: np.sort(x) * np.arange(3), [NAN, 1.0, 2.0], [0, 2, NAN], [2, 0, 1]),
    ("partition, ties", lambda x: np.partition(x, 1)[:2] * np.arange(2), [1.0, 1.0, 2.0], [0, 1], [0, 1, 0]),
    ("interp at points", lambda x: np.interp(x, [0, 1, 3], [0, 2, 3]), [0.0, 1.0, 3.0], [0, 2, 3], [2, 0.5, 0.5]),
    ("interp outside", lambda x: np.interp(x, [0, 1], [5, 7]), [-1.0, 2.0, INF], [5, 7, 7], [0, 0, 0]),
    ("interp of NaN", lambda x: np.interp(x, [0, 1], [5, 7]), [NAN], [NAN], [2]),
    ("corrcoef, on a line", lambda x: np.corrcoef(x, 2 * x)[0, 1], [1.0, 2.0, 4.0], 1, [0, 0, 0]),
    ("vander at 0", lambda x: np.vander(x, 3), [0.0], [[0, 0, 1]], [1]),
]


@pytest.mark.parametrize(("f", "x", "value", "gradient"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_table(f, x, value, gradient, dtype):
    y, g = both(f, x, dtype=dtype)
    assert g.dtype == dtype
    np.testing.assert_allclose(y, value, rtol=0, atol=1e-7 if dtype == np.float32 else 1e-15)
    np.testing.assert_allclose(g, gradient, rtol=1e-6, atol=1e-6 if dtype == np.float32 else 1e-15)


def test_a_standard_deviation_of_0_has_second_derivatives_of_0():
    x = Tensor([2.0, 2.0], requires_grad=True)
    g = ag.gradients(np.std(x), x, create_graph=True)
    assert list(g.data) == [0, 0]
    assert list(ag.gradients(g, x, [1.0, 2.0]).data) == [0, 0]


def test_a_product_with_zeros_has_its_second_derivatives():
    x = Tensor([0.0, 0.0, 5.0], requires_grad=True)
    g = ag.gradients(np.prod(x), x, create_graph=True)
    assert list(g.data) == [0, 0, 0]
    assert list(ag.gradients(g, x, [1.0, 0.0, 0.0]).data) == [0, 5, 0]


def test_a_mean_that_is_given_is_an_argument():
    x = Tensor([1.0, 2.0, 6.0], requires_grad=True)
    np.testing.assert_allclose(
        ag.gradients(np.var(x, mean=np.mean(x, keepdims=True)), x).data, np.array([-4, -2, 6]) / 3
    )
    assert list(ag.gradients(np.var(x, mean=np.array([0.0])) * 3, x).data) == [2, 4, 12]


@pytest.mark.parametrize("f", [np.cumsum, np.cumulative_sum])
def test_long_float32_scans_keep_their_precision(f):
    x = np.random.default_rng(0).random((1_000_000, 1), np.float32)
    exact = np.cumsum(x, 0, dtype=np.float64)
    assert np.abs(f(Tensor(x), axis=0).data / exact - 1).max() < 1e-6


@pytest.mark.parametrize("f", [np.mean, np.var, np.std, np.sum])
def test_long_float32_masked_reductions_keep_their_precision(f):
    x = np.random.default_rng(0).random((1_000_000, 3), np.float32) + 1
    mask = x > 1.1
    exact = f(x.astype(float), axis=0, where=mask)
    assert np.abs(f(Tensor(x), axis=0, where=mask).data / exact - 1).max() < 1e-6


REDUCTIONS = [np.sum, np.prod, np.mean, np.var, np.std, np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanstd]
EXTREMES = [np.max, np.min, np.amax, np.amin, np.ptp, np.nanmax, np.nanmin]
OTHERS = [np.median, np.nanmedian, np.average, np.cumsum, np.cumprod, np.nancumsum, np.nancumprod]


@pytest.mark.parametrize("f", [*REDUCTIONS, *EXTREMES, *OTHERS], ids=lambda f: f.__name__)
def test_scalars_and_integers_and_empty_arrays(f):
    scans = (np.cumsum, np.cumprod, np.nancumsum, np.nancumprod)
    x = Tensor(3.0, requires_grad=True)
    y = f(x)
    assert y.shape == f(3.0).shape == ((1,) if f in scans else ())
    assert y.data == f(3.0)
    g = ag.gradients(y, x)
    assert g.shape == ()
    for integers in (np.arange(6).reshape(2, 3), np.array([[True, False, True]])):
        if integers.dtype == bool and f is np.ptp:
            continue  # there is no difference of booleans
        with np.errstate(all="ignore"):
            y, expected = f(Tensor(integers), axis=0), f(integers, axis=0)
        assert y.dtype == expected.dtype
        np.testing.assert_allclose(y.data, expected)
    empty = Tensor(np.zeros((0, 3)), requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        if f is np.average:
            return  # NumPy divides by the number of averages
        y = f(empty, axis=1) if f in EXTREMES else f(empty, axis=0)
        expected = f(empty.data, axis=1) if f in EXTREMES else f(empty.data, axis=0)
        np.testing.assert_array_equal(y.data, expected)
        assert ag.gradients(y, empty, np.ones(y.shape)).shape == (0, 3)
        if f in EXTREMES:
            with pytest.raises(ValueError, match="zero-size"):
                f(empty, axis=0)


@pytest.mark.parametrize(
    "f", [ag.sum, ag.prod, ag.mean, ag.var, ag.std, ag.max, ag.median, ag.cumsum, ag.sort, ag.diff]
)
def test_lists_and_arrays_give_arrays(f):
    for x in ([3.0, 1.0, 2.0], np.array([3.0, 1.0, 2.0])):
        assert isinstance(f(x), (np.ndarray, np.floating))
        np.testing.assert_allclose(f(x), getattr(np, f.__name__)(x))


@pytest.mark.parametrize("method", statistics.METHODS)
def test_quantiles_are_numpys_at_every_place(method):
    for n in range(1, 8):
        x = np.random.default_rng(n).permutation(n) * 1.0
        q = np.linspace(0, 1, 8 * n + 1)
        np.testing.assert_allclose(np.quantile(Tensor(x), q, method=method).data, np.quantile(x, q, method=method))


def test_argument_checks():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    table = np.zeros((2, 3)) * x
    for call, error, words in [
        (lambda: np.max(x, initial=x[0]), TypeError, "detach"),
        (lambda: np.max(x, where=[True, False, True]), ValueError, "initial"),
        (lambda: np.var(x, ddof=1, correction=1), ValueError, "correction"),
        (lambda: np.sum(x, where=np.ones((2, 3), bool)), ValueError, "dimensions"),
        (lambda: np.quantile(x, 1.5), ValueError, "from 0 to 1"),
        (lambda: np.quantile(x, 0.5, method="cubic"), ValueError, "normal_unbiased"),
        (lambda: np.quantile(table[:, :0], 0.5, axis=1), ValueError, "no element"),
        (lambda: np.average(x, weights=[1.0, 0.0, -1.0]), ZeroDivisionError, "sum to 0"),
        (lambda: np.average(table, weights=[1.0, 2.0]), TypeError, "axis"),
        (lambda: np.average(table, axis=1, weights=[1.0, 2.0]), ValueError, "neither"),
        (lambda: np.cov(x, aweights=[1.0, -1.0, 1.0]), ValueError, "aweights"),
        (lambda: np.cov(x, fweights=[1.5, 1, 1]), TypeError, "fweights"),
        (lambda: np.cov(np.ones((2, 2, 3)) * x), ValueError, "axes"),
        (lambda: np.cumulative_sum(table), ValueError, "axis is needed"),
        (lambda: np.partition(x, 3), ValueError, "out of bounds"),
        (lambda: np.diff(x, -1), ValueError, "n -1"),
        (lambda: np.ediff1d(np.arange(3), to_end=x), TypeError, "to_end"),
        (lambda: np.gradient(x, 1.0, 2.0), TypeError, "2 spacings for 1 axes"),
        (lambda: np.gradient(x, [1.0, 2.0]), ValueError, "coordinates"),
        (lambda: np.gradient(x[:2], edge_order=2), ValueError, "too short"),
        (lambda: np.gradient(x, edge_order=3), ValueError, "edge_order"),
        (lambda: np.convolve(x, table), ValueError, "one axis"),
        (lambda: np.convolve(x, x[:0]), ValueError, "an element"),
        (lambda: np.convolve(x, x, "most"), ValueError, "'full', 'same' or 'valid'"),
        (lambda: np.interp(x, x, x[:2]), ValueError, "as many"),
        (lambda: np.interp(x, x, x, period=0), ValueError, "period"),
        (lambda: np.histogram(x.data, weights=x[:2]), ValueError, "same shape"),
        (lambda: np.polyder(x, -1), ValueError, "order"),
        (lambda: np.polyint(x, 3, [1.0, 2.0]), ValueError, "constants"),
        (lambda: np.poly(table), TypeError, "eigvals"),
        (lambda: np.polyfit([1.0, 2.0], x, 1), ValueError, "as many rows"),
    ]:
        with pytest.raises(error, match=words):
            call()


def test_what_has_no_gradient_is_plain():
    x = Tensor([[3.0, 1.0], [1.0, NAN]], requires_grad=True)
    a = x.data
    for f in (
        *(lambda x: np.nanargmax(x), lambda x: np.nanargmin(x, axis=1), lambda x: np.lexsort((x[0], x[1]))),
        *(lambda x: np.argpartition(x, 1), lambda x: np.digitize(x, [0.0, 2.0])),
        *(lambda x: np.histogram(x[0])[0], lambda x: np.histogram(x[0], weights=[1, 2])[0]),
        *(lambda x: np.isin(x, [1.0]), lambda x: np.bincount(x[0].astype(int)), lambda x: np.all(x)),
    ):
        y = f(x)
        assert type(y) is Tensor
        assert not y.requires_grad
        np.testing.assert_array_equal(y.data, f(a))


def test_methods_of_a_tensor():
    x = Tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
    for name in ("sum", "prod", "mean", "std", "var", "max", "min", "cumsum", "cumprod"):
        np.testing.assert_allclose(getattr(x, name)(axis=0).data, getattr(x.data, name)(axis=0))
    with pytest.raises(TypeError):
        x.sum(0, True)  # NumPy's second argument is the dtype
