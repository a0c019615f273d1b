"""One setting for the threads of kernels and of BLAS."""

import numba
import numpy as np
import pytest
from threadpoolctl import threadpool_info

import autograd_np as ag
from autograd_np import kernels
from autograd_np.kernels import threads


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture
def as_before():
    before = max(blas_threads())
    yield
    ag.set_num_threads(before)
    threads.limit = None


@pytest.mark.usefixtures("as_before")
def test_kernels_and_blas_follow(monkeypatch):
    monkeypatch.setattr(threads, "may_share", lambda who, work: True)
    x, ones = np.ones((32, 16, 60, 60), np.float32), np.ones(16, np.float32)
    kernels.normalize(x, ones, ones, 1.0)  # Numba brings a BLAS of its own
    most = threads.available()
    assert ag.get_num_threads() == most
    results = []
    for n in (1, most):
        ag.set_num_threads(n)
        results.append(kernels.normalize(x, ones, ones, 1.0)[0])  # large enough for several threads, asleep or not
        assert ag.get_num_threads() == n
        if not numba.config.DISABLE_JIT:  # else no kernel tells Numba
            assert numba.get_num_threads() == n
        assert blas_threads() == {n}
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize(("n", "error"), [(0, ValueError), (-1, ValueError), (10**6, ValueError), (1.5, TypeError)])
def test_out_of_range(n, error):
    with pytest.raises(error):
        ag.set_num_threads(n)
    assert threads.limit is None
