"""Several threads are for kernels or for products, and products on one leave BLAS's setting as it was."""

import threading
from time import perf_counter_ns

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from autograd_np import kernels
from autograd_np.kernels import blas, compile, threads


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def _kernels_have_had_most_to_do(monkeypatch):
    monkeypatch.setattr(threads, "_owner", "kernels")
    monkeypatch.setattr(threads, "_work", {"kernels": 100_000_000, "products": 0})
    monkeypatch.setattr(threads, "_halved", perf_counter_ns())
    monkeypatch.setattr(blas, "_quicker", lambda: None)


@pytest.fixture
def seen(monkeypatch):
    """Threads of BLAS in each product."""
    counts, product = [], np.matmul

    def noting(a, b):
        counts.append(max(blas_threads()))
        return product(a, b)

    monkeypatch.setattr(np, "matmul", noting)
    return counts


@pytest.mark.parametrize(("n", "count"), [(8, 3), (100, 1), (400, 1)])
def test_beside_kernels_products_run_on_one_thread_unless_they_would_anyway(seen, n, count):
    a = np.ones((n, n), np.float32)
    with threadpool_limits(3, user_api="blas"):
        assert kernels.matmul(a, a)[0, 0] == n
        assert seen == [count]
        assert blas_threads() == {3}


@pytest.mark.parametrize("stacked", [(), (3,)])
def test_where_products_have_most_to_do_they_are_left_alone(seen, monkeypatch, stacked):
    monkeypatch.setattr(threads, "_work", {"kernels": 10_000, "products": 0})
    a = np.ones((*stacked, 100, 100))
    with threadpool_limits(3, user_api="blas"):
        kernels.matmul(a, a)
    assert seen == [3]


def test_threads_go_to_the_others_where_they_have_twice_as_much_to_do(monkeypatch):
    now = [10**12]
    monkeypatch.setattr(threads, "perf_counter_ns", lambda: now[0])
    monkeypatch.setattr(threads, "_halved", now[0])
    monkeypatch.setattr(threads, "_owner", "")
    monkeypatch.setattr(threads, "_work", {"kernels": 0, "products": 0})
    assert threads.may_share("products", 300_000)  # who comes first
    assert not threads.may_share("kernels", 500_000)
    assert threads.may_share("products", 10_000)
    assert threads.may_share("kernels", 200_000)
    assert not threads.may_share("products", 1_000_000)
    assert threads.may_share("kernels", 100_000_000)
    assert not threads.may_share("products", 10_000_000)
    now[0] += 100_000_000
    assert not threads.may_share("products", 10_000_000)
    now[0] += 100_000_000  # what was long ago is forgotten
    assert threads.may_share("products", 10_000_000)
    monkeypatch.setattr(threads, "_halved", now[0] + 1)  # by another thread, meanwhile
    assert threads.may_share("products", 10_000_000)


def test_products_of_integers_which_blas_does_not_compute_are_not_counted():
    kernels.matmul(np.ones((100, 100), int), np.ones((100, 100), int))
    assert threads._work["products"] == 0


def test_kernels_that_may_use_one_thread_only_leave_the_others_to_products(seen, monkeypatch):
    monkeypatch.setattr(threads, "_owner", "")
    monkeypatch.setattr(compile, "_workers", lambda: 1)
    kernels.relu(np.ones((64, 8, 64, 64), np.float32))
    assert threads._owner == ""
    with threadpool_limits(3, user_api="blas"):
        kernels.matmul(np.ones((100, 100)), np.ones((100, 100)))
    assert seen == [3]


def test_a_kernel_beside_products_runs_on_one_thread(monkeypatch):
    @compile.kernel
    def count(worker, workers, out):
        out[worker] = workers

    out, shared = np.zeros(2, np.int64), []
    monkeypatch.setattr(count.compiled, "_run_parallel", lambda workers, arguments: shared.append(workers))
    monkeypatch.setattr(compile, "_is_worth_threads", lambda work: True)
    monkeypatch.setattr(compile, "_workers", lambda: 2)
    monkeypatch.setattr(threads, "_owner", "")
    count(out, work=10_000_000)
    assert shared == [2]
    monkeypatch.setattr(threads, "_owner", "products")
    monkeypatch.setattr(threads, "_work", {"kernels": 0, "products": 100_000_000})
    count(out, work=10_000_000)
    assert shared == [2]
    assert out.tolist() == [1, 0]


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


@pytest.mark.parametrize("shapes", [((), (1, 3000)), ((3000, 1), ()), ((3000,), ()), ((3000, 2), (3, 3000))])
def test_products_of_what_does_not_fit_are_refused_as_numpy_does(shapes):
    a, b = map(np.ones, shapes)
    with pytest.raises(ValueError, match="matmul"):
        np.matmul(a, b)
    with pytest.raises(ValueError, match="matmul"):
        kernels.matmul(a, b)
