import threading

import pytest

import autograd_np as ag
from autograd_np import Tensor


@pytest.fixture
def x():
    return Tensor([1.0, 2.0], requires_grad=True)


def test_nested_and_exception_safe(x):
    switch = ag.no_grad()
    with switch:
        assert not (x * 2).requires_grad
        with ag.enable_grad():
            assert (x * 2).requires_grad
        with switch:
            assert not ag.is_grad_enabled()
        assert not ag.is_grad_enabled()
        with pytest.raises(KeyError), ag.enable_grad():
            raise KeyError
        assert not ag.is_grad_enabled()
    assert (x * 2).requires_grad


def test_decorator(x):
    @ag.no_grad()
    def evaluate(t, depth):
        return evaluate(t, depth - 1) if depth else t * 2

    assert not evaluate(x, 3).requires_grad
    assert ag.is_grad_enabled()
    assert evaluate.__name__ == "evaluate"


def test_threads_do_not_see_each_other(x):
    seen = []
    inside, checked = threading.Event(), threading.Event()

    def work():
        with ag.no_grad():
            inside.set()
            checked.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait(10)
    seen.append((x * 2).requires_grad)
    checked.set()
    thread.join()
    assert seen == [True]


def test_two_threads_differentiate_the_same_leaf():
    w = Tensor([2.0], requires_grad=True)
    found = []

    def work():
        for _ in range(200):
            found.append(ag.gradients((w * w).sum(), w).item())

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [4.0] * 400
