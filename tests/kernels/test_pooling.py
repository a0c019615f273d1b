"""Pooling against plain loops."""

import numpy as np
import pytest
from hypothesis import given

from autograd_np import kernels

from . import naive
from .geometries import integers, pool_geometries, wild

pytestmark = pytest.mark.usefixtures("engine")
both = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def ties(rng, shape, dtype):
    return rng.integers(0, 3, shape).astype(dtype)


def extremes(rng, shape, dtype):
    """Windows of -inf alone, of NaN alone, and mixed."""
    kinds = [[-np.inf], [np.nan], [-np.inf, np.nan], [-np.inf, np.nan, np.inf, 1.0]]
    return rng.choice(kinds[rng.integers(4)], shape).astype(dtype)


@both
@pytest.mark.parametrize("make", [integers, ties, wild, extremes])
@given(case=pool_geometries())
def test_max_pool_is_the_first_maximum(case, make, dtype):
    x = make(np.random.default_rng(case.seed), case.x_shape, dtype)
    out, winner = kernels.max_pool2d(x, **case.options)
    expected, expected_winner = naive.max_pool2d(x, **case.options)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(winner, expected_winner)
    assert out.dtype == dtype
    assert winner.dtype.kind == "i"
    assert out.flags.owndata


@both
@pytest.mark.parametrize("make", [integers, extremes])
@pytest.mark.parametrize("window", [(2, 2, 0), (3, 2, 1), (3, 1, 1), (5, 3, 2), (2, 3, 0)])
@pytest.mark.parametrize("shape", [(1, 3, 47, 61), (2, 17, 30, 25), (1, 16, 3, 450), (4, 40, 4, 4)])
def test_more_lines_and_planes_than_are_pooled_at_a_time(shape, window, make, dtype):
    size, stride, side = window
    options = {"size": (size, size), "stride": (stride, stride), "padding": ((side, 0), (0, side))}
    if shape[2] + side < size:
        options["size"] = (shape[2], size)
    x = make(np.random.default_rng(0), shape, dtype)
    for result, expected in zip(kernels.max_pool2d(x, **options), naive.max_pool2d(x, **options), strict=True):
        np.testing.assert_array_equal(result, expected)
    if make is integers:
        x *= options["size"][0] * options["size"][1]
        y = kernels.avg_pool2d(x, **options)
        np.testing.assert_array_equal(y, naive.avg_pool2d(x, **options))
        g = options["size"][0] * options["size"][1] * make(np.random.default_rng(1), y.shape, dtype)
        dx = kernels.avg_pool2d_dx(g, x_shape=x.shape, **options)
        np.testing.assert_array_equal(dx, naive.avg_pool2d_dx(g, x_shape=x.shape, **options))


@both
@given(case=pool_geometries())
def test_scatter_and_gather_are_adjoint(case, dtype):
    rng = np.random.default_rng(case.seed)
    x, v = ties(rng, case.x_shape, dtype), integers(rng, case.x_shape, dtype)
    out, winner = kernels.max_pool2d(x, **case.options)
    g = integers(rng, out.shape, dtype)
    dx, picked = kernels.max_pool2d_scatter(g, winner, x_shape=x.shape), kernels.max_pool2d_gather(v, winner)
    expected = np.zeros(x.shape)
    for at in np.ndindex(out.shape):
        place = (*at[:2], *divmod(winner[at], x.shape[3]))
        expected[place] += g[at]
        assert picked[at] == v[place]
    np.testing.assert_array_equal(dx, expected)
    np.testing.assert_array_equal(kernels.max_pool2d_gather(x, winner), out)
    assert np.vdot(dx, v) == np.vdot(g, picked)
    assert dx.dtype == picked.dtype == dtype
    assert dx.flags.owndata
    assert picked.flags.owndata


@both
@given(case=pool_geometries())
def test_avg_pool_and_its_adjoint(case, dtype):
    rng = np.random.default_rng(case.seed)
    scale = case.options["size"][0] * case.options["size"][1]  # so that quotients are integers
    x = integers(rng, case.x_shape, dtype) * dtype(scale)
    out = kernels.avg_pool2d(x, **case.options)
    g = integers(rng, out.shape, dtype) * dtype(scale)
    dx = kernels.avg_pool2d_dx(g, x_shape=x.shape, **case.options)
    np.testing.assert_array_equal(out, naive.avg_pool2d(x, **case.options))
    np.testing.assert_array_equal(dx, naive.avg_pool2d_dx(g, x_shape=x.shape, **case.options))
    assert np.vdot(dx, x) == np.vdot(g, out)
    assert out.dtype == dx.dtype == dtype
    assert out.flags.owndata
    assert dx.flags.owndata


@given(case=pool_geometries(min_batch=1))
def test_avg_pool_nan_and_inf_where_the_plain_loops_have_them(case):
    rng = np.random.default_rng(case.seed)
    x = wild(rng, case.x_shape)
    out = kernels.avg_pool2d(x, **case.options)
    g = wild(rng, out.shape)
    dx = kernels.avg_pool2d_dx(g, x_shape=x.shape, **case.options)
    np.testing.assert_allclose(out, naive.avg_pool2d(x, **case.options), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(dx, naive.avg_pool2d_dx(g, x_shape=x.shape, **case.options), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_a_special_value_at_each_place_of_a_window(special):
    options = {"size": (3, 3), "stride": (2, 2), "padding": ((1, 1), (1, 1))}
    for place in np.ndindex(7, 7):
        x = np.arange(49.0).reshape(1, 1, 7, 7)
        x[0, 0][place] = special
        for result, expected in zip(kernels.max_pool2d(x, **options), naive.max_pool2d(x, **options), strict=True):
            np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("plane", [(2, 2), (180, 182), (128, 256), (200, 200)])
def test_winners_are_counted_by_the_smallest_integers_that_reach(plane):
    x = np.random.default_rng(0).permutation(2 * plane[0] * plane[1]).reshape(1, 2, *plane).astype(np.float32)
    out, winner = kernels.max_pool2d(x, size=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0)))
    rows = x.reshape(1, 2, plane[0] // 2, 2, plane[1] // 2, 2)
    np.testing.assert_array_equal(out, rows.max(axis=(3, 5)))
    np.testing.assert_array_equal(x.reshape(1, 2, -1)[0, [[[0]], [[1]]], winner[0]], out[0])
    np.testing.assert_array_equal(kernels.max_pool2d_gather(x, winner), out)
    dx = kernels.max_pool2d_scatter(out, winner, x_shape=x.shape)
    np.testing.assert_array_equal(dx, np.where(np.isin(x, out), x, 0))
    assert winner.dtype == (np.int16 if plane[0] * plane[1] < 2**15 else np.int32)
