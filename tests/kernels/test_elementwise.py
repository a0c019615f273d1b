"""Elementwise kernels give the bits that NumPy gives."""

import numpy as np
import pytest

from autograd_np import kernels
from autograd_np.kernels import fallback


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64, ">f4"])
@pytest.mark.parametrize("shape", [(), (3, 4), (40, 1000), (7, 100, 101)])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, lambda a: a[..., ::-1] if a.ndim else a])
def test_relu(dtype, shape, layout):
    rng = np.random.default_rng(0)
    x, g = (layout(np.asarray(rng.normal(0, 5, shape).astype(dtype))) for _ in range(2))
    if x.size > 3 and x.dtype.kind == "f":
        x.flat[:4], g.flat[1] = [np.nan, 0, np.inf, -np.inf], np.inf
    with np.errstate(invalid="ignore"):
        y = kernels.relu(x)
        np.testing.assert_array_equal(y, np.maximum(x, 0))
        if x.dtype.kind == "f":
            over = x.copy()
            assert kernels.relu(over, over) is over
            np.testing.assert_array_equal(over, y)
        dx = kernels.relu_dx(g, y)
        np.testing.assert_array_equal(dx, fallback.relu_dx(g, y))
        again = g.copy()
        np.testing.assert_array_equal(kernels.relu_dx(again, y, again), dx)
    assert y.dtype == dx.dtype == np.maximum(x, 0).dtype
