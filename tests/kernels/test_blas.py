"""Products of middling size run on one thread of BLAS, and leave its setting as it was."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from autograd_np import kernels
from autograd_np.kernels import blas, threads


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def _kernels_in_use(monkeypatch):
    monkeypatch.setattr(threads, "kernels_in_use", True)


@pytest.fixture
def seen(monkeypatch):
    """Threads of BLAS in each product."""
    counts, product = [], np.matmul

    def noting(a, b):
        counts.append(max(blas_threads()))
        return product(a, b)

    monkeypatch.setattr(np, "matmul", noting)
    return counts


@pytest.mark.parametrize(("n", "count"), [(8, 3), (100, 1), (400, 3)])
def test_only_products_of_middling_size(seen, n, count):
    a = np.ones((n, n), np.float32)
    with threadpool_limits(3, user_api="blas"):
        assert kernels.matmul(a, a)[0, 0] == n
        assert seen == [count]
        assert blas_threads() == {3}


def test_where_no_kernel_uses_threads_products_are_left_alone(seen, monkeypatch):
    monkeypatch.setattr(threads, "kernels_in_use", False)
    with threadpool_limits(3, user_api="blas"):
        kernels.matmul(np.ones((100, 100)), np.ones((100, 100)))
    assert seen == [3]


def test_the_setting_is_restored_after_an_error():
    before = blas_threads()
    with pytest.raises(ValueError, match="matmul"):
        kernels.matmul(np.ones((100, 90)), np.ones((100, 90)))
    assert blas_threads() == before


def test_two_python_threads_at_once_restore_it_together():
    a = np.random.default_rng(0).random((128, 128))
    expected = a @ a
    with threadpool_limits(2, user_api="blas"):
        wrong = []

        def work():
            for _ in range(200):
                if not np.allclose(kernels.matmul(a, a), expected):
                    wrong.append(1)

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert not wrong
        assert blas_threads() == {2}
    assert blas._state["users"] == 0
