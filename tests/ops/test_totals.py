"""Sums of large arrays: as precise as those of small ones, whatever the axes, and the same bits on any thread."""

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.core import LARGE

AXES = [None, 0, 1, 2, -1, (0, 1), (1, 2), (0, 2), (2, 0), (0, 1, 2), ()]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, ">f4", np.float16])
@pytest.mark.parametrize("shape", [(40, 40, 50), (1, 300, 230), (40_001, 2, 1), (17, 1, 4099)])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
def test_large_sums_and_means(dtype, shape, axis, keepdims):
    x = np.random.default_rng(0).uniform(0.5, 1, shape).astype(dtype)
    assert x.size >= LARGE
    close = {np.dtype("f"): 1e-6, np.dtype("d"): 1e-14}.get(x.dtype.newbyteorder("="), 3e-3)
    for f, exact in ((ag.sum, np.sum), (ag.mean, np.mean)):
        y, expected = f(x, axis, keepdims=keepdims), exact(x, axis, keepdims=keepdims, dtype=np.float64)
        np.testing.assert_allclose(y, expected, rtol=close)
        assert y.shape == expected.shape
        assert y.dtype.newbyteorder("=") == x.dtype.newbyteorder("=")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_infinity_and_nan(dtype):
    x = np.ones((300, 300), dtype)
    x[0, 0], x[1, 1], x[2, 2:4] = np.inf, np.nan, [np.inf, -np.inf]
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(ag.sum(x, 1)[:4], [np.inf, np.nan, np.nan, 300])
        np.testing.assert_array_equal(ag.mean(x, 0)[:5], [np.inf, np.nan, np.inf, -np.inf, 1])
        assert np.isnan(ag.sum(x))


def test_a_mean_of_numbers_whose_sum_overflows():
    x = np.full((300, 300), 1e38, np.float32)
    for axis in (None, 0, 1):
        np.testing.assert_allclose(ag.mean(x, axis), 1e38, rtol=1e-6)
    x[:, ::2] *= -1
    np.testing.assert_allclose(ag.sum(x, 1), 0, atol=1e32)


def test_sums_have_the_same_bits_on_one_thread_and_on_two():
    x = np.random.default_rng(0).normal(size=(1000, 1000)).astype(np.float32)
    before, found = ag.get_num_threads(), []
    try:
        for threads in (1, 2):
            ag.set_num_threads(threads)
            for _ in range(3):  # threads that sleep are not woken for the first
                found.append(b"".join(ag.sum(x, axis).tobytes() for axis in (None, 0, 1)))
    finally:
        ag.set_num_threads(before)
    assert len(set(found)) == 1
