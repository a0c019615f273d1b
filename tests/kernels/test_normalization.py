"""Sums and maps of channels: compiled and in NumPy they agree with plain float64 arithmetic."""

import numpy as np
import pytest

from autograd_np import kernels
from autograd_np.kernels import fallback

SHAPES = [
    (3, 2, 4, 5),
    (2, 3, 40, 41),
    (4, 1, 9),
    (5, 7),
    (150, 37),
    (2, 300),
    (70, 9, 1, 1),
    (2, 0, 3, 3),
    (1, 5, 1, 8),
    (30, 7, 2, 2),
    (45, 3, 7, 7),  # several parts of several images
    (2, 2, 13, 79),  # planes of a part and of three elements more
    (2, 40, 5, 5),  # few small planes: channels of two vectors and a half
    (1, 16, 4, 4),
    (3, 37, 8, 9),
]


def moments(x):
    ones = np.ones(x.shape[1], x.dtype)
    return kernels.normalize(x, ones, ones, 1.0)[1:3]


def channels(rng, shape, dtype):
    return rng.uniform(0.5, 2, shape[1]).astype(dtype)


def across(v, x):
    return v.reshape(-1, *(1,) * (x.ndim - 2)).astype(np.float64)


@pytest.mark.parametrize("module", [kernels, fallback])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_against_plain_arithmetic(module, dtype, shape):
    rng = np.random.default_rng(0)
    x, g = (rng.normal(3, 2, shape).astype(dtype) for _ in range(2))
    m, gamma, beta, inverse, of_mean, of_variance = (channels(rng, shape, dtype) for _ in range(6))
    axes, close = (0, *range(2, x.ndim)), {"rtol": 1e-5 if dtype == np.float32 else 1e-12, "atol": 1e-5}
    wide, n = x.astype(np.float64), x.size // max(shape[1], 1)
    scale = gamma / np.sqrt(wide.var(axes) + 0.1)
    centred = wide - across(m, x)
    sums, products = g.astype(np.float64).sum(axes), (g * centred).sum(axes)
    b = (2 * of_variance - gamma * inverse.astype(np.float64) ** 3 * products) / n
    c = (of_mean - gamma * inverse.astype(np.float64) * sums) / n
    y, mean, variance, root = module.normalize(x, gamma, beta, 0.1)
    dx, *both = module.normalize_dx(g, x, gamma, m, inverse, of_mean, of_variance)
    for found, expected in [
        (y, (wide - across(wide.mean(axes), x)) * across(scale, x) + across(beta, x)),
        (mean, wide.mean(axes)),
        (variance, wide.var(axes)),
        (root, 1 / np.sqrt(wide.var(axes) + 0.1)),
        (module.channel_sum(g), sums),
        (module.channel_sums(g, x, m)[0], sums),
        (module.channel_sums(g, x, m)[1], products),
        (both[0], sums),
        (both[1], products),
        (dx, g * across(gamma * inverse.astype(np.float64), x) + centred * across(b, x) + across(c, x)),
    ]:
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, **close)


@pytest.mark.parametrize("shape", [(50, 2, 100, 100), (500_000, 2)])
def test_a_variance_far_from_zero_and_long_sums_keep_their_precision(shape):
    x = np.random.default_rng(0).normal(1000, 0.01, shape).astype(np.float32)
    mean, variance = moments(x)
    wide, axes = x.astype(np.float64), (0, *range(2, x.ndim))
    np.testing.assert_allclose(mean, wide.mean(axes), rtol=1e-7)
    np.testing.assert_allclose(variance, wide.var(axes), rtol=1e-3)
    for sums in (kernels.channel_sum(x), kernels.channel_sums(x, x, mean)[0]):
        np.testing.assert_allclose(sums, wide.sum(axes), rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("shape", [(4, 3, 5, 5), (200, 3), (4, 30, 5, 5)])
def test_nan_and_infinity_spread_over_their_channel_and_no_further(bad, shape):
    x = np.random.default_rng(0).normal(size=shape)
    x[(2, 1, 3, 3)[: x.ndim]] = bad
    mean, variance = moments(x)
    assert np.flatnonzero(~np.isfinite(mean)).tolist() == [1]
    assert np.flatnonzero(np.isnan(variance)).tolist() == [1]


def test_float16_is_computed_in_float32():
    x = np.full((10, 1, 30, 30), 100, np.float16)  # the sum overflows float16
    mean, variance = moments(x)
    assert (mean.dtype, mean.item(), variance.item()) == (np.float16, 100, 0)
