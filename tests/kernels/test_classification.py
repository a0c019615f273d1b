"""Softmax cross-entropy: compiled and in NumPy it is the same, for infinite scores too."""

import numpy as np
import pytest

from autograd_np import kernels
from autograd_np.kernels import fallback

INF, NAN = np.inf, np.nan


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
    row = np.array(
        [[1.0, 2.0, 3.0], [INF, 0, 1], [INF, INF, 0], [-INF, 0, 1], [-INF, -INF, -INF], [NAN, 0, 1], [INF, NAN, 0]]
    )
    x, labels = np.tile(row.astype(dtype), (80, 1)), np.tile(np.array([0, 1, 0, 0, 2, 1, 0]), 80)
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
