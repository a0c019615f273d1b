"""Hooks: when they run, what they may change, and what they leave behind."""

import gc
import weakref

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor


def leaf(*values, dtype=float):
    return Tensor(np.array(values, dtype=dtype), requires_grad=True)


def test_a_hook_sees_the_whole_gradient_once():
    x = leaf(2.0, 3.0)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    x.register_hook(lambda g: seen.append(g.tolist()))
    (y * y + y).sum().backward()
    assert seen == [[9.0, 13.0], [18.0, 26.0]]
    assert x.grad.tolist() == [18.0, 26.0]


def test_hooks_run_in_the_order_of_their_registration_each_on_what_the_last_one_gave():
    x = leaf(1.0)
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: None)
    x.register_hook(lambda g: g * 10)
    (3 * x).backward()
    assert x.grad.tolist() == [40.0]


def test_what_a_hook_gives_goes_on_to_the_inputs():
    x = leaf(1.0, 2.0, 3.0)
    y = x * x
    y.register_hook(lambda g: np.clip(g, -1, 1))
    y.retain_grad()
    (y * np.array([0.5, 5, -5])).sum().backward()
    assert y.grad.tolist() == [0.5, 1, -1]
    assert x.grad.tolist() == [1.0, 4.0, -6.0]


@pytest.mark.parametrize("how", ["remove", "with", "itself"])
def test_a_hook_that_was_removed_runs_no_more(how):
    x, seen = leaf(1.0), []
    if how == "with":
        with x.register_hook(seen.append):
            x.sum().backward()
    elif how == "remove":
        hook = x.register_hook(seen.append)
        x.register_hook(lambda g: 2 * g)
        x.sum().backward()
        hook.remove()
        hook.remove()
    else:
        hook = x.register_hook(lambda g: (seen.append(g), hook.remove())[1])
        x.sum().backward()
    before = x.grad.item()
    x.sum().backward()
    assert len(seen) == 1
    assert x.grad.item() == 2 * before


def test_a_hook_that_raises_leaves_every_gradient():
    x, y = leaf(1.0), leaf(2.0)
    x.grad = Tensor([7.0])

    def fails(g):
        raise KeyError("mine")

    (x * y).register_hook(fails)
    product = x * y
    product.register_hook(fails)
    with pytest.raises(KeyError, match="mine") as caught:
        (product + y).sum().backward()
    assert "raised by the hook fails on the result of multiply, float64 (1,)" in caught.value.__notes__
    assert x.grad.tolist() == [7.0]
    assert y.grad is None


@pytest.mark.parametrize("answer", [np.ones(3), 1.0, np.ones(2) * 1j, np.array(["a", "b"])])
def test_a_gradient_of_another_shape_or_kind_is_refused(answer):
    x = Tensor([1.0, 2.0], requires_grad=True, name="weight")
    x.register_hook(lambda g: answer)
    with pytest.raises(ValueError, match=r"hook <lambda> gave .* the leaf weight, float64 \(2,\)"):
        x.sum().backward()


def test_an_answer_of_another_dtype_becomes_the_tensors():
    x = leaf(1.0, 2.0, dtype=np.float32)
    x.register_hook(lambda g: np.array([3, 4]))
    x.sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [3.0, 4.0]


def test_a_gradient_may_be_kept_but_not_written():
    x, kept = leaf(1.0, 2.0), []
    y = x + 0
    y.register_hook(kept.append)
    seed = np.array([3.0, 4.0])
    (y + y * 0).backward(seed)
    with pytest.raises(ValueError, match="read-only"):
        kept[0] *= 2
    x.grad.data[...] = 0
    seed[...] = 0
    assert kept[0].tolist() == [3.0, 4.0]


def test_what_a_hook_gives_is_not_added_into():
    x = leaf(1.0)
    constant = np.array([5.0])
    y = x * 1
    y.register_hook(lambda g: constant)
    for _ in range(3):
        (y * 1 + x).sum().backward(retain_graph=True)
    x.grad.data[...] = 0
    assert constant.tolist() == [5.0]


def test_second_order_goes_through_a_hook():
    x = leaf(2.0)
    y = x**2
    with y.register_hook(lambda g: g * y):  # as if it were y²/2
        first = ag.gradients(y, x, create_graph=True)
    assert first.tolist() == [2 * 2.0**3]
    assert ag.gradients(first, x).tolist() == [6 * 2.0**2]


def test_hooks_run_in_gradients_only_on_the_way():
    x, y, seen = leaf(1.0), leaf(2.0), []
    x.register_hook(lambda g: seen.append("x"))
    y.register_hook(lambda g: seen.append("y"))
    assert ag.gradients((x * y).sum(), x).tolist() == [2.0]
    assert seen == ["x"]


def test_each_row_of_a_jacobian_comes_by():
    seen = []

    def f(x):
        y = x * x
        y.register_hook(lambda g: seen.append(g.tolist()) or 2 * g)
        return y

    assert ag.jacobian(f)(np.array([1.0, 2.0])).tolist() == [[4.0, 0.0], [0.0, 8.0]]
    assert seen == [[1.0, 0.0], [0.0, 1.0]]


def test_complex_gradients_are_the_users():
    z, seen = leaf(3 + 4j, dtype=complex), []
    z.register_hook(lambda g: seen.append(g.item()) or g * 1j)
    np.abs(z).sum().backward()
    assert np.allclose(seen, 0.6 + 0.8j)
    assert np.allclose(z.grad.item(), 0.6j - 0.8)


def test_one_of_several_outputs():
    x, seen = leaf(3.0, 1.0, 2.0), []
    parts = ag.split(x, 3)
    parts[1].register_hook(lambda g: seen.append(g.item()) or g * 0)
    (parts[0] + parts[1] * 5 + parts[2]).sum().backward()
    assert seen == [5.0]
    assert x.grad.tolist() == [1.0, 0.0, 1.0]


def test_in_place_work_leaves_a_hook_with_the_value_that_was():
    x, seen = leaf(1.0), []
    y = x * 1
    y.register_hook(lambda g: seen.append(g.item()))
    y *= 3
    (y * 2).sum().backward()
    assert seen == [6.0]


def test_what_a_hook_computes_is_not_recorded():
    x, seen = leaf(1.0), []
    x.register_hook(lambda g: seen.append((g * x).requires_grad))
    (x * x).sum().backward()
    assert seen == [False]


def test_a_constant_has_no_gradient_to_see():
    with pytest.raises(RuntimeError, match="requires no gradient"):
        Tensor([1.0]).register_hook(print)
    with pytest.raises(TypeError, match="a function of the gradient is wanted, not float"):
        leaf(1.0).register_hook(2.0)


@pytest.mark.parametrize("raises", [False, True])
def test_a_graph_with_hooks_dies_at_once(raises):
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0)
        y = x * 2
        hook = y.register_hook(lambda g: 1 / 0 if raises else g)
        node = weakref.ref(y.node)
        try:
            y.sum().backward()
        except ZeroDivisionError:
            assert raises
        del y
        assert node() is None
        hook.remove()
    finally:
        gc.enable()
