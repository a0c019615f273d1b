"""Softmax and its cross-entropy: compiled and in NumPy they are the same, for infinite scores too."""

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import kernels
from autograd_np.kernels import fallback

INF, NAN = np.inf, np.nan
SPECIAL = np.array(
    [[1.0, 2.0, 3.0], [INF, 0, 1], [INF, INF, 0], [-INF, 0, 1], [-INF, -INF, -INF], [NAN, 0, 1], [INF, NAN, 0]]
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(3, 4), (64, 10), (500, 3), (7, 400), (200, 1)])
def test_against_plain_arithmetic(dtype, shape):
    rng = np.random.default_rng(0)
    x = rng.normal(0, 10, shape).astype(dtype)
    labels, g = rng.integers(0, shape[1], shape[0]), rng.normal(size=shape[0]).astype(dtype)
    wide, rows = x.astype(np.float64), np.arange(len(x))
    p = np.exp(wide - np.logaddexp.reduce(wide, axis=1, keepdims=True))
    slope = p.copy()
    slope[rows, labels] -= 1
    close = {"rtol": 1e-4, "atol": 1e-5} if dtype == np.float32 else {"rtol": 1e-10, "atol": 1e-14}
    for module in (kernels, fallback):
        losses, found = module.cross_entropy(x, labels)
        np.testing.assert_allclose(losses, -np.log(p[rows, labels]), **close)
        np.testing.assert_allclose(found, p, **close)
        np.testing.assert_allclose(module.cross_entropy_dx(g, found, labels), g[:, None] * slope, **close)
        assert losses.dtype == found.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_infinite_scores_and_nan(dtype):
    x, labels = np.tile(SPECIAL.astype(dtype), (80, 1)), np.tile(np.array([0, 1, 0, 0, 2, 1, 0]), 80)
    ours, theirs = kernels.cross_entropy(x, labels), fallback.cross_entropy(x, labels)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-6)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-6)
    np.testing.assert_array_equal(ours[0][[1, 3]], [INF, INF])
    np.testing.assert_array_equal(ours[1][[1, 2]], [[1, 0, 0], [0.5, 0.5, 0]])
    assert np.isnan(ours[0][[4, 5, 6]]).all()


def test_scores_far_apart_do_not_overflow():
    x = np.tile(np.array([[1e4, -1e4]], np.float32), (300, 1))
    losses, p = kernels.cross_entropy(x, np.ones(300, int))
    assert np.all(losses == 2e4)
    np.testing.assert_array_equal(p[0], [1, 0])


def test_exponentials_to_the_last_bits():
    x = np.linspace(-70, 0, 100_001, dtype=np.float32).reshape(1, -1)
    _, p = kernels.cross_entropy(x, np.zeros(1, int))
    wide = np.exp(x.astype(np.float64))
    np.testing.assert_allclose(p / p[0, -1], wide, rtol=3e-7)


@pytest.mark.parametrize("shape", [(60, 10), (3, 4, 100), (7, 3000), (600, 1), (200, 3), (20_000, 17)])
def test_softmax_against_plain_arithmetic(shape):
    rng = np.random.default_rng(0)
    x, g = (rng.normal(0, size, shape).astype(np.float32) for size in (10, 1))
    wide = x.astype(np.float64)
    logarithms = wide - np.logaddexp.reduce(wide, axis=-1, keepdims=True)
    p = np.exp(logarithms)
    leaf, other = (ag.Tensor(x, requires_grad=True) for _ in range(2))
    y, log_y = ag.softmax(leaf), ag.log_softmax(other)
    np.testing.assert_allclose(y.data, p, rtol=1e-5, atol=1e-37)
    np.testing.assert_allclose(log_y.data, logarithms, rtol=1e-6, atol=1e-6)
    y.backward(g)
    log_y.backward(g)
    close = {"rtol": 1e-5, "atol": 2e-6}
    np.testing.assert_allclose(leaf.grad.data, p * (g - (g * p).sum(-1, keepdims=True)), **close)
    np.testing.assert_allclose(other.grad.data, g - p * g.sum(-1, keepdims=True, dtype=float), **close | {"atol": 2e-5})


@pytest.mark.parametrize("f", [ag.softmax, ag.log_softmax])
def test_softmax_of_infinite_scores_and_nan_is_numpys(f):
    few, many = SPECIAL.astype(np.float32), np.tile(SPECIAL.astype(np.float32), (80, 1))
    assert kernels.softmax(few) is None is kernels.softmax(many.astype(float)) is kernels.softmax(many.T)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(f(many), np.tile(f(few), (80, 1)), rtol=1e-6)
        np.testing.assert_allclose(f(many.T, axis=0), np.tile(f(few), (80, 1)).T, rtol=1e-6)
